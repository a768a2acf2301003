# ruff: noqa: RUF001, RUF002  (marks that look alike are what this is about)
"""The days that a text says in figures alone: `05.05.24`, `2024-05-03`, `03.–05.05.2024`, `5月5日`."""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from langchain_nuextract.grounding.evidence import Pieces, Span


class Mention(NamedTuple):
    """A day, or what is said of one; 0 for what is not said."""

    year: int
    month: int
    day: int
    place: Pieces
    is_sure: bool = True
    """Whether it can hardly mean anything else; digits inside a code can."""


ONE_OR_TWO = r"\d(?<!\d\d)\d?(?!\d)"
_NUMERIC, _ASCII_NUMERIC = (
    re.compile(
        rf"({digit}(?<!\d\d)(?<!\d\.\d)\d{{0,3}})\s?([{marks}])\s?(\d{{1,4}})(?!\d)"
        r"(?:\s?\2\s?(\d{1,4})(?!\.?\d)|\.?(?![-/.,]?\d))"
    )
    for digit, marks in ((r"\d", "-/.‐‑–|／．"), ("[0-9]", "-/.|"))
)
"""Two or three numbers with a mark between them."""
_FIRST_OF_RANGE: Final = re.compile(rf"({ONE_OR_TWO})\.?(?:[-/.]({ONE_OR_TWO}))?\.?\s?[-–—/]\s?$")
_LONGEST_RANGE: Final = 12
_EAST: Final = re.compile(
    r"(?:(令和|平成|昭和|大正|民國|民国)?\s?(\d{1,4}|元|[〇零○一二三四五六七八九]{2,4})\s?[年년]\s?)?"
    r"(\d{1,2}|[正一二三四五六七八九十]{1,2})\s?[月월](?:\s?(\d{1,2}|[一二三四五六七八九十廿]{1,3})\s?[日号號일])?"
)

_ERAS: Final = {"令和": 2018, "平成": 1988, "昭和": 1925, "大正": 1911, "民國": 1911, "民国": 1911}
"""The year before the first one of an era."""
_FIGURES: Final = {figure: value for value, figure in enumerate("零一二三四五六七八九")} | {
    "〇": 0,
    "○": 0,
    "元": 1,
    "正": 1,
}
CENTURIES: Final = (2000, 1900)
_SHORT: Final = 2
"""Digits of a day or month at most, and of a year that is written without its century."""
LONG: Final = 4
"""Digits of a year that is written whole."""
MONTHS_OF_YEAR: Final = 12
DAYS_OF_MONTH: Final = 31
_JOINTS: Final = frozenset("-/._")


def days_in_figures(text: str, day_first: Callable[[], bool | None], start: int, end: int) -> Iterator[Mention]:
    """Read days in figures; of `03/04/24`, all that it may mean where the text does not show its way."""
    for match in (_ASCII_NUMERIC if text.isascii() else _NUMERIC).finditer(text, start, end):
        first, mark, middle, last = match.groups("")
        by_day = mark in ".．" or (len(first) <= _SHORT and day_first())
        if last:
            yield from _whole(text, match, by_day=by_day)
        elif _can_be_parts(first, middle) and not _in_code(text, *match.span()):
            yield from _parts(match, first, middle, by_day=by_day)


def _whole(text: str, match: re.Match[str], *, by_day: bool | None) -> Iterator[Mention]:
    """Read `05.03.2024`, and the first day of `03.–05.03.2024` too."""
    place, is_apart = span_of(match), not _in_code(text, *match.span())
    begun = _FIRST_OF_RANGE.search(text, max(0, place.start - _LONGEST_RANGE), place.start)
    for year, month, day, is_sure in _orders(match[1], match[3], match[4], day_first=by_day):
        yield Mention(year, month, day, (place,), is_sure and is_apart)
        if begun and len(match[1]) <= _SHORT:
            yield Mention(year, int(begun[2] or month), int(begun[1]), (span_of(begun, 1), place), is_sure)


def _can_be_parts(one: str, other: str) -> bool:
    """Whether two numbers can be a day and a month, or a month and a year: most are the two parts of an amount."""
    if len(one) == LONG or len(other) == LONG:
        return True
    first, second = int(one), int(other)
    return max(first, second) <= DAYS_OF_MONTH and min(first, second) <= MONTHS_OF_YEAR


def _parts(match: re.Match[str], one: str, other: str, *, by_day: bool | None) -> Iterator[Mention]:
    """Read `05/2024`, `2024-05`, `03.05.`."""
    first, second, place = int(one), int(other), (span_of(match),)
    if len(one) <= _SHORT and len(other) == LONG:
        yield Mention(second, first, 0, place)
    elif len(one) == LONG and len(other) == _SHORT:
        yield Mention(first, second, 0, place)
    elif len(one) <= _SHORT >= len(other) and match[2] in "./" and len(match[0]) <= len(f"{one}.{other}."):
        if first and by_day is not False:
            yield Mention(0, second, first, place)
        if second and not by_day:
            yield Mention(0, first, second, place)


def _orders(first: str, middle: str, last: str, *, day_first: bool | None) -> Iterator[tuple[int, int, int, bool]]:
    """Give year, month and day that three numbers may be, and whether they can hardly be others."""
    one, two, three = int(first), int(middle), int(last)
    if not (one and two) or len(middle) > _SHORT:
        return
    if len(first) == LONG:
        yield one, two, three, True
    if len(first) > _SHORT or len(last) not in (_SHORT, LONG):
        return
    for year in (three,) if len(last) == LONG else (century + three for century in CENTURIES):
        if day_first is not False or one > MONTHS_OF_YEAR:
            yield year, two, one, True
        if not day_first or two > MONTHS_OF_YEAR:
            yield year, one, two, True
    if len(last) == _SHORT == len(first):
        yield from ((century + one, two, three, False) for century in CENTURIES)


def eastern_days(text: str) -> Iterator[Mention]:
    """Read `2024年5月3日`, `二〇二四年五月三日`, `令和6年5月3日`, `2024년 5월 3일`."""
    for match in _EAST.finditer(text):
        era, year, month, day = match.groups()
        years: Sequence[int] = (0,)
        if year:
            first = _ERAS.get(era or "", 0) + _figure(year)
            years = (first,) if first > 99 else [century + first for century in CENTURIES]  # noqa: PLR2004
        for said in years:
            yield Mention(said, _figure(month), _figure(day) if day else 0, (span_of(match),))


def _figure(written: str) -> int:
    """Read a number in Chinese figures, place by place (`二〇二四`) or with tens (`二十三`), or in others."""
    if written.isdecimal():
        return int(written)
    written = written.replace("廿", "二十")
    if "十" in written:
        tens, _, ones = written.partition("十")
        return 10 * _FIGURES.get(tens, 1) + _FIGURES.get(ones, 0)
    return int("".join(str(_FIGURES[figure]) for figure in written))


def _in_code(text: str, start: int, end: int) -> bool:
    """Whether digits are part of a longer code, as in `RE-20240503/7`, or of a longer row of numbers."""
    before, after = text[max(0, start - 2) : start], text[end : end + 2]
    return (before[-1:].isalnum() or (before[-1:] in _JOINTS and before[:-1].isalnum())) or (
        (after[:1].isalpha() and after[0] not in "Tt" and after[0].isascii())
        or (after[:1] in _JOINTS and after[1:].isdigit())
    )


def span_of(match: re.Match[str], group: int = 0) -> Span:
    """The span of a group, without the blanks around it."""
    start, said = match.start(group), match[group]
    return Span(start + len(said) - len(said.lstrip()), start + len(said.rstrip()))
