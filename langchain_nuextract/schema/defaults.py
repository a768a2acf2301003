"""Parts that a value does not have and that a default of the user's type fills."""

from collections.abc import Iterator

from langchain_nuextract.paths import JSON, Path
from langchain_nuextract.schema.ir import Array, Node, Record
from langchain_nuextract.schema.json_types import is_list, is_object


def defaults(node: Node, value: JSON, at: Path = ()) -> Iterator[Path]:
    """Yield the places of the parts that a value does not have and that a default fills."""
    if isinstance(node, Record) and is_object(value):
        for part in node.fields:
            if part.name in value:
                yield from defaults(part.node, value[part.name], (*at, part.name))
            elif part.defaulted:
                yield (*at, part.name)
    if isinstance(node, Array) and node.rest and is_list(value):
        for index, child in enumerate(value):
            yield from defaults(node.rest, child, (*at, index))
