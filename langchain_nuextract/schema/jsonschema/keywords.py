"""What the keywords of a JSON Schema hold, in whatever form the drafts have them."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Final

from langchain_nuextract.paths import JSON, number
from langchain_nuextract.schema.json_types import is_list, is_object

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
