# ruff: noqa: RUF001  (marks that look alike are what this is about)
"""The numbers in a text, by value, however they are written: `12.50`, `1.580,22`, `1 580`, `19 %`, `3 Mio.`."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cached_property
from itertools import accumulate
from typing import Final

from langchain_nuextract.grounding.evidence import Spans
from langchain_nuextract.scalars.scales import LIKELY_SCALES, SCALES

LONGEST: Final = 40
"""Digits of a numeral that is read; longer ones are codes."""

# What begins with one digit is searched for much faster than what begins with `\d+`, and `[0-9]` faster than `\d`.
_NUMERAL, _ASCII_NUMERAL = (re.compile(rf"({digit}{digit}*(?:[.,'’]{digit}+)*)") for digit in (r"\d", "[0-9]"))
_BLANKS = frozenset(" \u00a0\u2009\u202f")
"""What may stand between groups of digits, alone."""
_SPACED = re.compile(rf"\d(?<![\d.,]\d)\d{{0,2}}(?:[{''.join(_BLANKS)}]\d{{3}})+(?:[.,]\d+)?(?![\d])")
_GROUPED = re.compile(r"\d{1,3}(?:([.,'’])\d{3})(?:\1\d{3})*")
_INDIAN = re.compile(r"\d{1,2}(?:,\d{2})+,\d{3}(?:\.\d+)?")
_MARKS = re.compile(r"[.,'’\s]")
_GROUP = 3
"""Digits between the marks of a long number."""
_MONEY = r"(?:[€$£¥₹]|[A-Z]{2,3}\$?|kr\.?|zł|Kč)"
# What begins with one mark is searched for ten times as fast as what begins with one of several.
_MINUS, _ASCII_MINUS = (
    re.compile(rf"{dash}(?:(?<![\w).,].)(?P<blank>\s?)(?:{_MONEY}\s?)?(?=\d)|(?<=\d{behind})(?!\s?[\w.,–−-]))")
    for dash, behind in (("[-−–]", "[-−]"), ("-", "-"))
)
"""A minus before a number, or behind one that is not before another: `- 5.00`, `-€ 5`, `5.00-`."""
_IN_PARENTHESES = re.compile(rf"\((?:{_MONEY}\s?)?(?=\d)(?=[\d.,'’ ]+(?:{_MONEY})?\))")
_ASCII_MINUS_WORD = re.compile("m(?:inus|oins|enos?) ")
_MINUS_WORD = re.compile(rf"{_ASCII_MINUS_WORD.pattern}|минус |マイナス|负|負")
_BEHIND_MINUS_WORD = re.compile(rf"\b(?:{_MINUS_WORD.pattern})\s?", re.IGNORECASE)
_SMALL = re.compile(r"\d{1,2}\)")
_WORD_BEFORE = re.compile(r"[^\W\d_]\s?$")
_COLUMN = re.compile(r"(?:\s{2}|[\t:=|€$£¥])$")
"""What stands before the minus of a column, which may be apart from its number: `Discount:  - 5.00`."""
_PER_CENT = re.compile(
    r"\s?(?:[%٪％]|(?:percent|per\s?cent|pct|prozent|pour\s?cent|por\s?cien(?:to)?|por\s?cento|per\s?cento|procenta?|procent|"
    r"proc|процент\w*)\b|パーセント|퍼센트)",
    re.IGNORECASE,
)
_SCALE = re.compile(r"\s?([^\W\d_]{1,11})")


class NumberIndex:
    """Finds numbers in one text."""

    def __init__(self, text: str) -> None:
        """Read all numbers of the text."""
        self._text = text
        self.numerals: Final = number_index(text)
        """Where each number stands, by its plain notation; see `number_index`."""
        self._starts, self._ends = _negatives(text)
        self._has_signs = bool(self._starts or self._ends)

    def find_unsigned(self, value: float) -> Spans:
        """Find a number as it is written, at once, where no number of the text has a sign."""
        return () if self._has_signs or value <= 0 else self.numerals.get(notation(value), ())

    def find(self, value: float | Decimal) -> Spans:
        """Find a number with its sign, or else in per cent, thousands or millions, in the order of the text."""
        written = notation(value)
        if found := self._signed(value, self.numerals.get(written, ())):
            return found
        if (found := self._signed(value, self._scaled.get(written, ()))) or abs(value) >= 1:
            return found
        # `19 %` for 0.19
        hundredfold = self.numerals.get(notation(Decimal(str(value)) * 100), ())
        return self._signed(value, [span for span in hundredfold if _PER_CENT.match(self._text, span[1])])

    def values(self) -> Iterator[str]:
        """Yield the plain notation of each number that the text says, with its sign, in thousands or per cent too."""
        for written, spans in (*self.numerals.items(), *self._scaled.items()):
            number = Decimal(written)
            if any(self.is_negative(span) for span in spans):
                yield f"-{notation(number)}"
            yield notation(number)
            if any(_PER_CENT.match(self._text, end) for _, end in spans):
                yield notation(number / 100)

    def is_negative(self, span: tuple[int, int]) -> bool:
        """Whether a numeral has a minus sign, before it or behind, or stands in an accountant's parentheses."""
        return span[0] in self._starts or span[1] in self._ends

    def _signed(self, value: float | Decimal, spans: Spans) -> Spans:
        if not self._has_signs or not value:
            return spans if value >= 0 else ()
        return [span for span in spans if self.is_negative(span) is (value < 0)]

    @cached_property
    def _scaled(self) -> Mapping[str, Spans]:
        """The numbers with a word for thousands or millions behind them; the word is part of their places."""
        found: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
        for written, spans in self.numerals.items():
            for start, end in spans:
                word = _SCALE.match(self._text, end)
                if word and (power := _power(word[1])):
                    # No blank parts `万` from what it counts: `3万円`.
                    size = len(word[1]) if word[1].isascii() or word[1].casefold() in SCALES else 1
                    found[notation(Decimal(written).scaleb(power))].append((start, word.start(1) + size))
        return {written: sorted(spans) for written, spans in found.items()}


def _negatives(text: str) -> tuple[set[int], set[int]]:
    """Where negative numerals begin, and where those end that have their minus behind."""
    starts: set[int] = set()
    ends: set[int] = set()
    for match in (_ASCII_MINUS if text.isascii() else _MINUS).finditer(text):
        at = match.start()
        if match["blank"] is None:
            ends.add(at)
        # A dash with a blank behind it is the bullet of a list, or stands between words, but for that of a column.
        elif not match["blank"] or match[0][0] == "−" or _COLUMN.search(text, max(0, at - 2), at):
            starts.add(match.end())
    if "(" in text:
        starts |= {match.end() for match in _IN_PARENTHESES.finditer(text) if not _is_remark(text, match)}
    # To search for them in letters of either case takes many times as long as to see that there are none.
    if (_ASCII_MINUS_WORD if text.isascii() else _MINUS_WORD).search(text.casefold()):
        starts |= {match.end() for match in _BEHIND_MINUS_WORD.finditer(text)}
    return starts, ends


def _is_remark(text: str, parenthesis: re.Match[str]) -> bool:
    """Whether a small whole number is a remark behind a word, `twenty-four (24)`, and not an accountant's minus."""
    start = parenthesis.start()
    return bool(_WORD_BEFORE.search(text, max(0, start - 2), start) and _SMALL.match(text, parenthesis.end()))


def _power(word: str) -> int:
    """The power of ten that a word stands for; 0 if for none. `M` and `B` are scales in capitals alone."""
    small = word.casefold()
    return SCALES.get(small) or LIKELY_SCALES.get(small) or {"M": 6, "B": 9}.get(word) or SCALES.get(word[:1], 0)


def number_index(text: str) -> Mapping[str, Spans]:
    """Find where each number of a text stands, by its plain notation (`1580.22`, without sign)."""
    written: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    is_ascii = text.isascii()
    # Other text and numerals take turns.
    pieces = (_ASCII_NUMERAL if is_ascii else _NUMERAL).split(text)
    ends = accumulate(map(len, pieces))
    for numeral, span in zip(pieces[1::2], zip(ends, ends, strict=False), strict=False):
        written[numeral].append(span)
    if " " in pieces or not (is_ascii or _BLANKS.isdisjoint(pieces)):
        for match in _SPACED.finditer(text):
            written[match[0]].append(match.span())
    # Most numerals are whole numbers, which are their own notation.
    others = [each for each in written if not each.isdecimal() or each[0] == "0" or len(each) > LONGEST]
    for numeral, spans in [(each, written.pop(each)) for each in others]:
        for each in readings(numeral):
            written[each] = sorted([*written[each], *spans]) if each in written else spans
    return written


def notation(value: float | Decimal) -> str:
    """Write a number plainly: no sign, no exponent, no zeros at the end of a fraction."""
    if isinstance(value, Decimal):
        written = f"{abs(value):f}"
        return written.rstrip("0").rstrip(".") if "." in written else written
    written = repr(abs(value))
    return f"{Decimal(written):f}" if "e" in written else written.removesuffix(".0")


def readings(numeral: str) -> Sequence[str]:
    """All numbers that a numeral may mean: `1.580` is 1580 or 1.58."""
    if len(numeral) > LONGEST:
        return ()
    if numeral.isdecimal():
        return (numeral.lstrip("0") or "0",)
    whole, _, fraction = numeral.replace(",", ".").partition(".")
    if whole.isdecimal() and fraction.isdecimal():
        plain = _plain(whole, fraction)
        return (_plain(whole + fraction, ""), plain) if len(whole) <= _GROUP == len(fraction) else (plain,)
    return (*_readings(numeral),)


def _readings(numeral: str) -> Iterator[str]:
    marks = _MARKS.findall(numeral)
    if _INDIAN.fullmatch(numeral) and "." not in marks:
        yield _plain(_MARKS.sub("", numeral), "")
    is_fraction_behind = marks[0].isspace() and marks[-1] in ".,"
    if (_GROUPED.fullmatch(numeral) or marks[0].isspace()) and not is_fraction_behind:
        yield _plain(_MARKS.sub("", numeral), "")
    if marks[-1] in ".," and marks.count(marks[-1]) == 1:
        whole, _, fraction = numeral.rpartition(marks[-1])
        yield _plain(_MARKS.sub("", whole), fraction)


def _plain(whole: str, fraction: str) -> str:
    whole, fraction = whole.lstrip("0") or "0", fraction.rstrip("0")
    return f"{whole}.{fraction}" if fraction else whole
