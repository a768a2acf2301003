# ruff: noqa: RUF001  (marks that look alike are what this is about)
"""Where a text says an amount that a value has as text: `1580.22`, `EUR 1,580.22` or `19 %`, however it is written."""

import re
from decimal import Decimal
from typing import Final

from langchain_nuextract.grounding.evidence import Spans
from langchain_nuextract.grounding.numbers import LONGEST, NumberIndex, readings
from langchain_nuextract.scalars.code_names import same_money

_AMOUNT: Final = re.compile(
    r"(?P<before>[^\d(+−-]{0,12})(?P<sign>[-+−(]?)\s?(?P<middle>[^\d\s.,]{0,4}?)\s?"
    r"(?P<figures>\d[\d.,'’\u00a0\u202f ]*)(?P<after>\D{0,24})"
)
_WORD: Final = re.compile(r"[^\W\d_]+\$?|[^\w\s.,()+-]")
_NUMBERS: Final = re.compile(r"\d|[\n|]")
_BEFORE, _BEHIND = 16, 24
"""Characters around a numeral in which its unit stands."""


def find_amount(value: str, text: str, numbers: NumberIndex) -> Spans:
    """Find a number with its sign; a unit or currency must stand beside it in the text too, in any notation.

    Returns:
        The places of the numerals in the order of the text; none if the value is no amount.
    """
    match = _AMOUNT.fullmatch(value)
    if not match or len(match["figures"]) > LONGEST:
        return ()
    figures = match["figures"].rstrip(" .,'’\u00a0\u202f")
    words = _WORD.findall(f"{match['before']} {match['middle']} {match['after']}")
    # What has zeros before it is a code and no number, `007`; `0.50` is one.
    is_code = figures != "0" and figures.startswith("0") and figures[1:2] not in {".", ","}
    if is_code and not words:
        return ()
    minus = -1 if match["sign"] in {"-", "−", "("} else 1
    meant = readings(figures)
    found = {span for plain in meant for span in numbers.find(minus * Decimal(plain))}
    # `5.00` is no `5`, but `1.580` may be `1580`.
    is_whole = "." not in max(meant, key=len, default="") and not figures.isdecimal() and len(meant) == 1
    return sorted(
        (start, end)
        for start, end in found
        if not (is_whole and text[start:end].isdecimal() and len(text[start:end]) < len(figures) - 1)
        and all(_stands_beside(word, text, start, end) for word in words)
    )


def _stands_beside(word: str, text: str, start: int, end: int) -> bool:
    """Whether a word, or another for the same currency, is one of the two next to a numeral on either side."""
    before = _WORD.findall(_NUMBERS.split(text[max(0, start - _BEFORE) : start])[-1])[-2:]
    behind = _WORD.findall(_NUMBERS.split(text[end : end + _BEHIND])[0])[:2]
    near = {each.casefold() for each in (*before, *behind)}
    return any(each.casefold() in near for each in (word, *same_money(word)))
