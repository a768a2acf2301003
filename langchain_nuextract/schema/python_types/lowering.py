"""Instances as the JSON that makes them, without the user's serializers, which may mask, round or leave out values."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import is_dataclass
from enum import Enum
from typing import Any, cast

from pydantic import BaseModel, RootModel, SecretBytes, SecretStr, ValidationError
from pydantic_core import PydanticSerializationError, to_jsonable_python

from langchain_nuextract.errors import InvalidValue
from langchain_nuextract.paths import JSON
from langchain_nuextract.schema.formats.checks import CHECKED
from langchain_nuextract.schema.json_types import dumps, is_json
from langchain_nuextract.schema.python_types.adapters import adapter
from langchain_nuextract.schema.python_types.aliases import fields_of
from langchain_nuextract.schema.python_types.instances import check_python

_PLAIN = (str, int, float, bool, type(None))


def as_json(type_: object, value: object) -> JSON:
    """Write an instance as the JSON that it can be made of again; what is JSON already is left as it is.

    A value that only its own serializer can write, as that of a class of the user's, is written by it.
    """
    if is_json(value):
        return value
    try:
        written = _plain_json(value)
        if _makes(type_, written, value):
            return written
    except (PydanticSerializationError, UnicodeDecodeError):
        # As bytes that are no text, which a type with `ser_json_bytes="base64"` writes in a way of its own.
        return _by_serializer(type_, value)
    # What Pydantic itself encodes, as Base64Bytes, is read in the form in which it is dumped.
    try:
        dumped = _by_serializer(type_, value)
    except Exception:  # noqa: BLE001 the user's serializers may raise anything; without them, the value stays as it is
        return written
    return dumped if _makes(type_, dumped, value) else written


def _by_serializer(type_: object, value: object) -> JSON:
    return adapter(type_).dump_python(value, mode="json", by_alias=True, warnings=False)


def _makes(type_: object, written: JSON, value: object) -> bool:
    try:
        return bool(check_python(type_, CHECKED.get(), written) == value)
    except (InvalidValue, ValidationError, TypeError):
        return False


def _plain_json(value: Any) -> JSON:
    if type(value) in _PLAIN:
        return value
    match value:
        case SecretStr() | SecretBytes():
            written = _plain_json(value.get_secret_value())
        case Enum():
            written = _plain_json(value.value)
        case RootModel():
            written = _plain_json(cast("Any", value).root)
        case BaseModel():
            written = _written_parts(value) | {
                name: _plain_json(extra) for name, extra in (value.model_extra or {}).items()
            }
        case Mapping():
            pairs = cast("Mapping[object, object]", value).items()
            # Keys are written as Pydantic writes them: the key 1 is "1".
            written = {next(iter(to_jsonable_python({name: None}))): _plain_json(child) for name, child in pairs}
        case list() | tuple() | set() | frozenset():
            written = _items(cast("Iterable[object]", value))
        case _:
            written = _written_parts(value) if is_dataclass(value) else to_jsonable_python(value)
    return written


def _items(value: Iterable[object]) -> JSON:
    items = [_plain_json(child) for child in value]
    # Sets are written in one order in every process.
    return sorted(items, key=dumps) if isinstance(value, AbstractSet) else items


def _written_parts(value: Any) -> dict[str, JSON]:
    named = fields_of(value.__class__)
    return {key: _plain_json(getattr(value, name)) for name, key in named if hasattr(value, name)}
