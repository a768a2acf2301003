"""The leaves of a value that a text can say, those of one list item together."""

from collections.abc import Iterator
from itertools import chain
from typing import TypeAlias

from langchain_nuextract.paths import JSON, Path

Leaf: TypeAlias = tuple[int, Path, str | float]
"""How many leaves come before it, where it stands, and the leaf itself: a number, or a text that is not empty."""
Items: TypeAlias = list[list[Leaf]]
"""The leaves of each item of a list; items that say nothing are left out."""

_Level: TypeAlias = tuple[Path, Iterator[tuple[str | int, JSON]], list[Leaf] | None, Items]
"""An object or list that is being walked, what its own leaves join, and the items of the outermost list around it.
The leaves of a list join nothing (None): each of them is an item of its own."""


def items(value: JSON) -> Items:
    """Group the leaves of a value by the innermost list item that they belong to, each in the order of the value.

    Leaves that are items themselves, or that are in no list at all, are alone. Nulls, booleans and empty texts are
    left out.
    """
    alone, lists = by_list(value)
    return sorted([*([leaf] for leaf in alone), *chain.from_iterable(lists)])


def by_list(value: JSON) -> tuple[list[Leaf], list[Items]]:
    """Give the leaves of a value that are in no list, and the items of each list that is in no other one."""
    if isinstance(value, (dict, list)):
        return _walk(value)
    return [(order, (), leaf) for order, _, leaf in _walk({"": value})[0]], []


def _walk(value: dict[str, JSON] | list[JSON]) -> tuple[list[Leaf], list[Items]]:
    alone: list[Leaf] = []
    lists: list[Items] = [[]]
    count = 0
    levels = [_level((), value, alone, lists[0])]
    while levels:
        at, children, group, groups = levels[-1]
        for step, child in children:
            if isinstance(child, (dict, list)):
                if group is alone:
                    lists.append(groups := [])
                levels.append(_level((*at, step), child, group, groups))
                break
            # Of what is false, documents say 0 alone.
            if child is True or (not child and (child is None or child is False or child == "")):
                continue
            if group is None:
                groups.append([(count, (*at, step), child)])
            else:
                if not group and group is not alone:
                    groups.append(group)
                group.append((count, (*at, step), child))
            count += 1
        else:
            levels.pop()
    return alone, [*filter(None, lists)]


def _level(at: Path, node: dict[str, JSON] | list[JSON], group: list[Leaf] | None, groups: Items) -> _Level:
    if isinstance(node, list):
        return at, enumerate(node), None, groups
    return at, iter(node.items()), [] if group is None else group, groups
