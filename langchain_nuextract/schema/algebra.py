"""Nodes put together: what satisfies both of two nodes (`meet`), and what satisfies either (`unite`)."""

import json
from collections.abc import Callable
from dataclasses import replace

from langchain_nuextract.paths import JSON
from langchain_nuextract.schema.kinds import admits, dumps, json_kinds, kind_of, plain_type
from langchain_nuextract.schema.nodes import Anything, Array, Cut, Enum, Field, Leaf, Member, Never, Node, Record, Split

MERGED = ("the kinds of object here are asked as one", "the fields of all of them are asked for")
AS_TEXT = ("values of several types", "they are asked for as text and read as JSON where they are JSON")


def enum(values: list[JSON]) -> Node:
    """Make the node of some values; null among them makes it nullable, true and false a boolean."""
    texts = dict.fromkeys(dumps(value) for value in values)
    nullable = texts.pop("null", 0) is None
    if set(texts) == {"true", "false"}:
        return Leaf(type="boolean", kinds=frozenset({"boolean"}), nullable=nullable)
    if not texts:
        return Never(nullable=nullable)
    return Enum(members=_members(list(texts)), nullable=nullable)


def _members(texts: list[str]) -> tuple[Member, ...]:
    values = [json.loads(text) for text in texts]
    plain = {value for value in values if isinstance(value, str) and value}
    return tuple(
        Member(value if isinstance(value, str) and value else _label(text, plain), text)
        for text, value in zip(texts, values, strict=True)
    )


def _label(text: str, taken: set[str]) -> str:
    while text in taken:
        text = f"={text}"
    return text


def meet(a: Node, b: Node) -> Node:
    """Give the node of the values that satisfy both."""
    if a is b:
        return a
    if isinstance(a, Anything | Cut) or isinstance(b, Anything | Cut):
        wide, narrow = (a, b) if isinstance(a, Anything | Cut) else (b, a)
        return narrow if isinstance(narrow, Cut) or isinstance(wide, Anything) else wide
    both = _compose(
        _meet_scalar(_scalar(a), _scalar(b)), _meet_array(_array(a), _array(b)), _meet_record(_record(a), _record(b))
    )
    if isinstance(both, Never):
        both = _stated(a, b)
    return replace(
        both,
        nullable=(a.nullable or a.implied) and (b.nullable or b.implied) and not (a.implied and b.implied),
        implied=a.implied and b.implied,
        note=a.note or b.note,
        lost=_joined(both.lost, a.lost, b.lost),
    )


def _stated(a: Node, b: Node) -> Node:
    """Choose where nothing satisfies both: what a schema implies says nothing about values of other types."""
    if isinstance(a, Enum) and isinstance(b, Array | Record | Split):
        return a
    if isinstance(b, Enum) and isinstance(a, Array | Record | Split):
        return b
    if b.implied:
        return a
    return b if a.implied else Never()


def unite(a: Node, b: Node) -> Node:
    """Give the node of the values that satisfy either."""
    if a is b or isinstance(a, Anything):
        return a
    if isinstance(b, Never):
        return replace(a, nullable=a.nullable or b.nullable)
    if isinstance(a, Never):
        return replace(b, nullable=a.nullable or b.nullable)
    if isinstance(b, Anything) or isinstance(a, Cut) or isinstance(b, Cut):
        return b if isinstance(b, Anything) else Anything(nullable=True, lost=(AS_TEXT,))
    scalar = _unite_scalar(_scalar(a), _scalar(b))
    if isinstance(scalar, Anything):
        return scalar
    either = _compose(scalar, _unite_array(_array(a), _array(b)), _unite_record(_record(a), _record(b)))
    return replace(
        either,
        nullable=a.nullable or b.nullable,
        implied=a.implied and b.implied,
        note=_shared_note(a, b),
        lost=_joined(either.lost, a.lost, b.lost),
    )


def unite_all(nodes: list[Node]) -> Node:
    """Give the node of the values that satisfy any of some nodes."""
    choices: list[Node] = [node for node in nodes if isinstance(node, Enum)]
    others = [node for node in nodes if not isinstance(node, Enum)]
    # Choices that meet free text are named as lost, which is said once if they are together by then.
    together = [_in_pairs(unite, choices)] if choices else []
    return _in_pairs(unite, [*together, *others]) if nodes else Never()


def meet_all(nodes: list[Node]) -> Node:
    """Give the node of the values that satisfy all of some nodes, of which there is at least one."""
    return _in_pairs(meet, nodes)


def _in_pairs(combine: Callable[[Node, Node], Node], nodes: list[Node]) -> Node:
    """Put nodes together, neighbours first: what grows is gone through a few times, not once for each of them."""
    while len(nodes) > 1:
        odd = nodes[len(nodes) // 2 * 2 :]
        nodes = [*map(combine, nodes[::2], nodes[1::2]), *odd]
    return nodes[0]


def _shared_note(a: Node, b: Node) -> str:
    if isinstance(a, Never) or isinstance(b, Never) or a.note == b.note:
        return a.note or b.note
    return ""


def _joined(*lost: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    return tuple(dict.fromkeys(entry for entries in lost for entry in entries))


def _compose(scalar: Leaf | Enum | None, array: Array | None, record: Record | None) -> Node:
    match [part for part in (scalar, array, record) if part is not None]:
        case []:
            return Never()
        case [part]:
            return part
        case _:
            return Split(scalar=scalar, array=array, record=record)


def _scalar(node: Node) -> Leaf | Enum | None:
    if isinstance(node, Split):
        return node.scalar
    return node if isinstance(node, Leaf | Enum) else None


def _array(node: Node) -> Array | None:
    if isinstance(node, Split):
        return node.array
    return node if isinstance(node, Array) else None


def _record(node: Node) -> Record | None:
    if isinstance(node, Split):
        return node.record
    return node if isinstance(node, Record) else None


def _meet_scalar(a: Leaf | Enum | None, b: Leaf | Enum | None) -> Leaf | Enum | None:
    match a, b:
        case Enum(), Enum():
            texts = {member.text for member in b.members}
            return _chosen(a, [member for member in a.members if member.text in texts])
        case Enum(), Leaf():
            return _chosen(a, [member for member in a.members if admits(b.kinds, member.value)])
        case Leaf(), Enum():
            return _meet_scalar(b, a)
        case Leaf(), Leaf():
            return _meet_leaf(a, b)
        case _:
            return None


def _chosen(node: Enum, members: list[Member]) -> Enum | None:
    return replace(node, members=tuple(members)) if members else None


def _meet_leaf(a: Leaf, b: Leaf) -> Leaf | None:
    kinds = a.kinds & b.kinds
    if "integer" in a.kinds | b.kinds and "number" in a.kinds | b.kinds:
        kinds |= {"integer"}
    if not kinds:
        return None
    type_ = next((leaf.type for leaf in (a, b) if leaf.type not in {"string", "number"}), a.type)
    fits = json_kinds(type_) & kinds
    return replace(a, kinds=kinds, type=type_ if fits else plain_type(kinds))


def _unite_scalar(a: Leaf | Enum | None, b: Leaf | Enum | None) -> Leaf | Enum | Anything | None:
    match a, b:
        case (None, only) | (only, None):
            return only
        case Enum(), Enum():
            return _unite_enum(a, b)
        case Enum(), Leaf():
            return _unite_scalar(b, a)
        case Leaf(), Enum():
            return _leaf_or_enum(a, b)
        case Leaf(), Leaf():
            return _unite_leaf(a, b)


def _unite_enum(a: Enum, b: Enum) -> Enum | Leaf:
    members = tuple(dict.fromkeys((*a.members, *b.members)))
    known = {member.text for member in members}
    if known != {"true", "false"} and len({member.label for member in members}) == len(members) == len(known):
        return replace(a, members=members)
    united = enum([member.value for member in members])
    return united if isinstance(united, Enum | Leaf) else a


def _leaf_or_enum(a: Leaf, b: Enum) -> Leaf | Anything:
    kinds = frozenset(kind_of(member.value) for member in b.members)
    if kinds & {"array", "object"}:
        return Anything(nullable=True, lost=(AS_TEXT,))
    labels = ", ".join(repr(member.label) for member in b.members)
    choices = ("the choices beside free values are not shown", f"the free type is asked for; they are {labels[:200]}")
    return replace(_unite_leaf(a, Leaf(type=plain_type(kinds), kinds=kinds)), lost=_joined(a.lost, (choices,)))


def _unite_leaf(a: Leaf, b: Leaf) -> Leaf:
    kinds = a.kinds | b.kinds
    if a.type == b.type:
        return replace(a, kinds=kinds, decimal=a.decimal or b.decimal)
    if {a.type, b.type} == {"date", "date-time"}:
        return replace(a, kinds=kinds, type="date-time")
    return replace(a, kinds=kinds, type=plain_type(kinds), decimal=False)


def _meet_array(a: Array | None, b: Array | None) -> Array | None:
    if a is None or b is None:
        return None
    most = min((bound for bound in (a.most, b.most) if bound is not None), default=None)
    rest = meet(a.rest, b.rest) if a.rest and b.rest else None
    length = max(len(a.prefix), len(b.prefix))
    places = [(_place(a, index), _place(b, index)) for index in range(length)]
    prefix = tuple(meet(one, two) for one, two in places if one and two)
    return replace(a, prefix=prefix, rest=rest, least=max(a.least, b.least), most=most)


def _place(node: Array, index: int) -> Node | None:
    return node.prefix[index] if index < len(node.prefix) else node.rest


def _unite_array(a: Array | None, b: Array | None) -> Array | None:
    if a is None or b is None:
        return a or b
    most = None if a.most is None or b.most is None else max(a.most, b.most)
    least = min(a.least, b.least)
    if len(a.prefix) == len(b.prefix):
        prefix = tuple(unite(one, two) for one, two in zip(a.prefix, b.prefix, strict=True))
        rest = unite(a.rest, b.rest) if a.rest and b.rest else a.rest or b.rest
        return replace(a, prefix=prefix, rest=rest, least=least, most=most)
    items = [*a.prefix, *b.prefix, *(rest for rest in (a.rest, b.rest) if rest)]
    return replace(a, prefix=(), rest=unite_all(items), least=least, most=most)


def _meet_record(a: Record | None, b: Record | None) -> Record | None:
    if a is None or b is None:
        return None
    mine = {field.name: field for field in a.fields}
    theirs = {field.name: field for field in b.fields}
    names = dict.fromkeys([*mine, *theirs])
    fields = [_meet_field(mine.get(name), theirs.get(name), a, b) for name in names]
    rest = meet(a.rest, b.rest) if a.rest and b.rest else _either_rest(a, b)
    kept = tuple(field for field in fields if field and not _impossible(field.node))
    return replace(a, fields=kept, rest=rest, open=a.open and b.open)


def _either_rest(a: Record, b: Record) -> Node | None:
    if a.rest and b.open:
        return a.rest
    return b.rest if a.open else None


def _impossible(node: Node) -> bool:
    return isinstance(node, Never) and not node.nullable


def _meet_field(one: Field | None, two: Field | None, a: Record, b: Record) -> Field | None:
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
    return replace(only, node=meet(only.node, other.rest)) if other.rest else only


def _unite_record(a: Record | None, b: Record | None) -> Record | None:
    if a is None or b is None:
        return a or b
    mine = {field.name: field for field in a.fields}
    theirs = {field.name: field for field in b.fields}
    names = dict.fromkeys([*mine, *theirs])
    fields = tuple(_unite_field(mine.get(name), theirs.get(name), a, b) for name in names)
    rest = unite(a.rest, b.rest) if a.rest and b.rest else a.rest or b.rest
    lost = () if _told_apart(mine, theirs) or (a.implied and b.implied) else (MERGED,)
    return replace(
        a, fields=fields, rest=rest, open=a.open or b.open, note=_shared_note(a, b), lost=_joined(a.lost, b.lost, lost)
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


def _told_apart(a: dict[str, Field], b: dict[str, Field]) -> bool:
    """Whether a field with different constants tells one kind of object from the other."""
    return any(name in b and _disjoint(field.node, b[name].node) for name, field in a.items())


def _disjoint(a: Node, b: Node) -> bool:
    if not isinstance(a, Enum) or not isinstance(b, Enum):
        return False
    return not {member.text for member in a.members} & {member.text for member in b.members}
