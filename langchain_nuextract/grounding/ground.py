"""Where a document says the values of an extraction."""

from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache
from itertools import starmap

from langchain_nuextract.grounding.concordance import Concordance
from langchain_nuextract.grounding.folding import Folded, fold, folded
from langchain_nuextract.grounding.items import Leaf, items
from langchain_nuextract.grounding.locate import Evidence
from langchain_nuextract.grounding.numerals import is_negative, notation, numerals
from langchain_nuextract.grounding.places import Places
from langchain_nuextract.paths import JSON


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
    places_of = lru_cache(maxsize=None, typed=True)(_Document(text).places)  # 1 and 1.0 are two
    for group in groups:
        near = None
        for order, path, leaf in group if len(group) == 1 else sorted(group, key=_size, reverse=True):
            places = places_of(leaf)
            span = places.take(near)
            if span:
                near = near or span
                quotation = text[span.start : span.end]
                match = "exact" if quotation == str(leaf) else places.match
                found[order] = Evidence(path, leaf, span, quotation, match)
    return tuple(filter(None, found))


class _Document:
    """A text in which values are looked for."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._exact = Concordance(text)

    def places(self, leaf: str | float) -> Places:
        """Find all places of a value."""
        if not isinstance(leaf, str):
            return Places(self._of_number(leaf), "number")
        if exact := self._exact.find(leaf):
            return Places(exact, "exact")
        return Places(self._of_text(leaf), "folded")

    def _of_text(self, value: str) -> Sequence[tuple[int, int]]:
        wanted = fold(value)
        if not wanted:
            return ()
        return [*filter(None, starmap(self._folded.unfold, self._alike.find(wanted)))]

    def _of_number(self, value: float) -> Sequence[tuple[int, int]]:
        spans = self._numerals.get(notation(value), ())
        return spans if value >= 0 else [span for span in spans if is_negative(self._text, span)]

    @cached_property
    def _folded(self) -> Folded:
        return folded(self._text)

    @cached_property
    def _alike(self) -> Concordance:
        return Concordance(self._folded.text)

    @cached_property
    def _numerals(self) -> Mapping[str, Sequence[tuple[int, int]]]:
        return numerals(self._text)


def _size(leaf: Leaf) -> int:
    return len(str(leaf[2]))
