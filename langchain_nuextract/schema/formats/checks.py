"""Whether a text is what NuExtract's types promise: a country, an IBAN, a telephone number, a unit and so on.

A check refuses what cannot be right and changes nothing: an IBAN keeps its blanks, a telephone number its slashes.
Dates, times, durations, units and web addresses are checked by the grammars of their standards. The rest is looked up
by libraries (the extra `semantic`), each loaded when it is first needed; where one is not installed, only the form is
checked. Numbers, texts and yes or no have nothing to check.
"""

from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from typing import Final, cast

from langchain_nuextract.paths import JSON, Path
from langchain_nuextract.schema.value_types import TYPES, ValueType
from langchain_nuextract.schema.vocabulary import Vocabulary, nearest_type


@dataclass(frozen=True, slots=True)
class FormatFault:
    """A text that is not what it was asked for as."""

    path: Path
    """Where, below the value that was looked at."""
    text: str
    reason: str


CHECKED: Final[ContextVar[frozenset[str]]] = ContextVar("CHECKED", default=frozenset())
"""The types that are checked, while a value is validated.

Outside of that nothing is: a user's own model stays as it is when it is filled by hand. Pydantic's own context of a
validation is not for us, for the user's validators read it.
"""


@cache
def checked_in(vocabulary: Vocabulary) -> frozenset[str]:
    """Name the types that a model generation is asked for by name, or verbatim.

    What it is asked for as free text is not checked: it never heard that a country is a code.
    """
    return frozenset(
        name for name, row in TYPES.items() if row.holds and nearest_type(name, vocabulary) not in {"", "string"}
    )


def type_faults(type_: str, value: object) -> Iterator[FormatFault]:
    """Yield what is wrong with a value that was asked for by a type, if that is checked; lists are looked into."""
    if type_ in CHECKED.get():
        yield from _faults(TYPES[type_], value, ())


def _faults(row: ValueType, value: object, at: Path) -> Iterator[FormatFault]:
    if isinstance(value, str):
        if row.holds and not row.holds(value):
            yield FormatFault(at, value, f"expected {row.says}")
    elif isinstance(value, list | tuple):
        for index, item in enumerate(cast("list[JSON]", value)):
            yield from _faults(row, item, (*at, index))
