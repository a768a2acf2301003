# ruff: noqa: RUF001  (marks that look alike are what this is about)
"""The numbers in a text, by value, however they are written: `12.50`, `1,200`, `1.580,22`, `1 580`."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import accumulate, islice
from typing import Final

from langchain_nuextract.grounding.evidence import Spans

LONGEST: Final = 40
"""Digits of a numeral that is read; longer ones are codes."""

# What begins with one digit is searched for much faster than what begins with `\d+`, and `[0-9]` faster than `\d`.
_NUMERAL, _ASCII_NUMERAL = (re.compile(rf"({digit}{digit}*(?:[.,'’]{digit}+)*)") for digit in (r"\d", "[0-9]"))
_BLANKS = frozenset(" \u00a0\u2009\u202f")
"""What may stand between groups of digits, alone."""
_SPACED = re.compile(rf"\d(?<![\d.,]\d)\d{{0,2}}(?:[{''.join(_BLANKS)}]\d{{3}})+(?:[.,]\d+)?(?![\d])")
_GROUPED = re.compile(r"\d{1,3}(?:([.,'’])\d{3})(?:\1\d{3})*")
_MARKS = re.compile(r"[.,'’\s]")
_GROUP = 3
"""Digits between the marks of a long number."""
_MINUS = "-−–"


def number_index(text: str) -> Mapping[str, Spans]:
    """Find where each number of a text stands, by its plain notation (`1580.22`, without sign)."""
    found: dict[str, Spans] = {}
    for numeral, starts in _written(text).items():
        size = len(numeral)
        spans = [(at, at + size) for at in starts]
        for notation in _notations(numeral):
            found[notation] = sorted([*found[notation], *spans]) if notation in found else spans
    return found


def _written(text: str) -> Mapping[str, list[int]]:
    """Find where each numeral of a text begins, whatever it means."""
    found: defaultdict[str, list[int]] = defaultdict(list)
    pieces = (_ASCII_NUMERAL if text.isascii() else _NUMERAL).split(text)
    ends = accumulate(map(len, pieces))
    for numeral, start in zip(pieces[1::2], islice(ends, 0, None, 2), strict=False):
        found[numeral].append(start)
    if not _BLANKS.isdisjoint(pieces[::2]):
        for match in _SPACED.finditer(text):
            found[match[0]].append(match.start())
    return found


def notation(value: float) -> str:
    """Write a number plainly: no sign, no exponent, no zeros at the end of a fraction."""
    written = repr(abs(value))
    return f"{Decimal(written):f}" if "e" in written else written.removesuffix(".0")


def is_negative(text: str, span: tuple[int, int]) -> bool:
    """Whether a numeral stands behind a minus sign, or in an accountant's parentheses."""
    start, end = span
    before, after = text[start - 1 : start], text[end : end + 1]
    return (before in _MINUS and bool(before)) or (before == "(" and after == ")")


def _notations(numeral: str) -> Sequence[str]:
    """All numbers that a numeral may mean: `1.580` is 1580 or 1.58."""
    if len(numeral) > LONGEST:
        return ()
    if numeral.isdecimal():
        return (numeral.lstrip("0") or "0",)
    whole, _, fraction = numeral.replace(",", ".").partition(".")
    if whole.isdecimal() and fraction.isdecimal():
        grouped = (_plain(whole + fraction, ""),) if len(whole) <= _GROUP == len(fraction) else ()
        return *grouped, _plain(whole, fraction)
    return (*_readings(numeral),)


def _readings(numeral: str) -> Iterator[str]:
    marks = _MARKS.findall(numeral)
    if _GROUPED.fullmatch(numeral) or marks[0].isspace():
        yield from _grouped(numeral, marks)
    if marks[-1] in ".," and marks.count(marks[-1]) == 1:
        whole, _, fraction = numeral.rpartition(marks[-1])
        yield _plain(_MARKS.sub("", whole), fraction)


def _grouped(numeral: str, marks: list[str]) -> Iterator[str]:
    if not (marks[0].isspace() and marks[-1] in ".,"):
        yield _plain(_MARKS.sub("", numeral), "")


def _plain(whole: str, fraction: str) -> str:
    whole, fraction = whole.lstrip("0") or "0", fraction.rstrip("0")
    return f"{whole}.{fraction}" if fraction else whole
