# ruff: noqa: RUF001  (marks that look alike are what this is about)
"""Scalars, read as the type that was asked for."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from langchain_nuextract.paths import JSON
from langchain_nuextract.repair.dates import iso_date, iso_date_time, iso_time
from langchain_nuextract.repair.distance import nearest
from langchain_nuextract.repair.habits import Habits
from langchain_nuextract.repair.ledger import Kind
from langchain_nuextract.repair.nodes import Leaf
from langchain_nuextract.repair.numbers import Number, exactly, number

TEXTS: Final = frozenset({"", "string", "verbatim-string"})
"""Types whose values are free text, in which every word may be meant."""
NULL_WORDS: Final = frozenset(
    {
        "", "-", "--", "–", "—", "?", "...", "n/a", "n.a.", "n. a.", "null", "none", "nil", "not found", "unknown",
        "not available", "not specified", "not provided", "not mentioned", "not applicable", "not given", "undefined",
        "missing",
    }
)  # fmt: skip
"""Words that say that there is nothing to say."""
_YES: Final = frozenset(
    {"true", "yes", "y", "t", "on", "1", "ja", "oui", "si", "sim", "vrai", "wahr", "verdadero", "vero",
     "да", "はい", "是", "✓", "✔", "☑"}
)  # fmt: skip
_NO: Final = frozenset(
    {"false", "no", "n", "f", "off", "0", "nein", "non", "nao", "faux", "falsch",
     "falso", "нет", "いいえ", "否", "✗", "✘", "☐"}
)  # fmt: skip
_CODES: Final[Mapping[str, tuple[int, Callable[[str], str]]]] = {
    "country": (2, str.upper),
    "currency": (3, str.upper),
    "language": (3, str.lower),
    "script": (4, str.title),
}
"""The number of letters of a code, and whether they are capitals."""
_NOT_A_LETTER = re.compile(r"[\W_]+")
_BETWEEN_LABELS = re.compile(r"[,;|/]")


@dataclass(frozen=True, slots=True)
class Taken:
    """What a leaf was taken for."""

    value: JSON
    kind: Kind = "value"
    same: bool = False
    """Whether it is what the model wrote, though the leaf could not hold it: a number of many digits."""


def fold(text: str) -> str:
    """Reduce a key or label to its letters and digits, without case and accents."""
    if text.isascii():
        return _NOT_A_LETTER.sub("", text.lower()) or text.lower()
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return _NOT_A_LETTER.sub("", "".join(mark for mark in text if not unicodedata.combining(mark))) or text


folded_name = lru_cache(maxsize=10_000)(fold)
"""`fold` for the names and labels of forms, which are few and come again for each value."""


def is_null_word(value: JSON) -> bool:
    """Whether a text says that there is nothing to say."""
    return isinstance(value, str) and value.strip().casefold() in NULL_WORDS


def label(leaf: Leaf, labels: Sequence[str]) -> Taken | None:
    """The label that was meant: the same but for case, punctuation and accents, or else the nearest in spelling."""
    written = leaf.written
    if written in labels:
        return Taken(written)
    folded = fold(written)
    near = [each for each in labels if folded_name(each) == folded]
    if len(near) == 1:
        return Taken(near[0])
    if isinstance(leaf.value, bool) and (same := _labels_saying(labels, leaf.value)):
        return Taken(same)
    if is_null_word(written):
        return Taken(None)
    likely = nearest(folded, {each: folded_name(each) for each in labels})
    return None if likely is None else Taken(likely, "guess")


def _labels_saying(labels: Sequence[str], value: object) -> str | None:
    words = _YES if value else _NO
    said = [each for each in labels if each.casefold() in words]
    return said[0] if len(said) == 1 else None


def labels_in(written: str, labels: Sequence[str]) -> list[str] | None:
    """The labels that a text lists; None if it lists anything else."""
    folded = {folded_name(each): each for each in labels}
    parts = [folded.get(fold(part.strip())) for part in _BETWEEN_LABELS.split(written)]
    return [part for part in parts if part is not None] if parts and None not in parts else None


def scalar(leaf: Leaf, type_name: str, habits: Habits) -> Taken | None:
    """The leaf as a value of this type; None if it cannot be read so."""
    value = leaf.value
    if type_name in TEXTS:
        return Taken(value if isinstance(value, str) else leaf.written)
    if is_null_word(value):
        return Taken(None)
    match type_name:
        case "integer" | "number":
            return _long(leaf) or _number(value, habits, whole=type_name == "integer")
        case "boolean":
            return _boolean(value)
        case _:
            return Taken(_in_iso(value, type_name, habits)) if isinstance(value, str) else _written(leaf)


def _written(leaf: Leaf) -> Taken | None:
    """A number in place of a code, date or telephone number is taken as it was written."""
    return None if isinstance(leaf.value, bool) else Taken(leaf.written)


def _long(leaf: Leaf) -> Taken | None:
    """A number with more digits than the machine holds, as its digits."""
    value = exactly(re.sub("[,_]", "", leaf.written)) if isinstance(leaf.value, float) else None
    return Taken(value, same=True) if isinstance(value, str) else None


def _number(value: JSON, habits: Habits, *, whole: bool) -> Taken | None:
    found = _read_number(value, habits)
    if found is None:
        return None
    kind: Kind = "value" if found.certain else "guess"
    if not whole or isinstance(found.value, int):
        return Taken(found.value, kind)
    return Taken(int(found.value), kind) if isinstance(found.value, float) and found.value.is_integer() else None


def _read_number(value: JSON, habits: Habits) -> Number | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return Number(value)
    return number(value, habits.decimal) if isinstance(value, str) else None


def _boolean(value: JSON) -> Taken | None:
    if isinstance(value, bool):
        return Taken(value)
    if len(_NOT_A_LETTER.sub(" ", said := str(value)).split()) > 1:
        return None
    word = fold(said)
    return Taken(True) if word in _YES else Taken(False) if word in _NO else None  # noqa: FBT003


def _in_iso(value: str, type_name: str, habits: Habits) -> str:
    match type_name:
        case "date":
            return iso_date(value, day_first=habits.day_first) or value
        case "date-time":
            return iso_date_time(value, day_first=habits.day_first) or value
        case "time":
            return iso_time(value) or value
        case _ if code := _CODES.get(type_name):
            length, cased = code
            return cased(value) if len(value) == length and value.isascii() and value.isalpha() else value
        case _:
            return value
