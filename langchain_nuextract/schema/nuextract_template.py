"""Typed NuExtract templates, and NuExtract 1's templates of empty strings, read into nodes."""

from collections.abc import Mapping
from typing import Final, cast

from langchain_nuextract.errors import UnsupportedSchema, quote
from langchain_nuextract.paths import EACH, JSON, Path
from langchain_nuextract.schema.ir import Array, Enum, Field, Member, Record, SchemaNode, TypedScalar
from langchain_nuextract.schema.json_types import dumps
from langchain_nuextract.schema.value_types import REGIONS, SCALARS, json_kinds, type_hint


def read_template(template: JSON, at: Path = ()) -> SchemaNode:
    """Read a template.

    Raises:
        UnsupportedSchema: It has no fields, or a leaf that is no type name.
    """
    match template:
        case str():
            return _leaf_node(template, at)
        case list():
            return _list_node(cast("list[JSON]", template), at)
        case Mapping():
            named = cast("Mapping[str, JSON]", template)
            if not named:
                raise UnsupportedSchema(at, "the template has no fields; NuExtract3 would answer it in Markdown.")
            nodes = {name: read_template(part, (*at, name)) for name, part in named.items()}
            return Record(fields=tuple(Field(name=name, node=node, required=True) for name, node in nodes.items()))
        case _:
            hint = ""
            if isinstance(template, type):
                name = template.__name__
                hint = (
                    f' Write "{_WRITTEN[template]}".'
                    if template in _WRITTEN
                    else f" Pass {name} or list[{name}] itself."
                )
            raise UnsupportedSchema(at, f"a template leaf is the name of a type, not {template!r}.{hint}")


_WRITTEN: Final[Mapping[object, str]] = {str: "string", int: "integer", float: "number", bool: "boolean"}
"""What Python's types are called in a template."""


def _leaf_node(name: str, at: Path) -> TypedScalar:
    if name == "":
        return TypedScalar(type="string", kinds=frozenset({"string"}), nullable=True)
    if name not in SCALARS | REGIONS:
        raise UnsupportedSchema(at, f"NuExtract has no type {quote(name)}. {type_hint(name)}")
    return TypedScalar(type=name, kinds=json_kinds(name), nullable=True)


def _list_node(items: list[JSON], at: Path) -> SchemaNode:
    match items:
        # NuExtract 1 writes a list of anything as `[]`.
        case []:
            return Array(rest=read_template("", at))
        # `[["a", "b"]]` is a choice of several labels, `["a", "b"]` of one, and `["date"]` a list of dates.
        case [[str(), str(), *_] as labels] if all(isinstance(label, str) for label in labels):
            return Array(rest=_enum_node(cast("list[str]", labels)))
        case [item]:
            node = read_template(item, (*at, EACH))
            # An item is never missing.
            return Array(rest=TypedScalar(type=node.type, kinds=node.kinds) if isinstance(node, TypedScalar) else node)
        case _ if all(isinstance(label, str) for label in items):
            return _enum_node(cast("list[str]", items), nullable=True)
        case _:
            raise UnsupportedSchema(at, "a list in a template has one item, or the labels of a choice.")


def _enum_node(labels: list[str], *, nullable: bool = False) -> Enum:
    return Enum(members=tuple(Member(label, dumps(label)) for label in dict.fromkeys(labels)), nullable=nullable)
