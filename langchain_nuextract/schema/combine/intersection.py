"""Nodes put together: what satisfies both of two nodes."""

from dataclasses import replace

from langchain_nuextract.schema.combine.by_kind import compose, in_pairs, joined_losses, sides_of
from langchain_nuextract.schema.combine.union import unite
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
    is_impossible,
)
from langchain_nuextract.schema.json_types import admits, plain_type
from langchain_nuextract.schema.value_types import json_kinds


def meet(a: SchemaNode, b: SchemaNode) -> SchemaNode:
    """Give the node of the values that satisfy both."""
    if a is b:
        return a
    if isinstance(a, Anything | RecursionCut) or isinstance(b, Anything | RecursionCut):
        wide, narrow = (a, b) if isinstance(a, Anything | RecursionCut) else (b, a)
        chosen = narrow if isinstance(narrow, RecursionCut) or isinstance(wide, Anything) else wide
        return replace(chosen, hooked=a.hooked or b.hooked) if a.hooked or b.hooked else chosen
    one, other = sides_of(a), sides_of(b)
    both = compose(
        _meet_scalar(one.scalar, other.scalar),
        _meet_array(one.array, other.array),
        _meet_record(one.record, other.record),
    )
    if isinstance(both, Never):
        both = _stated(a, b)
    return replace(
        both,
        nullable=(a.nullable or a.implied) and (b.nullable or b.implied) and not (a.implied and b.implied),
        implied=a.implied and b.implied,
        hooked=a.hooked or b.hooked,
        note=". ".join(dict.fromkeys(note for note in (a.note, b.note) if note)),
        lost=joined_losses(both.lost, a.lost, b.lost),
    )


def _stated(a: SchemaNode, b: SchemaNode) -> SchemaNode:
    """Choose where nothing satisfies both: what a schema implies says nothing about values of other types."""
    if isinstance(a, Enum) and isinstance(b, Array | Record | Split):
        return a
    if isinstance(b, Enum) and isinstance(a, Array | Record | Split):
        return b
    if b.implied:
        return a
    return b if a.implied else Never()


def meet_all(nodes: list[SchemaNode]) -> SchemaNode:
    """Give the node of the values that satisfy all of some nodes, of which there is at least one."""
    return in_pairs(meet, nodes)


def _meet_scalar(a: TypedScalar | Enum | None, b: TypedScalar | Enum | None) -> TypedScalar | Enum | None:
    match a, b:
        case Enum(), Enum():
            texts = {member.text for member in b.members}
            return _chosen(a, [member for member in a.members if member.text in texts])
        case Enum(), TypedScalar():
            return _chosen(a, [member for member in a.members if admits(b.kinds, member.value)])
        case TypedScalar(), Enum():
            return _meet_scalar(b, a)
        case TypedScalar(), TypedScalar():
            return _meet_leaf(a, b)
        case _:
            return None


def _chosen(node: Enum, members: list[Member]) -> Enum | None:
    return replace(node, members=tuple(members)) if members else None


def _meet_leaf(a: TypedScalar, b: TypedScalar) -> TypedScalar | None:
    kinds = a.kinds & b.kinds
    if "integer" in a.kinds | b.kinds and "number" in a.kinds | b.kinds:
        kinds |= {"integer"}
    if not kinds:
        return None
    type_ = next((leaf.type for leaf in (a, b) if leaf.type not in {"string", "number"}), a.type)
    fits = json_kinds(type_) & kinds
    return replace(
        a,
        kinds=kinds,
        type=type_ if fits else plain_type(kinds),
        pattern=a.pattern or b.pattern,
        is_whole=a.is_whole or b.is_whole,
        is_zoned=a.is_zoned or b.is_zoned,
        digits=a.digits or b.digits,
    )


def _meet_array(a: Array | None, b: Array | None) -> Array | None:
    if a is None or b is None:
        return None
    most = min((bound for bound in (a.most, b.most) if bound is not None), default=None)
    rest = meet(a.rest, b.rest) if a.rest and b.rest else None
    length = max(len(a.prefix), len(b.prefix))
    places = [(a.item(index), b.item(index)) for index in range(length)]
    prefix = tuple(meet(one, two) for one, two in places if one and two)
    return replace(a, prefix=prefix, rest=rest, least=max(a.least, b.least), most=most)


def _meet_record(a: Record | None, b: Record | None) -> Record | None:
    if a is None or b is None:
        return None
    mine = {field.name: field for field in a.fields}
    theirs = {field.name: field for field in b.fields}
    names = dict.fromkeys([*mine, *theirs])
    fields = [_meet_field(mine.get(name), theirs.get(name), a, b) for name in names]
    # What the one asks of other properties holds if the other lets there be any.
    rest = meet(a.rest, b.rest) if a.rest and b.rest else (b.open and a.rest) or (a.open and b.rest) or None
    kept = tuple(field for field in fields if field and not is_impossible(field.node))
    return replace(a, fields=kept, rest=rest, open=a.open and b.open, key_note=a.key_note or b.key_note, kinds=())


def _meet_field(one: Field | None, two: Field | None, a: Record, b: Record) -> Field | None:
    if one and two and one.conditional != two.conditional:
        return two if one.conditional else one
    if one and two and one.conditional:
        return replace(one, node=unite(one.node, two.node))
    if one and two:
        filled = one.filled or two.filled
        default = one.default if one.default is not None else two.default
        return replace(
            one,
            node=meet(one.node, two.node),
            required=one.required or two.required,
            default=default,
            filled=filled,
        )
    only, other = (one, b) if one else (two, a)
    if only is None or (other.rest is None and not other.open):
        return None
    # `{"patternProperties": {"^n_": …}}` says nothing of a part that is called otherwise.
    both = meet(only.node, other.rest) if other.rest else only.node
    return only if is_impossible(both) else replace(only, node=both)
