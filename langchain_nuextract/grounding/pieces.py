"""Where a text says a value in several pieces: a list of names, an address among other lines, a cell that wraps."""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Final

from langchain_nuextract.grounding.evidence import Pieces, Span, Spans
from langchain_nuextract.grounding.lookalikes import Shapes, shapes_of

MOST_PIECES: Final = 12
"""Parts of a value that is put together again."""
LONGEST: Final = 400
"""Letters of such a value."""

_SEPARATOR: Final = re.compile(
    r"\s*(?:[,;|•·\n、，；]|\s[-–—/&+]\s|\s(?:and|und|et|y|e|og|och|i|en|a|и)\s)\s*"  # noqa: RUF001
)
_SHORTEST: Final = 2
_MOST_PLACES: Final = 50
_REACH: Final = 300
"""Characters to the place where a cell goes on."""
_LINES: Final = 2
"""Lines to it."""
_COLUMN: Final = 6
"""Characters by which its beginning may be apart from that of the line before."""


def parts_in(value: str, find: Callable[[str], Spans]) -> Sequence[Pieces]:
    """Find each of the parts that marks separate, one behind the other as far as they stand so.

    Args:
        value: The value; none of it is found unless all of its parts are.
        find: Finds a part as it stands, or nearly so.
    """
    parts = [part for part in _SEPARATOR.split(value) if part] if len(value) <= LONGEST else []
    if not 1 < len(parts) <= MOST_PIECES or min(map(len, parts)) < _SHORTEST:
        return ()
    place: list[Span] = []
    for part in parts:
        spans = find(part)
        if not spans:
            return ()
        # The next place behind the part before; "Ada, Bo" may also be said in the other order, far apart.
        after = bisect_left(spans, (place[-1].end if place else 0, 0))
        span = Span(*spans[after if after < len(spans) else 0])
        if span not in place:
            place.append(span)
    return (tuple(place),) if len(place) > 1 else ()


def wrapped_in(value: str, text: str, shapes: Shapes) -> Sequence[Pieces]:
    """Find the words of a value on several lines of one column, with what stands in other columns between."""
    words = [word.shape for word in shapes_of(value).words] if len(value) <= LONGEST else []
    if len(words) < 2:  # noqa: PLR2004
        return ()
    starts = shapes.places.get(words[0], ())
    return [place for start in islice(starts, _MOST_PLACES) if (place := _wrapped(words, start, text, shapes))]


def _wrapped(words: Sequence[str], start: int, text: str, shapes: Shapes) -> Pieces:
    """The lines of a cell that begins at a word of the text; empty if not all of it follows."""
    lines: list[Span] = []
    said, at = 0, start
    while True:
        size = _common(words[said:], (word.shape for word in islice(shapes.words, at, None)))
        lines.append(Span(shapes.words[at].start, shapes.words[at + size - 1].end))
        said += size
        if said == len(words):
            return tuple(lines) if len(lines) > 1 else ()
        places: Sequence[int] = shapes.places.get(words[said], ())
        after = bisect_left(places, at + size)
        if after == len(places) or len(lines) == MOST_PIECES:
            return ()
        at = places[after]
        if not _goes_on(text, lines[0], lines[-1], shapes.words[at].start):
            return ()


def _common(words: Sequence[str], others: Iterator[str]) -> int:
    size = 0
    for word, other in zip(words, others, strict=False):
        if word != other:
            break
        size += 1
    return size


def _goes_on(text: str, first: Span, last: Span, start: int) -> bool:
    """Whether a cell can go on at a place: on one of the next lines, in the same column or at the beginning."""
    line = text.rfind("\n", 0, start) + 1
    if start - last.end > _REACH or not 1 <= text.count("\n", last.end, start) <= _LINES:
        return False
    column = first.start - (text.rfind("\n", 0, first.start) + 1)
    return abs(start - line - column) <= _COLUMN or not text[line:start].strip()
