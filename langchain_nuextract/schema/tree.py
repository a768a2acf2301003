"""A schema, followed: the nodes right below a node, alone or with what a value has there."""

from collections.abc import Iterator, Mapping

from langchain_nuextract.paths import EACH, JSON, Path
from langchain_nuextract.schema.ir import Anything, Array, Record, SchemaNode, Split
from langchain_nuextract.schema.json_types import is_list, is_object


def parts(node: SchemaNode) -> tuple[tuple[Path, SchemaNode], ...]:
    """Give the nodes right below a node, each with the step that leads there in the user's shape."""
    match node:
        case Array():
            places = tuple(((index,), item) for index, item in enumerate(node.prefix))
            return places + ((((EACH,), node.rest),) if node.rest else ())
        case Record():
            named = tuple(((field.name,), field.node) for field in node.fields)
            return named + ((((EACH,), node.rest),) if node.rest else ())
        case Split():
            return tuple(((), part) for part in (node.scalar, node.array, node.record) if part)
        case _:
            return ()


def parts_and_values(node: SchemaNode, value: JSON) -> Iterator[tuple[Path, SchemaNode, JSON]]:
    """Yield what is right below a value of the user's shape, each with the step that leads there and its node.

    What the node says nothing of may be anything.
    """
    match node:
        case Array() if is_list(value):
            yield from (((index,), node.item(index) or Anything(), child) for index, child in enumerate(value))
        case Record() if is_object(value):
            known: Mapping[str, SchemaNode] = {field.name: field.node for field in node.fields}
            yield from (((name,), known.get(name) or node.rest or Anything(), child) for name, child in value.items())
        case Split():
            yield (), node.part(value) or Anything(), value
        case _:
            pass


def size(node: SchemaNode) -> int:
    """Count the nodes that a node spells out to, those that stand in several places once for each."""
    sizes: dict[int, int] = {}

    def count(part: SchemaNode) -> int:
        if id(part) not in sizes:
            sizes[id(part)] = 1 + sum(count(inner) for _, inner in parts(part))
        return sizes[id(part)]

    return count(node)
