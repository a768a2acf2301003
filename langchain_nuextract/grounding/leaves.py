"""The leaves of a value that a text can say, those of one list item together."""

from collections.abc import Iterator
from typing import TypeAlias

from langchain_nuextract.paths import JSON, Path

Leaf: TypeAlias = tuple[int, Path, str | float]
"""How many leaves come before it, where it stands, and the leaf itself: a number, or a text that is not empty."""

_Level: TypeAlias = tuple[Path, Iterator[tuple[str | int, JSON]], list[Leaf] | None]
"""An object or list that is being walked, and the leaves of the list item that it is or belongs to, if any."""


def items(value: JSON) -> list[list[Leaf]]:
    """Group the leaves of a value by the innermost list item that they belong to, each in the order of the value.

    Leaves that are items themselves, or that are in no list at all, are alone. Nulls, booleans and empty texts are
    left out.
    """
    if not isinstance(value, (dict, list)):
        return [[(order, (), leaf)] for [(order, _, leaf)] in items([value])]
    groups: list[list[Leaf]] = []
    count = 0
    levels: list[_Level] = [((), _children(value), None)]
    while levels:
        at, children, group = levels[-1]
        for step, child in children:
            if child is None or child is True or child is False or child == "":
                continue
            if isinstance(child, (dict, list)):
                levels.append(((*at, step), _children(child), [] if isinstance(step, int) else group))
                break
            leaf = count, (*at, step), child
            count += 1
            if group is None or isinstance(step, int):
                groups.append([leaf])
                continue
            if not group:
                groups.append(group)
            group.append(leaf)
        else:
            levels.pop()
    return groups


def _children(node: dict[str, JSON] | list[JSON]) -> Iterator[tuple[str | int, JSON]]:
    return iter(node.items()) if isinstance(node, dict) else enumerate(node)
