"""What every codec does, and the fragments of an answer that its value is put together of."""

from abc import abstractmethod
from collections.abc import Callable
from typing import Protocol, cast

from typing_extensions import TypeAliasType

from langchain_nuextract.paths import JSON, Path
from langchain_nuextract.schema.answer_shape import AnswerShape


class Codec(Protocol):
    """What lowers values to one form, and lifts answers of this form. Neither ever raises."""

    @property
    def shape(self) -> AnswerShape:
        """The shape of the answers."""
        ...

    @property
    def missing(self) -> JSON:
        """What an answer has where there is no value."""
        ...

    @property
    def note(self) -> str:
        """The user's description."""
        ...

    def lower(self, value: JSON) -> JSON:
        """Give the answer for a value."""
        ...

    def lift(self, answer: JSON) -> JSON:
        """Give the value for an answer that is not blank."""
        ...

    def blank(self, answer: JSON) -> bool:
        """Whether an answer says that there is no value."""
        ...

    def layout(self, answer: JSON) -> "Layout":
        """Give the fragments of an answer that the value is put together of; None if the answer is one place.

        `lift` makes the value of them, and `origins` tells where they come from: one cannot say what the other does
        not.
        """
        ...

    def toward(self, answer: JSON) -> "Callable[[Path], Move]":
        """Give what goes the first steps of a path in an answer, which need not lead to anything that is there.

        What has to be counted in the answer is counted here, once for all the paths.
        """
        ...

    @property
    def below(self) -> "tuple[tuple[Path, Codec], ...]":
        """The codecs right below, each with the steps that lead there in the template."""
        ...


Fragment = TypeAliasType("Fragment", "tuple[Path | None, Codec | None, JSON]")
"""A fragment of an answer: the way to it, the codec that lifts it, and what is there.

Without a codec it is a value as it stands; without a way the codec puts it in, as a constant that is not asked for.
"""
Layout = TypeAliasType("Layout", "dict[str, Fragment] | list[Fragment] | Fragment | None")
"""Fragments by the keys or in the order of the value; one alone is the whole value, under a name of the answer's."""
Move = TypeAliasType("Move", "tuple[Path, Codec | None, JSON, Path]")
"""The steps in the value, the codec to go on with, what the answer has there, and what is left of the path."""

STAY: Move = ((), None, None, ())
"""The value has no place of its own for it: the nearest is the one above."""


class Blank:
    """A codec that has a value wherever an answer has anything; empty lists and objects are some."""

    __slots__ = ()

    def blank(self, answer: JSON) -> bool:
        """Whether an answer says that there is no value."""
        return answer is None or answer == ""


class Divided(Blank):
    """A codec whose values are put together of fragments of the answer."""

    __slots__ = ()

    @abstractmethod
    def layout(self, answer: JSON) -> Layout:
        """Give the fragments of an answer."""

    def lift(self, answer: JSON) -> JSON:
        """Give the value that the fragments make; the answer as it is, if it has none."""
        layout = self.layout(answer)
        if isinstance(layout, dict):
            return {key: codec.lift(child) if codec else child for key, (_, codec, child) in layout.items()}
        if isinstance(layout, list):
            return [codec.lift(child) if codec else child for _, codec, child in layout]
        if layout is None:
            return answer
        _, codec, child = layout
        return codec.lift(child) if codec else child


def under(name: str, way: Path | None) -> Path | None:
    """Put a name before the way to a fragment."""
    return None if way is None else (name, *way)


def is_empty(answer: JSON) -> bool:
    """Whether there is nothing in an answer but missing values."""
    if not answer:
        return answer is None or isinstance(answer, dict | list)
    return isinstance(answer, dict) and all(map(is_empty, cast("dict[str, JSON]", answer).values()))
