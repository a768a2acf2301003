"""Objects, lists and maps, down to the shape that a template asks for and back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, cast

from langchain_nuextract.paths import JSON, fields, text
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

    def __post_init__(self) -> None:
        # Looked up for each repair: a walk through all parts would be quadratic in a large schema.
        object.__setattr__(self, "asked", {part.name: part for part in self.parts if not part.constant})

    def lower(self, value: JSON) -> JSON:
        """Give an object with a key for each part that is asked for."""
        if not is_object(value):
            return self.missing if value is None else value
        answer = {part.name: _lowered(part, value) for part in self.parts if not part.constant}
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
        if not is_object(answer):
            return self.lift({}) if self.blank(answer) else answer
        value: dict[str, JSON] = {}
        for part in self.parts:
            _lift_part(part, answer, value)
        if self.others:
            name, codec = self.others
            found = codec.lift(answer.get(name))
            value |= found if is_object(found) else {name: found}
        elif self.open or self.keeps:
            known = {part.name for part in self.parts}
            value |= {key: child for key, child in answer.items() if key not in known}
        return value

    def blank(self, answer: JSON) -> bool:
        """Whether an answer says that there is no object: it is missing, or empty where it may not be."""
        if answer is None or answer == "":
            return True
        return is_object(answer) and is_empty(answer) and any(part.needed and not part.constant for part in self.parts)


def _lowered(part: Part, value: dict[str, JSON]) -> JSON:
    return part.codec.lower(value[part.name]) if part.name in value else part.codec.missing


def _lift_part(part: Part, answer: dict[str, JSON], value: dict[str, JSON]) -> None:
    """Put one part in its place, if there is anything to put."""
    said = answer.get(part.name)
    if part.constant:
        value[part.name] = part.constant.value
    elif not part.required and said == part.codec.missing:
        return
    elif not part.codec.blank(said):
        value[part.name] = part.codec.lift(said)
    elif part.required and (part.nullable or (part.hooked and part.name in answer)):
        value[part.name] = None
    elif part.required and part.stands:
        value[part.name] = part.codec.lift(said)


def is_empty(answer: JSON) -> bool:
    """Whether there is nothing in an answer but missing values."""
    match answer:
        case None:
            return True
        case dict():
            return all(is_empty(child) for child in cast("dict[str, JSON]", answer).values())
        case list():
            return not answer
        case _:
            return False


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
        if self.blank(answer):
            return []
        if not is_list(answer):
            return answer
        blank = [self.item.blank(child) for child in answer]
        if self.gaps:
            return [None if gap else self.item.lift(child) for child, gap in zip(answer, blank, strict=True)]
        return [self.item.lift(child) for child, gap in zip(answer, blank, strict=True) if not gap]

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
        if self.blank(answer):
            return {}
        if not is_list(answer):
            return answer
        entries = [entry for entry in answer if not is_empty(entry)]
        if not all(isinstance(fields(entry).get(self.key), str) for entry in entries):
            return entries
        value: dict[str, JSON] = {}
        for entry in entries:
            self._put(fields(entry), text(fields(entry)[self.key]), value)
        return value

    def _put(self, entry: dict[str, JSON], key: str, value: dict[str, JSON]) -> None:
        inner = entry.get(self.at) if self.at is not None else {k: v for k, v in entry.items() if k != self.key}
        if not self.inner.blank(inner):
            value.setdefault(key, self.inner.lift(inner))
        elif self.gaps:
            value.setdefault(key, None)
        elif self.stands:
            value.setdefault(key, self.inner.lift(inner))

    def blank(self, answer: JSON) -> bool:
        """Whether an answer says that there is no object; no entries are an empty one."""
        return answer is None or answer == ""
