"""What putting nodes together takes: a node as its three sides, a scalar, a list and an object; and back."""

from collections.abc import Callable

from langchain_nuextract.schema.ir import Array, Enum, Never, Record, SchemaNode, Split, TypedScalar


def in_pairs(combine: Callable[[SchemaNode, SchemaNode], SchemaNode], nodes: list[SchemaNode]) -> SchemaNode:
    """Put nodes together, neighbours first: what grows is gone through a few times, not once for each of them."""
    while len(nodes) > 1:
        odd = nodes[len(nodes) // 2 * 2 :]
        nodes = [*map(combine, nodes[::2], nodes[1::2]), *odd]
    return nodes[0]


def joined_losses(*lost: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """Put losses together, each once."""
    return tuple(dict.fromkeys(entry for entries in lost for entry in entries))


def compose(scalar: TypedScalar | Enum | None, array: Array | None, record: Record | None) -> SchemaNode:
    """Make the node of its sides."""
    match [part for part in (scalar, array, record) if part is not None]:
        case []:
            return Never()
        case [part]:
            return part
        case _:
            return Split(scalar=scalar, array=array, record=record)


def sides_of(node: SchemaNode) -> Split:
    """Give the sides of a node, however many it has; those that it does not have are None."""
    match node:
        case Split():
            return node
        case TypedScalar() | Enum():
            return Split(scalar=node)
        case Array():
            return Split(array=node)
        case Record():
            return Split(record=node)
        case _:
            return Split()
