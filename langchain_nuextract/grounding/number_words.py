"""Where a text says small whole numbers and durations in words: `seven`, `3 weeks`, `zwei Jahre`."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Final

from langchain_nuextract.grounding.evidence import Pieces, Span, Spans
from langchain_nuextract.scalars.durations import UNITS, amounts
from langchain_nuextract.scalars.number_words import NUMBER_WORDS

SMALLEST: Final = 2
"""Below it the words are articles and pronouns too: `one of us`, `ein Haus`."""
_AMBIGUOUS: Final = frozenset("to due sei sex otto ni ti once sept fire quince neuf nove dos".split())  # noqa: SIM905
"""Numbers that are other words in another language, in which a document may be: Danish `to`, Italian `due`."""
_NUMBERS: Final = {word.casefold(): number for number, words in NUMBER_WORDS.items() for word in words}
_WORD: Final = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)?(?: (?:y |e )?[^\W\d_]+)?")
_SINGLE: Final = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)?")
_FIGURES: Final = re.compile(r"(?<![\d.,/])\d{1,4}(?![\d.,]\d)")
_UNIT: Final = re.compile(r"[ \u00a0)-]{0,2}([^\W\d_]{1,14})")
_LONGEST_OF_CJK: Final = 2
"""Signs of a unit in a script that sets no blank behind it: `3週間以内`."""


class WordNumberIndex:
    """Finds numbers in words, and durations, in one text."""

    def __init__(self, text: str) -> None:
        """Look at nothing yet: the text may be asked for none."""
        self._text = text

    def values(self) -> Iterator[int]:
        """Yield the whole numbers that are written in words."""
        yield from self._words

    def find(self, value: float) -> Spans:
        """Find a whole number from 2 to 99 that is written in words."""
        return self._words.get(int(value), ()) if value >= SMALLEST and value % 1 == 0 else ()

    def find_duration(self, value: str) -> Sequence[Pieces]:
        """Find a duration of ISO 8601, `P3W`: in the units that it has, or in others that are as long, `21 days`.

        Returns:
            The places, with a piece for each unit where it has several; none if the text does not say all of them.
        """
        for parts in amounts(value):
            first, *others = (self._durations.get(part, ()) for part in parts)
            if first and all(others):
                return [
                    (place, *(min(other, key=lambda each: abs(each.start - place.start)) for other in others))
                    for place in first
                ]
        return ()

    @cached_property
    def _words(self) -> Mapping[int, Spans]:
        found: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
        for number, start, end in self._said():
            if self._text[start:end].casefold() not in _AMBIGUOUS:
                found[number].append((start, end))
        return found

    def _said(self) -> Iterator[tuple[int, int, int]]:
        """Yield each number in words with its place, the longest words for it: `twenty two` is no `twenty`."""
        at = 0
        while match := _WORD.search(self._text, at):
            # `twenty two` is one number; of `seven years`, the first word is.
            whole = match[0].casefold() in _NUMBERS
            word = match if whole else _SINGLE.match(self._text, match.start())
            at = word.end() if word else match.end()
            if word and (number := _NUMBERS.get(word[0].casefold())):
                yield number, *word.span()

    @cached_property
    def _durations(self) -> Mapping[tuple[int, str], Sequence[Span]]:
        found: defaultdict[tuple[int, str], list[Span]] = defaultdict(list)
        figures = ((int(match[0]), *match.span()) for match in _FIGURES.finditer(self._text))
        for number, start, end in (*figures, *self._said()):
            behind = _UNIT.match(self._text, end)
            unit = _unit(behind[1]) if behind else ""
            if behind and unit:
                found[number, UNITS[unit.casefold()]].append(Span(start, behind.start(1) + len(unit)))
        return {part: sorted(spans) for part, spans in found.items()}


def _unit(word: str) -> str:
    """The unit that a word is, or begins with where no blank parts words; empty if it is none."""
    if word.casefold() in UNITS:
        return word
    heads = (word[:size] for size in range(_LONGEST_OF_CJK, 0, -1))
    return "" if word[0] < "\u3000" else next((head for head in heads if head in UNITS), "")
