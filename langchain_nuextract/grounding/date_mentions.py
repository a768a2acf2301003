# ruff: noqa: RUF001, RUF002  (marks that look alike are what this is about)
"""The days that a text speaks of, however they are written: `5 May`, `05.05.24`, `3–5 mai`, `5月5日`."""

import re
from collections.abc import Callable, Iterator, Sequence
from string import ascii_letters
from typing import Final, NamedTuple

from langchain_nuextract.grounding.evidence import Pieces, Span
from langchain_nuextract.scalars.months import MONTHS, month_named


class Mention(NamedTuple):
    """A day, or what is said of one; 0 for what is not said."""

    year: int
    month: int
    day: int
    place: Pieces
    is_sure: bool = True
    """Whether it can hardly mean anything else; digits inside a code can."""


ONE_OR_TWO = r"\d(?<!\d\d)\d?(?!\d)"
_YEAR = r"\d{4}(?!\d)"
_ORDINAL = r"(?:st|nd|rd|th|er|re|ère|:?e|º|ª|°)?"
_TO = r"\s*(?:[-–—/+&~〜～]|to|until|through|and|bis|und|au|et|al|a|e|y|i|tot|en|t/m|do|по|до|и|til|till|och|og|až)\s*"
_OF = r"[\s.,/_–»”-]{0,3}(?:(?:day\s+)?(?:(?:of|de|del|di|do|den)\s+|d['’]))?(?:the\s+)?"
_BEFORE_YEAR = r"[\s.,/_–-]{0,3}(?:(?:de|del|of|r|roku)\s+)?"

_NUMERIC, _ASCII_NUMERIC = (
    re.compile(
        rf"({digit}(?<!\d\d)(?<!\d\.\d)\d{{0,3}})\s?([{marks}])\s?(\d{{1,4}})(?!\d)"
        r"(?:\s?\2\s?(\d{1,4})(?!\.?\d)|\.?(?![-/.,]?\d))"
    )
    for digit, marks in ((r"\d", "-/.‐‑–|／．"), ("[0-9]", "-/.|"))
)
"""Two or three numbers with a mark between them."""
_ROMAN: Final = re.compile(r"[IVX]{1,4}(?=[\s./-]{1,2}\d)")
_ROMANS: Final = frozenset("i ii iii iv v vi vii viii ix x xi xii I II III IV V VI VII VIII IX X XI XII".split())  # noqa: SIM905
_WORD: Final = re.compile(r"[^\W\d_]+")
_LETTERS: Final = bytes(code if chr(code) in ascii_letters else ord(" ") for code in range(256))
"""Blanks out what is no letter of ASCII: a table takes half the time of an expression."""
_DAY_BEFORE: Final = re.compile(
    # What begins with one digit is searched for much faster than what may begin with a range.
    rf"({ONE_OR_TWO}){_ORDINAL}\.?(?:{_TO}({ONE_OR_TWO}){_ORDINAL}\.?)?{_OF}$",
    re.IGNORECASE,
)
_YEAR_AFTER: Final = re.compile(rf"\.?{_BEFORE_YEAR}({_YEAR}|['’]?\d\d(?![\d:%]|[.,]\d|,?\s\d{{4}}))", re.IGNORECASE)
_DAY_AFTER: Final = re.compile(
    rf"\.?[\s.,/'’-]{{0,3}}(?:(?:de|del|of|the)\s+)?(?:({_YEAR})|"
    rf"(({ONE_OR_TWO}){_ORDINAL})(?:{_TO}({ONE_OR_TWO}){_ORDINAL})?(?:{_BEFORE_YEAR}({_YEAR}|['’]\d\d(?!\d)))?)",
    re.IGNORECASE,
)
_LONGEST_BEFORE: Final = 40
"""Characters that days and words before a month may take: `from the 3rd until the 5th day of`."""
_FIRST_OF_RANGE: Final = re.compile(rf"({ONE_OR_TWO})\.?(?:[-/.]({ONE_OR_TWO}))?\.?\s?[-–—/]\s?$")
_LONGEST_RANGE: Final = 12
_LATER_YEAR: Final = re.compile(r"[^\d.;:\n]{0,24}?\b((?:19|20)\d\d)(?!\d)")
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
_CENTURIES: Final = (2000, 1900)
_SHORT: Final = 2
_LONG: Final = 4
"""Digits of a year."""
_MONTHS: Final = 12
_DAYS: Final = 31
_JOINTS: Final = frozenset("-/._")


def mentions(text: str, day_first: Callable[[], bool | None], start: int = 0, end: int | None = None) -> list[Mention]:
    """Find the days of a text, or of a stretch of it, and what may be one, in its order; takes time linear in it.

    Args:
        text: The text.
        day_first: Tells whether the text has the day before the month; called only where that is unclear, as all of
            the text is read for it.
        start: Where the stretch begins.
        end: Where it ends.
    """
    end = len(text) if end is None else end
    found = [*_numeric(text, day_first, start, end), *_named(text, start, end)]
    if "月" in text or "월" in text:
        found += _eastern(text)
    there = (_with_later_year(text, each) for each in found if 0 < each.month <= _MONTHS and each.day <= _DAYS)
    return sorted(there, key=lambda each: each.place[0])


def _numeric(text: str, day_first: Callable[[], bool | None], start: int, end: int) -> Iterator[Mention]:
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
    if len(one) == _LONG or len(other) == _LONG:
        return True
    first, second = int(one), int(other)
    return max(first, second) <= _DAYS and min(first, second) <= _MONTHS


def _parts(match: re.Match[str], one: str, other: str, *, by_day: bool | None) -> Iterator[Mention]:
    """Read `05/2024`, `2024-05`, `03.05.`."""
    first, second, place = int(one), int(other), (span_of(match),)
    if len(one) <= _SHORT and len(other) == _LONG:
        yield Mention(second, first, 0, place)
    elif len(one) == _LONG and len(other) == _SHORT:
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
    if len(first) == _LONG:
        yield one, two, three, True
    if len(first) > _SHORT or len(last) not in (_SHORT, _LONG):
        return
    for year in (three,) if len(last) == _LONG else (century + three for century in _CENTURIES):
        if day_first is not False or one > _MONTHS:
            yield year, two, one, True
        if not day_first or two > _MONTHS:
            yield year, one, two, True
    if len(last) == _SHORT == len(first):
        yield from ((century + one, two, three, False) for century in _CENTURIES)


def _named(text: str, start: int, end: int) -> Iterator[Mention]:
    """Read days whose month has a name, or a Roman numeral."""
    part = text[start:end]
    small = part.lower()
    if len(small) != len(part):
        small = part
    words = _words(small)
    for first, last, month in _names(small, words):
        name = Span(start + first, start + last)
        before = _DAY_BEFORE.search(text, max(0, name.start - _LONGEST_BEFORE), name.start)
        after, year = _DAY_AFTER.match(text, name.end), _YEAR_AFTER.match(text, name.end)
        if before:
            yield from _day_first(before, name, month, year)
        # `12, January 1, 2000` is read both ways, `12 January 20` in one only.
        if after and (not before or after[5]):
            yield from _month_first(after, name, month)
    may_be_roman = any(word.upper() in part for word in words & _ROMANS)
    for match in _ROMAN.finditer(text, start, end) if may_be_roman else ():
        name = Span(*match.span())
        before, year = (
            _DAY_BEFORE.search(text, max(0, name.start - _LONGEST_BEFORE), name.start),
            _YEAR_AFTER.match(text, name.end),
        )
        if before and year and (month := month_named(match[0])):
            yield from _day_first(before, name, month, year)


def _words(text: str) -> set[str]:
    return {*(text.encode().translate(_LETTERS).decode().split() if text.isascii() else _WORD.findall(text))}


def _names(small: str, words: set[str]) -> Iterator[tuple[int, int, int]]:
    """Find the names of months among the words of a text: where they begin and end, and which month they are."""
    others = () if small.isascii() else (word for word in words if not word.isascii() and month_named(word))
    for word in {*(words & MONTHS.keys()), *others}:
        start, size = small.find(word), len(word)
        while start >= 0:
            if not (small[start - 1 : start].isalpha() or small[start + size : start + size + 1].isalpha()):
                yield start, start + size, month_named(word)
            start = small.find(word, start + size)


def _day_first(before: re.Match[str], name: Span, month: int, after: re.Match[str] | None) -> Iterator[Mention]:
    """Read `3rd of May 2024`, `3. bis 5. Mai`, `3 May`."""
    end = after.end() if after else name.end
    last = 2 if before[2] else 1
    for year in _years(after[1] if after else None):
        yield Mention(year, month, int(before[last]), (Span(before.start(last), end),))
        if before[2]:
            yield Mention(year, month, int(before[1]), (span_of(before, 1), Span(name.start, end)))


def _month_first(after: re.Match[str], name: Span, month: int) -> Iterator[Mention]:
    """Read `May 3rd, 2024`, `May 3–5, 2024`, `May 3`, `mayo de 2024`."""
    if after[1]:
        yield Mention(int(after[1]), month, 0, (Span(name.start, after.end()),))
        return
    written = (span_of(after, 5),) if after[5] else ()
    for year in _years(after[5]):
        first = Span(name.start, after.end(2))
        if after[4]:
            yield Mention(year, month, int(after[3]), (first, *written))
            yield Mention(year, month, int(after[4]), (span_of(after, 4), name, *written))
        else:
            yield Mention(year, month, int(after[3]), (Span(name.start, after.end()) if written else first,))


def _with_later_year(text: str, mention: Mention) -> Mention:
    """Add a year that comes a few words later: `April 18th, I think, 2024`."""
    year = None if mention.year else _LATER_YEAR.match(text, mention.place[-1].end)
    return mention._replace(year=int(year[1]), place=(*mention.place, span_of(year, 1))) if year else mention


def _years(written: str | None) -> Sequence[int]:
    """The years that are meant; 0 if none is. `3 May 24` may have no year, but 24 of something."""
    if not written:
        return (0,)
    if len(written) == _LONG:
        return (int(written),)
    return (*(century + int(written[-2:]) for century in _CENTURIES), *((0,) if written.isdecimal() else ()))


def _eastern(text: str) -> Iterator[Mention]:
    """Read `2024年5月3日`, `二〇二四年五月三日`, `令和6年5月3日`, `2024년 5월 3일`."""
    for match in _EAST.finditer(text):
        era, year, month, day = match.groups()
        years: Sequence[int] = (0,)
        if year:
            first = _ERAS.get(era or "", 0) + _figure(year)
            years = (first,) if first > 99 else [century + first for century in _CENTURIES]  # noqa: PLR2004
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
