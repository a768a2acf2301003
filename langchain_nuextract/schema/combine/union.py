"""Nodes put together: what satisfies either of two nodes."""

from dataclasses import replace

from langchain_nuextract.schema.combine.by_kind import compose, in_pairs, joined_losses, sides_of
from langchain_nuextract.schema.ir import (
    Anything,
    Array,
    Enum,
    Field,
    Member,
    Never,
    Record,
    RecordKind,
    RecursionCut,
    SchemaNode,
    TypedScalar,
    enum,
)
from langchain_nuextract.schema.json_types import json_type_of, plain_type

MERGED = ("the kinds of object here are asked as one", "the fields of all of them are asked for")
OR = " / "
"""What stands between descriptions that hold for different values of a union."""
AS_TEXT = ("values of several types", "they are asked for as text and read as JSON where they are JSON")


def unite(a: SchemaNode, b: SchemaNode) -> SchemaNode:
    """Give the node of the values that satisfy either."""
    if a is b or isinstance(a, Anything):
        return a
    if isinstance(b, Never):
        return replace(a, nullable=a.nullable or b.nullable, hooked=a.hooked or b.hooked)
    if isinstance(a, Never):
        return replace(b, nullable=a.nullable or b.nullable, hooked=a.hooked or b.hooked)
    if isinstance(b, Anything) or isinstance(a, RecursionCut) or isinstance(b, RecursionCut):
        return b if isinstance(b, Anything) else Anything(nullable=True, lost=(AS_TEXT,))
    one, other = sides_of(a), sides_of(b)
    scalar = _unite_scalar(one.scalar, other.scalar)
    if isinstance(scalar, Anything):
        return scalar
    either = compose(scalar, _unite_array(one.array, other.array), _unite_record(one.record, other.record))
    return replace(
        either,
        nullable=a.nullable or b.nullable,
        implied=a.implied and b.implied,
        hooked=a.hooked or b.hooked,
        note=either.note if isinstance(either, Record) else _shared_note(a, b),
        lost=joined_losses(either.lost, a.lost, b.lost),
    )


def unite_all(nodes: list[SchemaNode]) -> SchemaNode:
    """Give the node of the values that satisfy any of some nodes."""
    choices: list[SchemaNode] = [node for node in nodes if isinstance(node, Enum)]
    others = [node for node in nodes if not isinstance(node, Enum)]
    # Choices that meet free text are named as lost, which is said once if they are together by then.
    together = [in_pairs(unite, choices)] if choices else []
    return in_pairs(unite, [*together, *others]) if nodes else Never()


def _shared_note(a: SchemaNode, b: SchemaNode) -> str:
    """Put descriptions together: what either says holds for some of the values."""
    notes = dict.fromkeys(note for node in (a, b) for note in node.note.split(OR) if note)
    return OR.join(notes)


def _unite_scalar(a: TypedScalar | Enum | None, b: TypedScalar | Enum | None) -> TypedScalar | Enum | Anything | None:
    match a, b:
        case (None, only) | (only, None):
            return only
        case Enum(), Enum():
            return _unite_enum(a, b)
        case Enum(), TypedScalar():
            return _unite_scalar(b, a)
        case TypedScalar(), Enum():
            return _leaf_or_enum(a, b)
        case TypedScalar(), TypedScalar():
            return _unite_leaf(a, b)


def _unite_enum(a: Enum, b: Enum) -> Enum | TypedScalar:
    members = tuple({member.text: member for node in (b, a) for member in _described_members(node)}.values())
    order = {member.text: index for index, member in enumerate((*a.members, *b.members))}
    members = tuple(sorted(members, key=lambda member: order[member.text]))
    known = {member.text for member in members}
    if known != {"true", "false"} and len({member.label for member in members}) == len(members) == len(known):
        return replace(a, members=members)
    united = enum([member.value for member in members])
    return united if isinstance(united, Enum | TypedScalar) else a


def _described_members(node: Enum) -> tuple[Member, ...]:
    """Give the members of a choice, a single one with the description of the whole."""
    if len(node.members) != 1 or not node.note:
        return node.members
    return (replace(node.members[0], meaning=node.members[0].meaning or node.note),)


def _leaf_or_enum(a: TypedScalar, b: Enum) -> TypedScalar | Anything:
    kinds = frozenset(json_type_of(member.value) for member in b.members)
    if kinds & {"array", "object"}:
        return Anything(nullable=True, lost=(AS_TEXT,))
    labels = ", ".join(" ".join((repr(member.label), *member.names[:1])) for member in b.members)
    choices = ("the choices beside free values are not shown", f"the free type is asked for; they are {labels[:200]}")
    return replace(
        _unite_leaf(a, TypedScalar(type=plain_type(kinds), kinds=kinds)), lost=joined_losses(a.lost, (choices,))
    )


def _unite_leaf(a: TypedScalar, b: TypedScalar) -> TypedScalar:
    kinds = a.kinds | b.kinds
    a = replace(
        a,
        pattern=a.pattern if a.pattern == b.pattern else "",
        is_whole=a.is_whole and b.is_whole and a.type == b.type,
        is_zoned=a.is_zoned and b.is_zoned,
        digits=a.digits if a.digits == b.digits else None,
    )
    if a.type == b.type:
        return replace(a, kinds=kinds, decimal=a.decimal or b.decimal)
    # A date or a time: what has both is asked for, and a day alone is right for that.
    if {a.type, b.type} == {"date", "date-time"}:
        return replace(a, kinds=kinds, type="date-time")
    return replace(a, kinds=kinds, type=plain_type(kinds), decimal=False)


def _unite_array(a: Array | None, b: Array | None) -> Array | None:
    if a is None or b is None:
        return a or b
    most = None if a.most is None or b.most is None else max(a.most, b.most)
    least = min(a.least, b.least)
    if len(a.prefix) == len(b.prefix):
        prefix = tuple(unite(one, two) for one, two in zip(a.prefix, b.prefix, strict=True))
        rest = unite(a.rest, b.rest) if a.rest and b.rest else a.rest or b.rest
        return replace(a, prefix=prefix, rest=rest, least=least, most=most)
    # Tuples of different lengths have no places in common: any of their items may stand anywhere.
    items = [*a.prefix, *b.prefix, *(rest for rest in (a.rest, b.rest) if rest)]
    return replace(a, prefix=(), rest=unite_all(items), least=least, most=most)


def _unite_record(a: Record | None, b: Record | None) -> Record | None:
    if a is None or b is None:
        return a or b
    tag = _tag(a, b)
    if tag:
        a, b = _by_tag(a, tag, b), _by_tag(b, tag, a)
    mine = {field.name: field for field in a.fields}
    theirs = {field.name: field for field in b.fields}
    names = dict.fromkeys([*mine, *theirs])
    fields = tuple(_unite_field(mine.get(name), theirs.get(name), a, b) for name in names)
    rest = unite(a.rest, b.rest) if a.rest and b.rest else a.rest or b.rest
    lost = () if tag or (a.implied and b.implied) else (MERGED,)
    return replace(
        a,
        fields=fields,
        rest=rest,
        open=a.open or b.open,
        key_note=a.key_note or b.key_note,
        kinds=() if a.open or b.open or rest else (*_record_kinds(a, tag), *_record_kinds(b, tag)),
        note=_shared_note(a, b),
        lost=joined_losses(a.lost, b.lost, lost),
    )


def _unite_field(one: Field | None, two: Field | None, a: Record, b: Record) -> Field:
    if one and two:
        return replace(
            one,
            node=unite(one.node, two.node),
            required=one.required and two.required,
            default=one.default if one.default == two.default else None,
            filled=one.filled and two.filled,
        )
    only, other = (two, a) if one is None else (one, b)
    if only is None:
        raise ValueError("a field of neither")
    node = unite(only.node, other.rest) if other.rest else only.node
    return replace(only, node=node, required=False, filled=False)


def _record_kinds(record: Record, tag: str) -> tuple[RecordKind, ...]:
    """Give the kinds of object that a record has, or that it is."""
    if record.kinds:
        return record.kinds
    choices = next((field.node for field in record.fields if field.name == tag), None)
    labels = frozenset(member.label for member in choices.members) if isinstance(choices, Enum) else frozenset[str]()
    return (RecordKind(frozenset(field.name for field in record.fields), tag, labels),)


def _tag(a: Record, b: Record) -> str:
    """Give the field whose choices tell one kind of object from the other; empty if there is none."""
    theirs = {field.name: field.node for field in b.fields}
    for field in a.fields:
        mine, other = field.node, theirs.get(field.name)
        if isinstance(mine, Enum) and isinstance(other, Enum):
            texts = {member.text for member in mine.members}
            if texts.isdisjoint(member.text for member in other.members):
                return field.name
    return ""


def _by_tag(record: Record, tag: str, other: Record) -> Record:
    """Tell what is said of one kind of object by its tag: of the whole, and of the fields that differ in the other."""
    node = next(field.node for field in record.fields if field.name == tag)
    if not isinstance(node, Enum) or len(node.members) != 1:
        return record
    [member] = node.members
    meaning = ". ".join(filter(None, (record.note, member.meaning or node.note)))
    tagged = replace(node, note="", members=(replace(member, meaning=meaning),))
    notes = {field.name: field.node.note for field in other.fields}

    def told(field: Field) -> Field:
        if field.name == tag:
            return replace(field, node=tagged)
        differs = field.node.note and notes.get(field.name, field.node.note) != field.node.note
        return replace(field, node=replace(field.node, note=f"{member.label}: {field.node.note}")) if differs else field

    return replace(record, fields=tuple(map(told, record.fields)), note="")
