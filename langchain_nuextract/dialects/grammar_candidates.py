"""What a document's text offers as values of the types that are not copied letter by letter."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from langchain_nuextract.scalars.dates import iso_date, iso_date_time, iso_time
from langchain_nuextract.schema.value_types import TYPES

MOST: Final = 200
"""Values offered of one type."""

_IN_CODE = re.compile(r"[^\W\d_]$|\w[-/]$")
_WORD = re.compile(r"\S+")
_DATE_WORDS: Final = 4
_LONGEST_NUMBER: Final = 15
_CODE = re.compile(r"\b[A-Z]{3}\b")
_SIGNS: Final = {"€": "EUR", "$": "USD", "£": "GBP", "¥": "JPY", "₹": "INR"}
_PUNCTUATION: Final = ".,;:()[]\"'“”"


@dataclass(frozen=True)
class Offers:
    """The values of each type that can be read out of a text, as JSON, in the order of the text."""

    text: str

    def of(self, kind: str) -> tuple[str, ...] | None:
        """Give the values of a NuExtract type; None if any of the text's words may be one."""
        offer = _BY_TYPE.get(kind)
        return None if offer is None else tuple(dict.fromkeys(offer(self)))[:MOST]

    def dates(self) -> Iterator[str]:
        """Dates, both readings where day and month are not certain."""
        return self._read(lambda words: (iso_date(words), *_both(words)))

    def moments(self) -> Iterator[str]:
        """Dates, with their time where they have one."""
        return self._read(lambda words: (iso_date_time(words), *_both(words)))

    def times(self) -> Iterator[str]:
        """Times of the day."""
        return self._read(lambda words: (iso_time(words),))

    def numbers(self) -> Iterator[str]:
        """Numbers, in all readings of their marks."""
        from langchain_nuextract.grounding.numbers import NumberIndex  # noqa: PLC0415  it is large

        signs = NumberIndex(self.text)
        for notation, span in self._numerals:
            yield notation
            if signs.is_negative(span):
                yield f"-{notation}"

    def count(self) -> int:
        """How many numbers there are, also those of equal value."""
        return len({span for _, span in self._numerals})

    def integers(self) -> Iterator[str]:
        """Whole numbers."""
        return (number for number in self.numbers() if "." not in number)

    def currencies(self) -> Iterator[str]:
        """Codes of three letters, and those that the signs of money stand for."""
        signs = (_SIGNS[mark] for mark in self.text if mark in _SIGNS)
        return _json_texts((*_matched_texts(_CODE, self.text), *signs))

    @cached_property
    def _numerals(self) -> list[tuple[str, tuple[int, int]]]:
        from langchain_nuextract.grounding.numbers import number_index  # noqa: PLC0415  it is large

        found = number_index(self.text)
        placed = [(notation, span) for notation, spans in found.items() for span in spans if self._stands_alone(span)]
        return sorted((each for each in placed if len(each[0]) <= _LONGEST_NUMBER), key=lambda each: each[1][0])

    def _stands_alone(self, span: tuple[int, int]) -> bool:
        """Whether a numeral is no part of a code, such as `BS1` or `HL-2026-0417`."""
        return not _IN_CODE.search(self.text[max(0, span[0] - 2) : span[0]])

    def _read(self, readings: Callable[[str], Iterable[str | None]]) -> Iterator[str]:
        return _json_texts(found for words in self._phrases for found in readings(words) if found)

    @cached_property
    def _phrases(self) -> tuple[str, ...]:
        """Up to four words that have a digit among them, longer ones first."""
        words = [(match.start(), match.end()) for match in _WORD.finditer(self.text)]
        spans = (
            self.text[start : words[last][1]].strip(_PUNCTUATION)
            for first, (start, _) in enumerate(words)
            for last in range(min(first + _DATE_WORDS, len(words)) - 1, first - 1, -1)
        )
        return tuple(phrase for phrase in spans if any(map(str.isdigit, phrase)))


def _both(words: str) -> tuple[str | None, str | None]:
    return iso_date(words, day_first=True), iso_date(words, day_first=False)


def _matched_texts(pattern: re.Pattern[str], text: str) -> Iterator[str]:
    return (match[0] for match in pattern.finditer(text))


def _json_texts(values: Iterable[str]) -> Iterator[str]:
    return (json.dumps(value, ensure_ascii=False) for value in values)


def _matching(pattern: re.Pattern[str]) -> Callable[[Offers], Iterable[str]]:
    return lambda offers: _json_texts(_matched_texts(pattern, offers.text))


_BY_NOTATION: Final[Mapping[str, Callable[[Offers], Iterable[str]]]] = {
    "number": Offers.numbers,
    "integer": Offers.integers,
    "day": Offers.dates,
    "moment": Offers.moments,
    "clock": Offers.times,
    "money": Offers.currencies,
    "truth": lambda _: ("true", "false"),
}
_BY_TYPE: Final[Mapping[str, Callable[[Offers], Iterable[str]]]] = {
    row.name: _matching(re.compile(row.in_text)) if row.in_text else _BY_NOTATION[row.notation]
    for row in TYPES.values()
    if row.in_text or row.notation in _BY_NOTATION
}
OFFERED: Final = frozenset(_BY_TYPE)
"""The types whose values can be read out of a text; those of any other type are words of it."""
