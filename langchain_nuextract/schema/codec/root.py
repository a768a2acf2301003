"""The codec of a whole schema. Templates are objects; what is none is put under a name."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Self

from langchain_nuextract.paths import JSON, Path
from langchain_nuextract.schema.answer_shape import AnswerShape, ListShape, RecordShape
from langchain_nuextract.schema.codec.as_is import keeps_whole
from langchain_nuextract.schema.codec.build import build
from langchain_nuextract.schema.codec.containers import ListCodec, RecordCodec
from langchain_nuextract.schema.codec.empty_objects import without_empty_objects
from langchain_nuextract.schema.codec.protocol import Codec
from langchain_nuextract.schema.codec.scalars import EnumCodec
from langchain_nuextract.schema.codec.traversal import Origin, origins, placer
from langchain_nuextract.schema.ir import Array, Member, Never, Record, SchemaNode
from langchain_nuextract.schema.json_types import is_object
from langchain_nuextract.schema.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class RootCodec:
    """The codec of a whole schema. Templates are objects; what is none is put under a name."""

    codec: Codec
    shape: AnswerShape
    wrapped: Path = ()
    nullable: bool = False
    keeps_whole: bool = False
    """Whether `lift` changes nothing of an answer that is whole; see `as_is`."""

    def lower(self, value: JSON) -> JSON:
        """Give the answer that stands for a value."""
        answer = self.codec.lower(value)
        return {str(self.wrapped[0]): answer} if self.wrapped else answer

    def lift(self, answer: JSON) -> JSON:
        """Give the value that an answer stands for."""
        answer = self._unwrapped(answer)
        if self.nullable and self.codec.blank(answer):
            return None
        return self.constant.value if self.constant else self.codec.lift(answer)

    def without_empty_objects(self, answer: JSON) -> JSON:
        """Leave out of an answer the objects that may be missing, and that have nothing but missing parts."""
        if not self.wrapped or not is_object(answer):
            return without_empty_objects(self.codec, answer)
        return {name: without_empty_objects(self.codec, said) for name, said in answer.items()}

    def separable_fields(self) -> frozenset[str] | None:
        """Name the fields that are lists made item by item; None if fields are not lifted each on its own."""
        if self.wrapped or not isinstance(self.codec, RecordCodec) or self.codec.others:
            return None
        parts = self.codec.parts
        return frozenset(
            part.name for part in parts if isinstance(part.codec, ListCodec) and isinstance(part.codec.shape, ListShape)
        )

    def with_fields(self, names: Iterable[str]) -> Self:
        """Give the codec for some fields of an object, where each is lifted on its own."""
        if self.wrapped or not isinstance(self.codec, RecordCodec) or self.codec.others:
            return self
        asked = self.codec.asked
        parts = (*self.codec.constants, *(asked[name] for name in names if name in asked))
        return replace(self, codec=replace(self.codec, parts=parts))

    def origins(self, answer: JSON) -> Iterator[Origin]:
        """Yield from where in an answer the values come that `lift` makes of it."""
        answer = self._unwrapped(answer)
        if self.nullable and self.codec.blank(answer):
            yield (), self.wrapped
        elif not self.constant:
            yield from origins(self.codec, answer, of=self.wrapped)

    def placer(self, answer: JSON) -> Callable[[Path], Path]:
        """Give what tells where a place in an answer is in the user's shape."""
        if not self.wrapped:
            return placer(self.codec, answer)
        inside = placer(self.codec, self._unwrapped(answer) if is_object(answer) else None)
        return lambda path: inside(path[1:]) if path[:1] == self.wrapped else ()

    def _unwrapped(self, answer: JSON) -> JSON:
        return answer.get(str(self.wrapped[0])) if self.wrapped and is_object(answer) else answer

    @property
    def constant(self) -> Member | None:
        """The only value there is; it is put in whatever the answer."""
        members = self.codec.members if isinstance(self.codec, EnumCodec) and not self.nullable else ()
        return members[0] if len(members) == 1 else None


def root_codec(node: SchemaNode, vocabulary: Vocabulary) -> RootCodec:
    """Make the codec of a schema that was read into a node."""
    codec = build(node, vocabulary)
    if isinstance(codec.shape, RecordShape):
        return RootCodec(codec, codec.shape, nullable=node.nullable, keeps_whole=keeps_whole(codec))
    if isinstance(node, Never):
        return RootCodec(codec, RecordShape(()), ("value",))
    # `list[int]` is asked for as `{"items": ["integer"]}`.
    name = "entries" if isinstance(node, Record) else "items" if isinstance(node, Array) else "value"
    return RootCodec(codec, RecordShape(((name, codec.shape),)), (name,), node.nullable)
