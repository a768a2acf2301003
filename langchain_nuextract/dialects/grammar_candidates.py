"""What a document's text offers as values of the types that are not copied letter by letter."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from langchain_nuextract.scalars.dates import iso_date, iso_date_time, iso_time
from langchain_nuextract.schema.json_types import dumps
from langchain_nuextract.schema.value_types import TYPES, ValueType

if TYPE_CHECKING:
    from langchain_nuextract.grounding.numbers import NumberIndex

MOST: Final = 200
"""Values offered of one type."""

# The letter of "BS1" and the hyphen of "HL-2026-0417", but not the hyphen of " -5".
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
        return tuple(dict.fromkeys(self._values(TYPES[kind])))[:MOST] if kind in OFFERED else None

    def count(self) -> int:
        """How many numbers there are, also those of equal value."""
        return len({span for _, span in self._numerals})

    def _values(self, type_: ValueType) -> Iterable[str]:
        if type_.in_text:
            return (dumps(match[0]) for match in re.finditer(type_.in_text, self.text))
        match type_.notation:
            case "number":
                return self._numbers()
            case "integer":
                return (number for number in self._numbers() if "." not in number)
            case "money":
                signs = (_SIGNS[mark] for mark in self.text if mark in _SIGNS)
                return map(dumps, (*_CODE.findall(self.text), *signs))
            case "truth":
                return ("true", "false")
            case notation:
                read = _READINGS[notation]
                return (dumps(found) for words in self._phrases for found in read(words) if found)

    def _numbers(self) -> Iterator[str]:
        """Yield numbers, in all readings of their marks."""
        for notation, span in self._numerals:
            yield notation
            if self._index.is_negative(span):
                yield f"-{notation}"

    @cached_property
    def _index(self) -> "NumberIndex":
        from langchain_nuextract.grounding.numbers import NumberIndex  # noqa: PLC0415  it is large

        return NumberIndex(self.text)

    @cached_property
    def _numerals(self) -> list[tuple[str, tuple[int, int]]]:
        # A numeral that is part of a code, such as `BS1` or `HL-2026-0417`, is none.
        placed = [
            (notation, (start, end))
            for notation, spans in self._index.numerals.items()
            for start, end in spans
            if not _IN_CODE.search(self.text[max(0, start - 2) : start])
        ]
        return sorted((each for each in placed if len(each[0]) <= _LONGEST_NUMBER), key=lambda each: each[1][0])

    @cached_property
    def _phrases(self) -> tuple[str, ...]:
        """Up to four words that have a digit among them, longer ones first."""
        # Of "12 March 2026 at noon": "12 March 2026 at", "12 March 2026", "12 March", "12", "March 2026 at noon", …
        words = [(match.start(), match.end()) for match in _WORD.finditer(self.text)]
        spans = (
            self.text[start : words[last][1]].strip(_PUNCTUATION)
            for first, (start, _) in enumerate(words)
            for last in range(min(first + _DATE_WORDS, len(words)) - 1, first - 1, -1)
        )
        return tuple(phrase for phrase in spans if any(map(str.isdigit, phrase)))


def _days(words: str) -> tuple[str | None, ...]:
    return iso_date(words), iso_date(words, day_first=True), iso_date(words, day_first=False)


_READINGS: Final[Mapping[str, Callable[[str], Iterable[str | None]]]] = {
    # "03/04/2026" is both the 3rd of April and the 4th of March.
    "day": _days,
    "moment": lambda words: (iso_date_time(words), *_days(words)[1:]),
    "clock": lambda words: (iso_time(words),),
}
"""What a few words with a digit among them may say, by the `notation` of a type."""
OFFERED: Final = frozenset(
    row.name
    for row in TYPES.values()
    if row.in_text or row.notation in {"number", "integer", "money", "truth", *_READINGS}
)
"""The types whose values can be read out of a text; those of any other type are words of it."""
