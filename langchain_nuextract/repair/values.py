# ruff: noqa: RUF001  (marks that look alike are what this is about)
"""Scalars, read as the type that was asked for."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from langchain_nuextract.paths import JSON
from langchain_nuextract.repair.ledger import Kind
from langchain_nuextract.repair.nodes import Leaf

_TEXTS = frozenset({"", "string", "verbatim-string"})
"""Types whose values are free text, in which every word may be meant."""
_NULL_WORDS = frozenset(
    {
        "",
        "-",
        "–",
        "—",
        "?",
        "n/a",
        "n.a.",
        "null",
        "none",
        "nil",
        "not found",
        "not available",
        "not specified",
        "unknown",
    }
)
_NOT_A_LETTER = re.compile(r"[\W_]+")
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Taken:
    """What a leaf was taken for."""

    value: JSON
    kind: Kind = "value"


def fold(text: str) -> str:
    """Reduce a key or label to its letters and digits, without case and accents."""
    bare = "".join(mark for mark in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(mark))
    return _NOT_A_LETTER.sub("", bare)


def label(written: str, labels: Sequence[str]) -> Taken | None:
    """The label that was meant: the same, or the same but for case, punctuation and accents."""
    if written in labels:
        return Taken(written)
    near = [each for each in labels if fold(each) == fold(written)]
    if len(near) == 1:
        return Taken(near[0])
    return Taken(None) if written.strip().casefold() in _NULL_WORDS else None


def scalar(leaf: Leaf, type_name: str) -> Taken | None:
    """The leaf as a value of this type; None if it cannot be read so."""
    value = leaf.value
    if type_name in _TEXTS:
        return Taken(value if isinstance(value, str) else leaf.written)
    if isinstance(value, str) and value.strip().casefold() in _NULL_WORDS:
        return Taken(None)
    match type_name:
        case "integer":
            return _integer(value)
        case "number":
            return _number(value)
        case "boolean":
            return _boolean(value)
        case _:
            return Taken(value) if isinstance(value, str) else None


def _integer(value: JSON) -> Taken | None:
    taken = _number(value)
    if taken and isinstance(taken.value, float):
        return Taken(int(taken.value)) if taken.value.is_integer() else None
    return taken


def _number(value: JSON) -> Taken | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return Taken(value)
    if not isinstance(value, str):
        return None
    digits = value.strip().replace(",", "") if _GROUPED.fullmatch(value.strip()) else value.strip()
    try:
        return Taken(float(digits) if "." in digits else int(digits))
    except ValueError:
        return None


def _boolean(value: JSON) -> Taken | None:
    if isinstance(value, bool):
        return Taken(value)
    words = {"true": True, "yes": True, "false": False, "no": False}
    return Taken(words[fold(value)]) if isinstance(value, str) and fold(value) in words else None
