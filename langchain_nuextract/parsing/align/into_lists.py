"""Members that belong into a list: by keys that lead there, or as keys alone behind its first item."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from langchain_nuextract.parsing.align.matched import Renamed
from langchain_nuextract.parsing.json.key_paths import KeyPath, key_path, placed
from langchain_nuextract.parsing.json.nodes import ArrayNode, Fix, Node, ObjectNode, ScalarNode
from langchain_nuextract.scalars.names import fold_key, folded_name
from langchain_nuextract.schema.answer_shape import AnswerShape, ListShape, MultiEnumShape, RecordShape


def _with_items(
    members: Sequence[tuple[str, Node]], parts: Mapping[str, tuple[str, AnswerShape]]
) -> Sequence[tuple[str, Node]]:
    """Members of which those that are keys alone are items of the list before them: `{"tags": "a", "b", "n": 1}`."""
    gathered: list[tuple[str, Node]] = []
    items: list[Node] | None = None
    for key, child in members:
        is_alone = isinstance(child, ScalarNode) and any(fix.rule == "missing-value" for fix in child.fixes)
        if not is_alone or fold_key(key) in parts or not gathered:
            gathered.append((key, child))
            items = None
            continue
        name, before = gathered[-1]
        _, part = parts.get(fold_key(name), ("", None))
        if items is None and isinstance(part, ListShape | MultiEnumShape):
            items = list(before.items) if isinstance(before, ArrayNode) else [before]
            gathered[-1] = (name, ArrayNode(items, fixes=[*before.fixes, Fix("unopened-list", "", "[")]))
        if items is None:
            gathered.append((key, child))
        else:
            items.append(ScalarNode(key, key))
    return gathered


def with_lists(node: ObjectNode, shape: RecordShape) -> tuple[ObjectNode, list[Renamed]]:
    """An object whose keys that lead into lists stand where they lead: `lines[0].price`, `/lines/0/price`."""
    parts = {folded_name(name): (name, part) for name, part in shape.fields}
    if all(fold_key(key) in parts for key, _ in node.members):
        return node, []
    kept, moved, renamed = list[tuple[str, Node]](), list[tuple[KeyPath, Node]](), list[Renamed]()
    for key, child in _with_items(node.members, parts):
        path = key_path(key) if fold_key(key) not in parts and any(mark in key for mark in "./[") else None
        name, part = parts.get(fold_key(str(path[0])), ("", None)) if path and len(path) > 1 else ("", None)
        if (
            path is None
            or part is None
            or not (isinstance(part, ListShape) or any(isinstance(step, int) for step in path))
        ):
            kept.append((key, child))
            continue
        moved.append(((name, *path[1:]), child))
        renamed.append(Renamed(name, key, "flattened-key"))
    inner = placed(moved) if moved else None
    return replace(node, members=[*kept, *(inner.members if isinstance(inner, ObjectNode) else ())]), renamed
