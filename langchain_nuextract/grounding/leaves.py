"""The leaves of a value that a text can say, those of one list item together."""

from collections.abc import Iterator
from typing import TypeAlias

from langchain_nuextract.paths import JSON, Path, leaves

Leaf: TypeAlias = tuple[int, Path, str | float]
"""How many leaves come before it, where it stands, and the leaf itself: a number, or a text that is not empty."""


def items(value: JSON) -> list[list[Leaf]]:
    """Group the leaves of a value by the innermost list item that they belong to, each in the order of the value.

    Leaves that are items themselves, or that are in no list at all, are alone. Nulls, booleans and empty texts are
    left out.
    """
    groups: dict[Path, list[Leaf]] = {}
    for order, (path, leaf) in enumerate(_said(value)):
        last = next((end for end in range(len(path), 0, -1) if isinstance(path[end - 1], int)), len(path))
        groups.setdefault(path[:last], []).append((order, path, leaf))
    return [*groups.values()]


def _said(value: JSON) -> Iterator[tuple[Path, str | float]]:
    """Yield what a document can say."""
    for path, leaf in leaves(value):
        if leaf is not None and leaf is not True and leaf is not False and leaf != "":
            yield path, leaf
