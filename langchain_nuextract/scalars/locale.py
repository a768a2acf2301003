"""How a text writes its numbers and dates, told from those that can be read in one way only."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Mark: TypeAlias = Literal[".", ","]
MARKS: Final[tuple[Mark, ...]] = (".", ",")

LONGEST: Final = 1_000_000
"""Characters of a text that are looked at."""
MAJORITY: Final = 4
"""How many times more often one way must be found than the other to be taken for the habit."""
CURRENCY: Final = (
    r"(?:[$€£¥₹₽₩₺₴฿₫₪₦₱¢]|(?:US|CA|AU|NZ|HK|A|C|S|R)\$|Rs\.?|Fr\.|kr\.?|zł|Kč|lei|[Ee]uros?|[Dd]ollars?"
    r"|EUR|USD|GBP|CHF|JPY|CNY|RMB|INR|AUD|CAD|NZD|SEK|NOK|DKK|ISK|PLN|CZK|HUF|RON|BGN|RSD|UAH|RUB|TRY|ILS|AED|SAR|EGP"
    r"|ZAR|NGN|KES|BRL|MXN|ARS|CLP|COP|PEN|KRW|TWD|HKD|SGD|MYR|THB|IDR|PHP|VND|PKR)"
)
"""A pattern for the sign, code or name of a currency, in the case in which documents write it."""

_NUMBER = re.compile(
    # Thousands are bounded: a row of numbers would be read to its end from each of them.
    r"(?<![\w.,:/§#-])(?P<whole>\d{1,3}(?:(?P<group>[., '])\d{3}){1,6}|\d{1,15})(?P<mark>[.,])(?P<decimals>\d{1,12})"
    r"(?![\d]|[.,:/-]\d|\.\s?\d|-\w)"
)
_SIGN_BEFORE = re.compile(rf"(?:^|[^A-Za-z])[-+]?{CURRENCY}\s?[-+]?\Z")
_SIGN_BEHIND = re.compile(
    rf"\s?(?:{CURRENCY}(?![A-Za-z])|%|‰|,?-{{1,2}}(?!\w)|(?:kg|mg|g|km|cm|mm|m|m²|m2|l|ml|kWh|kW|GB|MB|Stk|pcs|h|hrs?)\b)"
)
_LABEL_BEFORE = re.compile(r"(?P<label>[^\W\d][\w.-]{0,20}|[§#])(?P<gap>\s*[:=]\s*|\s{1,3})\Z")
_OF_AMOUNTS = re.compile(
    r"(?:sub|grand)?[-_]?(?:total|sum|summe|price|preis|amount|betrag|net|netto|gross|brutto|vat|tax|fee|cost|balance|due"
    r"|paid|rate|montant|prix|somme|ttc|ht|importe|precio|prezzo|importo|totale|valor|kosten|bedrag|and|und|et|y|e|or"
    r"|oder|ou|to|bis|for|of)s?\Z",
    re.IGNORECASE,
)
_OF_NUMBERS = re.compile(
    r"(?:[§#]|[\w-]*version|v|ver|rev|release|section|chapter|clause|article|art|no|nr|num|appendix|annex|figure|fig|table|tab"
    r"|step|item|kapitel|abschnitt|abschn|ziffer|punkt|pos|titre|schedule|exhibit|level|build|[\w-]*http|iso|rfc|python)\.?\Z",
    re.IGNORECASE,
)
"""Words before what is no amount: `Section 3.10`, `MIME-Version: 1.0`."""
_HEADING = re.compile(r"[ \t]+[^\W\d]")
_CLOCK_BEHIND = re.compile(r"\s*(?:Uhr|[ap]\.?m\b|h\b|Std)", re.IGNORECASE)
_LINE_BEFORE = re.compile(r"(?:^|\n)[ \t#*]*\Z")
_NEAR: Final = 26
"""Characters before and behind a number that say what it is."""
_DATE = re.compile(r"(?<![\d./-])(\d{1,2})([/.-])(\d{1,2})\2(?:\d{4}|\d{2})(?!\d)")


@dataclass(frozen=True, slots=True)
class Conventions:
    """What a text does throughout; None where it does both, or nothing that would show it."""

    decimal: Mark | None = None
    """The mark before the decimals."""
    day_first: bool | None = None
    """Whether the day comes before the month in `03/04/2024`."""


def conventions_of(text: str) -> Conventions:
    """Tell the habits of a text; takes time linear in it."""
    text = text[:LONGEST]
    marks = list(_decimal_marks(text))
    commas, points = marks.count(","), marks.count(".")
    pairs = [(int(match[1]), int(match[3])) for match in _DATE.finditer(text)]
    days = sum(first > 12 >= second for first, second in pairs)  # noqa: PLR2004  twelve months
    months = sum(second > 12 >= first for first, second in pairs)  # noqa: PLR2004
    by_comma, day_first = _majority(commas, points), _majority(days, months)
    return Conventions(None if by_comma is None else "," if by_comma else ".", day_first)


def _decimal_marks(text: str) -> Iterator[str]:
    """The decimal marks of the amounts: a version, a section or a time of day says nothing about them."""
    for match in _NUMBER.finditer(text):
        mark, group, decimals = match["mark"], match["group"], match["decimals"]
        if group == mark or (len(decimals) == 3 and group is None):  # noqa: PLR2004  may be thousands
            continue
        if group or _is_amount(text, match.start(), match.end(), cents=len(decimals) == 2):  # noqa: PLR2004
            yield mark


def _is_amount(text: str, start: int, end: int, *, cents: bool) -> bool:
    """Whether a number with decimals is one of money, a share or a measure; by its looks if it has cents."""
    before, behind = text[max(0, start - _NEAR) : start], text[end : end + _NEAR]
    if _CLOCK_BEHIND.match(behind):
        return False
    if _SIGN_BEFORE.search(before) or _SIGN_BEHIND.match(behind):
        return True
    label = _LABEL_BEFORE.search(before)
    if not cents or (label and _OF_NUMBERS.match(label["label"])):
        return False
    if text[end - 3] == ",":
        return True
    heading = _LINE_BEFORE.search(before) and _HEADING.match(behind)
    named = label and not label["gap"].strip() and not _OF_AMOUNTS.match(label["label"])
    return not heading and not named


def _majority(yes: int, no: int) -> bool | None:
    if yes > MAJORITY * no:
        return True
    return False if no > MAJORITY * yes else None
