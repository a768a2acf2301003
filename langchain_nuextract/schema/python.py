"""Python types, by way of Pydantic: their JSON Schema, and what checks their values."""

from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import InitErrorDetails, PydanticCustomError, PydanticOmit, ValidationError
from pydantic_core.core_schema import DecimalSchema

from langchain_nuextract.errors import UnsupportedSchema
from langchain_nuextract.paths import JSON
from langchain_nuextract.schema.checks import adapter
from langchain_nuextract.schema.semantics import faults
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
