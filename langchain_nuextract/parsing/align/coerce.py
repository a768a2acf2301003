# ruff: noqa: RUF001  (marks that look alike are what this is about)
"""Scalars, read as the type that was asked for."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from langchain_nuextract.parsing.json.nodes import ScalarNode
from langchain_nuextract.parsing.repairs import Kind
from langchain_nuextract.parsing.rules import RuleId
from langchain_nuextract.paths import JSON
from langchain_nuextract.scalars.dates import iso_date, iso_date_time, iso_time
from langchain_nuextract.scalars.locale import MARKS, Conventions, Mark
from langchain_nuextract.scalars.names import NOT_A_LETTER, fold_key
from langchain_nuextract.scalars.nothing import says_nothing
from langchain_nuextract.scalars.numbers import Number, exactly, read_number
from langchain_nuextract.schema.value_types import FREE_TEXTS, TEMPORAL, TYPES

YES: Final = frozenset(
    {"true", "yes", "y", "t", "on", "1", "ja", "oui", "si", "sim", "vrai", "wahr", "verdadero", "vero",
     "да", "はい", "是", "✓", "✔", "☑", "checked"}
)  # fmt: skip
NO: Final = frozenset(
    {"false", "no", "n", "f", "off", "0", "nein", "non", "nao", "faux", "falsch",
     "falso", "нет", "いいえ", "否", "✗", "✘", "☐", "unchecked"}
)  # fmt: skip
_BOXES: Final = {"[x]": True, "[✓]": True, "[ ]": False}
"""Boxes to tick, as people draw them in text."""
_SAID_FIRST = re.compile(r"\W*(\w{2,})\s*(?:[,;:.!–—(]|-\s)")
"""The first word of an answer with a reason behind it."""
_REMARK = re.compile(r"\s*\([^()]*\)\s*\Z")
SHORTEST_STAMP: Final = 9
"""Digits of a Unix time; one of fewer is before 1973."""
_DIGITS = re.compile(r"\s*[-+]?[\d_]+(?:\.\d*)?\s*")
LONGEST_REMARKED: Final = 100
"""Characters of a number, date or code with a remark behind it."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What a leaf was taken for."""

    value: JSON
    rule: RuleId
    kind: Kind = "value"
    same: bool = False
    """Whether it is what the model wrote, though the leaf could not hold it: a number of many digits."""


def is_null_word(value: JSON) -> bool:
    """Whether a text says that there is nothing to say."""
    return isinstance(value, str) and says_nothing(value)


def says_word(document: str, word: str) -> bool:
    """Whether a document has a word for nothing as its own: in its text, or, of a mark, as the value of a label."""
    word = re.escape(word.strip())
    if not word:
        return False
    pattern = rf"(?<!\w){word}(?!\w)" if word[-1].isalnum() or word[0].isalnum() else rf"[:|]\s*{word}\s*(?:$|[|.\n])"
    return re.search(pattern, document, re.IGNORECASE) is not None


def scalar(leaf: ScalarNode, type_name: str, conventions: Conventions, *, document: str = "") -> Taken | None:
    """The leaf as a value of this type; None if it cannot be read so.

    Args:
        leaf: What was read.
        type_name: NuExtract's name of the type.
        conventions: How numbers and dates are written here.
        document: The document, in which a time may stand as a number.
    """
    value = leaf.value
    if type_name in FREE_TEXTS:
        return Taken(value if isinstance(value, str) else leaf.written, "as-written")
    if is_null_word(value):
        return Taken(None, "word-for-nothing")
    match type_name:
        case "integer" | "number":
            return _long(leaf) or _as_number(value, conventions, whole=type_name == "integer")
        case "boolean":
            return _as_boolean(value)
        case _ if type_name in TEMPORAL:
            return _as_moment(leaf, type_name, conventions, document)
        case _:
            # A number in place of a code or telephone number is taken as it was written: `0.80` is not `0.8`.
            unquoted = None if isinstance(value, bool) else Taken(leaf.written, "as-written")
            return (
                Taken(_normal_form(value, type_name, conventions), "normal-form")
                if isinstance(value, str)
                else unquoted
            )


def _as_moment(leaf: ScalarNode, type_name: str, conventions: Conventions, document: str) -> Taken | None:
    """A date or time. Digits that are none are one only as a Unix time that the document has: `2024` is a year."""
    if isinstance(leaf.value, bool):
        return None
    read = _normal_form(leaf.written, type_name, conventions)
    if not _DIGITS.fullmatch(read):
        return Taken(read, "normal-form")
    digits = read.strip()
    stamp = len(digits) >= SHORTEST_STAMP and re.search(rf"(?<!\d){re.escape(digits)}(?!\d)", document)
    return Taken(leaf.written, "as-written") if stamp else None


def _long(leaf: ScalarNode) -> Taken | None:
    """A number with more digits than the machine holds, as its digits."""
    value = exactly(re.sub("[,_]", "", leaf.written)) if isinstance(leaf.value, float) else None
    return Taken(value, "number", same=True) if isinstance(value, str) else None


def _as_number(value: JSON, conventions: Conventions, *, whole: bool) -> Taken | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        found = _as_whole(Number(value)) if whole else Number(value)
    elif isinstance(value, str):
        found = _as_integer(value, conventions) if whole else read_number(value, conventions.decimal)
        remark = _REMARK.search(value) if found is None and len(value) <= LONGEST_REMARKED else None
        if remark:
            # `24 (see page 2)`, but `(24)` is -24.
            inner = _as_number(value[: remark.start()], conventions, whole=whole) if remark.start() else None
            return inner and replace(inner, kind="guess")
    else:
        return None
    return None if found is None else Taken(found.value, "number", "value" if found.certain else "guess")


def _as_integer(written: str, conventions: Conventions) -> Number | None:
    """A number without decimals: where the decimal mark is not known, the one reading that is one, or the larger."""
    marks: tuple[Mark, ...] = (conventions.decimal,) if conventions.decimal else MARKS
    readings = [read_number(written, mark) for mark in marks]
    whole = [each for found in readings if found and (each := _as_whole(found))]
    if not whole:
        return None
    largest = max(whole, key=lambda each: abs(int(each.value)))
    return Number(largest.value, certain=largest.certain and all(each.value == largest.value for each in whole))


def _as_whole(found: Number) -> Number | None:
    if isinstance(found.value, float):
        return Number(int(found.value), certain=found.certain) if found.value.is_integer() else None
    return found if isinstance(found.value, int) else None


def _as_boolean(value: JSON) -> Taken | None:
    if isinstance(value, bool):
        return Taken(value, "yes-or-no")
    said = str(value)
    if (ticked := _BOXES.get(said.strip().casefold())) is not None:
        return Taken(ticked, "yes-or-no")
    if len(NOT_A_LETTER.sub(" ", said).split()) > 1:
        first = _SAID_FIRST.match(said)
        taken = _as_boolean(first[1]) if first else None
        return taken and Taken(taken.value, "yes-or-no", "guess")
    word = fold_key(said)
    return Taken(word in YES, "yes-or-no") if word in YES | NO else None


def _normal_form(value: str, type_name: str, conventions: Conventions) -> str:
    """A text in the normal form of its type; as it is where it is none that can be read."""
    if len(value) <= LONGEST_REMARKED:
        value = _REMARK.sub("", value)
    if written := NORMAL_FORMS.get(type_name):
        return written(value, conventions) or value
    form = TYPES[type_name].pattern if type_name in TYPES and TYPES[type_name].is_code else ""
    # `eur` is `EUR`, and `DEU` the language `deu`: the form says in which case a code is written.
    cases = (value, value.upper(), value.lower(), value.title()) if form and value.isascii() else ()
    return next((each for each in cases if re.fullmatch(form, each)), value)


NORMAL_FORMS: Final[Mapping[str, Callable[[str, Conventions], str | None]]] = {
    "date": lambda value, conventions: iso_date(value, day_first=conventions.day_first),
    "date-time": lambda value, conventions: iso_date_time(value, day_first=conventions.day_first),
    "time": lambda value, _: iso_time(value),
}
"""What reads a text as people write it, by its type: `12 March 2024` is `2024-03-12`. None if it cannot be read. Codes
need no row: their pattern says how they are written."""
