"""A text in which the places of values are marked, wherever they overlap."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, pairwise
from typing import Final, NamedTuple, TypeAlias

_MOST_VALUES: Final = 50
"""Values that one stretch of text is marked for; hundreds of rows may have the same currency from the same word."""


class MarkedRange(NamedTuple):
    """A range of text that is marked for the same values from end to end."""

    start: int
    end: int
    values: tuple[int, ...]
    """Which values stand here, by their number; none where the text is not marked."""
    begins: tuple[int, ...]
    """Which of them have their first place here."""


def stretches(start: int, end: int, places: Sequence[Iterable[tuple[int, int]]]) -> Iterator[MarkedRange]:
    """Cut a range of a text where marks begin and end, so that they can overlap: in time linear in the marks.

    Args:
        start: Where the range begins, in code points.
        end: Where it ends.
        places: The spans of each value, by its number; the first one is where one is led to.
    """
    opening, closing, first_at = _borders(start, end, places)
    open_now: Counter[int] = Counter()
    for left, right in pairwise(sorted({start, end, *opening, *closing})):
        # A value may stand here twice, by spans that overlap: its mark ends with the last of them.
        open_now.subtract(closing.get(left, ()))
        for number in closing.get(left, ()):
            if not open_now[number]:
                del open_now[number]
        open_now.update(opening.get(left, ()))
        yield MarkedRange(left, right, tuple(islice(open_now, _MOST_VALUES)), tuple(first_at.get(left, ())))


_Borders: TypeAlias = dict[int, list[int]]


def _borders(start: int, end: int, places: Sequence[Iterable[tuple[int, int]]]) -> tuple[_Borders, _Borders, _Borders]:
    """Where which marks begin, where they end, and where the first one of a value begins."""
    opening: _Borders = defaultdict(list)
    closing: _Borders = defaultdict(list)
    first_at: _Borders = defaultdict(list)
    for number, spans in enumerate(places):
        for rank, (left, right) in enumerate(spans):
            if max(left, start) < min(right, end):
                opening[max(left, start)].append(number)
                closing[min(right, end)].append(number)
                if rank == 0 and left >= start:
                    first_at[left].append(number)
    return opening, closing, first_at
