"""Addresses on the web, for e-mail and for the telephone.

Source: RFC 3987, 2.2, for the grammar of web addresses; ITU-T E.164. The library that parses RFC 3987 takes seconds to
load and a tenth of a second for an address.
"""

import re
from functools import cache
from typing import Final

from langchain_nuextract.schema.formats.codes import library

_PHONE: Final = re.compile(
    r"(?:tel:)?(?P<plus>[+\uff0b])?(?P<number>[\d\s()./\u2010-\u2015-]+)(?:(?:ext\.?|;ext=|x|#)\s*\d{1,7})?",
    re.IGNORECASE,
)
_DIGITS: Final = range(3, 18)
"""From `112` to fifteen digits behind the two that lead out of a country."""


def is_phone(text: str) -> bool:
    """Whether a text is a telephone number: of a length that its country has, where it names one."""
    match = _PHONE.fullmatch(text)
    if match is None or sum(sign.isdigit() for sign in match["number"]) not in _DIGITS:
        return False
    known = library("phonenumbers") if match["plus"] else None
    if known is None:
        return True
    try:
        return bool(known.is_possible_number(known.parse(text, None)))
    except known.NumberParseException:
        return False


_EMAIL: Final = re.compile(r'(?:[^\s@"]+|"[^"]+")@[^\s@]+')


def is_email(text: str) -> bool:
    """Whether a text is an e-mail address, and nothing else; whether anybody reads it is not asked."""
    known = library("email_validator")
    if known is None or not _EMAIL.fullmatch(text):
        return _EMAIL.fullmatch(text) is not None
    # It refuses the names of private networks (`.local`), at which there are addresses all the same. As part of a
    # longer name they are judged by their form alone.
    judged = text if text.endswith("]") else f"{text}.example"
    try:
        known.validate_email(
            judged, check_deliverability=False, allow_quoted_local=True, allow_domain_literal=True, allow_smtputf8=True
        )
    except known.EmailNotValidError:
        return False
    return True


_OTHER_LETTER: Final = r"\u00a0-\ud7ff\uf900-\ufdcf\ufdf0-\uffef\U00010000-\U000efffd"
_SIGN: Final = rf"[\w.~!$&'()*+,;=:@{_OTHER_LETTER}-]|%[0-9A-Fa-f]{{2}}"
_AFTER: Final = rf"(?:\?(?:{_SIGN}|[/?\ue000-\uf8ff])*)?(?:#(?:{_SIGN}|[/?])*)?"
_NAME: Final = rf"[\w.~!$&'()*+,;={_OTHER_LETTER}-]|%[0-9A-Fa-f]{{2}}"
_USER: Final = rf"{_NAME}|:"
_HOST: Final = rf"(?:\[[0-9A-Fa-f:.v]+\]|(?:{_NAME})*)"
_IRI: Final = rf"[A-Za-z][A-Za-z0-9+.-]*:(?://(?:(?:{_USER})*@)?{_HOST}(?::\d*)?(?:/(?:{_SIGN}|/)*)?|(?!//)(?:{_SIGN}|/)*){_AFTER}"
_BARE: Final = rf"(?://)?(?:[\w{_OTHER_LETTER}-]+\.)+[^\W\d_][\w-]+(?::\d+)?(?:/(?:{_SIGN}|/)*)?{_AFTER}"

_compiled = cache(re.compile)
"""These take so long to compile that it is left until one is needed."""


def is_iri(text: str) -> bool:
    """Whether a text is an address with its scheme."""
    web = re.match(r"https?:(?!//[^/?#])", text, re.IGNORECASE)
    return _compiled(_IRI).fullmatch(text) is not None and not web


def is_url(text: str) -> bool:
    """Whether a text is an address, with its scheme or as documents print it: `www.museum.example/visit`."""
    return is_iri(text) or _compiled(_BARE).fullmatch(text) is not None
