"""Parts that a value could have but does not."""

from collections.abc import Iterator
from typing import Final, cast

from langchain_nuextract.paths import JSON, Path
from langchain_nuextract.schema.nodes import Array, Node, Record

_HOLDERS: Final = (Record, Array)


def absent(node: Node, value: JSON, at: Path = ()) -> Iterator[Path]:
    """Yield the places of the parts that a value could have but does not."""
    if isinstance(node, Record) and isinstance(value, dict):
        says = cast("dict[str, JSON]", value)
        for part in node.fields:
            if part.name not in says:
                yield (*at, part.name)
            elif isinstance(part.node, _HOLDERS):
                yield from absent(part.node, says[part.name], (*at, part.name))
    if isinstance(node, Array) and node.rest and isinstance(value, list):
        for index, child in enumerate(cast("list[JSON]", value)):
            yield from absent(node.rest, child, (*at, index))


def has(value: JSON, path: Path) -> bool:
    """Whether there is anything at a place of a value."""
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return False
    return True
