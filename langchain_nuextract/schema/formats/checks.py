"""Whether a text is what NuExtract's types promise: a country, an IBAN, a telephone number, a unit and so on.

A check refuses what cannot be right and changes nothing: an IBAN keeps its blanks, a telephone number its slashes.
Dates, times, durations, units and web addresses are checked by the grammars of their standards. The rest is looked up
by libraries (the extra `semantic`), each loaded when it is first needed; where one is not installed, only the form is
checked. Numbers, texts and yes or no have nothing to check.
"""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from typing import Final, cast

from langchain_nuextract.paths import JSON, Path
from langchain_nuextract.schema.formats.addresses import is_email, is_phone, is_url
from langchain_nuextract.schema.formats.codes import (
    Check,
    is_bic,
    is_country,
    is_currency,
    is_iban,
    is_language,
    is_language_tag,
    is_script,
    region,
)
from langchain_nuextract.schema.formats.iso8601 import is_date, is_date_time, is_duration, is_time
from langchain_nuextract.schema.formats.ucum import is_unit
from langchain_nuextract.schema.types import REGIONS, Vocabulary, nearest


@dataclass(frozen=True, slots=True)
class Meaning:
    """What the values of a type are."""

    says: str
    """In words, for a message: "expected …"."""
    holds: Check
    """Whether a text is one."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A text that is not what it was asked for as."""

    path: Path
    """Where, below the value that was looked at."""
    text: str
    reason: str


_asked: ContextVar[frozenset[str]] = ContextVar("asked", default=frozenset())


@contextmanager
def checked_for(vocabulary: Vocabulary) -> Generator[None]:
    """Check the types that a model generation was asked for by name, or verbatim, as long as this lasts.

    What it was asked for as free text is not checked: it never heard that a country is a code. Outside of this, nothing
    is: a user's own model stays as it is when it is filled by hand.
    """
    before = _asked.set(_told(vocabulary))
    try:
        yield
    finally:
        _asked.reset(before)


@cache
def _told(vocabulary: Vocabulary) -> frozenset[str]:
    return frozenset(type_ for type_ in MEANINGS if nearest(type_, vocabulary) not in {"", "string"})


def faults(type_: str, value: object) -> Iterator[Fault]:
    """Yield what is wrong with a value that was asked for by a type, if that is checked; lists are looked into."""
    if type_ in _asked.get():
        yield from _faults(MEANINGS[type_], value, ())


def _faults(meaning: Meaning, value: object, at: Path) -> Iterator[Fault]:
    if isinstance(value, str):
        if not meaning.holds(value):
            yield Fault(at, value, f"expected {meaning.says}")
    elif isinstance(value, list | tuple):
        for index, item in enumerate(cast("list[JSON]", value)):
            yield from _faults(meaning, item, (*at, index))


MEANINGS: Final = {
    "date": Meaning("a date (ISO 8601)", is_date),
    "time": Meaning("a time (ISO 8601)", is_time),
    "date-time": Meaning("a date and time (ISO 8601)", is_date_time),
    "duration": Meaning("a duration (ISO 8601)", is_duration),
    "country": Meaning("a country code (ISO 3166-1 alpha-2)", is_country),
    "currency": Meaning("a currency code (ISO 4217)", is_currency),
    "language": Meaning("a language code (ISO 639-3)", is_language),
    "language-tag": Meaning("a language tag (BCP 47)", is_language_tag),
    "script": Meaning("a script code (ISO 15924)", is_script),
    "url": Meaning("a web address", is_url),
    "email-address": Meaning("an e-mail address", is_email),
    "phone-number": Meaning("a telephone number", is_phone),
    "iban": Meaning("an IBAN", is_iban),
    "bic": Meaning("a BIC", is_bic),
    "unit-code": Meaning("a unit code (UCUM)", is_unit),
    **{name: Meaning(f"the code of a part of {name[-2:]} (ISO 3166-2)", region(name[-2:])) for name in REGIONS},
}
"""What the types promise whose values can be checked."""
