"""Objects and lists, down to the shape that a template asks for and back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import accumulate

from langchain_nuextract.paths import EACH, JSON, Path, fields, items
from langchain_nuextract.schema.answer_shape import ListShape, MultiEnumShape, RecordShape
from langchain_nuextract.schema.codec.maps import MapCodec
from langchain_nuextract.schema.codec.protocol import STAY, Codec, Divided, Fragment, Move, is_empty, under
from langchain_nuextract.schema.ir import Member
from langchain_nuextract.schema.json_types import is_list, is_object


@dataclass(frozen=True, slots=True)
class NamedCodec:
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
class RecordCodec(Divided):
    """An object, as an object."""

    shape: RecordShape
    parts: tuple[NamedCodec, ...]
    open: bool
    others: "tuple[str, MapCodec] | None" = None
    """The key and codec of a list of the properties under other names."""
    keeps: bool = False
    """Whether what was not asked for is kept, for a validator of the user's to see."""
    missing: JSON = None
    note: str = ""
    asked: Mapping[str, NamedCodec] = field(init=False, repr=False, compare=False)
    """The parts that are asked for, by name."""
    constants: tuple[NamedCodec, ...] = field(init=False, repr=False, compare=False)
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

    def layout(self, answer: JSON) -> dict[str, Fragment] | None:
        """Give the fragments that the object has under its keys; parts that are missing and may be left out are."""
        if not is_object(answer):
            if not self.blank(answer):
                return None
            answer = {}
        fragments: dict[str, Fragment] = {}
        for part in self.parts:
            codec, child = part.codec, answer.get(part.name)
            if part.constant is None and not codec.blank(child) and (part.required or child != codec.missing):
                fragments[part.name] = part.way, codec, child
            elif (part.required or part.constant) and (fragment := _instead(part, answer)):
                fragments[part.name] = fragment
        return fragments | self._unnamed(answer) if self.others or self.open or self.keeps else fragments

    def _unnamed(self, answer: dict[str, JSON]) -> dict[str, Fragment]:
        """Give the fragments of what the schema has no name for."""
        if not self.others:
            known = {part.name for part in self.parts}
            return {key: ((key,), None, child) for key, child in answer.items() if key not in known}
        name, codec = self.others
        found = answer.get(name)
        fragments = codec.layout(found)
        if fragments is None and is_object(found):
            # `{"other": {"b": "y"}}`, where `[{"key": "b", "value": "y"}]` was asked for, means the same.
            return {key: ((name, key), None, child) for key, child in found.items()}
        if not isinstance(fragments, dict):
            return {name: ((name,), codec, found)}
        return {key: (under(name, way), inner, child) for key, (way, inner, child) in fragments.items()}

    def toward(self, answer: JSON) -> Callable[[Path], Move]:
        """Go to a part; what was not asked for stands in the value as it does in the answer."""

        def move(path: Path) -> Move:
            name, *rest = path
            inner = fields(answer).get(str(name))
            if self.others and name == self.others[0]:
                return (), self.others[1], inner, tuple(rest)
            part = self.asked.get(str(name))
            return ((name,), part.codec, inner, tuple(rest)) if part else (path, None, None, ())

        return move

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


def _instead(part: NamedCodec, answer: dict[str, JSON]) -> Fragment | None:
    """Give the fragment of a part that has to be there and of which the answer says nothing, if there is one."""
    if part.constant:
        return None, None, part.constant.value
    if part.nullable or (part.hooked and part.name in answer):
        return part.way, None, None
    # `{"seller": null}` is an object without parts where there has to be one, as a list is an empty one.
    return (part.way, part.codec, answer.get(part.name)) if part.stands else None


@dataclass(frozen=True, slots=True)
class ListCodec(Divided):
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

    def layout(self, answer: JSON) -> list[Fragment] | None:
        """Give the items; those that are missing are left out, unless null is an item."""
        if self.blank(answer):
            return []
        if not is_list(answer):
            return None
        item, blank = self.item, self.item.blank
        if not self.gaps:
            return [((index,), item, child) for index, child in enumerate(answer) if not blank(child)]
        return [((at,), None, None) if blank(child) else ((at,), item, child) for at, child in enumerate(answer)]

    def toward(self, answer: JSON) -> Callable[[Path], Move]:
        """Go to an item, of which those before it that are left out do not count."""
        children = items(answer)
        # Of `["x", null, "y"]`, "y" is item 1.
        left_out = [0, *accumulate(not self.gaps and self.item.blank(child) for child in children)]

        def move(path: Path) -> Move:
            index, *rest = path
            if not isinstance(index, int):
                return STAY
            found = children[index : index + 1]
            shift = left_out[index if found else -1]
            return (index - shift,), self.item, found[0] if found else None, tuple(rest)

        return move

    @property
    def below(self) -> tuple[tuple[Path, Codec], ...]:
        """The codec of the items."""
        return (((EACH,), self.item),)
