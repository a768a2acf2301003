"""The user's values, down to the shape that a template asks for and back: `lift(lower(x)) == x`.

A tree of nodes and a vocabulary give a tree of codecs, each with the `AnswerShape` it lowers to. What NuExtract
cannot say is lowered to something it can: a map to a list of entries, a tuple to an object, values of several shapes
to an object with a part for each, constants to nothing, and the rest to text.

A missing part is null in the answer. It is lifted to nothing where it may be left out; else to null where that is
a value, to `[]` or an object of missing parts where these are meant; else it stays out, for validation to complain.
Where both null and nothing are values they cannot be told apart: it is nothing.
"""

from collections import Counter
from dataclasses import replace
from typing import cast

from langchain_nuextract.paths import JSON
from langchain_nuextract.schema.answer_shape import (
    EnumShape,
    ListShape,
    MultiEnumShape,
    RecordShape,
    ScalarShape,
)
from langchain_nuextract.schema.codec.containers import ListCodec, NamedCodec, RecordCodec
from langchain_nuextract.schema.codec.maps import MapCodec
from langchain_nuextract.schema.codec.protocol import Codec
from langchain_nuextract.schema.codec.scalars import EnumCodec, JsonCodec, NullableCodec, ScalarCodec, TextCodec
from langchain_nuextract.schema.codec.unions import TupleCodec, UnionCodec
from langchain_nuextract.schema.codec.variants import can_be_empty, optional, stands, with_hook
from langchain_nuextract.schema.ir import (
    Anything,
    Array,
    Enum,
    Field,
    Member,
    Never,
    Record,
    RecursionCut,
    SchemaNode,
    Split,
    TypedScalar,
    explained_members,
    tells_null,
)
from langchain_nuextract.schema.json_types import dumps
from langchain_nuextract.schema.part_names import ordinal, unused
from langchain_nuextract.schema.value_types import TEMPORAL, TYPES, VERBATIM, json_kind
from langchain_nuextract.schema.vocabulary import Vocabulary, nearest_type


def build(node: SchemaNode, vocabulary: Vocabulary) -> Codec:
    """Compile a node for one vocabulary."""
    return _Builder(vocabulary).codec(node)


class _Builder:
    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._missing = vocabulary.missing
        self._nothing: JSON = [] if vocabulary.missing == "" else None
        self._inside = False

    def codec(self, node: SchemaNode) -> Codec:
        """Give the codec of a node, which leaves raw values to the validators that the user has at it or above it."""
        around, self._inside = self._inside, self._inside or node.hooked
        codec = self._codec(node)
        self._inside = around
        return with_hook(codec, "own" if node.hooked else "inside") if node.hooked or around else codec

    def _codec(self, node: SchemaNode) -> Codec:
        match node:
            case TypedScalar():
                return self._leaf(node)
            case Enum():
                return self._enum(node)
            case Never():
                return self._enum(Enum(members=(Member("null", "null"),), note=node.note))
            case Anything() | RecursionCut():
                cut = isinstance(node, RecursionCut)
                shape = replace(self._scalar("string"), open=True, structured=cut)
                return JsonCodec(shape, cut, self._missing, node.note)
            case Array() | Record() | Split():
                return self._composite(node)

    def _composite(self, node: Array | Record | Split) -> Codec:
        match node:
            case Array():
                return self._tuple(node) if node.prefix else self._list(node)
            case Record():
                return self._object(node)
            case Split():
                return self._split(node)

    def _scalar(self, type_: str) -> ScalarShape:
        return ScalarShape(nearest_type(type_, self._vocabulary))

    def _leaf(self, node: TypedScalar) -> Codec:
        if node.type == "boolean" and "boolean" not in self._vocabulary.types:
            shape = EnumShape(("yes", "no")) if self._vocabulary.enums else self._scalar("string")
            return TextCodec(shape, node.kinds, self._missing, note=node.note)
        shape = self._scalar(node.type)
        if VERBATIM in {node.type, shape.type}:
            shape = replace(shape, verbatim=True)
        if shape.type in {"", "string"} and node.type in TEMPORAL:
            shape = replace(shape, meant=node.type)
        if node.kinds == frozenset({"string"}) and shape.type:
            shape = replace(shape, pattern=TYPES[shape.type].pattern or node.pattern)
        written = json_kind(shape.type)
        day = node.type == "date" and shape.type == "date-time"
        if not day and written in node.kinds and (len(node.kinds) == 1 or written != "string"):
            return ScalarCodec(shape, node.kinds, node.decimal, self._missing, node.note)
        return TextCodec(shape, node.kinds, self._missing, day, node.note)

    def _enum(self, node: Enum) -> EnumCodec:
        labels = tuple(member.label for member in node.members)
        several = len(labels) > 1
        chosen = several and self._vocabulary.enums
        shape = EnumShape(labels, _other_names(node)) if chosen else self._scalar("string")
        note = ". ".join(filter(None, (node.note, explained_members(node) if several else "")))
        return EnumCodec(shape, node.members, self._missing, note)

    def _list(self, node: Array) -> Codec:
        item = self.codec(node.rest or Anything())
        gaps = node.rest is not None and node.rest.nullable and not isinstance(node.rest, Anything)
        shape = ListShape(item.shape, node.most, gaps)
        if isinstance(item.shape, EnumShape):
            shape = MultiEnumShape(item.shape.labels, node.most, gaps, item.shape.names)
        return ListCodec(shape, item, gaps, self._nothing, node.note)

    def _part(self, field: Field) -> NamedCodec:
        node = field.node
        codec = self.codec(node)
        if node.nullable or not field.required:
            codec = optional(codec)
        if tells_null(field) and isinstance(codec, ScalarCodec | TextCodec | EnumCodec):
            shape = codec.shape
            if isinstance(shape, ScalarShape) and json_kind(shape.type) == "string":
                # Null is a word among the texts, whatever their pattern.
                codec = NullableCodec(codec, replace(shape, pattern=""), codec.missing, codec.note)
        members = codec.members if isinstance(codec, EnumCodec) and not node.nullable else ()
        constant = members[0] if len(members) == 1 else None
        empty = can_be_empty(codec)
        filled = constant if field.required or field.filled else None
        needed = field.required and not node.nullable and not empty
        hooked = node.hooked and not stands(codec)
        return NamedCodec(field.name, codec, field.required, node.nullable, filled, stands(codec), needed, hooked)

    def _object(self, node: Record) -> Codec:
        if not node.fields and (node.rest or node.open):
            return self._map(node)
        parts = tuple(self._part(field) for field in node.fields)
        if all(part.constant for part in parts) and not node.rest:
            text = dumps({part.name: part.constant.value for part in parts if part.constant})
            return EnumCodec(self._scalar("string"), (Member(text, text),), self._missing, node.note)
        codec = self._record(node, parts)
        return replace(codec, missing=codec.lower({})) if self._missing == "" else codec

    def _record(self, node: Record, parts: tuple[NamedCodec, ...]) -> RecordCodec:
        fields = [(part.name, part.codec.shape) for part in parts if not part.constant]
        others = None
        if node.rest is not None:
            name = unused(("other", "others", "more"), [part.name for part in parts])
            others = (name, self._map(Record(rest=node.rest, key_note=node.key_note)))
            fields.append((name, others[1].shape))
        names = {part.name for part in parts}
        synonyms = tuple((alias, each.name) for each in node.fields for alias in each.aliases if alias not in names)
        shape = RecordShape(tuple(fields), node.open, synonyms, kinds=node.kinds)
        return RecordCodec(shape, parts, node.open, others, note=node.note)

    def _map(self, node: Record) -> MapCodec:
        inner = self.codec(node.rest or Anything())
        if node.rest and node.rest.nullable:
            inner = optional(inner)
        flat = isinstance(inner, RecordCodec) and not inner.open and not (node.rest and node.rest.nullable)
        gaps = node.rest is not None and node.rest.nullable
        own = inner.shape.fields if flat and isinstance(inner.shape, RecordShape) else (("value", inner.shape),)
        key = unused(("key", "name"), [name for name, _ in own])
        shape = ListShape(RecordShape(((key, self._scalar("string")), *own)))
        at = None if flat else "value"
        missing = self._nothing
        return MapCodec(shape, key, inner, at, gaps, stands(inner), missing, node.note, node.key_note)

    def _tuple(self, node: Array) -> TupleCodec:
        ordinals = [ordinal(index) for index in range(len(node.prefix))]
        names = node.names if len({*node.names}) == len(node.prefix) else ordinals
        parts = tuple(
            self._part(Field(name=name, node=item, required=index < node.least))
            for index, (name, item) in enumerate(zip(names, node.prefix, strict=True))
        )
        asked = tuple(replace(part, constant=None) for part in parts)
        fields = [(part.name, part.codec.shape) for part in asked]
        rest = None
        if node.rest is not None:
            most = None if node.most is None else node.most - len(node.prefix)
            inner = self._list(Array(rest=node.rest, most=most))
            name = unused(("rest", "others"), [*names])
            rest = (name, cast("ListCodec", inner))
            fields.append((name, inner.shape))
        shape = RecordShape(tuple(fields), places=len(asked))
        return TupleCodec(shape, asked, node.least, rest, None, node.note)

    def _split(self, node: Split) -> UnionCodec:
        record = self.codec(node.record) if node.record else None
        flat = isinstance(record, RecordCodec) and not record.open
        own = list(record.shape.fields) if flat and record and isinstance(record.shape, RecordShape) else []
        taken = [name for name, _ in own]
        value = (unused(("value", "text"), taken), self.codec(node.scalar)) if node.scalar else None
        items = (unused(("items", "list"), taken), self.codec(node.array)) if node.array else None
        fields = [(named[0], named[1].shape) for named in (value, items) if named] + own
        within = None
        if record and not flat:
            within = "object"
            fields.append((within, record.shape))
        shape = RecordShape(
            tuple(fields),
            scalar_part=value[0] if value else "",
            list_part=items[0] if items else "",
            object_part=within or "",
        )
        return UnionCodec(shape, value, items, record, within, None, node.note)


def _other_names(node: Enum) -> tuple[tuple[str, str], ...]:
    """Give the other words for labels; one that several members have tells nothing."""
    words = [(name, member.label) for member in node.members for name in (*member.names, member.text) if name]
    count = Counter(name for name, _ in words)
    labels = {member.label for member in node.members}
    return tuple((name, label) for name, label in words if count[name] == 1 and name not in labels)
