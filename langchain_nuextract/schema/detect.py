"""What kind of schema it is that a user gives."""

from collections.abc import Mapping
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from itertools import chain, islice
from pathlib import PurePath
from types import FunctionType, MethodType, ModuleType
from typing import Final, Literal, cast
from uuid import UUID

from langchain_nuextract.errors import UnsupportedSchema, quote
from langchain_nuextract.paths import JSON
from langchain_nuextract.schema.nuextract_template import read_template
from langchain_nuextract.schema.sources import SourceKind

_DEEPEST: Final = 150
"""Levels of a schema as it is written: a level of values takes two or three of them."""

_LARGEST: Final = 1_000_000
"""Values in a schema as it is written, those that stand in it twice counted twice."""

_VALUES: Final = (Enum, date, time, timedelta, Decimal, UUID, tuple, set)
"""What is a value without a doubt, and no type."""
_TYPES: Final = frozenset({"string", "integer", "number", "boolean", "object", "array", "null", "any"})
_OBJECTS: Final = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
_SCHEMAS: Final = ("items", "additionalProperties", "not", "if", "propertyNames")
_LISTS: Final = ("anyOf", "oneOf", "allOf", "enum", "prefixItems", "extends")
_TEXTS: Final = ("$schema", "$ref", "$id", "id")
_NOTES: Final = ("title", "description", "format", "pattern", "default", "const", "$comment", "contentEncoding")
_KEYWORDS: Final = frozenset({"type", *_OBJECTS, *_SCHEMAS, *_LISTS, *_TEXTS, *_NOTES})


def reads_as(schema: object) -> SourceKind:
    """Tell a type, a JSON Schema and a template from each other, by their structure.

    Raises:
        UnsupportedSchema: It is none of them, could be two of them, or is empty.
    """
    if isinstance(schema, Mapping | list):
        _check_size(cast("JSON", schema))
    match schema:
        case Mapping():
            return _dict_reads_as(cast("Mapping[str, JSON]", schema))
        case list():
            read_template(cast("list[JSON]", schema))
            return "template"
        case str() | PurePath():
            raise UnsupportedSchema((), f"{quote(str(schema))} is no schema, but {_what_it_may_be(str(schema))}")
        case None | bool() | int() | float() | bytes():
            raise UnsupportedSchema((), f"{schema!r} is no schema. Pass a type, a JSON Schema or a template.")
        case _:
            _check_is_type(schema)
            return "python"


def _what_it_may_be(text: str) -> str:
    if text.lstrip().startswith(("{", "[")):
        return "the JSON text of one: pass json.loads(…) of it."
    if text.endswith((".json", ".yaml", ".yml")):
        return "the name of a file: read it, and pass json.loads(…) of its text."
    return "a text. Pass the type itself, without quotation marks, a JSON Schema or a template."


def _check_is_type(schema: object) -> None:
    """Refuse an object in place of its type: what it holds is not wanted."""
    kind = schema.__class__
    if isinstance(schema, FunctionType | MethodType | ModuleType):
        raise UnsupportedSchema((), f"{schema.__name__} is a {kind.__name__}, and no type, JSON Schema or template.")
    made = hasattr(kind, "__pydantic_fields__") or hasattr(kind, "__dataclass_fields__")
    if (made and kind.__module__ != "typing") or isinstance(schema, _VALUES):
        raise UnsupportedSchema((), f"this is a value of the type {kind.__name__}. Pass the type: {kind.__name__}.")


def _check_size(schema: JSON) -> None:
    """Refuse what is nested so deeply, or shared so often, that reading it would exhaust the stack or the memory."""
    level, depth, count = [schema], 0, 0
    while level:
        # A mapping of another class than `dict` is read as one too, so it is counted as one.
        inner = (
            cast("Mapping[str, JSON]", value).values() if isinstance(value, Mapping) else cast("list[JSON]", value)
            for value in level
            if isinstance(value, Mapping | list)
        )
        level = list(islice(chain.from_iterable(inner), _LARGEST))
        depth += 1
        count += len(level)
        if depth > _DEEPEST:
            raise UnsupportedSchema((), f"the schema is nested deeper than {_DEEPEST} levels.")
        if count >= _LARGEST:
            raise UnsupportedSchema((), f"the schema holds more than {_LARGEST:,} values.")


def _dict_reads_as(schema: Mapping[str, JSON]) -> Literal["json schema", "template"]:
    if not schema:
        raise UnsupportedSchema((), "the schema is empty: there is nothing to extract.")
    fault = None
    try:
        read_template(cast("JSON", schema))
    except UnsupportedSchema as error:
        fault = error
    if fault is None and _is_schema(schema) and _KEYWORDS.issuperset(schema):
        raise UnsupportedSchema(
            (),
            "this could be a JSON Schema or a template with these fields. "
            'Add "$schema" for the one, or a field for the other.',
        )
    if fault is None:
        return "template"
    if _is_schema(schema) or not _KEYWORDS.isdisjoint(schema):
        return "json schema"
    raise fault


def _is_schema(schema: Mapping[str, JSON]) -> bool:
    """Whether a keyword of JSON Schema stands in its place."""
    named = schema.get("type")
    types = cast("list[JSON]", named) if isinstance(named, list) else [named]
    return (
        all(isinstance(name, str) and name in _TYPES for name in types)
        or any(isinstance(schema.get(name), Mapping) for name in _OBJECTS)
        or any(isinstance(schema.get(name), Mapping | bool) for name in _SCHEMAS)
        or any(isinstance(schema.get(name), list) for name in _LISTS)
        or any(isinstance(schema.get(name), str) for name in _TEXTS)
    )
