"""How a text writes its numbers and dates, told from those that can be read in one way only."""

import re
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Mark: TypeAlias = Literal[".", ","]
MARKS: Final[tuple[Mark, ...]] = (".", ",")

LONGEST: Final = 1_000_000
"""Characters of a text that are looked at."""
MAJORITY: Final = 4
"""How many times more often one way must be found than the other to be taken for the habit."""

# Thousands are bounded: a row of numbers would be read to its end from each of them.
_COMMA = re.compile(r"(?<![\d.,])(?:\d{1,3}(?:[. ]\d{3}){1,6}|\d+),(?:\d{1,2}|\d{4,})(?![\d.,]\d|\d)")
_POINT = re.compile(r"(?<![\d.,])(?:\d{1,3}(?:[, ]\d{3}){1,6}|\d+)\.(?:\d{1,2}|\d{4,})(?![\d.,]\d|\d)")
_DATE = re.compile(r"(?<![\d./-])(\d{1,2})([/.-])(\d{1,2})\2(?:\d{4}|\d{2})(?!\d)")


@dataclass(frozen=True, slots=True)
class Conventions:
    """What a text does throughout; None where it does both, or nothing that would show it."""

    decimal: Mark | None = None
    """The mark before the decimals."""
    day_first: bool | None = None
    """Whether the day comes before the month in `03/04/2024`."""


def conventions_of(text: str) -> Conventions:
    """Tell the habits of a text; takes time linear in it."""
    text = text[:LONGEST]
    commas = sum(1 for _ in _COMMA.finditer(text))
    points = sum(1 for _ in _POINT.finditer(text))
    pairs = [(int(match[1]), int(match[3])) for match in _DATE.finditer(text)]
    days = sum(first > 12 >= second for first, second in pairs)  # noqa: PLR2004  twelve months
    months = sum(second > 12 >= first for first, second in pairs)  # noqa: PLR2004
    by_comma, day_first = _majority(commas, points), _majority(days, months)
    return Conventions(None if by_comma is None else "," if by_comma else ".", day_first)


def _majority(yes: int, no: int) -> bool | None:
    if yes > MAJORITY * no:
        return True
    return False if no > MAJORITY * yes else None
