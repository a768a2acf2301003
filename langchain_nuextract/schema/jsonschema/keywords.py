"""What the keywords of a JSON Schema hold, in whatever form the drafts have them."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from difflib import get_close_matches
from typing import Final

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
DIGITS: Final = "x-nuextract-digits"
"""The keyword that tells how many digits a decimal has at the most, and how many of them after the point."""
ZONED: Final = "x-nuextract-zoned"
"""The keyword that tells that a date and time always says its time zone."""
NAMES: Final = "x-nuextract-names"
"""The keyword that names the items of a tuple, in their order."""

DATA: Final = frozenset({"const", "enum", "default", "example", "examples"})
"""Keywords that hold values, not schemas."""

_MEMBER_NAMES: Final = (
    "x-enumNames", "x-enum-varnames", "x-enum-names", "x-enumLabels", "x-enum-labels", "x-speakeasy-enums", "enumNames",
)  # fmt: skip
_MEMBER_MEANINGS: Final = (
    "x-enumDescriptions", "x-enum-descriptions", "enumDescriptions", "markdownEnumDescriptions",
)  # fmt: skip

_ABOUT: Final = {
    "object": frozenset({"properties", "required", "additionalProperties", "patternProperties", "propertyNames"}),
    "array": frozenset({"items", "prefixItems", "additionalItems", "minItems", "maxItems", "uniqueItems", "contains"}),
    "string": frozenset({"minLength", "maxLength", "pattern", "format"}),
    "number": frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}),
}
"""The keywords that say something about values of one type only."""
_SHAPING: Final = (
    *("properties", "required", "items", "enum", "type", "anyOf", "oneOf", "allOf", "description", "format"),
    *("additionalProperties", "patternProperties"),
)
"""The keywords without which a schema asks for something else."""
_ALIKE: Final = 0.8
"""How alike `propertes` and `properties` are at the least; `example` and `enum` are not."""


def misspelt(schema: Mapping[str, JSON]) -> tuple[tuple[str, str], ...]:
    """Name the keywords that there are not, and that are nearly ones that there are, as losses."""
    own = (key for key in schema if key not in _SHAPING and not key.startswith("x-"))
    found = ((key, get_close_matches(key, _SHAPING, n=1, cutoff=_ALIKE)) for key in own)
    return tuple((f"the keyword {key!r}", f"it is not read; did you mean {near[0]!r}?") for key, near in found if near)


def implied_type(schema: Mapping[str, JSON]) -> str | None:
    """Name the type that the keywords of a schema are about, where it states none."""
    return next((name for name, keywords in _ABOUT.items() if not keywords.isdisjoint(schema)), None)


def titled(node: Enum, schema: Mapping[str, JSON]) -> Enum:
    """Add to the members of a choice what a schema says of each: names, titles and descriptions."""
    values = items(schema.get("enum"))
    names, meanings = (_by_value(schema, keywords, values) for keywords in (_MEMBER_NAMES, _MEMBER_MEANINGS))
    microsofts = [fields(entry) for entry in items(fields(schema.get("x-ms-enum")).get("values"))]
    names |= {dumps(entry.get("value")): text(entry.get("name")) for entry in microsofts}
    meanings |= {dumps(entry.get("value")): text(entry.get("description")) for entry in microsofts}
    title = text(schema.get("title"))

    def named(member: Member) -> Member:
        name, meaning = names.get(member.text, ""), meanings.get(member.text, "")
        words = (name, *((f"{title}.{name}",) if title else ())) if name else ()
        return replace(member, names=(*member.names, *words), meaning=member.meaning or meaning)

    return replace(node, members=tuple(map(named, node.members))) if names or meanings else node


def _by_value(schema: Mapping[str, JSON], keywords: Iterable[str], values: list[JSON]) -> dict[str, str]:
    """Give what the first of some keywords says of each value, by its place in `enum` or under its name."""
    said = next((schema[name] for name in keywords if name in schema), None)
    listed = [fields(said).get(str(value)) for value in values] if is_object(said) else items(said)
    return {dumps(value): text(words) for value, words in zip(values, listed, strict=False)}


def required(schema: Mapping[str, JSON], named: Mapping[str, JSON]) -> dict[str, None]:
    """Give the names of the properties that must be there; draft 3 says so in the property itself."""
    listed = schema.get("required")
    if is_list(listed):
        return dict.fromkeys(name for name in listed if isinstance(name, str))
    return dict.fromkeys(name for name, part in named.items() if is_object(part) and part.get("required") is True)


def one_or_several(value: JSON) -> list[JSON]:
    """Give what a keyword holds, be it one thing or several."""
    if is_list(value):
        return value
    return [] if value is None else [value]


def bound(value: JSON) -> int | None:
    """Give how many items there may be, where that is said."""
    said = number(value)
    return None if said is None else int(said)
