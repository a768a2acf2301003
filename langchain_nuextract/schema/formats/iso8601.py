"""Dates, times and durations as ISO 8601 has them, reduced accuracy included.

`2024-01`, `--12-25` and `2024-W05` are dates, `2024-01-05T14` is a date with a time. What is of the right form but not
in the calendar, such as `2023-02-29`, is none.

Source: ISO 8601:2004, 4.1 to 4.4; the units of a week beside others are from ISO 8601-2:2019, 4.4.
"""

import re
from calendar import isleap, monthrange
from datetime import date
from typing import Final

_YEAR: Final = r"(?P<year>[+-]?\d{4}|[+-]\d{5,6})"
_MONTH: Final = r"(?P<month>0[1-9]|1[0-2])"
_DATES: Final = tuple(
    re.compile(shape, re.ASCII)
    for shape in (
        rf"{_YEAR}(?:-{_MONTH}(?:-(?P<day>\d\d))?)?",
        rf"{_YEAR}{_MONTH}(?P<day>\d\d)",
        rf"{_YEAR}(?P<mark>-?)W(?P<week>\d\d)(?:(?P=mark)[1-7])?",
        rf"{_YEAR}-?(?P<ordinal>\d{{3}})",
        rf"--{_MONTH}(?:-?(?P<day>\d\d))?",
        r"---(?P<day>\d\d)",
    )
)
_HOUR: Final = r"(?:[01]\d|2[0-3])"
_TIME: Final = re.compile(
    rf"T?(?:{_HOUR}(?:(?P<mark>:?)[0-5]\d(?:(?P=mark)(?:[0-5]\d|60))?)?(?:[.,]\d+)?|24(?::?00){{0,2}})"
    rf"(?:Z|[+\u2212-]{_HOUR}(?::?[0-5]\d){{0,2}})?",
    re.IGNORECASE | re.ASCII,
)
"""The 61st second of a minute is a leap second; zones with seconds are those of the time before there were zones."""
_AMOUNT: Final = r"\d+(?:[.,]\d+)?"
_UNITS: Final = re.compile(
    rf"[+-]?P(?=.*\d)(?!.*[.,]\d+[A-Z]T?\d)(?:{_AMOUNT}Y)?(?:{_AMOUNT}M)?(?:{_AMOUNT}W)?(?:{_AMOUNT}D)?"
    rf"(?:T(?=\d)(?:{_AMOUNT}H)?(?:{_AMOUNT}M)?(?:{_AMOUNT}S)?)?",
    re.ASCII,
)
_CLOCKED: Final = re.compile(r"P\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d|P\d{8}T\d{6}", re.ASCII)
_CYCLE: Final = 400
"""Years after which the calendar repeats itself, weekdays included."""


def is_date(text: str) -> bool:
    """Whether a text is a day, or as much of one as is known: a year, a month, a week, a day of any year."""
    return any(_is_in_calendar(match.groupdict()) for shape in _DATES if (match := shape.fullmatch(text)))


def is_time(text: str) -> bool:
    """Whether a text is a time of the day, or its hour or minute alone, with or without a time zone."""
    return _TIME.fullmatch(text) is not None


def is_date_time(text: str) -> bool:
    """Whether a text is a date, or a date with a time."""
    day, mark, clock = text.replace("t", "T").replace(" ", "T", 1).partition("T")
    return is_date(day) and (is_time(clock) if mark else True)


def is_duration(text: str) -> bool:
    """Whether a text is a length of time."""
    return bool(_UNITS.fullmatch(text) or _CLOCKED.fullmatch(text))


def _is_in_calendar(parts: dict[str, str | None]) -> bool:
    number = {name: int(part) for name, part in parts.items() if part and name != "mark"}
    year = 2000 + number.get("year", 0) % _CYCLE
    if "ordinal" in number:
        return 1 <= number["ordinal"] <= 365 + isleap(year)
    if "week" in number:
        # The 28th of December is always in the last week of its year, be it the 52nd or the 53rd.
        return 1 <= number["week"] <= date(year, 12, 28).isocalendar().week
    return 1 <= number.get("day", 1) <= monthrange(year, number.get("month", 1))[1]
