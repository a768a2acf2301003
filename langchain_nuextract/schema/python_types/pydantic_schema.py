"""The JSON Schema of a Python type, by way of Pydantic, with what it leaves out and the model has to know.

Pydantic's own generator says neither which parts a default fills, nor by which other keys a field is read, nor where
the user's own validators see the raw value. Those are put under keywords of our own, which `jsonschema` reads.
"""

from enum import Enum
from typing import Any, cast

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import PydanticOmit
from pydantic_core.core_schema import DatetimeSchema, DecimalSchema

from langchain_nuextract.errors import UnsupportedSchema
from langchain_nuextract.paths import JSON
from langchain_nuextract.schema.jsonschema.keywords import ALIASES, ANNOTATION, DEFAULTED, DIGITS, HOOKED, NAMES, ZONED
from langchain_nuextract.schema.python_types.adapters import adapter
from langchain_nuextract.schema.python_types.aliases import by_name, keys_of


class _Generator(GenerateJsonSchema):
    """Pydantic's own, except that what has no JSON Schema admits anything instead of failing."""

    def handle_invalid_for_json_schema(self, schema: Any, error_info: str) -> JsonSchemaValue:  # noqa: ARG002
        return {}

    def decimal_schema(self, schema: DecimalSchema) -> JsonSchemaValue:
        whole, after = schema.get("max_digits"), schema.get("decimal_places")
        digits = {} if whole is None or after is None else {DIGITS: [whole, after]}
        return {**super().decimal_schema(schema), ANNOTATION: "number", **digits}

    def datetime_schema(self, schema: DatetimeSchema) -> JsonSchemaValue:
        zoned = {ZONED: True} if schema.get("tz_constraint") == "aware" else {}
        return {**super().datetime_schema(schema), **zoned}

    def default_schema(self, schema: Any) -> JsonSchemaValue:
        return {**super().default_schema(schema), DEFAULTED: True}

    def enum_schema(self, schema: Any) -> JsonSchemaValue:
        named = {**super().enum_schema(schema), "x-enumNames": [member.name for member in schema["members"]]}
        # A `_missing_` of the user's makes a member of whatever value it likes.
        own = schema["cls"]._missing_.__func__ is not Enum._missing_.__func__
        return {**named, HOOKED: True} if own else named

    def function_before_schema(self, schema: Any) -> JsonSchemaValue:
        return {**super().function_before_schema(schema), HOOKED: True}

    def function_wrap_schema(self, schema: Any) -> JsonSchemaValue:
        return {**super().function_wrap_schema(schema), HOOKED: True}

    def function_plain_schema(self, schema: Any) -> JsonSchemaValue:
        return {**super().function_plain_schema(schema), HOOKED: True}

    def named_tuple_schema(self, schema: Any) -> JsonSchemaValue:
        return {**super().named_tuple_schema(schema), NAMES: [field["name"] for field in schema["fields"]]}

    def call_schema(self, schema: Any) -> JsonSchemaValue:
        """Describe a NamedTuple, as Pydantic before 2.14 has it."""
        arguments = schema["arguments_schema"]["arguments_schema"]
        return {**super().call_schema(schema), NAMES: [argument["name"] for argument in arguments]}

    def model_schema(self, schema: Any) -> JsonSchemaValue:
        return super().model_schema(cast("Any", by_name(schema)))

    def dataclass_schema(self, schema: Any) -> JsonSchemaValue:
        return super().dataclass_schema(cast("Any", by_name(schema)))

    def model_field_schema(self, schema: Any) -> JsonSchemaValue:
        return {**super().model_field_schema(schema), ALIASES: keys_of(schema.get("validation_alias"))}

    def dataclass_field_schema(self, schema: Any) -> JsonSchemaValue:
        return {**super().dataclass_field_schema(schema), ALIASES: keys_of(schema.get("validation_alias"))}


def json_schema(type_: object) -> dict[str, JSON]:
    """Give the JSON Schema of what makes an instance of a type.

    Raises:
        UnsupportedSchema: Pydantic cannot read the type.
    """
    read = adapter(type_)
    try:
        return read.json_schema(by_alias=True, mode="validation", schema_generator=_Generator)
    except (PydanticOmit, TypeError, ValueError, RecursionError) as error:
        raise UnsupportedSchema((), f"Pydantic cannot describe {type_!r}: {error}") from error
