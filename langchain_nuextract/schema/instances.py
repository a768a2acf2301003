"""Instances of Python types, as the JSON that they can be made of again."""

from collections.abc import Collection, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, time, timedelta
from typing import Any, Final, cast

from pydantic import BaseModel, PlainSerializer, RootModel, Secret, SecretBytes, SecretStr, WrapSerializer
from pydantic.fields import FieldInfo
from pydantic_core import to_jsonable_python

from langchain_nuextract.paths import JSON
from langchain_nuextract.schema.aliases import read_as
from langchain_nuextract.schema.checks import adapter
from langchain_nuextract.schema.kinds import is_object

_AS_READ: Final[dict[str, Any]] = {"by_alias": True, "round_trip": True, "fallback": str}
"""Write what can be read again; what has no JSON at all is written as text."""


def as_json(type_: Any, value: Any) -> JSON:
    """Write an instance as the JSON that it can be made of again; what is JSON already is left as it is."""
    if _is_json(value):
        return value
    return _readable(value, adapter(type_).dump_python(value, mode="json", warnings=False, **_AS_READ))


def _is_json(value: Any) -> bool:
    match value:
        case dict():
            return all(isinstance(key, str) and _is_json(child) for key, child in cast("dict[Any, Any]", value).items())
        case list():
            return all(_is_json(child) for child in cast("list[Any]", value))
        case _:
            return type(value) in {str, int, float, bool, type(None)}


def _readable(value: Any, written: JSON) -> JSON:
    """Mend what is written otherwise than it is read: names, secrets, and what has serialisers of the user's."""
    match value:
        case Secret() | SecretStr() | SecretBytes():
            return _plain(cast("Secret[Any]", value).get_secret_value())
        case date() | time() | timedelta():
            return to_jsonable_python(value)
        case RootModel():
            return _readable(cast("RootModel[Any]", value).root, written)
        case BaseModel():
            return _model(value, written if is_object(written) else {})
        case _:
            return _composite(value, written)


def _plain(value: Any) -> JSON:
    """Write a value by what it is, whatever its type says."""
    return _readable(value, to_jsonable_python(value, **_AS_READ))


def _composite(value: Any, written: JSON) -> JSON:
    if is_dataclass(value) and is_object(written):
        names = [field.name for field in fields(value) if field.name in written]
        return {**written, **{name: _readable(getattr(value, name), written[name]) for name in names}}
    if isinstance(value, Mapping | list | tuple) and isinstance(written, dict | list):
        return _contents(cast("Collection[Any]", value), written)
    return written


def _contents(value: Collection[Any], written: JSON) -> JSON:
    if len(value) != len(written):
        return written
    if is_object(written) and isinstance(value, Mapping):
        children = cast("Mapping[Any, Any]", value).values()
        return {name: _readable(child, said) for child, (name, said) in zip(children, written.items(), strict=True)}
    return [_readable(child, said) for child, said in zip(value, written, strict=True)]


def _model(value: BaseModel, written: dict[str, JSON]) -> JSON:
    kind = type(value)
    found = {name: written[name] for name in value.model_extra or {} if name in written}
    for name, info in kind.model_fields.items():
        part = getattr(value, name)
        key = next((key for key in (info.serialization_alias, info.alias, name) if key in written), None)
        found[read_as(name, info)] = (
            _plain(part) if key is None or _has_serialiser(kind, name, info) else _readable(part, written[key])
        )
    return found


def _has_serialiser(kind: type[BaseModel], name: str, info: FieldInfo) -> bool:
    """Whether the user says how a field is written, which need not be how it is read."""
    decorators = kind.__pydantic_decorators__
    named = {field for each in decorators.field_serializers.values() for field in each.info.fields}
    annotated = any(isinstance(each, PlainSerializer | WrapSerializer) for each in info.metadata)
    return annotated or bool(decorators.model_serializers) or bool({name, "*"} & named)
