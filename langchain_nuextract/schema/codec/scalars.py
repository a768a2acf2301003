"""Scalars, down to what a template asks for and back."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from langchain_nuextract.paths import JSON, Path
from langchain_nuextract.schema.answer_shape import EnumShape, ScalarShape
from langchain_nuextract.schema.codec.protocol import STAY, Blank, Codec, Move
from langchain_nuextract.schema.ir import Member
from langchain_nuextract.schema.json_types import admits, dumps, is_exact, refuse_constant

_TEXT: Final = frozenset({"string"})
_YES = {"yes": True, "true": True, "no": False, "false": False}
_NULL: Final = re.compile('("*)null("*)')
_DAY: Final = re.compile(r"(\d{4}-\d\d-\d\d)[T ].*")


def parsed(text: str) -> tuple[bool, JSON]:
    """Read a text as JSON, if it is JSON: whether it is, and the value."""
    try:
        return True, json.loads(text, parse_constant=refuse_constant)
    except (ValueError, RecursionError):
        return False, None


class Undivided(Blank):
    """A codec whose answers are one place, with all that may be written in it."""

    __slots__ = ()

    def layout(self, answer: JSON) -> None:
        """Give no fragments: the answer is one place."""
        del answer

    def toward(self, answer: JSON) -> Callable[[Path], Move]:
        """Stay: there is nothing below."""
        del answer
        return lambda _: STAY

    @property
    def below(self) -> tuple[tuple[Path, Codec], ...]:
        """No codecs."""
        return ()


class OfKinds(Undivided):
    """A codec of values of some JSON types."""

    __slots__ = ()

    kinds: frozenset[str]
    missing: JSON

    def blank(self, answer: JSON) -> bool:
        """Whether an answer says that there is no value: the empty text may be one."""
        return not answer and (answer is None or (answer == "" and (self.missing == "" or "string" not in self.kinds)))


@dataclass(frozen=True, slots=True)
class ScalarCodec(OfKinds):
    """A value that the model writes in the JSON type the user has."""

    shape: ScalarShape | EnumShape
    kinds: frozenset[str]
    decimal: bool = False
    missing: JSON = None
    note: str = ""
    raw: bool = False
    """Whether the user's validators see what the model wrote."""

    def lower(self, value: JSON) -> JSON:
        """Give what the model should have written for a value."""
        if value is None:
            return self.missing
        # A `Decimal` is text in JSON, `"1.50"`, and asked for as a number.
        if self.decimal and isinstance(value, str):
            return _number_of_decimal(value)
        return value

    def lift(self, answer: JSON) -> JSON:
        """Give the value that an answer stands for; as it is, if it stands for none."""
        if admits(self.kinds, answer) or isinstance(answer, dict | list) or self.raw:
            return answer
        if "string" in self.kinds:
            # A text that was answered as the number 7 is "7".
            return answer if self.decimal else dumps(answer)
        if isinstance(answer, str):
            return _read_as_kinds(answer, self.kinds)
        return answer


@dataclass(frozen=True, slots=True)
class TextCodec(OfKinds):
    """A value of several types, or of one that the model does not write, as text."""

    shape: ScalarShape | EnumShape
    kinds: frozenset[str]
    missing: JSON = None
    day: bool = False
    """Whether a time of day in the text is to be dropped: a date, asked for as a date-time."""
    note: str = ""

    def lower(self, value: JSON) -> JSON:
        """Give the text for a value: JSON, except that text stands for itself where it can."""
        if value is None:
            return self.missing
        # Where a generation has no booleans, yes and no are asked for.
        if isinstance(value, bool) and self.kinds == frozenset({"boolean"}):
            return "yes" if value else "no"
        if isinstance(value, str) and self.lift(value) == value:
            return value
        return dumps(value)

    def lift(self, answer: JSON) -> JSON:
        """Give the value that a text stands for."""
        if not isinstance(answer, str):
            return answer if isinstance(answer, dict | list) or admits(self.kinds, answer) else dumps(answer)
        if self.day and (day := _DAY.fullmatch(answer)):
            return day[1]
        return answer if self.kinds == _TEXT else _read_as_kinds(answer, self.kinds)


def _number_of_decimal(text: str) -> JSON:
    """Give the JSON number for a decimal, or the text where no number of the machine is equal to it."""
    try:
        exact = Decimal(text)
        number = int(exact) if exact == int(exact) else float(exact)
    except (ArithmeticError, ValueError):
        return text
    return number if is_exact(number, text) else text


def _read_as_kinds(text: str, kinds: frozenset[str]) -> JSON:
    """Read a text as the types it may be, or leave it as it is."""
    is_json, value = parsed(text)
    if is_json and admits(kinds, value) and (not isinstance(value, str) or "string" in kinds):
        # `0.1000000000000000055` as a number or text stays the text: a number would lose digits.
        rounded = "string" in kinds and isinstance(value, float) and not is_exact(value, text.strip())
        return text if rounded else value
    if "boolean" in kinds and "string" not in kinds:
        return _YES.get(text.strip().casefold(), text)
    return text


@dataclass(frozen=True, slots=True)
class EnumCodec(Undivided):
    """One of some values, by its label."""

    shape: ScalarShape | EnumShape
    members: tuple[Member, ...]
    missing: JSON = None
    note: str = ""

    def lower(self, value: JSON) -> JSON:
        """Give the label of a value."""
        if value is None:
            return self.missing
        text = dumps(value)
        known = next((member.label for member in self.members if member.text == text), None)
        if known is None:
            known = next((member.label for member in self.members if member.value == value), None)
        return known if known is not None else value if isinstance(value, str) else text

    def lift(self, answer: JSON) -> JSON:
        """Give the value of a label; the answer as it is, if it is none of them."""
        for member in self.members:
            if member.label == answer:
                return member.value
        # `1`, `1.0` and `"1"` all are the member 1, and `true` is not.
        text = dumps(answer)
        return next((member.value for member in self.members if self._is(member, answer, text)), answer)

    @staticmethod
    def _is(member: Member, answer: JSON, text: str) -> bool:
        if member.text == text or answer in member.names:
            return True
        number = isinstance(answer, int | float) and not isinstance(answer, bool)
        return number and not isinstance(member.value, bool | str) and member.value == answer

    def blank(self, answer: JSON) -> bool:
        """Whether an answer says that there is no value."""
        return answer is None or (answer == "" and not any(member.label == "" for member in self.members))


@dataclass(frozen=True, slots=True)
class JsonCodec(Undivided):
    """Any value, as text: JSON where it is JSON."""

    shape: ScalarShape | EnumShape
    containers: bool = False
    """Whether only objects and arrays are admitted, as at the place of a cut: text is JSON or wrong."""
    missing: JSON = None
    note: str = ""

    def lower(self, value: JSON) -> JSON:
        """Give the text for a value: JSON, except that text stands for itself where it can."""
        if isinstance(value, str) and not self.containers and value and not parsed(value)[0]:
            return value
        return dumps(value)

    def lift(self, answer: JSON) -> JSON:
        """Give the value that a text stands for."""
        if not isinstance(answer, str):
            return answer
        # Text that is no JSON stands for itself: `hello`, but `[1]` is a list.
        is_json, value = parsed(answer)
        return value if is_json else answer


@dataclass(frozen=True, slots=True)
class NullableCodec(Undivided):
    """Text that may be null or left out, which are told apart: null is written as a word."""

    inner: ScalarCodec | TextCodec | EnumCodec
    shape: ScalarShape | EnumShape
    missing: JSON = None
    note: str = ""

    def lower(self, value: JSON) -> JSON:
        """Give the text for a value; the word itself is quoted."""
        answer = "null" if value is None else self.inner.lower(value)
        # The text `null` is written `"null"`, with quotes, and null without.
        return f'"{answer}"' if value is not None and isinstance(answer, str) and _NULL.fullmatch(answer) else answer

    def lift(self, answer: JSON) -> JSON:
        """Give the value that a text stands for."""
        if not isinstance(answer, str) or not _NULL.fullmatch(answer):
            return self.inner.lift(answer)
        return self.inner.lift(answer[1:-1]) if len(answer) > len("null") else None

    def blank(self, answer: JSON) -> bool:
        """Whether an answer says that there is no value."""
        return self.inner.blank(answer)
