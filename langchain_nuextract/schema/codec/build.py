"""The user's values, down to the shape that a template asks for and back: `lift(lower(x)) == x`.

A tree of nodes and a vocabulary give a tree of lenses, each with the `Form` it lowers to. What NuExtract cannot say is
lowered to something it can: a map to a list of entries, a tuple to an object, values of several shapes to an object
with a part for each, constants to nothing, and the rest to text.

A missing part is null in the answer. It is lifted to nothing where it may be left out; else to null where that is
a value, to `[]` or an object of missing parts where these are meant; else it stays out, for validation to complain.
Where both null and nothing are values they cannot be told apart: it is nothing.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import combinations
from typing import cast

from langchain_nuextract.paths import EACH, JSON, Path
from langchain_nuextract.schema.answer_shape import Choice, Choices, Form, Listing, Record, Scalar
from langchain_nuextract.schema.codec.containers import Lens, ListLens, MapLens, Part, RecordLens
from langchain_nuextract.schema.codec.scalars import EnumLens, JsonLens, LeafLens, NullLens, TextLens
from langchain_nuextract.schema.codec.unions import SplitLens, TupleLens
from langchain_nuextract.schema.formats.patterns import OF_TYPES
from langchain_nuextract.schema.ir import (
    Anything,
    Array,
    Cut,
    Enum,
    Field,
    Leaf,
    Member,
    Never,
    Node,
    Split,
    tells_null,
)
from langchain_nuextract.schema.ir import Record as RecordNode
from langchain_nuextract.schema.json_types import dumps
from langchain_nuextract.schema.types import Vocabulary, json_kind, nearest

_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")


def build(node: Node, vocabulary: Vocabulary) -> Lens:
    """Compile a node for one vocabulary."""
    return _Builder(vocabulary).lens(node)


class _Builder:
    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._missing = vocabulary.missing
        self._nothing: JSON = [] if vocabulary.missing == "" else None

    def lens(self, node: Node) -> Lens:
        """Give the lens of a node."""
        match node:
            case Leaf():
                return self._leaf(node)
            case Enum():
                return self._enum(node)
            case Never():
                return self._enum(Enum(members=(Member("null", "null"),), note=node.note))
            case Anything() | Cut():
                return JsonLens(self._scalar("string"), isinstance(node, Cut), self._missing, node.note)
            case Array() | RecordNode() | Split():
                return self._composite(node)

    def _composite(self, node: Array | RecordNode | Split) -> Lens:
        match node:
            case Array():
                return self._tuple(node) if node.prefix else self._list(node)
            case RecordNode():
                return self._object(node)
            case Split():
                return self._split(node)

    def _scalar(self, type_: str) -> Scalar:
        return Scalar(nearest(type_, self._vocabulary))

    def _leaf(self, node: Leaf) -> Lens:
        if node.type == "boolean" and "boolean" not in self._vocabulary.types:
            form = Choice(("yes", "no")) if self._vocabulary.enums else self._scalar("string")
            return TextLens(form, node.kinds, self._missing, note=node.note)
        form = self._scalar(node.type)
        if node.kinds == frozenset({"string"}) and form.type:
            form = replace(form, pattern=OF_TYPES.get(form.type, node.pattern))
        written = json_kind(form.type)
        day = node.type == "date" and form.type == "date-time"
        if not day and written in node.kinds and (len(node.kinds) == 1 or written != "string"):
            return LeafLens(form, node.kinds, node.decimal, self._missing, node.note)
        return TextLens(form, node.kinds, self._missing, day, node.note)

    def _enum(self, node: Enum) -> EnumLens:
        labels = tuple(member.label for member in node.members)
        form = Choice(labels) if len(labels) > 1 and self._vocabulary.enums else self._scalar("string")
        return EnumLens(form, node.members, self._missing, node.note)

    def _list(self, node: Array) -> Lens:
        item = self.lens(node.rest or Anything())
        gaps = node.rest is not None and node.rest.nullable and not isinstance(node.rest, Anything)
        form = Listing(item.form, node.most, gaps)
        if isinstance(item.form, Choice):
            form = Choices(item.form.labels, node.most, gaps)
        return ListLens(form, item, gaps, self._nothing, node.note)

    def _part(self, field: Field) -> Part:
        node = field.node
        lens = self.lens(node)
        if tells_null(field) and isinstance(lens, LeafLens | TextLens | EnumLens) and _is_text(lens.form):
            # Null is a word among the texts, whatever their pattern.
            lens = NullLens(
                replace(lens, form=replace(lens.form, pattern="")) if isinstance(lens.form, Scalar) else lens
            )
        members = lens.members if isinstance(lens, EnumLens) and not node.nullable else ()
        constant = members[0] if len(members) == 1 else None
        empty = _can_be_hollow(lens)
        filled = constant if field.required or field.filled else None
        needed = field.required and not node.nullable and not empty
        return Part(field.name, lens, field.required, node.nullable, filled, _stands(lens), needed)

    def _object(self, node: RecordNode) -> Lens:
        if not node.fields and (node.rest or node.open):
            return self._map(node)
        parts = tuple(self._part(field) for field in node.fields)
        if all(part.constant for part in parts) and not node.rest:
            text = dumps({part.name: part.constant.value for part in parts if part.constant})
            return EnumLens(self._scalar("string"), (Member(text, text),), self._missing, node.note)
        lens = self._record(node, parts)
        return replace(lens, missing=lens.lower({})) if self._missing == "" else lens

    def _record(self, node: RecordNode, parts: tuple[Part, ...]) -> RecordLens:
        fields = [(part.name, part.lens.form) for part in parts if not part.constant]
        others = None
        if node.rest is not None:
            name = _unused(("other", "others", "more"), [part.name for part in parts])
            others = (name, self._map(RecordNode(rest=node.rest)))
            fields.append((name, others[1].form))
        return RecordLens(Record(tuple(fields), node.open), parts, node.open, others, None, node.note)

    def _map(self, node: RecordNode) -> MapLens:
        inner = self.lens(node.rest or Anything())
        flat = isinstance(inner, RecordLens) and not inner.open and not (node.rest and node.rest.nullable)
        gaps = node.rest is not None and node.rest.nullable
        own = inner.form.fields if flat and isinstance(inner.form, Record) else (("value", inner.form),)
        key = _unused(("key", "name"), [name for name, _ in own])
        form = Listing(Record(((key, self._scalar("string")), *own)))
        at = None if flat else "value"
        missing = self._nothing
        return MapLens(form, key, inner, at, gaps, _stands(inner), missing, node.note)

    def _tuple(self, node: Array) -> TupleLens:
        names = [
            _ORDINALS[index] if index < len(_ORDINALS) else f"item_{index + 1}" for index in range(len(node.prefix))
        ]
        parts = tuple(
            self._part(Field(name=name, node=item, required=index < node.least))
            for index, (name, item) in enumerate(zip(names, node.prefix, strict=True))
        )
        asked = tuple(replace(part, constant=None) for part in parts)
        fields = [(part.name, part.lens.form) for part in asked]
        rest = None
        if node.rest is not None:
            most = None if node.most is None else node.most - len(node.prefix)
            inner = self._list(Array(rest=node.rest, most=most))
            rest = ("rest", cast("ListLens", inner))
            fields.append(("rest", inner.form))
        return TupleLens(Record(tuple(fields)), asked, node.least, rest, None, node.note)

    def _split(self, node: Split) -> SplitLens:
        record = self.lens(node.record) if node.record else None
        flat = isinstance(record, RecordLens) and not record.open
        own = list(record.form.fields) if flat and record and isinstance(record.form, Record) else []
        taken = [name for name, _ in own]
        value = (_unused(("value", "text"), taken), self.lens(node.scalar)) if node.scalar else None
        items = (_unused(("items", "list"), taken), self.lens(node.array)) if node.array else None
        fields = [(named[0], named[1].form) for named in (value, items) if named] + own
        within = None
        if record and not flat:
            within = "object"
            fields.append((within, record.form))
        return SplitLens(Record(tuple(fields)), value, items, record, within, None, node.note)


def _can_be_hollow(lens: Lens) -> bool:
    """Whether there are values of which the answer has nothing but missing parts and empty lists."""
    match lens:
        case ListLens() | MapLens() | JsonLens():
            return True
        case SplitLens():
            return lens.items is not None or (lens.record is not None and _can_be_hollow(lens.record))
        case RecordLens() | TupleLens():
            return not lens.blank({})
        case _:
            return False


def _stands(lens: Lens) -> bool:
    return isinstance(lens, RecordLens | ListLens | MapLens | TupleLens)


def _is_text(form: Form) -> bool:
    return isinstance(form, Scalar) and json_kind(form.type) == "string"


def _unused(wanted: tuple[str, ...], taken: list[str]) -> str:
    """Give the first of some names that is not taken, or the first with underscores until it is not."""
    free = next((name for name in wanted if name not in taken), None)
    name = wanted[0]
    while free is None:
        name += "_"
        free = None if name in taken else name
    return free


def notes(lens: Lens, at: Path = ()) -> Iterator[tuple[Path, str]]:
    """Yield the descriptions of a lens and of all below it, each with its place in the template."""
    if lens.note:
        yield at, lens.note
    for step, inner in below(lens):
        yield from notes(inner, (*at, *step))


def distinct(described: Iterable[tuple[Path, str]]) -> Iterator[tuple[Path, str]]:
    """Leave out the descriptions that only repeat because a recursion is unrolled."""
    given: set[tuple[Path, str]] = set()
    for path, note in described:
        if not any((shorter, note) in given for shorter in _rolled_up(path)):
            given.add((path, note))
            yield path, note


def _rolled_up(path: Path) -> Iterator[Path]:
    """Yield a path, and what is left of it without some of its steps on end."""
    yield path
    for start, end in combinations(range(len(path) + 1), 2):
        yield path[:start] + path[end:]


def below(lens: Lens) -> tuple[tuple[Path, Lens], ...]:
    """Give the lenses right below a lens, each with the step that leads there in the template."""
    match lens:
        case RecordLens():
            named = tuple(((part.name,), part.lens) for part in lens.parts if not part.constant)
            return (*named, ((lens.others[0],), lens.others[1])) if lens.others else named
        case ListLens():
            return (((EACH,), lens.item),)
        case MapLens():
            return (((EACH,) if lens.at is None else (EACH, lens.at), lens.inner),)
        case TupleLens():
            named = tuple(((part.name,), part.lens) for part in lens.parts)
            return (*named, ((lens.rest[0],), lens.rest[1])) if lens.rest else named
        case SplitLens():
            inner = [((named[0],), named[1]) for named in (lens.value, lens.items) if named]
            within = () if lens.within is None else (lens.within,)
            return (*inner, *([(within, lens.record)] if lens.record else []))
        case _:
            return ()
