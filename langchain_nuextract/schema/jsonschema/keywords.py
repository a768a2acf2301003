"""What the keywords of a JSON Schema hold, in whatever form the drafts have them."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import zip_longest
from typing import Final, cast

from langchain_nuextract.paths import JSON, fields, items, number, text
from langchain_nuextract.schema.ir import Enum, Member
from langchain_nuextract.schema.json_types import dumps, is_list, is_object

ANNOTATION: Final = "x-nuextract"
"""The keyword under which a type that the user asked for by name is kept."""
ALIASES: Final = "x-nuextract-aliases"
"""The keyword that lists the keys by which a part is read."""
DEFAULTED: Final = "x-nuextract-defaulted"
"""The keyword that tells that a default of the user's type fills a part, be it written down or made."""
HOOKED: Final = "x-nuextract-hooked"
"""The keyword that tells that a validator of the user's sees the value before its type is looked at."""
NAMES: Final = "x-nuextract-names"
"""The keyword that names the items of a tuple, in their order."""

_MEMBER_NAMES: Final = ("x-enumNames", "x-enum-varnames", "enumNames")
_MEMBER_MEANINGS: Final = ("x-enumDescriptions", "x-enum-descriptions", "enumDescriptions")

_ABOUT: Final = {
    "object": frozenset({"properties", "required", "additionalProperties", "patternProperties", "propertyNames"}),
    "array": frozenset({"items", "prefixItems", "additionalItems", "minItems", "maxItems", "uniqueItems", "contains"}),
    "string": frozenset({"minLength", "maxLength", "pattern", "format"}),
    "number": frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}),
}
"""The keywords that say something about values of one type only."""


def implied_type(schema: Mapping[str, JSON]) -> str | None:
    """Name the type that the keywords of a schema are about, where it states none."""
    return next((name for name, keywords in _ABOUT.items() if not keywords.isdisjoint(schema)), None)


def titled(node: Enum, schema: Mapping[str, JSON]) -> Enum:
    """Add to the members of a choice what a schema says of each: names, titles and descriptions."""
    names = _first(schema, _MEMBER_NAMES)
    meanings = _first(schema, _MEMBER_MEANINGS)
    if not names and not meanings:
        return node
    # They are told by their places in `enum`.
    values = [dumps(value) for value in items(schema.get("enum"))]
    title = text(schema.get("title"))
    told = {
        value: (text(name), text(meaning))
        for value, name, meaning in zip_longest(values, names, meanings, fillvalue=None)
        if value is not None
    }
    members = (_named(member, *told.get(member.text, ("", "")), title) for member in node.members)
    return replace(node, members=tuple(members))


def _first(schema: Mapping[str, JSON], names: Iterable[str]) -> list[JSON]:
    return next((items(schema[name]) for name in names if name in schema), cast("list[JSON]", []))


def _named(member: Member, name: str, meaning: str, title: str) -> Member:
    names = (name, *((f"{title}.{name}",) if title else ())) if name else ()
    return replace(member, names=(*member.names, *names), meaning=member.meaning or meaning)


def required(schema: Mapping[str, JSON], named: Mapping[str, JSON]) -> dict[str, None]:
    """Give the names of the properties that must be there; draft 3 says so in the property itself."""
    listed = schema.get("required")
    if is_list(listed):
        return dict.fromkeys(name for name in listed if isinstance(name, str))
    return dict.fromkeys(name for name, part in named.items() if is_object(part) and part.get("required") is True)


def named_keys(schema: Mapping[str, JSON]) -> list[str]:
    """Give the names that `propertyNames` lists, where it lists them."""
    names = items(fields(schema.get("propertyNames")).get("enum"))
    return [name for name in names if isinstance(name, str)]


def patterns(schema: Mapping[str, JSON]) -> Mapping[str, JSON]:
    """Give the schemas of the properties whose names match a pattern."""
    return fields(schema.get("patternProperties"))


def listed(value: JSON) -> list[JSON]:
    """Give what a keyword holds, be it one thing or several."""
    if is_list(value):
        return value
    return [] if value is None else [value]


def bound(value: JSON) -> int | None:
    """Give how many items there may be, where that is said."""
    said = number(value)
    return None if said is None else int(said)
