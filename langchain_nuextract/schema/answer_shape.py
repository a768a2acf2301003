"""The shape of an answer: what a model is asked to fill in.

A `Target` is lowered to an `AnswerShape`, once per vocabulary. The template, the answer schema and the reading of an
answer are short walks over this tree; what the user's own schema says beyond it is the codec's business alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from langchain_nuextract.paths import Path
from langchain_nuextract.schema.value_types import json_kind


@dataclass(frozen=True, slots=True)
class ScalarShape:
    """One value, or missing."""

    type: str
    """NuExtract's type name (`verbatim-string`, `date`, …); `""` where the generation knows text only."""
    pattern: str = ""
    """How a text is to be written, where a model can be held to it; see `patterns`."""
    optional: bool = False
    """Whether the user's schema admits that there is nothing, so that `N/A` in place of a text means that."""
    meant: str = ""
    """The type that was asked for, where the generation knows it as text only: a date or time is read as such."""


@dataclass(frozen=True, slots=True)
class EnumShape:
    """One of some labels, or missing."""

    labels: tuple[str, ...]
    """Two at the least: a list of one would read as an array."""


@dataclass(frozen=True, slots=True)
class MultiEnumShape:
    """Any number of some labels."""

    labels: tuple[str, ...]
    most: int | None = None
    """The number of labels that the user's schema allows; None if it sets no bound."""
    gaps: bool = False
    """Whether an item may be missing: null is one of the user's values."""


@dataclass(frozen=True, slots=True)
class ListShape:
    """Any number of items of one shape."""

    item: "AnswerShape"
    most: int | None = None
    """The number of items that the user's schema allows; None if it sets no bound."""
    gaps: bool = False
    """Whether an item may be missing: null is one of the user's values."""


@dataclass(frozen=True, slots=True)
class RecordShape:
    """Named parts, in the user's order; never missing as a whole."""

    fields: tuple[tuple[str, "AnswerShape"], ...]
    open: bool = False
    """Whether the user's schema admits parts under other names, which are not asked for."""

    def __getitem__(self, name: str) -> "AnswerShape":
        """The form of one field; KeyError if there is none of this name."""
        return dict(self.fields)[name]


AnswerShape: TypeAlias = ScalarShape | EnumShape | MultiEnumShape | ListShape | RecordShape


def types(shape: AnswerShape) -> Iterator[str]:
    """Yield the type names of the values that are texts, but for those that have a pattern."""
    match shape:
        case ScalarShape(type=name, pattern=pattern):
            if name and not pattern and json_kind(name) == "string":
                yield name
        case ListShape():
            yield from types(shape.item)
        case RecordShape():
            for _, part in shape.fields:
                yield from types(part)
        case EnumShape() | MultiEnumShape():
            return


def words(shape: AnswerShape) -> Iterator[str]:
    """Yield the words that an answer is written with in any case: names of fields, and labels."""
    match shape:
        case EnumShape() | MultiEnumShape():
            yield from shape.labels
        case ListShape():
            yield from words(shape.item)
        case RecordShape():
            for name, part in shape.fields:
                yield name
                yield from words(part)
        case ScalarShape():
            return


def asks(shape: AnswerShape, path: Path) -> bool:
    """Whether a form asks for what is at a path, or below it. Whatever is in a list is asked for with the list."""
    while path and isinstance(shape, RecordShape):
        name, *rest = path
        inner = dict(shape.fields).get(str(name))
        if inner is None:
            return False
        shape, path = inner, tuple(rest)
    return True
