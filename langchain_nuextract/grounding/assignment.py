"""Which place each leaf of a value takes: those of one list item near each other, and items one after the other."""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Final, TypeAlias

from langchain_nuextract.grounding.chain import increasing_chain
from langchain_nuextract.grounding.evidence import Found, Spans
from langchain_nuextract.grounding.leaves import Items, Leaf

MOST_ANCHORS: Final = 64
"""Places of a leaf that can be the anchor of its item; what stands in more is placed by the items around it."""
_NEAR: Final = 200
"""Characters around an anchor in which leaves speak for it, though less than on its own line."""

_Span: TypeAlias = tuple[int, int]
_Item: TypeAlias = list[tuple[int, int, Leaf, Found]]
"""The leaves of one list item that were found, by their number of places and, the longest first, their length."""


class SpanAllocator:
    """Some places in the order of the text, of which each is given out once before any is given out again."""

    def __init__(self, spans: Spans) -> None:
        """Take the places of a value, one at least."""
        self._spans = spans
        self._free = len(spans)
        # From each place that is taken, a link leads to the next one behind, and one to the next before.
        self._right: dict[int, int] = {}
        self._left: dict[int, int] = {}

    def take(self, near: _Span | None, line: _Span | None = None) -> _Span:
        """Give out the first free place within a line; else the one that is nearest to another, or else the first."""
        spans = self._spans
        if line:
            first = _end(self._right, bisect_left(spans, (line[0], -1)))
            if first < len(spans) and spans[first][1] <= line[1]:
                return spans[self._use(first)]
        after = bisect_left(spans, (near[0], -1)) if near else 0
        if not self._free:
            return spans[self._nearest(after - 1, after, near)]
        return spans[self._use(self._nearest(_end(self._left, after) - 1, _end(self._right, after), near))]

    def _use(self, index: int) -> int:
        self._right[index], self._left[index + 1] = index + 1, index
        self._free -= 1
        return index

    def _nearest(self, before: int, after: int, near: _Span | None) -> int:
        """Which of two places is nearer, the one before or the one behind; either may lie outside."""
        spans = self._spans
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


def assign(
    alone: Sequence[Leaf], lists: Sequence[Items], text: str, find: Callable[[str | float], Found]
) -> list[tuple[Leaf, _Span, Found]]:
    """Give each leaf that the text says one of its places.

    Args:
        alone: The leaves of a value that are in no list.
        lists: The items of its lists.
        text: The document's text.
        find: Finds all places of a leaf.

    Returns:
        The leaves that have a place, with it. Those of lists come first, so that a total that is equal to the price
        of an item takes the place that is left.
    """
    places = _Places()
    placed: list[tuple[Leaf, _Span, Found]] = []
    for items in lists:
        placed += _in_order([found for leaves in items if (found := _rarest_first(leaves, find))], text, places)
    for leaf in alone:
        found = find(leaf[2])
        if spans := found[0]:
            placed.append((leaf, spans[0] if len(spans) == 1 else places.take(leaf, spans), found))
    return placed


def _rarest_first(leaves: Sequence[Leaf], find: Callable[[str | float], Found]) -> _Item:
    """Find the leaves of an item: what stands in few places is sure of its own, and leads the others to theirs."""
    item: _Item = []
    for leaf in leaves:
        found = find(leaf[2])
        if spans := found[0]:
            start, end = spans[0]
            item.append((len(spans), start - end, leaf, found))
    item.sort()
    return item


def _in_order(items: Sequence[_Item], text: str, places: "_Places") -> list[tuple[Leaf, _Span, Found]]:
    """Place the items of a list one after the other, and the leaves of each in their order."""
    placed: list[tuple[Leaf, _Span, Found]] = []
    before: _Span | None = None
    for item, anchor in zip(items, _anchors(items, text), strict=True):
        near = anchor or before
        # Only what stands in several places, as the last one may, takes one of them by the line.
        line = _line(text, anchor) if anchor and len(item) > 1 < item[-1][0] else anchor
        for count, _, leaf, found in item:
            span = found[0][0] if count == 1 else places.take(leaf, found[0], near, line)
            near = near or span
            placed.append((leaf, span, found))
        before = near
    return placed


class _Places:
    """What is free of the places of the leaves that have several; equal leaves share theirs."""

    def __init__(self) -> None:
        self._free: dict[tuple[type, str | float], SpanAllocator] = {}

    def take(self, leaf: Leaf, spans: Spans, near: _Span | None = None, line: _Span | None = None) -> _Span:
        """Give a leaf one of its places."""
        key = type(leaf[2]), leaf[2]
        free = self._free.get(key)
        if free is None:
            free = self._free[key] = SpanAllocator(spans)
        return free.take(near, line)


def _anchors(items: Sequence[_Item], text: str) -> Sequence[_Span | None]:
    """Choose a place of the rarest leaf of each item, one behind the other, with most of its other leaves near by."""
    likely = [item[0][3][0] for item in items]
    only = [spans[0] for spans in likely if len(spans) == 1]
    if len(only) == len(items) and all(one < other for one, other in pairwise(only)):
        return only
    # A quantity of 1 stands in hundreds of places, and leads to none of them.
    places = [{span[0]: span for span in spans} if len(spans) <= MOST_ANCHORS else {} for spans in likely]
    options = [
        [(start, _weight(span, item, text)) for start, span in by_start.items()]
        for by_start, item in zip(places, items, strict=True)
    ]
    chosen = increasing_chain(options)
    # An item that is out of order gets its best place: a list may be sorted otherwise than its document.
    starts = [
        start if start is not None else max(weights, key=lambda option: option[1], default=(None,))[0]
        for weights, start in zip(options, chosen, strict=True)
    ]
    return [None if start is None else by_start[start] for by_start, start in zip(places, starts, strict=True)]


def _weight(anchor: _Span, item: _Item, text: str) -> int:
    """How many leaves of an item stand near one of its places, its line above all; squared, for rows stand together."""
    line = _line(text, anchor)
    near = sum(
        2 * _is_within(found[0], *line) or _is_within(found[0], anchor[0] - _NEAR, anchor[1] + _NEAR)
        for *_, found in item
    )
    return near * near


def _is_within(spans: Spans, start: int, end: int) -> bool:
    index = bisect_left(spans, (start, -1))
    return index < len(spans) and spans[index][1] <= end


def _line(text: str, span: _Span) -> _Span:
    """Where the line of a place begins and ends."""
    end = text.find("\n", span[1])
    return text.rfind("\n", 0, span[0]) + 1, len(text) if end < 0 else end
