"""Codes that stand in a register: of countries, currencies, languages, scripts, bank accounts and banks.

Upper and lower case are those of the standards. Where a library is not installed, only the form of a code is checked,
and the check digits of an IBAN.

Sources: ISO 3166-1, 3166-2, 3166-3, 4217, 639-3, 15924, 13616, 9362; RFC 5646.
"""

import re
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any, Final, TypeAlias

CodeCheck: TypeAlias = Callable[[str], bool]


@cache
def library(name: str) -> Any:
    """Load a library, once; None where it is not installed."""
    try:
        return import_module(name)
    except ImportError:
        return None


def _code_check(shape: str, *tables: str, also: str = "") -> CodeCheck:
    """Make the check for a code that stands in one of pycountry's tables, written `countries.alpha_2`."""
    pattern = re.compile(shape)
    others = frozenset(also.split())

    def holds(text: str) -> bool:
        return bool(pattern.fullmatch(text)) and (text in others or _is_listed(text, tables))

    return holds


def _is_listed(text: str, tables: tuple[str, ...]) -> bool:
    known = library("pycountry")
    named = (table.split(".") for table in tables)
    return known is None or any(getattr(known, table).get(**{key: text}) for table, key in named)


is_country: Final = _code_check("[A-Z]{2}", "countries.alpha_2", "historic_countries.alpha_2", also="XK")
"""Kosovo's code is from the part of ISO 3166-1 that is left to its users; banks and states have agreed on it."""

_WITHDRAWN: Final = """
ADP AFA ALK ANG AOK AON AOR ARA ARP ARY ATS AYM AZM BAD BEC BEF BEL BGJ BGK BGL BGN BOP BRB BRC BRE BRN BRR BUK BYB BYR
CHC CSD CSJ CSK CUC CYP DDM DEM ECS ECV EEK ESA ESB ESP FIM FRF GEK GHC GHP GNE GNS GQE GRD GWE GWP HRD HRK IEP ILP ILR
ISJ ITL LAJ LSM LTL LTT LUC LUF LUL LVL LVR MAF MGF MLF MRO MTL MTP MVQ MXP MZE MZM NIC NLG PEH PEI PES PLZ PTE RHD ROK
ROL RUR SDD SDP SIT SKK SLL SRG STD SUR TJR TMM TPE TRL UAK UGS UGW USS UYN UYP VEB VEF VNC XEU XFO XFU XRE YDD YUD YUM
YUN ZAL ZMK ZRN ZRZ ZWC ZWD ZWL ZWN ZWR
"""
"""Currencies that are no more (list three of ISO 4217), but stand in documents; pycountry has only those of today."""


def region(country: str) -> CodeCheck:
    """Make the check for a part of a country, with the country before it or without."""
    shape = re.compile(rf"(?:{country}-)?([A-Z0-9]{{1,3}})")

    def holds(text: str) -> bool:
        match = shape.fullmatch(text)
        return match is not None and _is_listed(f"{country}-{match[1]}", ("subdivisions.code",))

    return holds


_TAG: Final = re.compile(
    r"(?P<language>[a-z]{2,3})(?:-[a-z]{3}){0,3}(?:-(?P<script>[a-z]{4}))?(?:-(?:(?P<region>[a-z]{2})|\d{3}))?"
    r"(?:-(?:[a-z0-9]{5,8}|\d[a-z0-9]{3}))*(?:-[0-9a-wy-z](?:-[a-z0-9]{2,8})+)*(?:-x(?:-[a-z0-9]{1,8})+)?"
    r"|x(?:-[a-z0-9]{1,8})+|i-[a-z]{3,8}|en-gb-oed|sgn-(?:be-fr|be-nl|ch-de)",
    re.IGNORECASE | re.ASCII,
)
_TAG_LANGUAGE: Final = _code_check(
    "[a-z]{2,3}", "languages.alpha_2", "languages.alpha_3", "language_families.alpha_3", also="in iw ji jw mo"
)
"""The registry of RFC 5646 keeps the five codes that ISO 639-1 withdrew."""
is_script: Final = _code_check("[A-Z][a-z]{3}", "scripts.alpha_4")
is_currency: Final = _code_check("[A-Z]{3}", "currencies.alpha_3", also=_WITHDRAWN)
is_language: Final = _code_check("[a-z]{3}", "languages.alpha_3")


def is_language_tag(text: str) -> bool:
    """Whether a text is a language tag whose language, script and region there are."""
    match = _TAG.fullmatch(text)
    if match is None:
        return False
    language, script, region = match["language"], match["script"], match["region"]
    return (
        (language is None or _TAG_LANGUAGE(language.lower()))
        and (script is None or is_script(script.title()))
        and (region is None or is_country(region.upper()))
    )


_IBAN: Final = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", re.IGNORECASE | re.ASCII)
_BIC: Final = re.compile(r"[A-Z0-9]{4}([A-Z]{2})[A-Z0-9]{2}(?:[A-Z0-9]{3})?")


def is_iban(text: str) -> bool:
    """Whether a text is a bank account, with blanks or without: its check digits, and its country's form."""
    number = re.sub(r"[\s-]", "", text)
    if not _IBAN.fullmatch(number):
        return False
    if int("".join(str(int(sign, 36)) for sign in number[4:] + number[:4])) % 97 != 1:
        return False
    known = library("schwifty")
    return known is None or bool(known.IBAN(number, allow_invalid=True).is_valid)


def is_bic(text: str) -> bool:
    """Whether a text is a bank's code, of a country that there is."""
    match = _BIC.fullmatch(re.sub(r"\s", "", text))
    return match is not None and is_country(match[1])
