"""The user's values, down to the shape that a template asks for and back: `lift(lower(x)) == x`.

A tree of nodes and a vocabulary give a tree of lenses, each with the `Form` it lowers to. What NuExtract cannot say is
lowered to something it can: a map to a list of entries, a tuple to an object, values of several shapes to an object
with a part for each, constants to nothing, and the rest to text.

A missing part is null in the answer. It is lifted to nothing where it may be left out; else to null where that is
a value, to `[]` or an object of missing parts where these are meant; else it stays out, for validation to complain.
Where both null and nothing are values they cannot be told apart: it is nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol, cast

from langchain_nuextract.paths import EACH, JSON, Path
from langchain_nuextract.schema.algebra import dumps
from langchain_nuextract.schema.form import Choice, Choices, Form, Listing, Record, Scalar
from langchain_nuextract.schema.leaves import EnumLens, JsonLens, LeafLens, TextLens
from langchain_nuextract.schema.nodes import Anything, Array, Cut, Enum, Field, Leaf, Member, Never, Node, Split
from langchain_nuextract.schema.nodes import Record as RecordNode
from langchain_nuextract.schema.types import Vocabulary, json_kind, nearest

_ORDINALS = "first second third fourth fifth sixth seventh eighth ninth tenth".split()  # noqa: SIM905 reads better so


class Lens(Protocol):
    """What lowers values to one form, and lifts answers of this form. Neither ever raises."""

    @property
    def form(self) -> Form:
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
    lens: Lens
    required: bool
    nullable: bool
    constant: Member | None = None
    """What is put in without asking."""
    needed: bool = False
    """Whether an object without an answer here cannot be valid."""


@dataclass(frozen=True, slots=True)
class RecordLens:
    """An object, as an object."""

    form: Record
    parts: tuple[Part, ...]
    open: bool
    others: "tuple[str, MapLens] | None" = None
    """The key and lens of a list of the properties under other names."""
    missing: JSON = None
    note: str = ""

    def lower(self, value: JSON) -> JSON:
        """Give an object with a key for each part that is asked for."""
        if not isinstance(value, dict):
            return self.missing if value is None else value
        says = cast("dict[str, JSON]", value)
        answer = {part.name: _lowered(part, says) for part in self.parts if not part.constant}
        unnamed = {key: child for key, child in says.items() if not any(part.name == key for part in self.parts)}
        if self.others:
            name, lens = self.others
            answer[name] = lens.lower(unnamed)
        elif self.open:
            answer |= unnamed
        return answer

    def lift(self, answer: JSON) -> JSON:
        """Give the object; parts that are missing and may be left out are."""
        if not isinstance(answer, dict):
            return self.lift({}) if self.blank(answer) else answer
        says = cast("dict[str, JSON]", answer)
        value: dict[str, JSON] = {}
        for part in self.parts:
            _lift_part(part, says, value)
        if self.others:
            name, lens = self.others
            found = lens.lift(says[name]) if not lens.blank(says.get(name)) else {}
            value |= found if isinstance(found, dict) else {name: found}
        elif self.open:
            known = {part.name for part in self.parts}
            value |= {key: child for key, child in says.items() if key not in known}
        return value

    def blank(self, answer: JSON) -> bool:
        """Whether an answer says that there is no object: it is missing, or empty where it may not be."""
        if answer is None or answer == "":
            return True
        return isinstance(answer, dict) and hollow(answer) and any(part.needed for part in self.parts)


def _lowered(part: Part, value: dict[str, JSON]) -> JSON:
    return part.lens.lower(value[part.name]) if part.name in value else part.lens.missing


def _lift_part(part: Part, answer: dict[str, JSON], value: dict[str, JSON]) -> None:
    """Put one part in its place, if there is anything to put."""
    said = answer.get(part.name)
    if part.constant:
        value[part.name] = part.constant.value
    elif not part.lens.blank(said):
        value[part.name] = part.lens.lift(said)
    elif part.required and part.nullable:
        value[part.name] = None
    elif part.required and isinstance(part.lens, RecordLens | ListLens | MapLens | TupleLens):
        value[part.name] = part.lens.lift(said)


def hollow(answer: JSON) -> bool:
    """Whether there is nothing in an answer but missing values."""
    match answer:
        case None:
            return True
        case dict():
            return all(hollow(child) for child in cast("dict[str, JSON]", answer).values())
        case list():
            return not answer
        case _:
            return False


@dataclass(frozen=True, slots=True)
class ListLens:
    """A list, as a list."""

    form: Listing | Choices
    item: Lens
    gaps: bool = False
    """Whether null is an item."""
    missing: JSON = None
    note: str = ""

    def lower(self, value: JSON) -> JSON:
        """Give the list of the lowered items."""
        if not isinstance(value, list):
            return self.missing if value is None else value
        return [self.item.lower(child) for child in cast("list[JSON]", value)]

    def lift(self, answer: JSON) -> JSON:
        """Give the list; items that are missing are left out, unless null is an item."""
        if self.blank(answer):
            return []
        if not isinstance(answer, list):
            return answer
        said = cast("list[JSON]", answer)
        blank = [self.item.blank(child) for child in said]
        if self.gaps:
            return [None if gap else self.item.lift(child) for child, gap in zip(said, blank, strict=True)]
        return [self.item.lift(child) for child, gap in zip(said, blank, strict=True) if not gap]

    def blank(self, answer: JSON) -> bool:
        """Whether an answer says that there is no list; an empty list is one."""
        return answer is None or answer == ""


@dataclass(frozen=True, slots=True)
class MapLens:
    """An object with any keys, as a list of entries."""

    form: Listing
    key: str
    inner: Lens
    at: str | None
    """The name under which an entry has its value; None where the value's own parts stand beside the key."""
    gaps: bool = False
    """Whether null is a value."""
    missing: JSON = None
    note: str = ""

    def lower(self, value: JSON) -> JSON:
        """Give an entry for each key."""
        if not isinstance(value, dict):
            return self.missing if value is None else value
        return [self._entry(key, child) for key, child in cast("dict[str, JSON]", value).items()]

    def _entry(self, key: str, value: JSON) -> JSON:
        inner = self.inner.lower(value)
        if self.at is not None:
            return {self.key: key, self.at: inner}
        return {self.key: key, **inner} if isinstance(inner, dict) else inner

    def lift(self, answer: JSON) -> JSON:
        """Give the object; as it is, if these are not entries."""
        if self.blank(answer):
            return {}
        if not isinstance(answer, list):
            return answer
        entries = [entry for entry in cast("list[JSON]", answer) if not hollow(entry)]
        if not all(isinstance(entry, dict) and isinstance(entry.get(self.key), str) for entry in entries):
            return entries
        value: dict[str, JSON] = {}
        for entry in entries:
            self._put(entry, value)
        return value

    def _put(self, entry: dict[str, JSON], value: dict[str, JSON]) -> None:
        inner = entry.get(self.at) if self.at is not None else {k: v for k, v in entry.items() if k != self.key}
        if not self.inner.blank(inner):
            value.setdefault(entry[self.key], self.inner.lift(inner))
        elif self.gaps:
            value.setdefault(entry[self.key], None)
        elif isinstance(self.inner, RecordLens | ListLens | MapLens | TupleLens):
            value.setdefault(entry[self.key], self.inner.lift(inner))

    def blank(self, answer: JSON) -> bool:
        """Whether an answer says that there is no object; no entries are an empty one."""
        return answer is None or answer == ""


@dataclass(frozen=True, slots=True)
class TupleLens:
    """Items that have places of their own, as an object with a part for each place."""

    form: Record
    parts: tuple[Part, ...]
    least: int
    rest: "tuple[str, ListLens] | None" = None
    missing: JSON = None
    note: str = ""

    def lower(self, value: JSON) -> JSON:
        """Give an object with a key for each place."""
        if not isinstance(value, list):
            return self.missing if value is None else value
        items = cast("list[JSON]", value)
        answer = {
            part.name: part.lens.lower(items[index]) if index < len(items) else part.lens.missing
            for index, part in enumerate(self.parts)
        }
        if self.rest:
            answer[self.rest[0]] = self.rest[1].lower(items[len(self.parts) :])
        return answer

    def lift(self, answer: JSON) -> JSON:
        """Give the list; missing items at its end are left out as far as it may be shorter."""
        if self.blank(answer):
            return []
        if not isinstance(answer, dict):
            return answer
        said = cast("dict[str, JSON]", answer)
        after = self.rest[1].lift(said.get(self.rest[0])) if self.rest else []
        items = [self._item(part, said.get(part.name)) for part in self.parts]
        if isinstance(after, list) and after:
            return [*items, *after]
        present = [not part.lens.blank(said.get(part.name)) for part in self.parts]
        length = max((index + 1 for index, there in enumerate(present) if there), default=0)
        return items[: max(length, self.least)] if any(present) or not self.least else []

    def _item(self, part: Part, answer: JSON) -> JSON:
        return None if part.lens.blank(answer) else part.lens.lift(answer)

    def blank(self, answer: JSON) -> bool:
        """Whether an answer says that there is no tuple."""
        if answer is None or answer == "":
            return True
        return isinstance(answer, dict) and hollow(answer) and any(part.needed for part in self.parts)


@dataclass(frozen=True, slots=True)
class SplitLens:
    """Values of several shapes, as an object with a part for scalars, one for lists, and the parts of objects."""

    form: Record
    value: tuple[str, Lens] | None
    items: tuple[str, Lens] | None
    record: Lens | None
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
            name, lens = self.items
            answer[name] = lens.lower(value) if isinstance(value, list) else lens.missing
        return answer | self._lower_record(value)

    def _lower_record(self, value: JSON) -> dict[str, JSON]:
        if not self.record:
            return {}
        there = isinstance(value, dict)
        if self.within is not None:
            return {self.within: self.record.lower(value) if there else self.record.missing}
        inner = self.record.lower(value if there else {})
        return cast("dict[str, JSON]", inner)

    def lift(self, answer: JSON) -> JSON:
        """Give the value of the first part that is filled."""
        if not isinstance(answer, dict):
            return self._lift_plain(answer)
        said = cast("dict[str, JSON]", answer)
        if self.value and not self.value[1].blank(said.get(self.value[0])):
            return self.value[1].lift(said[self.value[0]])
        items = said.get(self.items[0]) if self.items else None
        record = self._record_of(said)
        if self.items and not hollow(items):
            return self.items[1].lift(items)
        if self.record and (not hollow(record) or items is None):
            return self.record.lift(record)
        return self.items[1].lift(items) if self.items else None

    def _lift_plain(self, answer: JSON) -> JSON:
        if isinstance(answer, list):
            return self.items[1].lift(answer) if self.items else answer
        return self.value[1].lift(answer) if self.value else answer

    def _record_of(self, answer: dict[str, JSON]) -> JSON:
        if self.within is not None:
            return answer.get(self.within)
        mine = {named[0] for named in (self.value, self.items) if named}
        return {key: child for key, child in answer.items() if key not in mine}

    def blank(self, answer: JSON) -> bool:
        """Whether an answer says that there is no value."""
        if not isinstance(answer, dict):
            return answer is None or answer == ""
        said = cast("dict[str, JSON]", answer)
        if not hollow(said) or (self.items and isinstance(said.get(self.items[0]), list)):
            return False
        return self.record is None or self.record.blank(self._record_of(said))


def build(node: Node, vocabulary: Vocabulary) -> Lens:
    """Compile a node for one vocabulary."""
    return _Builder(vocabulary).lens(node)


class _Builder:
    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._missing = vocabulary.missing

    def lens(self, node: Node) -> Lens:
        """Give the lens of a node."""
        match node:
            case Leaf():
                return self._leaf(node)
            case Enum():
                return self._enum(node)
            case Array():
                return self._tuple(node) if node.prefix else self._list(node)
            case RecordNode():
                return self._object(node)
            case Split():
                return self._split(node)
            case Anything() | Cut():
                return JsonLens(
                    self._scalar("string"), containers=isinstance(node, Cut), missing=self._missing, note=node.note
                )
            case Never():
                return EnumLens(self._scalar("string"), (Member("null", "null"),), self._missing, node.note)

    def _scalar(self, type_: str) -> Scalar:
        return Scalar(nearest(type_, self._vocabulary))

    def _leaf(self, node: Leaf) -> Lens:
        if node.type == "boolean" and "boolean" not in self._vocabulary.types:
            form = Choice(("yes", "no")) if self._vocabulary.enums else self._scalar("string")
            return TextLens(form, node.kinds, self._missing, note=node.note)
        form = self._scalar(node.type)
        written = json_kind(form.type)
        if written in node.kinds and (len(node.kinds) == 1 or written != "string"):
            return LeafLens(form, node.kinds, node.decimal, self._missing, node.note)
        day = node.type == "date" and form.type == "date-time"
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
            form = Choices(item.form.labels, gaps)
        return ListLens(form, item, gaps, [] if self._missing == "" else None, node.note)

    def _part(self, field: Field) -> Part:
        node = field.node
        lens = self.lens(node)
        one = isinstance(lens, EnumLens) and len(lens.members) == 1 and not node.nullable
        constant = lens.members[0] if one else None
        empty = isinstance(lens, ListLens | MapLens | JsonLens) or (
            isinstance(lens, RecordLens | TupleLens | SplitLens) and not lens.blank({})
        )
        filled = constant if field.required or field.filled else None
        return Part(
            field.name, lens, field.required, node.nullable, filled, field.required and not node.nullable and not empty
        )

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
        return RecordLens(Record(tuple(fields)), parts, node.open, others, None, node.note)

    def _map(self, node: RecordNode) -> MapLens:
        inner = self.lens(node.rest or Anything())
        flat = isinstance(inner, RecordLens) and not inner.open and not (node.rest and node.rest.nullable)
        gaps = node.rest is not None and node.rest.nullable
        own = inner.form.fields if flat and isinstance(inner.form, Record) else (("value", inner.form),)
        key = _unused(("key", "name"), [name for name, _ in own])
        form = Listing(Record(((key, self._scalar("string")), *own)))
        return MapLens(
            form, key, inner, None if flat else "value", gaps, [] if self._missing == "" else None, node.note
        )

    def _tuple(self, node: Array) -> TupleLens:
        names = [_ORDINALS[index] if index < len(_ORDINALS) else f"item_{index + 1}" for index in range(len(node.prefix))]
        parts = tuple(
            self._part(Field(name=name, node=item, required=index < node.least))
            for index, (name, item) in enumerate(zip(names, node.prefix, strict=True))
        )
        asked = tuple(Part(part.name, part.lens, part.required, part.nullable, None, part.needed) for part in parts)
        fields = [(part.name, part.lens.form) for part in asked]
        rest = None
        if node.rest is not None:
            inner = self._list(Array(rest=node.rest))
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
