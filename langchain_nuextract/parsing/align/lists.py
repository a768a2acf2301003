"""Lists that were not written as lists, and single values that were."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from langchain_nuextract.parsing.json.bare_words import bare_word
from langchain_nuextract.parsing.json.nodes import ArrayNode, Node, ObjectNode, ScalarNode, TruncatedNode, json_value
from langchain_nuextract.parsing.select.candidates import embedded
from langchain_nuextract.parsing.select.scoring import KEY, VALUES, fit, is_map, names_any, pair
from langchain_nuextract.scalars.names import fold_key, folded_name
from langchain_nuextract.schema.answer_shape import EnumShape, ListShape, RecordShape, ScalarShape

_FEWEST: Final = 2
"""Columns of a table."""
_ENTRY = re.compile(r"(?P<key>[^\s:=][^:=]{0,60}?)\s*(?:[:=]|=>|->)\s*(?P<value>[^\s:=].*)")


def as_list(node: Node, shape: ListShape) -> ArrayNode | None:
    """The list that a value stands for: of one item, written as a string, or with names for its items."""
    match node:
        case ScalarNode():
            inner = embedded(node)
            return inner if isinstance(inner, ArrayNode) else ArrayNode([inner or node])
        case ObjectNode():
            return _list_under_value(node, shape) or _listed_members(node, shape)
        case _:
            return None


def map_entries(node: Node, shape: ListShape) -> ArrayNode | None:
    """The entries of a map that were written as pairs: `[["x", 1]]`, `[{"x": 1}]`, `["x: 1"]`; None if any is not."""
    match node, shape.item:
        case ArrayNode(items=[_, *_] as items), RecordShape(fields=((name, ScalarShape()), (value_name, _))) as item:
            if name != KEY or any(_names_all(each, item) for each in items):
                return None
            entries = [entry for each in items if (entry := _entry(each, item))]
            # The last of a list that the text ended in may be anything.
            if len(entries) < len(items) - node.open or not entries:
                return None
            return replace(
                node, items=[ObjectNode([(name, ScalarNode(key, key)), (value_name, value)]) for key, value in entries]
            )
        case _:
            return None


def _names_all(node: Node, shape: RecordShape) -> bool:
    """Whether an item names the parts of an entry itself."""
    return all(names_any(node, RecordShape((part,))) for part in shape.fields)


def _entry(node: Node, shape: RecordShape) -> tuple[str, Node] | None:
    match node:
        case ObjectNode() if names_any(node, shape):
            return pair(node)
        case ObjectNode(members=[(key, value)]):
            return key, value
        case ScalarNode(value=str() as text) if match := _ENTRY.fullmatch(text):
            return match["key"], bare_word(match["value"])
        case ScalarNode() | TruncatedNode():
            return None
        case _:
            return pair(node)


def rows_of(node: Node, shape: ListShape) -> ArrayNode | None:
    """The objects of columns, or of rows below their head.

    `{"name": ["x", "y"], "price": [1, 2]}` and `[["name", "price"], ["x", 1], ["y", 2]]`.
    """
    if not isinstance(shape.item, RecordShape):
        return None
    single = {folded_name(name) for name, part in shape.item.fields if isinstance(part, ScalarShape | EnumShape)}
    match node:
        case ObjectNode(members=[_, _, *_] as members, open=False):
            columns = [child.items for _, child in members if isinstance(child, ArrayNode)]
            are_lists = len(columns) == len(members) and all(fold_key(key) in single for key, _ in members)
            if not are_lists or len({len(column) for column in columns}) > 1 or not columns[0]:
                return None
            keys = [key for key, _ in members]
            return ArrayNode([ObjectNode(list(zip(keys, row, strict=True))) for row in zip(*columns, strict=True)])
        case ArrayNode(items=[ArrayNode(items=[*head]), *rows], open=False) if rows:
            keys = [name.written for name in head if isinstance(name, ScalarNode) and fold_key(name.written) in single]
            cells = [row.items for row in rows if isinstance(row, ArrayNode) and len(row.items) == len(head)]
            if len(keys) < max(_FEWEST, len(head)) or len(cells) < len(rows):
                return None
            return ArrayNode([ObjectNode(list(zip(keys, row, strict=True))) for row in cells])
        case _:
            return None


def merged_lists(nodes: Sequence[Node]) -> ArrayNode:
    """The items of several lists, or several items, as one list."""
    whole = ArrayNode(open=isinstance(nodes[-1], ArrayNode) and nodes[-1].open)
    for node in nodes:
        whole.items.extend(node.items if isinstance(node, ArrayNode) else [node])
    return whole


def only_leaf(node: Node) -> ScalarNode | None:
    """The one scalar in a list or object; several that are equal count as one, and none at all as null."""
    match node:
        case ArrayNode(items=[]):
            return ScalarNode(None, "")
        case ArrayNode(items=[ScalarNode() as first, *others]) if all(
            json_value(other) == first.value for other in others
        ):
            return first
        case ObjectNode(members=[(_, ScalarNode() as only)]):
            return only
        case ObjectNode(members=members):
            values = [child for key, child in members if fold_key(key) in VALUES]
            return values[0] if len(values) == 1 and isinstance(values[0], ScalarNode) else None
        case _:
            return None


def split_repeats(node: ObjectNode) -> list[ObjectNode] | None:
    """The items that an object is whose keys come again and again in the same order; None if it is one."""
    keys = [key for key, _ in node.members]
    length = keys.index(keys[0], 1) if keys and keys[0] in keys[1:] else 0
    starts = range(0, len(keys), length or 1)
    if length < 2 or any(keys[at : at + length] != keys[: len(keys[at : at + length])] for at in starts):  # noqa: PLR2004
        return None
    parts = [ObjectNode(node.members[at : at + length]) for at in starts]
    parts[-1].open = node.open
    return parts


def ticks(node: ObjectNode, labels: Sequence[str]) -> ArrayNode | None:
    """The labels that an object says are so; None if it is no object of labels with yes or no."""
    asked = {fold_key(each) for each in labels}
    said = [
        (key, child.value) for key, child in node.members if isinstance(child, ScalarNode) and fold_key(key) in asked
    ]
    if len(said) < len(node.members) or not all(isinstance(value, bool) for _, value in said):
        return None
    return ArrayNode([ScalarNode(key, key) for key, value in said if value], open=node.open)


def _list_under_value(node: ObjectNode, shape: ListShape) -> ArrayNode | None:
    """The list of `{"value": ["x"], "confidence": 0.9}`, unless that may be an item itself, or a map of its entries."""
    values = [child for key, child in node.members if fold_key(key) in VALUES]
    if len(values) != 1 or not isinstance(values[0], ArrayNode):
        return None
    item = shape.item if isinstance(shape.item, RecordShape) else None
    may_be_map = item and is_map(node, item) and not any(names_any(each, item) for each in values[0].items)
    return None if may_be_map or (item and fit(node, item, around=0) > 0) else values[0]


def _listed_members(node: ObjectNode, shape: ListShape) -> ArrayNode | None:
    if isinstance(shape.item, RecordShape) and fit(node, shape.item, around=0) > 0:
        return ArrayNode([node], open=node.open)
    children = [child for _, child in node.members]
    if len(children) == 1 and isinstance(children[0], ArrayNode):
        # `{"a": [1, 2]}` may be a map of lists, and `{"entries": [{"key": "a"}]}` is an object around its entries.
        entry = shape.item if isinstance(shape.item, RecordShape) and is_map(node, shape.item) else None
        entries = entry is None or any(names_any(item, entry) for item in children[0].items)
        return children[0] if entry is None or entries else _map_entries(node, entry)
    if not isinstance(shape.item, RecordShape):
        # `{"1": "x", "2": "y"}` and `{"step1": "x", "step2": "y"}`.
        stems = {key.rstrip("0123456789") if key[-1:].isdigit() else key for key, _ in node.members}
        numbered = len(stems) == 1 and all(key[-1:].isdigit() for key, _ in node.members)
        numbered = numbered or len({key for key, _ in node.members}) == 1
        return ArrayNode(children, open=node.open) if numbered else None
    if is_map(node, shape.item):
        return _map_entries(node, shape.item)
    if children and all(isinstance(child, ObjectNode) for child in children) and fit(ArrayNode(children), shape) > 0:
        return ArrayNode(children, open=node.open)
    return None


def _map_entries(node: ObjectNode, shape: RecordShape) -> ArrayNode:
    """An object as a list of its keys and values, where such a list was asked: `{"en": "…"}`."""
    (name, _), (value_name, _), *more = shape.fields
    beside = RecordShape(shape.fields[1:])
    entries: list[Node] = []
    for key, child in node.members:
        # The parts of a map's value may be asked for beside its key: `{"key": "Ann", "city": "Ulm", "zip": "89073"}`.
        is_flat = isinstance(child, ObjectNode) and (bool(more) or names_any(child, beside))
        inner = child.members if isinstance(child, ObjectNode) and is_flat else [(value_name, child)]
        entries.append(
            ObjectNode([(name, ScalarNode(key, key)), *inner], open=isinstance(child, ObjectNode) and child.open)
        )
    return ArrayNode(entries, open=node.open)
