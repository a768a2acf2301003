"""Losses that are named when a whole schema has been read, and no node is put together with others any more."""

from dataclasses import replace
from typing import cast

from langchain_nuextract.schema.ir import (
    Anything,
    Array,
    Enum,
    Field,
    Record,
    SchemaNode,
    Split,
    TypedScalar,
    has_constants_only,
    tells_null,
)
from langchain_nuextract.schema.value_types import json_kind

_BESIDE_CONSTANTS = ("properties that the schema does not mention beside constants", "they are left out")
_IMPLIED = ("the schema states no type here", "values of the type that its keywords are about are asked for")
ANY = ("any value is admitted here", "it is asked for as text, and read as JSON where it is JSON")
_NULL = ("null cannot be told from nothing here", "a missing value is left out")


def finalize(node: SchemaNode) -> SchemaNode:
    """Name what a template cannot carry, now that the node is not put together with others any more."""
    match node:
        case Record(fields=fields, rest=rest):
            node = replace(
                node,
                fields=tuple(replace(field, node=_finished_field(field)) for field in fields),
                rest=finalize(rest) if rest else None,
            )
            if node.open and has_constants_only(node):
                node = replace(_losing(node, _BESIDE_CONSTANTS), open=False)
        case Array(prefix=prefix, rest=rest):
            node = replace(node, prefix=tuple(map(finalize, prefix)), rest=finalize(rest) if rest else None)
        case Split():
            one = cast("Array | None", finalize(node.array) if node.array else None)
            two = cast("Record | None", finalize(node.record) if node.record else None)
            node = replace(node, array=one, record=two)
        case Anything():
            return _losing(node, ANY)
        case _:
            pass
    return _losing(node, _IMPLIED) if node.implied else node


def _finished_field(field: Field) -> SchemaNode:
    node = finalize(field.node)
    # A text can say that null is meant; a choice of several or a number cannot.
    text = (
        len(node.members) <= 1
        if isinstance(node, Enum)
        else isinstance(node, TypedScalar) and json_kind(node.type) == "string"
    )
    return node if text or not tells_null(field) else _losing(node, _NULL)


def _losing(node: SchemaNode, loss: tuple[str, str]) -> SchemaNode:
    return node if loss in node.lost else replace(node, lost=(*node.lost, loss))
