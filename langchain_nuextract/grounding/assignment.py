"""Which place each leaf of a value takes: those of one list item near each other, and items one after the other."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from operator import lt
from typing import Final, Protocol, TypeAlias

from langchain_nuextract.grounding.chain import increasing_chain
from langchain_nuextract.grounding.evidence import Found, Spans
from langchain_nuextract.paths import JSON, Path

MOST_ANCHORS: Final = 64
"""Places of a leaf that can be the anchor of its item; what stands in more is placed by the items around it."""
_NEAR: Final = 200
"""Characters around an anchor in which leaves speak for it, though less than on its own line."""

_Span: TypeAlias = tuple[int, int]
Placed: TypeAlias = tuple[Path, str | float, _Span, Found]
"""A leaf, the place that it takes, and all that was found of it."""
_Item: TypeAlias = list[tuple[int, int, int]]
"""The leaves of one list item that were found: how many places they have, how long they are, as a negative number, and
which of all leaves that were found they are."""
_Level: TypeAlias = tuple[Path, Iterator[tuple[str | int, JSON]], list[_Item] | None, _Item | None]
"""An object or list that is being walked: where it is, what is left of it, the items of the outermost list around it,
and the item that its leaves belong to. Each leaf of a list is an item of its own."""


class SpanAllocator:
    """The places of leaves that have several: each is given out once before any is given out again."""

    def __init__(self) -> None:
        """Begin with all places free."""
        # Of equal leaves, which share their places: from each place that is taken, a link leads to the next one
        # behind, and one to the next before.
        self._taken: dict[tuple[type, str | float], tuple[dict[int, int], dict[int, int]]] = {}

    def take(self, leaf: str | float, spans: Spans, near: _Span | None = None, line: _Span | None = None) -> _Span:
        """Give a leaf the first free place within a line; else the one that is nearest to another, or else the first.

        Args:
            leaf: The leaf.
            spans: All of its places, one at least, in the order of the text.
            near: What it should be near to.
            line: Where the line that it should stand in begins and ends.
        """
        key = type(leaf), leaf
        taken = self._taken.get(key)
        if taken is None:
            taken = self._taken[key] = ({}, {})
        right, left = taken
        if line:
            index = bisect_left(spans, line[:1])
            if index in right:
                index = _end(right, index)
            if index < len(spans) and spans[index][1] <= line[1]:
                right[index], left[index + 1] = index + 1, index
                return spans[index]
        after = bisect_left(spans, near[:1]) if near else 0
        if len(right) == len(spans):
            return spans[_nearest(spans, after - 1, after, near)]
        index = _nearest(spans, _end(left, after) - 1, _end(right, after), near)
        right[index], left[index + 1] = index + 1, index
        return spans[index]


def _nearest(spans: Spans, before: int, after: int, near: _Span | None) -> int:
    """Which of two places is nearer, the one before or the one behind; either may lie outside."""
    if near is None or before < 0:
        return after
    if after == len(spans) or spans[after][0] - near[1] > near[0] - spans[before][1]:
        return before
    return after


def _end(links: dict[int, int], at: int) -> int:
    """Follow links to their end, and shorten them for the next time."""
    while at in links:
        after = links[at]
        links[at] = at = links.get(after, after)
    return at


class Finder(Protocol):
    """What finds all places of a leaf."""

    def find_text(self, text: str, /) -> Found:
        """Find a text that is not empty."""
        ...

    def find_number(self, number: float, /) -> Found:
        """Find a number."""
        ...


def assign(value: JSON, text: str, finder: Finder) -> Sequence[Placed]:
    """Give each leaf of a value that the text says one of its places.

    Args:
        value: The value.
        text: The document's text.
        finder: Finds all places of a leaf in it.

    Returns:
        The leaves that have a place, in the order of the value. Those of lists choose first, so that a total that is
        equal to the price of an item takes the place that is left.
    """
    if not isinstance(value, dict):
        return [(path[1:], leaf, place, found) for path, leaf, place, found in assign({"": value}, text, finder)]
    placed, alone, lists = _find_leaves(value, finder)
    places = SpanAllocator()
    for items in lists:
        before: _Span | None = None
        for item, anchor in zip(items, _anchors(items, placed, text), strict=True):
            near = anchor or before
            # Only what stands in several places, as the last one may, takes one of them by the line.
            line = _line(text, anchor) if anchor and len(item) > 1 < item[-1][0] else anchor
            for number, _, index in item:
                if number > 1:
                    path, leaf, _, found = placed[index]
                    placed[index] = path, leaf, places.take(leaf, found[0], near, line), found
                near = near or placed[index][2]
            before = near
    for index in alone:
        path, leaf, _, found = placed[index]
        placed[index] = path, leaf, places.take(leaf, found[0]), found
    return placed


def _find_leaves(  # noqa: C901, PLR0912, PLR0915  a call for each leaf would take a twentieth of the time
    value: dict[str, JSON], finder: Finder
) -> tuple[list[Placed], list[int], list[list[_Item]]]:
    """Look for each leaf of a value.

    Returns:
        The leaves that were found, in the order of the value, each at its first place; which of those that are in no
        list have several places; and the items of each list that is in no other one. In an item, what stands in few
        places comes first: it is sure of its own.
    """
    find_text, find_number = finder.find_text, finder.find_number
    placed: list[Placed] = []
    alone: list[int] = []
    lists: list[list[_Item]] = []
    around: list[_Level] = []
    at, children, items, item = _level((), value, lists, None, None)
    while True:
        for step, child in children:
            if isinstance(child, str):
                if not child:
                    continue
                found = find_text(child)
            elif isinstance(child, (dict, list)):
                around.append((at, children, items, item))
                at, children, items, item = _level((*at, step), child, lists, items, item)
                break
            elif child is None or child is True or child is False:
                continue
            else:
                found = find_number(child)
            if spans := found[0]:
                if items is not None:
                    start, end = spans[0]
                    leaf = len(spans), start - end, len(placed)
                    own = [] if item is None else item
                    if not own:
                        items.append(own)
                    own.append(leaf)
                elif len(spans) > 1:
                    alone.append(len(placed))
                placed.append((at + (step,), child, spans[0], found))  # noqa: RUF005  takes two thirds of the time
        else:
            if item:
                item.sort()
            if not around:
                return placed, alone, lists
            at, children, items, item = around.pop()


def _level(
    at: Path,
    node: dict[str, JSON] | list[JSON],
    lists: list[list[_Item]],
    items: list[_Item] | None,
    item: _Item | None,
) -> _Level:
    """Begin to walk an object or a list, which is in the items and the item of what is around it."""
    if isinstance(node, dict):
        return at, iter(node.items()), items, [] if items is not None and item is None else item
    if items is None:
        items = []
        lists.append(items)
    return at, enumerate(node), items, None


def _anchors(items: Sequence[_Item], placed: Sequence[Placed], text: str) -> Sequence[_Span | None]:
    """Choose a place of the rarest leaf of each item, one behind the other, with most of its other leaves near by."""
    likely = [placed[item[0][2]][3][0] for item in items]
    only = [spans[0] for spans in likely if len(spans) == 1]
    if len(only) == len(items) and all(map(lt, only, only[1:])):
        return only
    # A quantity of 1 stands in hundreds of places, and leads to none of them.
    places = [{span[0]: span for span in spans} if len(spans) <= MOST_ANCHORS else {} for spans in likely]
    options = [
        [(start, _weight(span, item, placed, text)) for start, span in by_start.items()]
        for by_start, item in zip(places, items, strict=True)
    ]
    chosen = increasing_chain(options)
    # An item that is out of order gets its best place: a list may be sorted otherwise than its document.
    starts = [
        start if start is not None else max(weights, key=lambda option: option[1], default=(None,))[0]
        for weights, start in zip(options, chosen, strict=True)
    ]
    return [None if start is None else by_start[start] for by_start, start in zip(places, starts, strict=True)]


def _weight(anchor: _Span, item: _Item, placed: Sequence[Placed], text: str) -> int:
    """How many leaves of an item stand near one of its places, its line above all; squared, for rows stand together."""
    line = _line(text, anchor)
    near = 0
    for *_, index in item:
        spans = placed[index][3][0]
        near += 2 * _is_within(spans, *line) or _is_within(spans, anchor[0] - _NEAR, anchor[1] + _NEAR)
    return near * near


def _is_within(spans: Spans, start: int, end: int) -> bool:
    index = bisect_left(spans, (start, -1))
    return index < len(spans) and spans[index][1] <= end


def _line(text: str, span: _Span) -> _Span:
    """Where the line of a place begins and ends."""
    end = text.find("\n", span[1])
    return text.rfind("\n", 0, span[0]) + 1, len(text) if end < 0 else end
