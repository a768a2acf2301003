"""Patterns of a JSON Schema, tried in time that grows with the text and no faster.

The schema may come from anywhere, and the document decides what text its patterns meet: with a search that tries one
way after another, `^(a+)+$` holds everything up for hours on forty letters. So they run on the regular expressions of
Rust, by way of Pydantic, which have neither looking around nor references back; a pattern with those is not tried.
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final, cast

from langchain_nuextract.paths import JSON, fields
from langchain_nuextract.schema.json_types import is_list, is_object, objects_in
from langchain_nuextract.schema.jsonschema.keywords import DATA

_MOST: Final = 64
"""Characters of a pattern that a message shows."""


@lru_cache(maxsize=1024)
def matcher(pattern: str) -> Callable[[str], bool] | None:
    """Make the search for a pattern; None if it cannot be tried in linear time."""
    from pydantic_core import SchemaError, SchemaValidator, core_schema  # noqa: PLC0415 heavy

    try:
        return SchemaValidator(core_schema.str_schema(pattern=pattern, regex_engine="rust-regex")).isinstance_python
    except SchemaError:
        return None


def untried(schema: Mapping[str, JSON]) -> tuple[tuple[str, str], ...]:
    """Name the patterns of a schema that are not tried, as losses."""
    own = schema.get("pattern")
    named = [*([own] if isinstance(own, str) else []), *fields(schema.get("patternProperties"))]
    shown = (pattern if len(pattern) <= _MOST else f"{pattern[:_MOST]}…" for pattern in named if not matcher(pattern))
    return tuple((f"the pattern {pattern!r}", "it cannot be tried in linear time, and is not") for pattern in shown)


def spelt_out(schema: Mapping[str, JSON], value: JSON) -> Mapping[str, JSON]:
    """Put the names that a value has in place of the patterns of names that match them.

    What validates a schema searches for the patterns of `patternProperties` by means of its own, in several keywords.
    It is given the names that match, each as it is, so that there is nothing to search for.
    """
    if not any("patternProperties" in part for part in objects_in(schema)):
        return schema
    names = tuple(dict.fromkeys(name for part in objects_in(value) for name in part))
    return fields(_spelt_out(cast("JSON", schema), names))


def _spelt_out(schema: JSON, names: tuple[str, ...]) -> JSON:
    if is_list(schema):
        return [_spelt_out(part, names) for part in schema]
    if not isinstance(schema, Mapping):
        return schema
    return {
        key: _pattern_names(part, names)
        if key == "patternProperties" and is_object(part)
        else part
        if key in DATA
        else _spelt_out(part, names)
        for key, part in cast("Mapping[str, JSON]", schema).items()
    }


def _pattern_names(patterns: dict[str, JSON], names: tuple[str, ...]) -> dict[str, JSON]:
    """Write each pattern as the names that match it; a comment keeps two patterns of the same names apart."""
    written: dict[str, JSON] = {}
    for number, (pattern, schema) in enumerate(patterns.items()):
        matches = matcher(pattern)
        if matches is None:
            # All names may be what it is about, so none is one too many, and nothing is asked of them.
            written[f"(?#{number})"] = True
            continue
        found = "|".join(re.escape(name) for name in names if matches(name))
        written[rf"\A(?:{found})\Z(?#{number})" if found else f"(?!)(?#{number})"] = _spelt_out(schema, names)
    return written
