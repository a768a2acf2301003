"""Where a document says the values of an extraction."""

from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache
from itertools import starmap

from langchain_nuextract.grounding.assignment import SpanAllocator
from langchain_nuextract.grounding.dates import DateIndex, is_moment
from langchain_nuextract.grounding.evidence import Evidence, Found, Match, Place, Span, Spans
from langchain_nuextract.grounding.index import TextIndex
from langchain_nuextract.grounding.leaves import Leaf, items
from langchain_nuextract.grounding.normalize import NormalizedText, fold, folded
from langchain_nuextract.grounding.numbers import is_negative, notation, number_index
from langchain_nuextract.grounding.similar import SimilarIndex, similarity
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
    find = lru_cache(maxsize=None, typed=True)(_Document(text).find)

    @lru_cache(maxsize=None, typed=True)
    def places_of(leaf: str | float) -> SpanAllocator:
        return SpanAllocator(find(leaf).spans)

    for group in groups:
        near: tuple[int, int] | None = None
        for order, path, leaf in group if len(group) == 1 else sorted(group, key=_size, reverse=True):
            there = find(leaf)
            spans = there.spans
            if not spans:
                continue
            span = spans[0] if len(spans) == 1 else places_of(leaf).take(near)
            near = near or span
            found[order] = _evidence(path, leaf, span, there, text)
    return tuple(filter(None, found))


def _evidence(path: Path, leaf: str | float, place: tuple[int, int], found: Found, text: str) -> Evidence:
    """Tell how a value stands at one of the places where it was found."""
    span = Span(*place)
    quotation, match = text[place[0] : place[1]], found.match
    if match == "exact" and quotation != leaf:
        match = "number" if not isinstance(leaf, str) and quotation != str(leaf) else "exact"
    spans = (span, *found.others[place]) if found.others else (span,)
    alike = similarity(str(leaf), quotation) if match == "similar" else 1.0
    return Evidence(path, leaf, span, quotation, match, spans, alike)


class _Document:
    """A text in which values are looked for."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._exact = TextIndex(text)
        self._dates = DateIndex(text)
        self._similar = SimilarIndex(text)

    def find(self, leaf: str | float) -> Found:
        """Find all places of a value, the closest kind of match first."""
        if not isinstance(leaf, str):
            spans = self._numerals.get(notation(leaf), ())
            return Found(spans if leaf >= 0 else [span for span in spans if is_negative(self._text, span)])
        if spans := self._exact.find(leaf):
            return Found(spans)
        if is_moment(leaf):
            return _found(*self._dates.find(leaf))
        if spans := self._find_alike(leaf):
            return Found(spans, "folded")
        return Found(self._similar.find(leaf), "similar")

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


def _found(places: Sequence[Place], match: Match) -> Found:
    """Sort places by their first pieces."""
    others: dict[tuple[int, int], Place] = {place[0]: place[1:] for place in places}
    return Found(sorted(others), match, others)


def _size(leaf: Leaf) -> int:
    return len(str(leaf[2]))
