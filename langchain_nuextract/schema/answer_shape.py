"""The shape of an answer: what a model is asked to fill in.

A `Target` is lowered to an `AnswerShape`, once per vocabulary. The template, the answer schema and the reading of an
answer are short walks over this tree; what the user's own schema says beyond it is the codec's business alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal, TypeAlias

from langchain_nuextract.paths import Path
from langchain_nuextract.schema.ir import RecordKind
from langchain_nuextract.schema.value_types import json_kind

Hook: TypeAlias = Literal["", "own", "inside"]
"""Whether a validator of the user's sees the raw value before its type does: its `own`, that of an object it is
`inside` of, or none."""


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
    open: bool = False
    """Whether it stands for any JSON value, so that objects and lists are taken as they are."""
    structured: bool = False
    """Whether nothing but an object or list may stand there: a recursion is not unrolled any further."""
    hook: Hook = ""
    verbatim: bool = False
    """Whether it is to be words of the document, as they stand there."""

    @property
    def read_as(self) -> str:
        """The type that a value is read as: what was meant, where a generation was asked for text."""
        return self.meant or self.type


@dataclass(frozen=True, slots=True)
class EnumShape:
    """One of some labels, or missing."""

    labels: tuple[str, ...]
    """Two at the least: a list of one would read as an array."""
    names: tuple[tuple[str, str], ...] = ()
    """Other words for labels, each with its label: names of an enumeration's members, titles."""
    hook: Hook = ""


@dataclass(frozen=True, slots=True)
class MultiEnumShape:
    """Any number of some labels."""

    labels: tuple[str, ...]
    most: int | None = None
    """The number of labels that the user's schema allows; None if it sets no bound."""
    gaps: bool = False
    """Whether an item may be missing: null is one of the user's values."""
    names: tuple[tuple[str, str], ...] = ()
    """Other words for labels; see `EnumShape`."""
    hook: Hook = ""

    @property
    def as_list(self) -> "ListShape":
        """The same as a list of choices of one label."""
        return ListShape(EnumShape(self.labels, self.names), self.most, self.gaps, self.hook)


@dataclass(frozen=True, slots=True)
class ListShape:
    """Any number of items of one shape."""

    item: "AnswerShape"
    most: int | None = None
    """The number of items that the user's schema allows; None if it sets no bound."""
    gaps: bool = False
    """Whether an item may be missing: null is one of the user's values."""
    hook: Hook = ""


@dataclass(frozen=True, slots=True)
class RecordShape:
    """Named parts, in the user's order; never missing as a whole."""

    fields: tuple[tuple[str, "AnswerShape"], ...]
    open: bool = False
    """Whether the user's schema admits parts under other names, which are not asked for."""
    synonyms: tuple[tuple[str, str], ...] = ()
    """Other keys under which parts are taken, each with the part's name."""
    scalar_part: str = ""
    """The part that a scalar in place of the object is, where the user's schema admits one."""
    list_part: str = ""
    """The part that a list in place of the object is, where the user's schema admits one."""
    object_part: str = ""
    """The part that an object of other keys is, where the user's schema admits one."""
    places: int = 0
    """The number of parts that a list may give by their places: the object stands for a tuple. What comes after them
    is the items of the next part."""
    kinds: tuple[RecordKind, ...] = ()
    """The kinds of object that are asked for as one, of which an answer is one; none where there is but one."""
    hook: Hook = ""

    def __getitem__(self, name: str) -> "AnswerShape":
        """The form of one field; KeyError if there is none of this name."""
        return dict(self.fields)[name]


AnswerShape: TypeAlias = ScalarShape | EnumShape | MultiEnumShape | ListShape | RecordShape


def shapes_in(shape: AnswerShape) -> Iterator[AnswerShape]:
    """Yield a shape and all that are in it, the outer first."""
    yield shape
    match shape:
        case ListShape():
            yield from shapes_in(shape.item)
        case RecordShape():
            for _, part in shape.fields:
                yield from shapes_in(part)
        case _:
            return


def types(shape: AnswerShape) -> Iterator[str]:
    """Yield the type names of the values that are texts, but for those that have a pattern."""
    for each in shapes_in(shape):
        if isinstance(each, ScalarShape) and each.type and not each.pattern and json_kind(each.type) == "string":
            yield each.type


def answer_words(shape: AnswerShape) -> Iterator[str]:
    """Yield the words that an answer is written with in any case: names of fields, and labels."""
    match shape:
        case EnumShape() | MultiEnumShape():
            yield from shape.labels
        case ListShape():
            yield from answer_words(shape.item)
        case RecordShape():
            for name, part in shape.fields:
                yield name
                yield from answer_words(part)
        case ScalarShape():
            return


class AskedPaths:
    """Which paths a shape asks for. Whatever is in a list is asked for with the list."""

    def __init__(self, shape: AnswerShape) -> None:
        # `$.items[].price` is asked for wherever `$.items` is.
        self._parts = (
            {name: AskedPaths(part) for name, part in shape.fields} if isinstance(shape, RecordShape) else None
        )

    def __contains__(self, path: Path) -> bool:
        """Whether the shape asks for what is at a path, or below it."""
        if not path or self._parts is None:
            return True
        inner = self._parts.get(str(path[0]))
        return inner is not None and path[1:] in inner


@lru_cache(maxsize=64)
def without_hooks(shape: AnswerShape) -> AnswerShape:
    """Give a shape in which every value is brought to its type, whatever validators the user has."""
    match shape:
        case RecordShape():
            fields = tuple((name, without_hooks(part)) for name, part in shape.fields)
            plain = replace(shape, fields=fields, hook="")
        case ListShape():
            plain = replace(shape, item=without_hooks(shape.item), hook="")
        case _:
            plain = replace(shape, hook="")
    return shape if plain == shape else plain
