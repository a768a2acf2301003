"""Objects, lists and maps, down to the shape that a template asks for and back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, cast

from typing_extensions import TypeAliasType

from langchain_nuextract.paths import EACH, JSON, Path, fields, items, text
from langchain_nuextract.schema.answer_shape import AnswerShape, ListShape, MultiEnumShape, RecordShape
from langchain_nuextract.schema.ir import Member
from langchain_nuextract.schema.json_types import is_list, is_object


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
        """Give the pieces of an answer that the value is put together of; None if the answer is one place.

        `lift` makes the value of them, and `origins` tells where they come from: one cannot say what the other does
        not.
        """
        ...

    def toward(self, path: Path, answer: JSON) -> "Move":
        """Go the first steps of a path in an answer, which need not lead to anything that is there."""
        ...

    @property
    def below(self) -> "tuple[tuple[Path, Codec], ...]":
        """The codecs right below, each with the steps that lead there in the template."""
        ...


Piece = TypeAliasType("Piece", "tuple[Path | None, Codec | None, JSON]")
"""A piece of an answer: the way to it, the codec that lifts it, and what is there.

Without a codec it is a value as it stands; without a way the codec puts it in, as a constant that is not asked for.
"""
Layout = TypeAliasType("Layout", "dict[str, Piece] | list[Piece] | Piece | None")
"""Pieces by the keys or in the order of the value; a piece alone is the whole value, under a name of the answer's."""
Move = TypeAliasType("Move", "tuple[Path, Codec | None, JSON, Path]")
"""The steps in the value, the codec to go on with, what the answer has there, and what is left of the path."""

STAY: Move = ((), None, None, ())
"""The value has no place of its own for it: the nearest is the one above."""


@dataclass(frozen=True, slots=True)
class Part:
    """A named part of an object and of its answer."""

    name: str
    codec: Codec
    required: bool
    nullable: bool
    constant: Member | None = None
    """What is put in without asking."""
    stands: bool = False
    """Whether it is there even where nothing is in it: a list without items, an object with all its parts missing."""
    needed: bool = False
    """Whether an object without an answer here cannot be valid."""
    hooked: bool = False
    """Whether a validator of the user's sees null in its place: it may make a value of that."""
    way: Path = field(init=False, repr=False, compare=False)
    """Where it stands in an answer."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "way", (self.name,))


@dataclass(frozen=True, slots=True)
class RecordCodec:
    """An object, as an object."""

    shape: RecordShape
    parts: tuple[Part, ...]
    open: bool
    others: "tuple[str, MapCodec] | None" = None
    """The key and codec of a list of the properties under other names."""
    keeps: bool = False
    """Whether what was not asked for is kept, for a validator of the user's to see."""
    missing: JSON = None
    note: str = ""
    asked: Mapping[str, Part] = field(init=False, repr=False, compare=False)
    """The parts that are asked for, by name."""
    constants: tuple[Part, ...] = field(init=False, repr=False, compare=False)
    """The other parts."""

    def __post_init__(self) -> None:
        # Looked up for each repair: a walk through all parts would be quadratic in a large schema.
        object.__setattr__(self, "asked", {part.name: part for part in self.parts if not part.constant})
        object.__setattr__(self, "constants", tuple(part for part in self.parts if part.constant))

    def lower(self, value: JSON) -> JSON:
        """Give an object with a key for each part that is asked for."""
        if not is_object(value):
            return self.missing if value is None else value
        answer = {
            name: part.codec.lower(value[name]) if name in value else part.codec.missing
            for name, part in self.asked.items()
        }
        known = {part.name for part in self.parts}
        unnamed = {key: child for key, child in value.items() if key not in known}
        if self.others:
            name, codec = self.others
            answer[name] = codec.lower(unnamed)
        elif self.open:
            answer |= unnamed
        return answer

    def lift(self, answer: JSON) -> JSON:
        """Give the object; parts that are missing and may be left out are."""
        pieces = self.layout(answer)
        if pieces is None:
            return answer
        return {key: codec.lift(child) if codec else child for key, (_, codec, child) in pieces.items()}

    def layout(self, answer: JSON) -> dict[str, Piece] | None:
        """Give the pieces that the object has under its keys."""
        if not is_object(answer):
            if not self.blank(answer):
                return None
            answer = {}
        pieces: dict[str, Piece] = {}
        for part in self.parts:
            codec, child = part.codec, answer.get(part.name)
            if part.constant is None and not codec.blank(child) and (part.required or child != codec.missing):
                pieces[part.name] = part.way, codec, child
            elif (part.required or part.constant) and (piece := _instead(part, answer)):
                pieces[part.name] = piece
        return pieces | self._unnamed(answer) if self.others or self.open or self.keeps else pieces

    def _unnamed(self, answer: dict[str, JSON]) -> dict[str, Piece]:
        """Give the pieces of what the schema has no name for."""
        if not self.others:
            known = {part.name for part in self.parts}
            return {key: ((key,), None, child) for key, child in answer.items() if key not in known}
        name, codec = self.others
        found = answer.get(name)
        pieces = codec.layout(found)
        if pieces is None and is_object(found):
            # `{"other": {"b": "y"}}`, where `[{"key": "b", "value": "y"}]` was asked for, means the same.
            return {key: ((name, key), None, child) for key, child in found.items()}
        if not isinstance(pieces, dict):
            return {name: ((name,), codec, found)}
        return {key: (under(name, way), inner, child) for key, (way, inner, child) in pieces.items()}

    def toward(self, path: Path, answer: JSON) -> Move:
        """Go to a part; what was not asked for stands in the value as it does in the answer."""
        name, *rest = path
        inner = fields(answer).get(str(name))
        if self.others and name == self.others[0]:
            return (), self.others[1], inner, tuple(rest)
        part = self.asked.get(str(name))
        return ((name,), part.codec, inner, tuple(rest)) if part else (path, None, None, ())

    @property
    def below(self) -> tuple[tuple[Path, Codec], ...]:
        """The codecs of the parts that are asked for, and of the others."""
        named = tuple(((part.name,), part.codec) for part in self.asked.values())
        return (*named, ((self.others[0],), self.others[1])) if self.others else named

    def blank(self, answer: JSON) -> bool:
        """Whether an answer says that there is no object: it is missing, or empty where it may not be."""
        if answer is None or answer == "":
            return True
        return is_object(answer) and is_empty(answer) and any(part.needed and not part.constant for part in self.parts)


def _instead(part: Part, answer: dict[str, JSON]) -> Piece | None:
    """Give the piece of a part that has to be there and of which the answer says nothing, if there is one."""
    if part.constant:
        return None, None, part.constant.value
    if part.nullable or (part.hooked and part.name in answer):
        return part.way, None, None
    # `{"seller": null}` is an object without parts where there has to be one, as a list is an empty one.
    return (part.way, part.codec, answer.get(part.name)) if part.stands else None


def lifted_items(pieces: list[Piece]) -> JSON:
    """Make a list of its pieces."""
    return [codec.lift(child) if codec else child for _, codec, child in pieces]


def under(name: str, way: Path | None) -> Path | None:
    """Put a name before the way to a piece."""
    return None if way is None else (name, *way)


def is_empty(answer: JSON) -> bool:
    """Whether there is nothing in an answer but missing values."""
    if not answer:
        return answer is None or isinstance(answer, dict | list)
    return isinstance(answer, dict) and all(map(is_empty, cast("dict[str, JSON]", answer).values()))


@dataclass(frozen=True, slots=True)
class ListCodec:
    """A list, as a list."""

    shape: ListShape | MultiEnumShape
    item: Codec
    gaps: bool = False
    """Whether null is an item."""
    missing: JSON = None
    note: str = ""

    def lower(self, value: JSON) -> JSON:
        """Give the list of the lowered items."""
        if not is_list(value):
            return self.missing if value is None else value
        return [self.item.lower(child) for child in value]

    def lift(self, answer: JSON) -> JSON:
        """Give the list; items that are missing are left out, unless null is an item."""
        pieces = self.layout(answer)
        return answer if pieces is None else lifted_items(pieces)

    def layout(self, answer: JSON) -> list[Piece] | None:
        """Give the items that are there."""
        if self.blank(answer):
            return []
        if not is_list(answer):
            return None
        item, blank = self.item, self.item.blank
        if not self.gaps:
            return [((index,), item, child) for index, child in enumerate(answer) if not blank(child)]
        return [((at,), None, None) if blank(child) else ((at,), item, child) for at, child in enumerate(answer)]

    def toward(self, path: Path, answer: JSON) -> Move:
        """Go to an item, of which those before it that are left out do not count."""
        index, *rest = path
        if not isinstance(index, int):
            return STAY
        before, after = items(answer)[:index], items(answer)[index:]
        left_out = 0 if self.gaps else sum(map(self.item.blank, before))
        return (index - left_out,), self.item, after[0] if after else None, tuple(rest)

    @property
    def below(self) -> tuple[tuple[Path, Codec], ...]:
        """The codec of the items."""
        return (((EACH,), self.item),)

    def blank(self, answer: JSON) -> bool:
        """Whether an answer says that there is no list; an empty list is one."""
        return answer is None or answer == ""


@dataclass(frozen=True, slots=True)
class MapCodec:
    """An object with any keys, as a list of entries."""

    shape: ListShape
    key: str
    inner: Codec
    at: str | None
    """The name under which an entry has its value; None where the value's own parts stand beside the key."""
    gaps: bool = False
    """Whether null is a value."""
    stands: bool = False
    """Whether a value is there even where nothing is in it."""
    missing: JSON = None
    note: str = ""
    key_note: str = ""
    """The user's description of the keys."""

    def lower(self, value: JSON) -> JSON:
        """Give an entry for each key."""
        if not is_object(value):
            return self.missing if value is None else value
        return [self._entry(key, child) for key, child in value.items()]

    def _entry(self, key: str, value: JSON) -> JSON:
        inner = self.inner.lower(value)
        if self.at is not None:
            return {self.key: key, self.at: inner}
        return {self.key: key, **inner} if is_object(inner) else inner

    def lift(self, answer: JSON) -> JSON:
        """Give the object; as it is, if these are not entries."""
        pieces = self.layout(answer)
        if isinstance(pieces, dict):
            return {key: codec.lift(child) if codec else child for key, (_, codec, child) in pieces.items()}
        return answer if pieces is None else lifted_items(pieces)

    def layout(self, answer: JSON) -> dict[str, Piece] | list[Piece] | None:
        """Give the values by their keys; the entries as they are, if one of them has no key."""
        if self.blank(answer):
            return {}
        if not is_list(answer):
            return None
        entries = [(index, fields(entry)) for index, entry in enumerate(answer) if not is_empty(entry)]
        if not all(isinstance(entry.get(self.key), str) for _, entry in entries):
            return [((index,), None, answer[index]) for index, _ in entries]
        pieces: dict[str, Piece] = {}
        for index, entry in entries:
            key, inner = text(entry[self.key]), self._inner(entry)
            way = (index,) if self.at is None else (index, self.at)
            blank = self.inner.blank(inner)
            if blank and self.gaps:
                pieces.setdefault(key, (way, None, None))
            elif not blank or self.stands:
                pieces.setdefault(key, (way, self.inner, inner))
        return pieces

    def _inner(self, entry: dict[str, JSON]) -> JSON:
        if self.at is not None:
            return entry.get(self.at)
        return {name: child for name, child in entry.items() if name != self.key}

    def toward(self, path: Path, answer: JSON) -> Move:
        """Go to the value of an entry, which stands under its key."""
        index, *rest = path
        found = items(answer)[index:] if isinstance(index, int) else []
        entry = fields(found[0]) if found else {}
        key = entry.get(self.key)
        if not isinstance(key, str):
            return STAY
        if self.at is not None:
            return (key,), self.inner, entry.get(self.at), tuple(rest[1:])
        return (key,), self.inner, entry, () if rest[:1] == [self.key] else tuple(rest)

    @property
    def below(self) -> tuple[tuple[Path, Codec], ...]:
        """The codec of the values."""
        return (((EACH,) if self.at is None else (EACH, self.at), self.inner),)

    def blank(self, answer: JSON) -> bool:
        """Whether an answer says that there is no object; no entries are an empty one."""
        return answer is None or answer == ""
