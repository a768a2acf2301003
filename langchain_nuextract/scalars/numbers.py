# ruff: noqa: RUF001  (marks that look alike are what this is about)
"""Numbers as people write them."""

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from math import isfinite
from typing import Final

from langchain_nuextract.scalars.locale import MARKS, Mark
from langchain_nuextract.scalars.scales import LIKELY_SCALES, SCALES
from langchain_nuextract.schema.json_types import is_exact

LONGEST: Final = 60
"""Characters of a number with its signs."""

_SIGNS = (
    r"(?:[$€£¥₹₽₩₺₴฿₫₪₦₱¢%‰円元원]|(?:US|CA|AU|NZ|HK|A|C|S|R)\$|Rs\.?|Fr\.|kr\.?|zł|Kč|lei|euros?"
    r"|dollars?|percent|per cent|pct\.?|prozent"
    r"|EUR|USD|GBP|CHF|JPY|CNY|RMB|INR|AUD|CAD|NZD|SEK|NOK|DKK|ISK|PLN|CZK|HUF|RON|BGN|RSD|UAH|RUB|TRY|ILS|AED|SAR|EGP"
    r"|ZAR|NGN|KES|BRL|MXN|ARS|CLP|COP|PEN|KRW|TWD|HKD|SGD|MYR|THB|IDR|PHP|VND|PKR)"
)
_CURRENCY = re.compile(rf"^[-+(]?\s*{_SIGNS}|{_SIGNS}\)?$", re.IGNORECASE)
_AROUND = re.compile(
    rf"^(?P<before>{_SIGNS}?\s*[-+]?\s*{_SIGNS}?)\s*(?P<body>.*?)\s*(?P<after>{_SIGNS}?)$", re.IGNORECASE
)
_PLAIN = re.compile(r"\d+(?:\.\d+)?[eE][-+]?\d{1,3}")
_GROUPED = re.compile(r"\d{1,3}(?P<mark>[.,' _])\d{3}(?:(?P=mark)\d{3})*(?:(?P<decimal>[.,])(?P<fraction>\d+))?")
_INDIAN = re.compile(r"\d{1,2}(?:,\d{2})+,\d{3}(?:\.(?P<fraction>\d+))?")
_SIMPLE = re.compile(r"(?P<whole>\d*)(?:(?P<decimal>[.,])(?P<fraction>\d*))?")
_WORDED = re.compile(
    rf"(?P<number>.*\d)\s*(?P<word>(?:°\s?)?[^\W\d_]{{1,11}}[23]?(?:/[^\W\d_]{{1,5}}[23]?)?)\.?(?:\s*(?P<sign>{_SIGNS}))?",
    re.IGNORECASE,
)
_CAPITALS: Final = {"M": 6, "B": 9}
"""Marks that mean a scale in capitals, and of money: `5 m` is a length."""
_UNITS: Final = frozenset(
    unit
    for units in (
        "mg g kg t lb lbs oz mm cm m km in ft mi m2 m3 km2 cm2 cm3 ha l ml cl dl s sec min h hr hrs hour hours",
        "minutes day days weeks months year years °c °f c f k w kw mw kwh mwh v a mah hz mhz ghz kb mb gb tb px pt",
        "pcs pc piece pieces st stk stück unit units item items person persons people km/h m/s mph kg/m3 g/l bar psi",
    )
    for unit in units.split()
)
"""Units of measure, and names of what is counted."""
_DASH = re.compile(r"[.,/]\s?-{1,2}(?=\D*$)")
"""What stands for no cents: `5.-`, `12,-- €`."""
_ABOUT = re.compile(
    r"(?:~|≈|±|c\.|(?:ca|circa|approx|approximately|about|around|roughly|etwa|rund|environ)\b\.?)\s*", re.IGNORECASE
)
_REMARK = re.compile(r"\s*\([^()\d]*\)")


@dataclass(frozen=True, slots=True)
class Number:
    """A number that was read."""

    value: int | float | str
    """Its digits, where no number of the machine is equal to it."""
    certain: bool = True
    """Whether it can be read in no other way."""


def read_number(written: str, decimal: Mark | None = None) -> Number | None:
    """Read a number as people write it: with thousands marks, a currency, a percent sign, in parentheses if negative.

    Args:
        written: The number, and nothing else but its sign, a unit, and a word for thousands or millions.
        decimal: The decimal mark that the document uses; None if it is not known.

    Returns:
        The number; None if there is none, or more than one. `1.580` is certain only if the decimal mark is known, and
        a number with a unit of measure never is: it may have been asked for in another unit.
    """
    if len(written) > LONGEST:
        return None
    text = unicodedata.normalize("NFKC", written).translate(_ALIKE).strip()
    return _signed(text, decimal) or _worded(text, decimal) or _vague(text, decimal)


def _vague(text: str, decimal: Mark | None) -> Number | None:
    """A number that is said to be about right, or with a remark in words behind it."""
    about = _ABOUT.match(text)
    plain = _REMARK.sub("", text[about.end() :] if about else text)
    found = read_number(plain, decimal) if plain != text else None
    return Number(found.value, certain=False) if found else None


def _worded(text: str, decimal: Mark | None) -> Number | None:
    """A number with a word behind it."""
    match = _WORDED.fullmatch(text)
    found = _signed(f"{match['number']} {match['sign'] or ''}", decimal) if match else None
    if match is None or found is None:
        return None
    word = match["word"].casefold()
    likely = LIKELY_SCALES.get(word) or _CAPITALS.get(word.upper() if _CURRENCY.search(text) else match["word"])
    if (exponent := SCALES.get(word) or likely) is not None:
        return _scaled(found, exponent, certain=word in SCALES)
    return Number(found.value, certain=False) if word in _UNITS else None


def _scaled(found: Number, exponent: int, *, certain: bool) -> Number:
    exact = Decimal(str(found.value)).scaleb(exponent)
    value = int(exact) if exact == exact.to_integral_value() else float(exact)
    return Number(value, certain=found.certain and certain)


def _signed(written: str, decimal: Mark | None) -> Number | None:
    """A number with its sign and that of its currency."""
    dash = _DASH.search(written)
    text = _DASH.sub("", written)
    negative = text.startswith("(") and text.endswith(")")
    match = _AROUND.match(text[1:-1].strip() if negative else text)
    if match is None:
        return None
    # In `12,-- €` dashes stand for no cents, and the mark before them is that of decimals.
    decimal = decimal or next((mark for mark in MARKS if dash and dash[0].startswith(mark)), None)
    body = match["body"]
    # `12,50-`, as SAP and German ledgers write what is owed.
    if body.endswith("-"):
        body, negative = body[:-1], True
    found = _magnitude(body, decimal)
    minus = negative or "-" in match["before"]
    if not found or not minus:
        return found
    negated = f"-{found.value}" if isinstance(found.value, str) else -found.value
    return Number(negated, certain=found.certain)


_ALIKE = str.maketrans({"−": "-", "–": "-", "—": "-", "’": "'", "‘": "'", "٫": ".", "٬": ","})


def _magnitude(body: str, decimal: Mark | None) -> Number | None:
    if _PLAIN.fullmatch(body):
        value = float(body)
        return Number(value) if isfinite(value) else None
    if match := _INDIAN.fullmatch(body):
        return _number_of_parts(body.split(".", maxsplit=1)[0], match["fraction"])
    match = _GROUPED.fullmatch(body)
    if match and match["decimal"] != match["mark"]:
        return _grouped_number(body, match, decimal)
    if (match := _SIMPLE.fullmatch(body)) and (match["whole"] or match["fraction"]):
        return _number_of_parts(match["whole"], match["fraction"])
    return None


def _grouped_number(body: str, match: re.Match[str], decimal: Mark | None) -> Number:
    mark, fraction = match["mark"], match["fraction"]
    whole = body.rpartition(match["decimal"])[0] if match["decimal"] else body
    grouped = _number_of_parts(whole, fraction)
    if fraction or mark not in ".," or body.count(mark) > 1:
        return grouped
    # `1.580` is 1580 or 1.58; `0.580` is no thousands.
    as_decimals = _number_of_parts(*body.split(mark))
    if body.startswith("0"):
        return as_decimals
    if decimal is not None:
        return as_decimals if decimal == mark else grouped
    return Number((as_decimals if mark == "." else grouped).value, certain=False)


def _number_of_parts(whole: str, fraction: str | None) -> Number:
    digits = re.sub(r"\D", "", whole) or "0"
    return Number(exactly(f"{digits}.{fraction}") if fraction else int(digits))


def exactly(digits: str) -> float | str:
    """Give the number that some digits are, or the digits where no number of the machine is equal to them."""
    number = float(digits)
    return number if is_exact(number, digits) else format(Decimal(digits), "f")
