"""Which rules a schema names for its fields: `x-compare`, the annotation `Compare`, ExtractBench's config."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Final

from langchain_nuextract.errors import UnsupportedSchema
from langchain_nuextract.evaluation.leaf import field_path, read_path
from langchain_nuextract.evaluation.rules import Compare
from langchain_nuextract.paths import EACH, JSON, Path, fields, items, show, text
from langchain_nuextract.schema.target import Target

_DEPTH: Final = 24
"""Steps from the root that are looked at; schemas may be recursive."""
_REF: Final = re.compile(r"#/(?:\$defs|definitions)/(.+)")
_EXTRACT_BENCH: Final[Mapping[str, Compare]] = {
    "string_exact": Compare("exact"),
    "string_case_insensitive": Compare("normalised"),
    "string_fuzzy": Compare("levenshtein"),
    "integer_exact": Compare("exact"),
    "number_exact": Compare("exact"),
    "boolean_exact": Compare("exact"),
    "number_tolerance": Compare("tolerance", absolute=1e-6),
}
"""ExtractBench's metrics that need no model; the others are compared by `normalised`."""


def rules_of(target: Target[object], by_path: Mapping[str, object] | None = None) -> dict[Path, Compare]:
    """Gather the rules of a schema's fields, by their paths with `EACH` for items.

    Args:
        target: The schema.
        by_path: Rules by path, which go before the schema's: `{"$.items[].label": "levenshtein"}`; `[*]` is `[]`.

    Raises:
        UnsupportedSchema: A rule is none, or a path leads to no field.
    """
    schema = _schema_of(target)
    definitions = {**fields(schema.get("definitions")), **fields(schema.get("$defs"))}
    found = dict(_rules(schema, (), partial(_resolve, definitions)))
    known = {path[:end] for path in target.leaf_types for end in range(len(path) + 1)}
    for written, rule in (by_path or {}).items():
        path = field_path(read_path(written))
        if path not in known:
            names = ", ".join(show(each) for each in target.leaf_types)[:300]
            raise UnsupportedSchema(path, f"there is no such field to compare; the fields are {names}")
        found[path] = Compare.of(rule)
    return found


def _schema_of(target: Target[object]) -> dict[str, JSON]:
    """Give the schema as JSON Schema, with what annotations leave there; of what has none, an empty one."""
    if target.source == "json schema":
        return fields(json.loads(target.schema))
    if target.source == "template":
        return {}
    from pydantic import PydanticInvalidForJsonSchema, TypeAdapter  # noqa: PLC0415  heavy

    try:
        return TypeAdapter(target.schema).json_schema()
    except PydanticInvalidForJsonSchema:
        # A type of the user's that has no JSON Schema; rules can be given by path.
        return {}


def _rules(
    schema: dict[str, JSON], at: Path, resolve: Callable[[dict[str, JSON]], dict[str, JSON]]
) -> Iterator[tuple[Path, Compare]]:
    if len(at) > _DEPTH:
        return
    schema = resolve(schema)
    if "x-compare" in schema:
        yield at, Compare.of(schema["x-compare"])
    elif "evaluation_config" in schema:
        yield at, _of_extract_bench(schema["evaluation_config"])
    for each in (*items(schema.get("anyOf")), *items(schema.get("oneOf")), *items(schema.get("allOf"))):
        yield from _rules(fields(each), at, resolve)
    for name, part in fields(schema.get("properties")).items():
        yield from _rules(fields(part), (*at, name), resolve)
    for part in (schema.get("items"), *items(schema.get("prefixItems"))):
        if isinstance(part, dict):
            yield from _rules(part, (*at, EACH), resolve)


def _resolve(definitions: Mapping[str, JSON], schema: dict[str, JSON]) -> dict[str, JSON]:
    """Follow a reference; what stands beside it goes before what it leads to."""
    # A reference may lead to one that leads back.
    for _ in range(_DEPTH):
        match = _REF.fullmatch(text(schema.get("$ref")))
        if match is None:
            return schema
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        schema = {**fields(definitions.get(match[1])), **beside}
    return schema


def _of_extract_bench(written: JSON) -> Compare:
    if isinstance(written, str):
        return _EXTRACT_BENCH.get(written, Compare())
    for metric in items(fields(written).get("metrics")):
        name, params = text(fields(metric).get("metric_id")), fields(fields(metric).get("params"))
        if name == "number_tolerance" and isinstance(tolerance := params.get("tolerance"), int | float):
            return Compare("tolerance", absolute=tolerance)
        if name in _EXTRACT_BENCH:
            return _EXTRACT_BENCH[name]
    if not isinstance(written, dict):
        raise UnsupportedSchema((), f"{written!r} is no evaluation_config")
    return Compare()
