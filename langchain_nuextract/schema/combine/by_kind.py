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


def scalar_of(node: SchemaNode) -> TypedScalar | Enum | None:
    """Give the side of a node that is for scalars."""
    if isinstance(node, Split):
        return node.scalar
    return node if isinstance(node, TypedScalar | Enum) else None


def array_of(node: SchemaNode) -> Array | None:
    """Give the side of a node that is for lists."""
    if isinstance(node, Split):
        return node.array
    return node if isinstance(node, Array) else None


def record_of(node: SchemaNode) -> Record | None:
    """Give the side of a node that is for objects."""
    if isinstance(node, Split):
        return node.record
    return node if isinstance(node, Record) else None
