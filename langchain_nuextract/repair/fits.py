"""Whether a reply already is an answer of the form that was asked for, decided in native code.

Most replies are. They are told from the others by a decoder made once for each form, so that reading them costs next
to nothing beyond parsing them. `msgspec` parses and checks in one go, at the price of parsing alone.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Annotated, Any, Final, Literal, TypedDict

import msgspec

from langchain_nuextract.paths import JSON
from langchain_nuextract.repair.values import NULL_WORDS, TEXTS
from langchain_nuextract.schema.form import Choice, Choices, Form, Listing, Record, Scalar

NOT_TEXT: Final[dict[str, Any]] = {"integer": int, "number": int | float, "boolean": bool}
"""The types whose values are no JSON strings."""

_NO_NULL_WORD = rf"^(?!\s*(?i:{'|'.join(map(re.escape, sorted(NULL_WORDS)))})\s*$)"
_ISO = {
    "date": r"^\d{4}(?:-\d{2}){0,2}$",
    "date-time": r"^\d{4}-\d{2}(?:-\d{2}(?:T\S+)?)?$",
    "time": r"^\d{2}:\d{2}\S*$",
    "country": "^[A-Z]{2}$",
    "currency": "^[A-Z]{3}$",
    "language": "^[a-z]{3}$",
    "script": "^[A-Z][a-z]{3}$",
}

_RUNS: Final = bytes(ord("0") if sign in b"0123456789." else 0 for sign in range(256))
_LONG: Final = b"0" * 17
_LONG_RUN: Final = re.compile(rb"\d[\d.]{16,}")

_MAKE_LITERAL: Any = Literal
_MAKE_RECORD: Any = TypedDict
"""Types made at run time are beyond what a type checker follows."""


@dataclass(frozen=True, slots=True)
class Fit:
    """What tells an answer of one form from other text."""

    decode: msgspec.json.Decoder[JSON]
    echoes: tuple[bytes, ...]
    """The type names of the form's strings, as they would stand in an echoed template."""
    numbers: bool
    """Whether there are numbers with decimals in the form."""

    def value(self, text: str) -> JSON:
        """Give the answer if the text is valid JSON and fits, None otherwise.

        It does not fit if a key comes twice or was not asked for, if a string may be a type name of the template, or
        if a value is not of its type, or a number with more digits than can be held. Any value may be null, and any
        key may be missing.
        """
        try:
            data = text.encode()
            value = self.decode.decode(data)
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
            return None
        long = self.numbers and _may_round(data)
        return None if long or self._may_echo(data) or _has_dropped(data, value) else value

    def _may_echo(self, data: bytes) -> bool:
        """Whether a type name of the template stands in the text, other than as a key."""
        return any([data.count(name) != data.count(name + b":") for name in self.echoes if name in data])  # noqa: C419  half the time


def _may_round(data: bytes) -> bool:
    """Whether the decoder may have rounded a number: it has a point and more than fifteen digits."""
    # Looking for a long run of digits is quicker than for a number, and most answers have none.
    return _LONG in data.translate(_RUNS) and any(b"." in run for run in _LONG_RUN.findall(data))


def _has_dropped(data: bytes, value: JSON) -> bool:
    """Whether the decoder may have dropped a member: it would have taken its colon along.

    An escaped colon would be counted on one side only, so text with such escapes counts as doubtful.
    """
    if b"\\" in data and b"\\u00" in data:
        return True
    return data.count(b":") != msgspec.json.encode(value).count(b":")


class _Same:
    """A form as a key by identity: hashing a large form costs more than reading an answer."""

    __slots__ = ("form",)

    def __init__(self, form: Form) -> None:
        self.form = form

    def __hash__(self) -> int:
        return id(self.form)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.form is other.form


def fit_of(form: Form) -> Fit:
    """The check for a form; made once as long as the same object is asked for."""
    return _fit_of(_Same(form))


@lru_cache(maxsize=256)
def _fit_of(same: _Same) -> Fit:
    names = dict.fromkeys(f'"{name}"'.encode() for name in _type_names(same.form))
    return Fit(msgspec.json.Decoder(_type_of(same.form)), tuple(names), _has_numbers(same.form))


def _has_numbers(form: Form) -> bool:
    match form:
        case Scalar():
            return form.type == "number"
        case Listing():
            return _has_numbers(form.item)
        case Record():
            return any(_has_numbers(part) for _, part in form.fields)
        case Choice() | Choices():
            return False


def _type_names(form: Form) -> Iterator[str]:
    match form:
        case Scalar():
            if form.type and form.type not in NOT_TEXT:
                yield form.type
        case Listing():
            yield from _type_names(form.item)
        case Record():
            for _, part in form.fields:
                yield from _type_names(part)
        case Choice() | Choices():
            return


def _type_of(form: Form) -> Any:
    """The Python type that a fitting answer decodes to; null fits everywhere."""
    match form:
        case Scalar():
            return (NOT_TEXT.get(form.type) or _string(form.type)) | None
        case Choice():
            return _literal(form.labels) | None
        case Choices():
            return list[_literal(form.labels) | None] | None
        case Listing():
            return list[_type_of(form.item)] | None
        case Record():
            return _record({name: _type_of(part) for name, part in form.fields}) | None


@cache
def _string(type_name: str) -> Any:
    """A string that needs no look at what it says: free text, a date or code in ISO, not a null word."""
    if type_name in TEXTS:
        return str
    return Annotated[str, msgspec.Meta(pattern=_ISO.get(type_name, _NO_NULL_WORD))]


def _literal(labels: tuple[str, ...]) -> Any:
    return _MAKE_LITERAL[labels]


def _record(types: dict[str, Any]) -> Any:
    # The decoder compares names by their cached UTF-8, which only writing them once makes for other alphabets.
    msgspec.json.encode(list(types))
    return _MAKE_RECORD("Answer", types, total=False)
