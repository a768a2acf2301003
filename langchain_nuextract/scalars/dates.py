"""Dates and times as people write them, brought to ISO 8601 where day and month are certain."""

import re
from datetime import date, time
from typing import Final

from langchain_nuextract.scalars.months import MONTHS, plain_letters

LONGEST: Final = 60
"""Characters of a date with its time and day of the week."""

_TIME = (
    r"(?P<hour>\d{1,2})(?::|h|\.(?=\d{2}(?:\s*(?:uhr|h|a\.?m|p\.?m)\b)))(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.\d+)?)?"
    r"\s*(?P<half>[ap]\.?m\.?)?\s*(?:uhr|h)?(?P<zone>z|[+-]\d{2}:?\d{2})?"
)
_HOUR = re.compile(r"(?P<hour>\d{1,2})\s*(?P<half>[ap]\.?m\.?)")
_WEEKDAY = r"(?:[^\W\d]{2,12}\.?,?\s+)?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th|er|º|ª|\.)?"
_NAMED = r"(?P<name>[^\W\d]{3,12})\.?"
_OF = r"(?:\s*(?:de|of|del|di)\s+|[\s,.-]+)"
_YEAR = r"(?P<year>\d{4})"
_FORMS: Final = tuple(
    re.compile(rf"{shape}(?:(?:\s+|t|,\s*)(?:at\s+|um\s+|à\s+)?{_TIME})?", re.IGNORECASE)
    for shape in (
        rf"{_YEAR}(?P<mark>[-/.])(?P<month>\d{{1,2}})(?P=mark)(?P<day>\d{{1,2}})",
        rf"{_YEAR}\s*年\s*(?P<month>\d{{1,2}})\s*月\s*(?P<day>\d{{1,2}})\s*日",
        rf"{_WEEKDAY}{_DAY}{_OF}{_NAMED}{_OF}{_YEAR}",
        rf"{_WEEKDAY}{_NAMED}[\s-]+{_DAY}[,\s-]+{_YEAR}",
        rf"{_YEAR}(?P<month>\d{{2}})(?P<day>\d{{2}})",
        rf"{_WEEKDAY}(?P<one>\d{{1,2}})(?P<mark>[-/.])(?P<other>\d{{1,2}})(?P=mark){_YEAR}",
    )
)
_CLOCK = re.compile(_TIME, re.IGNORECASE)
_ISO_TIME = re.compile(r"\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?")
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}T[\d:.,]+(?:Z|[+-]\d{2}:?\d{2})?")


def iso_date(written: str, *, day_first: bool | None = None) -> str | None:
    """Give a date as ISO 8601, its time left out; None if there is no date, or day and month are not certain."""
    match = _matched(written)
    return _iso_day(match, day_first=day_first) if match else None


def iso_date_time(written: str, *, day_first: bool | None = None) -> str | None:
    """Give a date, with its time if it has one, as ISO 8601; None as for `iso_date`."""
    if _ISO.fullmatch(written):
        return written
    match = _matched(written)
    day = _iso_day(match, day_first=day_first) if match else None
    if match is None or day is None or not match["hour"]:
        return day
    clock = _time(match)
    return None if clock is None else f"{day}T{clock}"


def iso_time(written: str) -> str | None:
    """Give a time of the day as ISO 8601; None if there is none."""
    if len(written) > LONGEST:
        return None
    text = plain_letters(written)
    match = _CLOCK.fullmatch(text)
    if match and _time(match) and _ISO_TIME.fullmatch(written):
        return written
    if match := _HOUR.fullmatch(text):
        return _iso_clock(int(match["hour"]), "00", None, match["half"])
    match = _CLOCK.fullmatch(text)
    return _time(match) if match else None


def _matched(written: str) -> re.Match[str] | None:
    if len(written) > LONGEST:
        return None
    text = plain_letters(written)
    return next((match for shape in _FORMS if (match := shape.fullmatch(text))), None)


def _iso_day(match: re.Match[str], *, day_first: bool | None) -> str | None:
    parts = match.groupdict()
    if parts.get("name"):
        month, day = MONTHS.get(parts["name"].casefold(), 0), int(parts["day"])
    elif parts.get("month"):
        month, day = int(parts["month"]), int(parts["day"])
    else:
        month, day = _ordered(int(parts["one"]), int(parts["other"]), parts["mark"], day_first=day_first)
    try:
        return date(int(parts["year"]), month, day).isoformat()
    except ValueError:
        return None


def _ordered(one: int, other: int, mark: str, *, day_first: bool | None) -> tuple[int, int]:
    """Month and day; (0, 0) if it is not certain which is which. Dates with points have the day first everywhere."""
    months = range(1, 13)
    if one not in months or mark == "." or one == other:
        return other, one
    if other not in months:
        return one, other
    if day_first is None:
        return 0, 0
    return (other, one) if day_first else (one, other)


def _time(match: re.Match[str]) -> str | None:
    clock = _iso_clock(int(match["hour"]), match["minute"], match["second"], match["half"])
    zone = (match["zone"] or "").upper()
    return None if clock is None else f"{clock}{zone}"


def _iso_clock(hour: int, minute: str, second: str | None, half: str | None) -> str | None:
    if half:
        hour = hour % 12 + (12 if half[0].casefold() == "p" else 0)
    try:
        return time(hour, int(minute), int(second or 0)).isoformat()
    except ValueError:
        return None
