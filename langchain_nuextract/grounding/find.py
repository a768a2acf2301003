"""Where a document says the values of an extraction."""

from collections.abc import Mapping
from functools import cached_property, lru_cache
from itertools import starmap

from langchain_nuextract.grounding.assignment import SpanAllocator
from langchain_nuextract.grounding.dates import DateIndex, is_moment
from langchain_nuextract.grounding.evidence import Evidence, Match, Place, Span, Spans
from langchain_nuextract.grounding.index import TextIndex
from langchain_nuextract.grounding.leaves import Leaf, items
from langchain_nuextract.grounding.normalize import NormalizedText, fold, folded
from langchain_nuextract.grounding.numbers import is_negative, notation, number_index
from langchain_nuextract.paths import JSON, Path


def ground(value: JSON, text: str) -> tuple[Evidence, ...]:
    """Find where a document says each leaf of a value.

    A value that comes several times takes its occurrences in order; the fields of one list item are looked for near
    the longest of them. Values inside a longer word or number are passed over for those that stand alone.

    Args:
        value: The validated value, as JSON.
        text: The document's text, unchanged.

    Returns:
        One entry for each leaf that was found, in the order of the value. Nulls, booleans and empty strings have none.
    """
    groups = items(value)
    found: list[Evidence | None] = [None] * sum(map(len, groups))
    document = _Document(text)
    spans_of = lru_cache(maxsize=None, typed=True)(document.find)

    @lru_cache(maxsize=None, typed=True)
    def places_of(leaf: str | float) -> SpanAllocator:
        return SpanAllocator(spans_of(leaf))

    for group in groups:
        near: tuple[int, int] | None = None
        for order, path, leaf in group if len(group) == 1 else sorted(group, key=_size, reverse=True):
            spans = spans_of(leaf)
            if not spans:
                continue
            span = spans[0] if len(spans) == 1 else places_of(leaf).take(near)
            near = near or span
            found[order] = document.evidence(path, leaf, span)
    return tuple(filter(None, found))


class _Document:
    """A text in which values are looked for."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._exact = TextIndex(text)
        self._dates = DateIndex(text)
        self._dated: dict[tuple[str, tuple[int, int]], tuple[Place, Match]] = {}

    def evidence(self, path: Path, leaf: str | float, span: tuple[int, int]) -> Evidence:
        """Tell how a value stands at one of the places where it was found."""
        start, end = span
        quotation = self._text[start:end]
        if isinstance(leaf, str) and (dated := self._dated.get((leaf, span))):
            return Evidence(path, leaf, Span(start, end), quotation, dated[1], dated[0])
        match: Match = "exact" if quotation == str(leaf) else "folded" if isinstance(leaf, str) else "number"
        return Evidence(path, leaf, Span(start, end), quotation, match, (Span(start, end),))

    def find(self, leaf: str | float) -> Spans:
        """Find all places of a value, in the order of the text."""
        if isinstance(leaf, str):
            return self._exact.find(leaf) or (self._find_day(leaf) if is_moment(leaf) else self._find_alike(leaf))
        spans = self._numerals.get(notation(leaf), ())
        return spans if leaf >= 0 else [span for span in spans if is_negative(self._text, span)]

    def _find_day(self, value: str) -> Spans:
        places, match = self._dates.find(value)
        self._dated |= {(value, place[0]): (place, match) for place in places}
        return sorted({place[0] for place in places})

    def _find_alike(self, value: str) -> Spans:
        wanted = fold(value)
        # Of a text in ASCII, folding changes letters and blanks alone: dates need not be looked for again.
        if not wanted or (wanted == value == value.upper() and " " not in value and self._text.isascii()):
            return ()
        return [*filter(None, starmap(self._folded.unfold, self._alike.find(wanted)))]

    @cached_property
    def _folded(self) -> NormalizedText:
        return folded(self._text)

    @cached_property
    def _alike(self) -> TextIndex:
        return TextIndex(self._folded.text)

    @cached_property
    def _numerals(self) -> Mapping[str, Spans]:
        return number_index(self._text)


def _size(leaf: Leaf) -> int:
    return len(str(leaf[2]))
