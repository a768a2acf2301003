"""Typed NuExtract templates, and NuExtract 1's templates of empty strings, read into nodes."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Final, cast

from langchain_nuextract.errors import UnsupportedSchema, quote
from langchain_nuextract.paths import EACH, JSON, Path
from langchain_nuextract.schema.ir import Array, Enum, Field, Leaf, Member, Node, Record
from langchain_nuextract.schema.json_types import dumps
from langchain_nuextract.schema.value_types import REGIONS, SCALARS, json_kinds


def read_template(template: JSON, at: Path = ()) -> Node:
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
            return _record_node(cast("Mapping[str, JSON]", template), at)
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


def _leaf_node(name: str, at: Path) -> Leaf:
    if name == "":
        return Leaf(type="string", kinds=frozenset({"string"}), nullable=True)
    if name not in SCALARS | REGIONS:
        close = get_close_matches(name, sorted(SCALARS | REGIONS), n=1)
        hint = f"Did you mean {close[0]!r}?" if close else f"The types are {', '.join(sorted(SCALARS))}."
        raise UnsupportedSchema(at, f"NuExtract has no type {quote(name)}. {hint}")
    return Leaf(type=name, kinds=json_kinds(name), nullable=True)


def _list_node(items: list[JSON], at: Path) -> Node:
    match items:
        # NuExtract 1 writes a list of anything as `[]`.
        case []:
            return Array(rest=read_template("", at))
        # `[["a", "b"]]` is a choice of several labels, `["a", "b"]` of one, and `["date"]` a list of dates.
        case [[str(), str(), *_] as labels] if all(isinstance(label, str) for label in labels):
            return Array(rest=_enum_node(cast("list[str]", labels)))
        case [item]:
            return Array(rest=_item_node(item, (*at, EACH)))
        case _ if all(isinstance(label, str) for label in items):
            return _enum_node(cast("list[str]", items), nullable=True)
        case _:
            raise UnsupportedSchema(at, "a list in a template has one item, or the labels of a choice.")


def _item_node(item: JSON, at: Path) -> Node:
    """Read what a list is of. An item is never missing."""
    node = read_template(item, at)
    return Leaf(type=node.type, kinds=node.kinds) if isinstance(node, Leaf) else node


def _enum_node(labels: list[str], *, nullable: bool = False) -> Enum:
    return Enum(members=tuple(Member(label, dumps(label)) for label in dict.fromkeys(labels)), nullable=nullable)


def _record_node(template: Mapping[str, JSON], at: Path) -> Record:
    if not template:
        raise UnsupportedSchema(at, "the template has no fields; NuExtract3 would answer it in Markdown.")
    return Record(
        fields=tuple(
            Field(name=name, node=read_template(part, (*at, name)), required=True) for name, part in template.items()
        )
    )
