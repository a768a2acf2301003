"""The shape of an answer: what a model is asked to fill in.

A `Target` is lowered to a `Form`, once per vocabulary. The template, the answer schema and the reading of an answer
are short walks over this tree; what the user's own schema says beyond it is the lens's business alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from langchain_nuextract.paths import Path
from langchain_nuextract.schema.types import json_kind


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value, or missing."""

    type: str
    """NuExtract's type name (`verbatim-string`, `date`, …); `""` where the generation knows text only."""
    pattern: str = ""
    """How a text is to be written, where a model can be held to it; see `patterns`."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of some labels, or missing."""

    labels: tuple[str, ...]
    """Two at the least: a list of one would read as an array."""


@dataclass(frozen=True, slots=True)
class Choices:
    """Any number of some labels."""

    labels: tuple[str, ...]
    most: int | None = None
    """The number of labels that the user's schema allows; None if it sets no bound."""
    gaps: bool = False
    """Whether an item may be missing: null is one of the user's values."""


@dataclass(frozen=True, slots=True)
class Listing:
    """Any number of items of one form."""

    item: "Form"
    most: int | None = None
    """The number of items that the user's schema allows; None if it sets no bound."""
    gaps: bool = False
    """Whether an item may be missing: null is one of the user's values."""


@dataclass(frozen=True, slots=True)
class Record:
    """Named parts, in the user's order; never missing as a whole."""

    fields: tuple[tuple[str, "Form"], ...]
    open: bool = False
    """Whether the user's schema admits parts under other names, which are not asked for."""

    def __getitem__(self, name: str) -> "Form":
        """The form of one field; KeyError if there is none of this name."""
        return dict(self.fields)[name]


Form: TypeAlias = Scalar | Choice | Choices | Listing | Record


def types(form: Form) -> Iterator[str]:
    """Yield the type names of the values that are texts, but for those that have a pattern."""
    match form:
        case Scalar(type=name, pattern=pattern):
            if name and not pattern and json_kind(name) == "string":
                yield name
        case Listing():
            yield from types(form.item)
        case Record():
            for _, part in form.fields:
                yield from types(part)
        case Choice() | Choices():
            return


def words(form: Form) -> Iterator[str]:
    """Yield the words that an answer is written with in any case: names of fields, and labels."""
    match form:
        case Choice() | Choices():
            yield from form.labels
        case Listing():
            yield from words(form.item)
        case Record():
            for name, part in form.fields:
                yield name
                yield from words(part)
        case Scalar():
            return


def asks(form: Form, path: Path) -> bool:
    """Whether a form asks for what is at a path, or below it. Whatever is in a list is asked for with the list."""
    while path and isinstance(form, Record):
        name, *rest = path
        inner = dict(form.fields).get(str(name))
        if inner is None:
            return False
        form, path = inner, tuple(rest)
    return True
