# ruff: noqa: RUF001, RUF002  (marks that look alike are what this is about)
"""The days that a text speaks of, however they are written: `5 May`, `05.05.24`, `3–5 mai`, `5月5日`."""

import re
from collections.abc import Callable, Iterator, Sequence
from string import ascii_letters
from typing import Final

from langchain_nuextract.grounding.days_in_figures import (
    CENTURIES,
    DAYS_OF_MONTH,
    LONG,
    MONTHS_OF_YEAR,
    ONE_OR_TWO,
    Mention,
    days_in_figures,
    eastern_days,
    span_of,
)
from langchain_nuextract.grounding.evidence import Span
from langchain_nuextract.scalars.months import MONTHS, month_named

_YEAR = r"\d{4}(?!\d)"
_ORDINAL = r"(?:st|nd|rd|th|er|re|ère|:?e|º|ª|°)?"
_TO = r"\s*(?:[-–—/+&~〜～]|to|until|through|and|bis|und|au|et|al|a|e|y|i|tot|en|t/m|do|по|до|и|til|till|och|og|až)\s*"
_OF = r"[\s.,/_–»”-]{0,3}(?:(?:day\s+)?(?:(?:of|de|del|di|do|den)\s+|d['’]))?(?:the\s+)?"
_BEFORE_YEAR = r"[\s.,/_–-]{0,3}(?:(?:de|del|of|r|roku)\s+)?"

_ROMAN: Final = re.compile(r"[IVX]{1,4}(?=[\s./-]{1,2}\d)")
_ROMANS: Final = frozenset("i ii iii iv v vi vii viii ix x xi xii I II III IV V VI VII VIII IX X XI XII".split())  # noqa: SIM905
_NAMES: Final = frozenset(MONTHS)
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
_LATER_YEAR: Final = re.compile(r"[^\d.;:\n]{0,24}?\b((?:19|20)\d\d)(?!\d)")


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
    found = [*days_in_figures(text, day_first, start, end), *_named(text, start, end)]
    if "月" in text or "월" in text:
        found += eastern_days(text)
    there: list[Mention] = []
    for each in found:
        if not 0 < each.month <= MONTHS_OF_YEAR or each.day > DAYS_OF_MONTH:
            continue
        # A year may come a few words later: `April 18th, I think, 2024`.
        later = None if each.year else _LATER_YEAR.match(text, each.place[-1].end)
        there.append(each._replace(year=int(later[1]), place=(*each.place, span_of(later, 1))) if later else each)
    return sorted(there, key=lambda each: each.place[0])


def _named(text: str, start: int, end: int) -> Iterator[Mention]:
    """Read days whose month has a name, or a Roman numeral."""
    part = text[start:end]
    small = part.lower()
    if len(small) != len(part):
        small = part
    words = {*(small.encode().translate(_LETTERS).decode().split() if small.isascii() else _WORD.findall(small))}
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


def _names(small: str, words: set[str]) -> Iterator[tuple[int, int, int]]:
    """Find the names of months among the words of a text: where they begin and end, and which month they are."""
    names = words & _NAMES
    if not small.isascii():
        names |= {word for word in words if not word.isascii() and month_named(word)}
    for word in names:
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


def _years(written: str | None) -> Sequence[int]:
    """The years that are meant; 0 if none is. `3 May 24` may have no year, but 24 of something."""
    if not written:
        return (0,)
    if len(written) == LONG:
        return (int(written),)
    return (*(century + int(written[-2:]) for century in CENTURIES), *((0,) if written.isdecimal() else ()))
