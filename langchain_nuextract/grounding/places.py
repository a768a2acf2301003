"""The places of one value in a text, of which each is given out once before any is given out again."""

from bisect import bisect_left
from collections.abc import Sequence

from langchain_nuextract.grounding.locate import Match, Span


class Places:
    """The places of one value, in the order of the text."""

    __slots__ = ("_free", "_links", "_spans", "match")

    def __init__(self, spans: Sequence[tuple[int, int]], match: Match) -> None:
        self.match: Match = match
        """How alike the value and what stands there are, unless they are the same."""
        self._spans = spans
        self._free = len(spans)
        self._links: tuple[list[int], list[int]] | None = None

    def take(self, near: Span | None) -> Span | None:
        """Give out the place that is nearest to another, or else the first; None if there is none."""
        spans = self._spans
        if len(spans) <= 1:
            return Span(*spans[0]) if spans else None
        after = bisect_left(spans, (near.start, -1)) if near else 0
        return Span(*spans[self._take_free(after, near) if self._free else self._nearest(after - 1, after, near)])

    def _take_free(self, after: int, near: Span | None) -> int:
        """Take the nearest that is free; from those that are taken, links lead to the next one on either side."""
        if self._links is None:
            self._links = [*range(len(self._spans) + 1)], [*range(len(self._spans) + 1)]
        right, left = self._links
        index = self._nearest(_end(left, after) - 1, _end(right, after), near)
        right[index], left[index + 1] = index + 1, index
        self._free -= 1
        return index

    def _nearest(self, before: int, after: int, near: Span | None) -> int:
        """Which of two places is nearer, the one before or the one behind; either may lie outside."""
        spans = self._spans
        if near is None or before < 0:
            return after
        if after == len(spans) or spans[after][0] - near.end > near.start - spans[before][1]:
            return before
        return after


def _end(links: list[int], at: int) -> int:
    """Follow links to their end, and shorten them for the next time."""
    while links[at] != at:
        links[at] = at = links[links[at]]
    return at
