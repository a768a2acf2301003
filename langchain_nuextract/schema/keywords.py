"""What the keywords of a JSON Schema hold, in whatever form the drafts have them."""

from collections.abc import Mapping
from typing import Final, cast

from langchain_nuextract.paths import JSON
from langchain_nuextract.schema.kinds import is_object

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


def required(schema: Mapping[str, JSON], named: Mapping[str, JSON]) -> dict[str, None]:
    """Give the names of the properties that must be there; draft 3 says so in the property itself."""
    listed = schema.get("required")
    if isinstance(listed, list):
        return dict.fromkeys(name for name in cast("list[JSON]", listed) if isinstance(name, str))
    return dict.fromkeys(name for name, part in named.items() if is_object(part) and part.get("required") is True)


def named_keys(schema: Mapping[str, JSON]) -> list[str]:
    """Give the names that `propertyNames` lists, where it lists them."""
    names = schema.get("propertyNames")
    listed = cast("Mapping[str, JSON]", names).get("enum") if isinstance(names, Mapping) else None
    return [name for name in cast("list[JSON]", listed) if isinstance(name, str)] if isinstance(listed, list) else []


def patterns(schema: Mapping[str, JSON]) -> Mapping[str, JSON]:
    """Give the schemas of the properties whose names match a pattern."""
    return cast("Mapping[str, JSON]", schema.get("patternProperties") or {})


def listed(value: JSON) -> list[JSON]:
    """Give what a keyword holds, be it one thing or several."""
    if value is None:
        return []
    return cast("list[JSON]", value) if isinstance(value, list) else [value]


def bound(value: JSON) -> int | None:
    """Give how many items there may be, where that is said."""
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
