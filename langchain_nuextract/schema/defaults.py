"""Parts that a value could have but does not."""

from collections.abc import Iterator
from typing import Final

from langchain_nuextract.paths import JSON, Path, follow
from langchain_nuextract.schema.ir import Array, Node, Record
from langchain_nuextract.schema.json_types import is_list, is_object

_HOLDERS: Final = (Record, Array)


def absent(node: Node, value: JSON, at: Path = ()) -> Iterator[Path]:
    """Yield the places of the parts that a value could have but does not."""
    if isinstance(node, Record) and is_object(value):
        for part in node.fields:
            if part.name not in value:
                yield (*at, part.name)
            elif isinstance(part.node, _HOLDERS):
                yield from absent(part.node, value[part.name], (*at, part.name))
    if isinstance(node, Array) and node.rest and is_list(value):
        for index, child in enumerate(value):
            yield from absent(node.rest, child, (*at, index))


def has(value: JSON, path: Path) -> bool:
    """Whether there is anything at a place of a value."""
    try:
        follow(value, path)
    except LookupError:
        return False
    return True
