"""Python types, by way of Pydantic: their JSON Schema, and their instances as JSON."""

from collections.abc import Collection, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, cast

from pydantic import AliasChoices, AliasPath, BaseModel, SecretBytes, SecretStr
from pydantic.fields import FieldInfo
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import InitErrorDetails, PydanticCustomError, PydanticOmit, ValidationError
from pydantic_core.core_schema import DecimalSchema

from langchain_nuextract.errors import UnsupportedSchema
from langchain_nuextract.paths import JSON
from langchain_nuextract.schema.formats.checks import faults
from langchain_nuextract.schema.json_types import is_object
from langchain_nuextract.schema.python_types.instances import adapter
from langchain_nuextract.schema.types import ANNOTATION


class _Generator(GenerateJsonSchema):
    """Pydantic's own, except that what has no JSON Schema admits anything instead of failing."""

    def handle_invalid_for_json_schema(self, schema: Any, error_info: str) -> JsonSchemaValue:  # noqa: ARG002
        return {}

    def decimal_schema(self, schema: DecimalSchema) -> JsonSchemaValue:
        return {**super().decimal_schema(schema), ANNOTATION: "number"}


def json_schema(type_: Any) -> dict[str, JSON]:
    """Give the JSON Schema of what makes an instance of a type.

    Raises:
        UnsupportedSchema: Pydantic cannot read the type.
    """
    read = adapter(type_)
    try:
        return read.json_schema(by_alias=True, mode="validation", schema_generator=_Generator)
    except (PydanticOmit, TypeError, ValueError, RecursionError) as error:
        raise UnsupportedSchema((), f"Pydantic cannot describe {type_!r}: {error}") from error


def checked(type_: str, value: Any) -> Any:
    """Refuse a value that a model was asked for by a NuExtract type and that is none of this type."""
    wrong = [
        InitErrorDetails(
            type=PydanticCustomError("nuextract", "{reason}", {"reason": fault.reason}),
            loc=fault.path,
            input=fault.text,
        )
        for fault in faults(type_, value)
    ]
    if wrong:
        raise ValidationError.from_exception_data(type_, wrong)
    return value


def as_json(type_: Any, value: Any) -> JSON:
    """Write an instance as the JSON that it can be made of again; what is JSON already is left as it is."""
    if _is_json(value):
        return value
    written = adapter(type_).dump_python(value, mode="json", by_alias=True, warnings=False)
    return _renamed(value, written)


def _is_json(value: Any) -> bool:
    match value:
        case dict():
            return all(isinstance(key, str) and _is_json(child) for key, child in cast("dict[Any, Any]", value).items())
        case list():
            return all(_is_json(child) for child in cast("list[Any]", value))
        case _:
            return type(value) in {str, int, float, bool, type(None)}


def _renamed(value: Any, written: JSON) -> JSON:
    """Give parts the names by which they are read, which may differ from those by which they are written."""
    match value:
        case SecretStr() | SecretBytes():
            shown = value.get_secret_value()
            return shown.decode() if isinstance(shown, bytes) else shown
        case BaseModel() if isinstance(written, dict):
            return _model(value, cast("dict[str, JSON]", written))
        case _ if is_dataclass(value) and isinstance(written, dict):
            said = cast("dict[str, JSON]", written)
            names = [field.name for field in fields(value)]
            return {**said, **{name: _renamed(getattr(value, name), said[name]) for name in names if name in said}}
        case Mapping() | list() | tuple() if isinstance(written, dict | list):
            return _contents(cast("Collection[Any]", value), cast("dict[str, JSON] | list[JSON]", written))
        case _:
            return written


def _contents(value: Collection[Any], written: dict[str, JSON] | list[JSON]) -> JSON:
    if len(value) != len(written):
        return written
    if is_object(written) and isinstance(value, Mapping):
        children = cast("Mapping[Any, Any]", value).values()
        return {name: _renamed(child, said) for child, (name, said) in zip(children, written.items(), strict=True)}
    return [_renamed(child, said) for child, said in zip(value, written, strict=True)]


def _model(value: BaseModel, written: dict[str, JSON]) -> JSON:
    kind = type(value)
    extra = value.model_extra or {}
    found = {name: written[name] for name in extra if name in written}
    for name, info in kind.model_fields.items():
        key = next((key for key in (info.serialization_alias, info.alias, name) if key in written), None)
        if key is not None:
            found[_read_as(name, info)] = _renamed(getattr(value, name), written[key])
    return found


def _read_as(name: str, info: FieldInfo) -> str:
    match info.validation_alias:
        case str() as alias:
            return alias
        case AliasChoices(choices=[first, *_]):
            return first if isinstance(first, str) else str(first.path[0])
        case AliasPath(path=[first, *_]):
            return str(first)
        case _:
            return info.alias or name
