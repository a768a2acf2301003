"""Where a document says the values of an extraction."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import starmap
from types import MappingProxyType
from typing import Final

from langchain_nuextract.grounding.amounts import find_amount
from langchain_nuextract.grounding.assignment import Placed, assign
from langchain_nuextract.grounding.dates import DateIndex
from langchain_nuextract.grounding.evidence import (
    NO_OTHERS,
    Evidence,
    Found,
    Match,
    Pieces,
    Span,
    Spans,
    new_tuple,
)
from langchain_nuextract.grounding.index import TextIndex
from langchain_nuextract.grounding.labels import find_truth
from langchain_nuextract.grounding.normalize import NormalizedText, fold, folded
from langchain_nuextract.grounding.number_words import WordNumberIndex
from langchain_nuextract.grounding.numbers import NumberIndex
from langchain_nuextract.grounding.pieces import parts_in, wrapped_in
from langchain_nuextract.grounding.similar import SimilarIndex, similarity
from langchain_nuextract.paths import JSON, Path, leaves
from langchain_nuextract.scalars.code_names import names_of
from langchain_nuextract.scalars.durations import is_whole_duration

_NO_WORDINGS: Final[Mapping[Path, Sequence[str]]] = MappingProxyType({})


def ground(value: JSON, text: str, wordings: Mapping[Path, Sequence[str]] = _NO_WORDINGS) -> tuple[Evidence, ...]:
    """Find where a document says each leaf of a value.

    A value that comes several times takes its occurrences in order. The items of a list are placed one after the
    other, as far as the document has them so, and the fields of one item near each other. Values inside a longer word
    or number are passed over for those that stand alone.

    Args:
        value: The validated value, as JSON.
        text: The document's text, unchanged.
        wordings: The words that a document may have for choices, by the paths of these; truth values among them, which
            are looked for beside the names of their fields.

    Returns:
        One entry for each leaf that was found, in the order of the value. Nulls, empty texts and truth values that are
        not among the wordings have none.
    """
    document = _Document(text)
    placed = _evidence(assign(value, text, document), text)
    return _with_choices(placed, value, document, wordings) if wordings else placed


def _with_choices(
    placed: Sequence[Evidence], value: JSON, document: "_Document", wordings: Mapping[Path, Sequence[str]]
) -> tuple[Evidence, ...]:
    """Add the choices and truth values that are said in other words, in the order of the value."""
    known = {each.path: each for each in placed}
    chosen: list[Placed] = []
    for path, leaf in leaves(value):
        if path in known or path not in wordings or leaf is None or leaf == "":
            continue
        there = document.find_choice(path, leaf, wordings[path])
        if spans := there[0]:
            chosen.append((path, leaf, spans[0], there))
    known |= {each.path: each for each in _evidence(chosen, document.text)}
    return tuple(known[path] for path, _ in leaves(value) if path in known)


def _evidence(placed: Iterable[Placed], text: str) -> tuple[Evidence, ...]:
    """Tell how values stand at the places that they take."""
    evidence: list[Evidence] = []
    for path, leaf, place, (_, match, others) in placed:
        span = new_tuple(Span, place)
        if match == "exact":
            evidence.append(new_tuple(Evidence, (path, leaf, span, leaf, match, (span,), 1.0, (), None)))
            continue
        quotation, how = text[place[0] : place[1]], match
        if match == "number" and quotation == str(leaf) and not isinstance(leaf, str):
            # `5` says 5 as the value does, `5.00` otherwise.
            how = "exact"
        alike = similarity(str(leaf), quotation) if match == "similar" else 1.0
        spans = (span, *others.get(place, ())) if others else (span,)
        evidence.append(new_tuple(Evidence, (path, leaf, span, quotation, how, spans, alike, (), None)))
    return tuple(evidence)


_FIGURE: Final = re.compile(r"\d")
_DECIMAL: Final = re.compile(r"\d+[.,]\d+")
_LONG: Final = 100_000
_CODE: Final = re.compile(r"[A-Z]{2,3}|[a-z]{2}|[A-Z]{2}-[A-Z0-9]{1,3}")


class _Document:
    """A text in which values are looked for."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._known: dict[str | tuple[type, float], Found] = {}
        self._exact = TextIndex(text)

    def find_text(self, text: str) -> Found:
        """Find all places of a text, by the closest kind of match that there is; only once for equal ones."""
        if text in self._known:
            return self._known[text]
        if spans := self._exact.find(text):
            # The figures of a negative number do not say a positive one.
            if text[0].isdigit() and _DECIMAL.fullmatch(text):
                spans = [each for each in spans if not self._numbers.is_negative(each)]
            found = spans, "exact", NO_OTHERS
        else:
            found = self._find_otherwise(text)
        self._known[text] = found
        return found

    def find_number(self, number: float) -> Found:
        """Find all places of a number."""
        if spans := self._numbers.find_unsigned(number):
            return spans, "number", NO_OTHERS
        key = type(number), number
        found = self._known.get(key)
        if found is None:
            spans = self._numbers.find(number)
            found = self._known[key] = (spans, "number", NO_OTHERS) if spans else self._find_in_words(number)
        return found

    def _find_in_words(self, number: float) -> Found:
        spans = self._words.find(number)
        # `774-00-01-454` and `5261 040 828` are numbers of tax payers.
        if not spans and isinstance(number, int) and number >= _LONG:
            return self._find_shape(str(number))
        return spans, "number", NO_OTHERS

    def _find_otherwise(self, text: str) -> Found:
        if text[:2].isdigit() and (said := self._dates.find(text)):
            return _found(*said)
        if is_whole_duration(text) and (places := self._words.find_duration(text)):
            return _found(places, "number")
        return next((found for found in self._written_otherwise(text) if found[0]), ((), "exact", NO_OTHERS))

    def _written_otherwise(self, value: str) -> Iterator[Found]:
        """Look for a text in each form that it may have besides its own, the closest ones first."""
        code, has_figure = _CODE.fullmatch(value), _FIGURE.search(value)
        # `€` for EUR, `Deutschland` for DE
        names = {span for name in (names_of(value) if code else ()) for span in self._find_words(name)}
        yield sorted(names), "name", NO_OTHERS
        spans = self._find_alike(value)
        # In small letters, `IT` and `DE` are words, and no countries.
        are_words = code and value.isupper()
        spans = [span for span in spans if not (are_words and self.text[slice(*span)].islower())]
        yield spans, "folded", NO_OTHERS
        if has_figure:
            if said := self._dates.find_written(value):
                yield _found(*said)
            yield find_amount(value, self.text, self._numbers), "number", NO_OTHERS
        yield self._find_shape(value)
        yield _found(wrapped_in(value, self.text, self._similar.shapes), "joined")
        yield _found(parts_in(value, self._find_words), "joined")
        yield self._similar.find(value), "similar", NO_OTHERS

    def find_choice(self, path: Path, value: JSON, words: Sequence[str]) -> Found:
        """Find the words for a choice, or a truth value beside the name of its field."""
        if isinstance(value, bool):
            name = next((step for step in reversed(path) if isinstance(step, str)), "")
            return _found([*find_truth(name, value, self.text, self._find_words)], "name")
        return next((spans for word in words if (spans := self._find_words(word))), ()), "name", NO_OTHERS

    def _find_words(self, words: str) -> Spans:
        return self._exact.find(words) or self._find_alike(words)

    def _find_shape(self, value: str) -> Found:
        return self._similar.find_shape(value), "similar", NO_OTHERS

    def _find_alike(self, value: str) -> Spans:
        wanted = fold(value)
        # Of a text in ASCII, folding changes letters and blanks alone: dates need not be looked for again.
        if not wanted or (wanted == value == value.upper() and " " not in value and self.text.isascii()):
            return ()
        return [*filter(None, starmap(self._folded.unfold, self._alike.find(wanted)))]

    # A text is read for what is asked of it alone.
    @cached_property
    def _dates(self) -> DateIndex:
        return DateIndex(self.text)

    @cached_property
    def _numbers(self) -> NumberIndex:
        return NumberIndex(self.text)

    @cached_property
    def _words(self) -> WordNumberIndex:
        return WordNumberIndex(self.text)

    @cached_property
    def _similar(self) -> SimilarIndex:
        return SimilarIndex(self.text)

    @cached_property
    def _folded(self) -> NormalizedText:
        return folded(self.text)

    @cached_property
    def _alike(self) -> TextIndex:
        return TextIndex(self._folded.text)


def _found(places: Sequence[Pieces], match: Match) -> Found:
    """Sort places by their first pieces."""
    others: dict[tuple[int, int], Pieces] = {place[0]: place[1:] for place in places}
    return sorted(others), match, others
