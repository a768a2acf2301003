"""The places of one value in a text, of which each is given out once before any is given out again."""

from bisect import bisect_left

from langchain_nuextract.grounding.evidence import Spans


class SpanAllocator:
    """Some places in the order of the text."""

    def __init__(self, spans: Spans) -> None:
        """Take the places of a value, one at least."""
        self._spans = spans
        self._free = len(spans)
        # From each place that is taken, a link leads to the next one behind, and one to the next before.
        self._right, self._left = [*range(len(spans) + 1)], [*range(len(spans) + 1)]

    def take(self, near: tuple[int, int] | None) -> tuple[int, int]:
        """Give out the place that is nearest to another, or else the first."""
        after = bisect_left(self._spans, (near[0], -1)) if near else 0
        return self._spans[self._take_free(after, near) if self._free else self._nearest(after - 1, after, near)]

    def _take_free(self, after: int, near: tuple[int, int] | None) -> int:
        index = self._nearest(_end(self._left, after) - 1, _end(self._right, after), near)
        self._right[index], self._left[index + 1] = index + 1, index
        self._free -= 1
        return index

    def _nearest(self, before: int, after: int, near: tuple[int, int] | None) -> int:
        """Which of two places is nearer, the one before or the one behind; either may lie outside."""
        spans = self._spans
        if near is None or before < 0:
            return after
        if after == len(spans) or spans[after][0] - near[1] > near[0] - spans[before][1]:
            return before
        return after


def _end(links: list[int], at: int) -> int:
    """Follow links to their end, and shorten them for the next time."""
    while links[at] != at:
        links[at] = at = links[links[at]]
    return at
