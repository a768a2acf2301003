"""What scalars are asked for as: by their type and format, or by the NuExtract type that a schema names."""

from collections.abc import Mapping
from dataclasses import replace

from langchain_nuextract.errors import UnsupportedSchema
from langchain_nuextract.paths import EACH, JSON, Path, text
from langchain_nuextract.schema.formats.patterns import portable_pattern
from langchain_nuextract.schema.ir import Anything, Array, Never, SchemaNode, Split, TypedScalar
from langchain_nuextract.schema.jsonschema.keywords import ZONED
from langchain_nuextract.schema.value_types import FORMATS, REGIONS, SCALARS, json_kind, json_kinds


def scalar_node(name: JSON, schema: Mapping[str, JSON]) -> SchemaNode:
    """Make the node of a type of JSON Schema that is neither object nor array; one that it does not know is anything.

    Args:
        name: The type.
        schema: Where it stands; its `format` and its `pattern` may say more.
    """
    match name:
        case "null":
            return Never(nullable=True)
        case "string":
            return TypedScalar(
                type=FORMATS.get(text(schema.get("format")), "string"),
                kinds=json_kinds("string"),
                pattern=portable_pattern(schema.get("pattern")),
                is_whole="format" in schema,
                is_zoned=schema.get(ZONED) is True,
            )
        case "integer" | "boolean" | "number":
            return TypedScalar(type=name, kinds=json_kinds(name))
        case _:
            return Anything(nullable=True)


def retype(node: SchemaNode, name: str, at: Path) -> SchemaNode:
    """Ask for the scalars of a node by a NuExtract type.

    Raises:
        UnsupportedSchema: There is no such type, or it cannot hold the values.
    """
    if name not in SCALARS | REGIONS:
        raise UnsupportedSchema(at, f"NuExtract has no type {name!r}.")
    match node:
        case TypedScalar():
            if json_kind(name) != "string" and not json_kinds(name) & node.kinds:
                raise UnsupportedSchema(at, f"the type {name!r} does not hold values of {sorted(node.kinds)}.")
            whole = node.is_whole and node.type == name
            decimal = "string" in node.kinds and json_kind(name) != "string"
            return replace(node, type=name, is_whole=whole, decimal=decimal)
        case Array(rest=rest) if rest is not None:
            return replace(node, rest=retype(rest, name, (*at, EACH)))
        case Split(scalar=TypedScalar() as scalar):
            return replace(node, scalar=retype(scalar, name, at))
        case Anything():
            return TypedScalar(type=name, kinds=frozenset({json_kind(name)}), nullable=node.nullable, note=node.note)
        case _:
            raise UnsupportedSchema(at, f"the type {name!r} can be asked for text, numbers and lists of them only.")
