# ruff: noqa: RUF001  (marks that look alike are what this is about)
"""The numbers in a text, by value, however they are written: `12.50`, `1,200`, `1.580,22`, `1 580`."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from operator import attrgetter
from typing import Final

from langchain_nuextract.grounding.locate import Span

LONGEST: Final = 40
"""Digits of a numeral that is read; longer ones are codes."""

_NUMERAL = re.compile(r"\d+(?:[.,'’]\d+)*")
_SPACED = re.compile(r"\d(?<![\d.,]\d)\d{0,2}(?:[ \u00a0\u2009\u202f]\d{3})+(?:[.,]\d+)?(?![\d])")
_GROUPED = re.compile(r"\d{1,3}(?:([.,'’])\d{3})(?:\1\d{3})*")
_MARKS = re.compile(r"[.,'’\s]")
_MINUS = "-−–"


def numerals(text: str) -> Mapping[str, list[Span]]:
    """Find each number of a text, by its plain notation (`1580.22`, without sign), in the order of the text."""
    found: defaultdict[str, list[Span]] = defaultdict(list)
    for pattern in (_NUMERAL, _SPACED):
        for match in pattern.finditer(text):
            span = Span(*match.span())
            for notation in _notations(match[0]):
                found[notation].append(span)
    for spans in found.values():
        if len(spans) > 1:
            spans.sort(key=_start)
    return found


def notation(value: float) -> str:
    """Write a number plainly: no sign, no exponent where it can be helped, no zeros at the end of a fraction."""
    whole, _, fraction = repr(abs(value)).partition(".")
    fraction = fraction.rstrip("0")
    return f"{whole}.{fraction}" if fraction else whole


def is_negative(text: str, span: Span) -> bool:
    """Whether a numeral stands behind a minus sign, or in an accountant's parentheses."""
    before, after = text[span.start - 1 : span.start], text[span.end : span.end + 1]
    return (before in _MINUS and bool(before)) or (before == "(" and after == ")")


_start = attrgetter("start")


def _notations(numeral: str) -> Iterator[str]:
    """All numbers that a numeral may mean: `1.580` is 1580 or 1.58."""
    if len(numeral) > LONGEST:
        return
    if numeral.isdecimal():
        yield _plain(numeral, "")
        return
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
