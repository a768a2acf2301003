"""Whether a reply already is an answer of the form that was asked for, decided in native code.

Most replies are. They are told from the others by a decoder made once for each form, so that reading them costs next
to nothing beyond parsing them. `msgspec` parses and checks in one go, at the price of parsing alone.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Final, Literal, TypedDict

import msgspec
import orjson

from langchain_nuextract.paths import JSON
from langchain_nuextract.scalars.nothing import LONGEST, PATTERN
from langchain_nuextract.schema.answer_shape import (
    AnswerShape,
    EnumShape,
    ListShape,
    MultiEnumShape,
    RecordShape,
    ScalarShape,
    shapes_in,
)
from langchain_nuextract.schema.value_types import FREE_TEXTS, TYPES

NOT_TEXT: Final[dict[str, Any]] = {"integer": int, "number": int | float, "boolean": bool}
"""The types whose values are no JSON strings."""

_NO_NULL_WORD = rf"^(?!\s*+(?i:{PATTERN})?\s*$)"
_NOTHING = re.compile(rf'"(?=[^"\\]{{0,{LONGEST}}}"\s*[,\]}}])\s*(?:{PATTERN})?\s*"', re.IGNORECASE)
_CONTROL = re.compile(r"\\[bfnrt]")

_RUNS: Final = bytes(ord("0") if sign in b"0123456789." else 0 for sign in range(256))
_LONG: Final = b"0" * 17
_KEPT: Final = 256
"""Checks that are kept, each with its form."""

_MAKE_LITERAL: Any = Literal
_MAKE_RECORD: Any = TypedDict
"""Types made at run time are beyond what a type checker follows."""


_STRUCTURE: Any = Annotated[str, msgspec.Meta(pattern=r'^\s*(?:\{\s*["}]|\[\s*["{\[\]])')]
"""An object or list that was asked for as JSON text, as far as its beginning shows."""


@dataclass(frozen=True, slots=True)
class FastPath:
    """What tells an answer of one form from other text."""

    decode: Callable[[str], JSON]
    decode_whole: Callable[[str], JSON]
    """Takes only answers that have everything, none of it null."""
    echoes: tuple[bytes, ...]
    """The type names of the form's strings, as values that an echoed template would have in compact JSON."""
    numbers: bool
    """Whether there are numbers with decimals in the form."""
    gaps: bool = False
    """Whether there are texts in the form that may say nothing: `N/A`."""
    several: bool = False
    """Whether there are objects in the form that stand for values of several kinds, of which only one may be there."""

    def value(self, text: str, document: str = "") -> JSON:
        """Give the answer if the text is valid JSON and fits, None otherwise; see `read`."""
        found = self.read(text, document)
        return found and found[0]

    def read(self, text: str, document: str = "") -> tuple[JSON, bytes] | None:
        """Give the answer if the text is valid JSON and fits, None otherwise; and as compact JSON, if it is whole.

        It is whole if it has everything that was asked for, and nothing in it is null or empty.

        It does not fit if a key comes twice or was not asked for, if a string is the type name of the template, or
        if a value is not of its type, or a number with more digits than can be held. Any value may be null, and any
        key may be missing. Nor does it fit if the document must be asked what a value means: a word for nothing, or an
        escape that may be a backslash with a letter behind it.
        """
        if self.several:
            return None
        try:
            try:
                value, is_whole = self.decode_whole(text), True
            except msgspec.ValidationError:
                value, is_whole = self.decode(text), False
            compact = orjson.dumps(value)
        except (msgspec.DecodeError, orjson.JSONEncodeError, UnicodeEncodeError, RecursionError):
            return None
        if value is None:
            return None
        return (value, compact if is_whole else b"") if self._is_meant(text, compact, document) else None

    def _is_meant(self, text: str, compact: bytes, document: str) -> bool:
        """Whether the text says what the decoder read: nothing was dropped or rounded, and nothing needs a look."""
        # The decoder would have dropped a member along with its colon. A colon that is escaped is in one of them only.
        data = text.encode()
        if data.count(b":") != compact.count(b":") or ("\\" in text and "\\u00" in text):
            return False
        for echo in self.echoes:
            # To ask whether it is `in` them takes twice as long for bytes.
            if compact.find(echo) >= 0:
                return False
        if document and ((self.gaps and _NOTHING.search(text)) or ("\\" in document and _CONTROL.search(text))):
            return False
        return not (self.numbers and _may_round(data))


def _may_round(data: bytes) -> bool:
    """Whether the decoder may have rounded a number: it has a point and more than fifteen digits."""
    # Looking for a long run of digits is quicker than for a number, and most answers have none.
    runs = data.translate(_RUNS)
    start = runs.find(_LONG)
    while start >= 0:
        end = runs.find(b"\0", start)
        if data.find(b".", start, end) >= 0:
            return True
        start = runs.find(_LONG, end)
    return False


_made: dict[int, tuple[AnswerShape, FastPath]] = {}
"""By the identity of the form, which is kept along with it: hashing a large form costs more than reading an answer."""


def fast_path_of(shape: AnswerShape) -> FastPath:
    """The check for a form; made once as long as the same object is asked for."""
    found = _made.get(id(shape))
    if found is None:
        if len(_made) >= _KEPT:
            _made.clear()
        fast_path = FastPath(
            msgspec.json.Decoder(_python_type(shape)).decode,
            msgspec.json.Decoder(_python_type(shape, whole=True)).decode,
            tuple(dict.fromkeys(_echoes(shape))),
            numbers=any(isinstance(each, ScalarShape) and each.type == "number" for each in shapes_in(shape)),
            gaps=any(map(_has_gaps, shapes_in(shape))),
            several=any(map(_has_several, shapes_in(shape))),
        )
        found = _made[id(shape)] = (shape, fast_path)
    return found[1]


def _has_several(shape: AnswerShape) -> bool:
    """Whether an object stands for values of several kinds."""
    return isinstance(shape, RecordShape) and bool(
        shape.scalar_part or shape.list_part or shape.object_part or shape.kinds
    )


def _has_gaps(shape: AnswerShape) -> bool:
    """Whether a text may say nothing: one that may be missing, and any item of a list."""
    match shape:
        case ScalarShape():
            return shape.optional and bool(shape.type) and shape.type in FREE_TEXTS
        case ListShape(item=ScalarShape() as item):
            return item.type in FREE_TEXTS
        case _:
            return False


def _echoes(shape: AnswerShape) -> Iterator[bytes]:
    """The strings that would be echoes of the form: a member's behind its colon, an item's between its neighbours."""
    match shape:
        case ScalarShape():
            yield from _echoed_names(shape)
        case ListShape(item=ScalarShape() as item):
            for name in _echoed_names(item):
                yield from (b"[" + name, b"," + name + b",", b"," + name + b"]")
        case ListShape():
            yield from _echoes(shape.item)
        case RecordShape():
            for _, part in shape.fields:
                yield from (
                    (b":" + name for name in _echoed_names(part)) if isinstance(part, ScalarShape) else _echoes(part)
                )
        case EnumShape() | MultiEnumShape():
            return


def _echoed_names(shape: ScalarShape) -> Iterator[bytes]:
    if shape.type and shape.type not in NOT_TEXT:
        yield f'"{shape.type}"'.encode()


def _python_type(shape: AnswerShape, *, whole: bool = False) -> Any:
    """The Python type that a fitting answer decodes to; null fits everywhere, unless the answer is to be whole."""
    match shape:
        case ScalarShape(structured=True):
            return _STRUCTURE | None
        case ScalarShape():
            kind = shape.read_as
            found = NOT_TEXT.get(kind) or _string(kind, least=int(whole))
        case EnumShape():
            found = _MAKE_LITERAL[shape.labels]
        case MultiEnumShape():
            item = _MAKE_LITERAL[shape.labels]
            found = list[item if whole else item | None]
        case ListShape():
            found = list[_python_type(shape.item, whole=whole)]
        case RecordShape():
            types = {name: _python_type(part, whole=whole) for name, part in shape.fields}
            # The decoder compares names by their cached UTF-8, which only writing them once makes for other alphabets.
            msgspec.json.encode(list(types))
            found = _MAKE_RECORD("Answer", types, total=whole)
    if not whole:
        return found | None
    return Annotated[found, msgspec.Meta(min_length=1)] if isinstance(shape, ListShape | MultiEnumShape) else found


@cache
def _string(type_name: str, *, least: int) -> Any:
    """A string that needs no look at what it says: free text, a date or code in ISO, not a word for nothing."""
    if type_name in FREE_TEXTS:
        return Annotated[str, msgspec.Meta(min_length=least)] if least else str
    return Annotated[str, msgspec.Meta(pattern=TYPES[type_name].normal or _NO_NULL_WORD, min_length=least)]
