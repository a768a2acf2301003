"""What a document says of numbers, days, times and money, in all forms that a template's types have for it.

Each value is written as the notation of `extractive_grammar` has it: a literal, or an expression of digits and marks.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Final

from langchain_nuextract.dialects.grammar_notation import literal
from langchain_nuextract.grounding.dates import DateIndex
from langchain_nuextract.grounding.number_words import WordNumberIndex
from langchain_nuextract.grounding.numbers import NumberIndex
from langchain_nuextract.scalars.code_names import money_in
from langchain_nuextract.schema.json_types import dumps
from langchain_nuextract.schema.value_types import notation_of

MOST: Final = 2_000
"""Values of one type; a document that says more is a table whose values are as good as any."""
_YEAR: Final = re.compile(r"(?<!\d)(?:1[5-9]|20|21)\d\d(?!\d)")
_MOST_YEARS: Final = 8
"""Years that a day without one may be of."""
_PHONE: Final = re.compile(r"\+?\(?\d[\d ()./-]{3,24}\d")
_NOT_DIGITS: Final = re.compile(r"\D")
_ZONE: Final = r"(Z|[+-][0-9]{2}:[0-9]{2})?"


def numbers(text: str) -> Iterator[str]:
    """Numbers in all readings of their marks and in words, with zeros at their ends as the document may have them."""
    # "1.200,50" may be answered as 1200.5 or 1200.50, and "12" as 12 or 12.0.
    for each in _number_values(text):
        yield f"/{each.replace('.', '[.]')}0{{0,6}}/" if "." in each else f"/{each}([.]0{{1,6}})?/"


def integers(text: str) -> Iterator[str]:
    """Whole numbers."""
    return (literal(each) for each in _number_values(text) if "." not in each)


def days(text: str) -> Iterator[str]:
    """Days, months and years, by ISO 8601; a day without a year may be of any year of the document."""
    return (literal(dumps(each)) for each in _days(text))


def moments(text: str) -> Iterator[str]:
    """Days, with a time of the document or without one."""
    # "12 March 2026 … at 14:30" may be 2026-03-12 or 2026-03-12T14:30:00Z; "March 2026" has no time.
    times = "|".join(_clocks(text))
    clock = f"(T({times}){_ZONE})?" if times else ""
    return (f'/"{each}{clock if len(each) == len("2026-03-12") else ""}"/' for each in _days(text))


def times(text: str) -> Iterator[str]:
    """Times of the day, with a zone or without one."""
    return (f'/"{each}{_ZONE}"/' for each in _clocks(text))


def currencies(text: str) -> Iterator[str]:
    """Codes of money, and those of its signs and names."""
    return (literal(dumps(code)) for code in money_in(text))


def phones(text: str) -> Iterator[str]:
    """Telephone numbers as they stand, as digits alone, and with the code of a country before them."""
    for match in _PHONE.finditer(text):
        digits = _NOT_DIGITS.sub("", match[0])
        yield literal(dumps(" ".join(match[0].split())))
        yield f'/"[+]?{digits}"/'
        # "040 1234567" is +49401234567 in Germany: which country it is, no number says of itself.
        if digits.startswith("0") and not digits.startswith("00"):
            yield f'/"[+][1-9][0-9]{{0,2}}{digits[1:]}"/'


def truth(_text: str) -> Iterator[str]:
    """Yes and no, of which no document says the one or the other alone."""
    yield from ('"true"', '"false"')


def _number_values(text: str) -> Iterator[str]:
    yield from NumberIndex(text).values()
    yield from map(str, WordNumberIndex(text).values())


def _days(text: str) -> list[str]:
    years = list(dict.fromkeys(_YEAR.findall(text)))
    found: list[str] = []
    for year, month, day in DateIndex(text).days():
        rest = f"{month:02}-{day:02}" if day else f"{month:02}"
        # "12 March" without a year is the day of each year that the document names.
        of = [f"{year:04}"] if year else years[:_MOST_YEARS]
        found += [f"{each}-{rest}" for each in of]
        if year and day:
            found.append(f"{year:04}-{month:02}")
        elif day:
            # `--03-12` is ISO 8601's day of any year.
            found.append(f"--{rest}")
    return list(dict.fromkeys((*found, *years)))


def _clocks(text: str) -> list[str]:
    """Write each time as an expression that needs no minutes or seconds where they are none."""
    # "14:30" gives `14:30(:00)?`, "14 h" gives `14(:00(:00)?)?`.
    return [
        f"{hour:02}:{minute:02}:{second:02}"
        if second
        else f"{hour:02}{'' if minute else '('}:{minute:02}(:00)?" + ("" if minute else ")?")
        for hour, minute, second in DateIndex(text).times()
    ]


WRITTEN: Final[Mapping[str, Callable[[str], Iterable[str]]]] = {
    "number": numbers,
    "integer": integers,
    "day": days,
    "moment": moments,
    "clock": times,
    "money": currencies,
    "phone": phones,
    "truth": truth,
}
"""What a document says, by the `notation` of a type."""


@lru_cache(maxsize=64)
def values_of(type_: str, text: str) -> tuple[str, ...] | None:
    """Give all that a document says of a type; None if anything of the type may stand for what it says.

    Args:
        type_: The name of a NuExtract type.
        text: The document's text.
    """
    write = WRITTEN.get(notation_of(type_))
    if write is None:
        return None
    found = tuple(dict.fromkeys(write(text)))
    return found if len(found) <= MOST else None
