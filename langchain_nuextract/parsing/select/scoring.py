"""How well what stands in a reply answers what was asked."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from langchain_nuextract.parsing.align.as_admitted import in_template_form
from langchain_nuextract.parsing.json.nodes import ArrayNode, Node, ObjectNode, ScalarNode, TruncatedNode
from langchain_nuextract.scalars.names import fold_key, folded_name
from langchain_nuextract.schema.answer_shape import AnswerShape, ListShape, MultiEnumShape, RecordShape, ScalarShape

AROUND: Final = 0.9
"""What is left of a fit by each level that stands around the answer, or that is missing around it."""
MOST_AROUND: Final = 4
"""Levels that may stand around the answer."""
SOME: Final = 0.3
"""The fit of what may do, but shows nothing that was asked for."""
VALUES: Final = frozenset({"value", "text", "content", "answer"})
"""What models call a value that they write as an object, with its type or how sure they are."""
NAMES: Final = frozenset({"name", "key", "field", "fieldname", "label", "property"})
"""What they call the name of a part, in a list of names and values."""
KEY: Final = "key"
"""What the keys of a map are called in the list of its entries that is asked for."""
KEYS: Final = frozenset({KEY, "name"})
"""What they may be called by a user's own schema."""


def fit(node: Node, shape: AnswerShape, *, around: int = MOST_AROUND) -> float:
    """How well a value answers a form, from 0 to 1: the share of what was asked, less what was not.

    It may be up to `around` levels inside the value; or be one part of what was asked, without the object around it.
    """
    match shape:
        case RecordShape():
            return _fit_record(node, shape, around)
        case ListShape(item=RecordShape() as item) if isinstance(node, ObjectNode) and _is_map_by_key(node, item):
            return SOME
        case ListShape():
            items = node.items if isinstance(node, ArrayNode) else [node]
            return 1.0 if not items else sum(fit(item, shape.item) for item in items) / len(items)
        case _:
            return _fit_leaf(node, shape)


def best_of(nodes: Iterable[Node], shape: AnswerShape) -> Node | None:
    """Give the value that fits a form best; the last of several, None if none fits at all."""
    best, most = None, 0.0
    for node in nodes:
        if (fitting := fit(node, shape)) > 0 and fitting >= most:
            best, most = node, fitting
    return best


def names_any(node: Node, shape: RecordShape) -> bool:
    """Whether an object has a key that was asked for."""
    if not isinstance(node, ObjectNode) or not node.members:
        return False
    asked = {folded_name(name) for name, _ in shape.fields}
    return any(fold_key(key) in asked for key, _ in node.members)


def united(nodes: Sequence[Node], shape: RecordShape) -> ObjectNode | None:
    """Put together an object that was written in parts, each with other keys; None if a key is in two of them."""
    members = [member for node in nodes if isinstance(node, ObjectNode) for member in node.members]
    keys = [fold_key(key) for key, _ in members]
    if len(nodes) < 2 or len(set(keys)) < len(keys) or not all(names_any(node, shape) for node in nodes):  # noqa: PLR2004
        return None
    last = nodes[-1]
    return ObjectNode(members, open=isinstance(last, ObjectNode) and last.open)


@dataclass(frozen=True, slots=True)
class SingleValue:
    """A value that is one part of an object, without the object around it."""

    name: str
    """Which part."""
    fitting: float


def alone(node: Node, shape: RecordShape) -> SingleValue | None:
    """Tell which part of an object a value is by itself; None if it is none of them, or may be several."""
    if names_any(node, shape):
        return None
    only = len(shape.fields) == 1
    fits = ((name, _fit_alone(node, part, only=only)) for name, part in shape.fields)
    found = sorted(
        (SingleValue(name, fitting) for name, fitting in fits if fitting > 0), key=lambda each: -each.fitting
    )
    if not found or (len(found) > 1 and found[1].fitting == found[0].fitting):
        return None
    return found[0]


def is_alone(node: Node, inner: Node | None, shape: RecordShape) -> bool:
    """Whether a value is one part by itself, rather than that the whole is what is inside it."""
    found = alone(node, shape)
    return found is not None and (inner is None or found.fitting >= fit(inner, shape))


def _fit_alone(node: Node, part: AnswerShape, *, only: bool) -> float:
    match node, part:
        case ObjectNode(), RecordShape():
            return fit(node, part, around=0)
        case ObjectNode(), ListShape(item=RecordShape() as item):
            return SOME * (fit(node, item, around=0) or float(only and is_map(node, item)))
        case ArrayNode(), ListShape(item=RecordShape()):
            return fit(node, part)
        case ArrayNode(), ListShape() | MultiEnumShape():
            return fit(node, part) if only else 0.0
        case _:
            return 0.0


def is_map(node: ObjectNode, shape: RecordShape) -> bool:
    """Whether an object may be a map, its entries asked for as a list of objects of this form."""
    if not shape.fields or names_any(node, shape) or not isinstance(shape.fields[0][1], ScalarShape):
        return False
    if any(names_any(child, shape) for _, child in node.members):
        return shape.fields[0][0] in KEYS and not any(key.isdigit() for key, _ in node.members)
    return len(shape.fields) == 2  # noqa: PLR2004  a key and a value


def _is_map_by_key(node: ObjectNode, shape: RecordShape) -> bool:
    """Whether an object with members is a map whose entries are asked for with a `key`."""
    return bool(node.members) and bool(shape.fields) and shape.fields[0][0] in KEYS and is_map(node, shape)


def _fit_record(node: Node, shape: RecordShape, around: int) -> float:
    if isinstance(node, ArrayNode):
        node = in_template_form(node, shape) or node
    if isinstance(node, ObjectNode) and node.members:
        given = {fold_key(key): child for key, child in node.members}
        asked = ((folded_name(name), part) for name, part in shape.fields)
        parts = [(given[name], part) for name, part in asked if name in given]
        if parts:
            share = sum(fit(child, part) for child, part in parts) / len(shape.fields)
            return share * len(parts) / max(1, len(given))
    if isinstance(node, ArrayNode) and (members := pairs(node.items, shape)):
        return _fit_record(ObjectNode(members), shape, around=0)
    # A scalar is no part by itself, and an object of thousands of parts may have thousands of strange ones.
    if not around or not isinstance(node, ArrayNode | ObjectNode):
        return 0.0
    # An object may be in a list, or have another around it.
    inner = node.items if isinstance(node, ArrayNode) else [child for _, child in node.members]
    fits = (fit(each, shape, around=around - 1) for each in inner if isinstance(each, ArrayNode | ObjectNode))
    found = alone(node, shape)
    return AROUND * max(*fits, 0.0, found.fitting if found else 0.0)


def pairs(items: Sequence[Node], shape: RecordShape) -> list[tuple[str, Node]]:
    """Give the members that a list of names and values stands for; none if they are not all those of an object."""
    asked = {folded_name(name) for name, _ in shape.fields}
    members = [named for item in items if (named := pair(item)) and fold_key(named[0]) in asked]
    return members if len(members) == len(items) else []


def pair(node: Node) -> tuple[str, Node] | None:
    """Give the name and the value that a list of two, or an object with a name and a value, stands for."""
    match node:
        case ArrayNode(items=[ScalarNode(value=str() as name), value]):
            return name, value
        case ObjectNode(members=members):
            names = [child for key, child in members if fold_key(key) in NAMES]
            values = [child for key, child in members if fold_key(key) in VALUES]
        case _:
            return None
    match names, values:
        case [ScalarNode(value=str() as name)], [value]:
            return name, value
        case _:
            return None


def _fit_leaf(node: Node, shape: AnswerShape) -> float:
    match node:
        case TruncatedNode():
            return 0.0
        case ScalarNode():
            return 0.0 if isinstance(shape, ScalarShape) and shape.type and node.value == shape.type else 1.0
        case _:
            return SOME
