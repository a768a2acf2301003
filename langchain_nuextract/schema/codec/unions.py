"""Tuples and values of several shapes, down to the shape that a template asks for and back."""

from collections.abc import Callable
from dataclasses import dataclass

from langchain_nuextract.paths import JSON, Path, fields
from langchain_nuextract.schema.answer_shape import RecordShape
from langchain_nuextract.schema.codec.containers import ListCodec, NamedCodec
from langchain_nuextract.schema.codec.protocol import STAY, Codec, Divided, Fragment, Move, is_empty, under
from langchain_nuextract.schema.json_types import is_list, is_object


@dataclass(frozen=True, slots=True)
class TupleCodec(Divided):
    """Items that have places of their own, as an object with a part for each place."""

    shape: RecordShape
    parts: tuple[NamedCodec, ...]
    least: int
    rest: "tuple[str, ListCodec] | None" = None
    missing: JSON = None
    note: str = ""

    def lower(self, value: JSON) -> JSON:
        """Give an object with a key for each place."""
        if not is_list(value):
            return self.missing if value is None else value
        answer = {
            part.name: part.codec.lower(value[index]) if index < len(value) else part.codec.missing
            for index, part in enumerate(self.parts)
        }
        if self.rest:
            answer[self.rest[0]] = self.rest[1].lower(value[len(self.parts) :])
        return answer

    def layout(self, answer: JSON) -> list[Fragment] | None:
        """Give the items in the order of their places; missing ones at the end are left out as far as they may be."""
        if self.blank(answer):
            return []
        if not is_object(answer):
            return None
        asked = [(part, answer.get(part.name)) for part in self.parts]
        present = [not part.codec.blank(child) for part, child in asked]
        fragments: list[Fragment] = [
            ((part.name,), part.codec, child) if there else ((part.name,), None, None)
            for (part, child), there in zip(asked, present, strict=True)
        ]
        name, rest = self.rest or ("", None)
        if rest and (after := rest.layout(answer.get(name))):
            return [*fragments, *((under(name, way), codec, child) for way, codec, child in after)]
        # `(1, 2, None)` of a tuple that may have two items is `[1, 2]`.
        length = max((index + 1 for index, there in enumerate(present) if there), default=0)
        stands = any(present) or all(part.nullable for part in self.parts[: self.least])
        return fragments[: max(length, self.least)] if stands else []

    def toward(self, answer: JSON) -> Callable[[Path], Move]:
        """Go to the item of a place."""
        indexes = {part.name: index for index, part in enumerate(self.parts)}
        inner = fields(answer)
        rest_name, of_rest = "", None
        if self.rest:
            rest_name, of_rest = self.rest[0], self.rest[1].toward(inner.get(self.rest[0]))

        def move(path: Path) -> Move:
            name, *rest = path
            if name in indexes:
                index = indexes[str(name)]
                return (index,), self.parts[index].codec, inner.get(str(name)), tuple(rest)
            if of_rest is None or name != rest_name or not rest:
                return STAY
            steps, codec, child, left = of_rest(tuple(rest))
            return tuple(len(indexes) + int(step) for step in steps), codec, child, left

        return move

    @property
    def below(self) -> tuple[tuple[Path, Codec], ...]:
        """The codecs of the items, and of the list of those without a place."""
        named = tuple(((part.name,), part.codec) for part in self.parts)
        return (*named, ((self.rest[0],), self.rest[1])) if self.rest else named

    def blank(self, answer: JSON) -> bool:
        """Whether an answer says that there is no tuple."""
        if answer is None or answer == "":
            return True
        return is_object(answer) and is_empty(answer) and any(part.needed for part in self.parts)


@dataclass(frozen=True, slots=True)
class UnionCodec(Divided):
    """Values of several shapes, as an object with a part for scalars, one for lists, and the parts of objects."""

    shape: RecordShape
    value: tuple[str, Codec] | None
    items: tuple[str, Codec] | None
    record: Codec | None
    within: str | None
    """The name under which objects stand; None where their own parts stand beside the others."""
    missing: JSON = None
    note: str = ""

    def lower(self, value: JSON) -> JSON:
        """Give an object in which the parts of one shape are filled."""
        if value is None:
            return self.missing
        answer: dict[str, JSON] = {}
        if self.value:
            scalar = not isinstance(value, dict | list)
            answer[self.value[0]] = self.value[1].lower(value) if scalar else self.value[1].missing
        if self.items:
            name, codec = self.items
            answer[name] = codec.lower(value) if is_list(value) else codec.missing
        if self.record and self.within is not None:
            answer[self.within] = self.record.lower(value) if is_object(value) else self.record.missing
        elif self.record:
            answer |= fields(self.record.lower(value if is_object(value) else {}))
        return answer

    def layout(self, answer: JSON) -> Fragment | None:
        """Give the first part that is filled."""
        if not is_object(answer):
            plain = self.items if is_list(answer) else self.value
            return ((), plain[1], answer) if plain else None
        if self.value and not self.value[1].blank(answer.get(self.value[0])):
            return (self.value[0],), self.value[1], answer[self.value[0]]
        items = answer.get(self.items[0]) if self.items else None
        # A list that was written as `[]` beside an empty object is meant; one that is missing is not.
        record = self.record_of(answer)
        if self.record and is_empty(items) and (not is_empty(record) or items is None):
            return () if self.within is None else (self.within,), self.record, record
        return ((self.items[0],), self.items[1], items) if self.items else (None, None, None)

    def toward(self, answer: JSON) -> Callable[[Path], Move]:
        """Go to a part, which is the value itself."""
        parts = {steps[0]: inner for steps, inner in self.below if steps}
        of_record = self.record.toward(answer) if self.record and self.within is None else None

        def move(path: Path) -> Move:
            name, *rest = path
            if name in parts:
                return (), parts[name], fields(answer).get(str(name)), tuple(rest)
            return of_record(path) if of_record else STAY

        return move

    @property
    def below(self) -> tuple[tuple[Path, Codec], ...]:
        """The codecs of the parts."""
        inner = [((named[0],), named[1]) for named in (self.value, self.items) if named]
        within = () if self.within is None else (self.within,)
        return (*inner, *([(within, self.record)] if self.record else []))

    def record_of(self, answer: dict[str, JSON]) -> JSON:
        """Give the answer for the object alone."""
        if self.within is not None:
            return answer.get(self.within)
        mine = {named[0] for named in (self.value, self.items) if named}
        return {key: child for key, child in answer.items() if key not in mine}

    def blank(self, answer: JSON) -> bool:
        """Whether an answer says that there is no value."""
        if not is_object(answer):
            return answer is None or answer == ""
        if not is_empty(answer):
            return False
        items = answer.get(self.items[0]) if self.items else None
        # A list may be meant that is empty, `{"value": null, "items": []}`, or a tuple whose items may all be missing.
        if is_list(items) or (self.items and is_object(items) and not self.items[1].blank(items)):
            return False
        return self.record is None or self.record.blank(self.record_of(answer))
