"""The objects and arrays that are being read, and what they are once they are closed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from langchain_nuextract.parsing.json.nodes import ArrayNode, Fix, Node, ObjectNode, ScalarNode

_UNOPENED: Final = Fix("unopened-list", "", "[")
"""What a list has that no bracket opened. More of its items may follow where it is closed more than once."""


@dataclass(slots=True)
class Frame:
    """An object or array that is being read."""

    node: ArrayNode | ObjectNode
    closer: str
    key: str | None = None
    """The key whose value comes next."""
    key_fixes: list[Fix] = field(default_factory=list[Fix])
    labels: dict[int, ScalarNode] = field(default_factory=dict[int, ScalarNode])
    """The keys that came without colon and value, by the number of the member: all of them, if this is a set."""
    full: bool = False
    """Whether a value stands since the last comma."""
    commas: int = 0
    braceless: bool = False
    """Whether this is an object in an array that no brace precedes."""
    loose: bool = False
    """Whether this is an array whose first item is such an object."""
    bare: bool = False
    """Whether that object is closed by the bracket of the array, or not at all: it stands in the wrong brackets."""


def count_members(frame: Frame) -> int:
    """How many members an object has so far."""
    return len(frame.node.members) if isinstance(frame.node, ObjectNode) else 0


def is_set(frame: Frame) -> bool:
    """Whether an object has keys alone."""
    return 0 < len(frame.labels) == count_members(frame)


def gathers(frame: Frame) -> bool:
    """Make a list of what stands before its end, if no bracket opened it: a value, and keys that have none."""
    first = end = count_members(frame)
    # `{"a": "x", "y", "z"]`: `y` and `z` came as keys without values, and are items of `a`.
    while first - 1 in frame.labels:
        first -= 1
    if not isinstance(frame.node, ObjectNode) or not 0 < first < end:
        return False
    key, node = frame.node.members[first - 1]
    items = [frame.labels.pop(at) for at in range(first, end)]
    if not (isinstance(node, ArrayNode) and _UNOPENED in node.fixes):
        node = ArrayNode([node], fixes=[_UNOPENED])
    node.items.extend(items)
    frame.node.members[first - 1 :] = [(key, node)]
    return True


def meant(frame: Frame) -> Node:
    """What an object or array is once it is closed: a scalar in parentheses is that scalar, keys alone are a set."""
    node = frame.node
    if isinstance(node, ObjectNode) and is_set(frame) and not node.open:
        # `{"red", "green"}` is a set, as Python writes one.
        return ArrayNode(list(frame.labels.values()), fixes=[*node.fixes, Fix("set", "{}", "[]")])
    if isinstance(node, ArrayNode) and frame.bare and len(node.items) == 1:
        # `["a": 1]` is the object `{"a": 1}`.
        node.items[0].fixes[:0] = [*node.fixes, Fix("wrong-bracket", "[", "{")]
        return node.items[0]
    if frame.closer != ")" or not isinstance(node, ArrayNode) or not node.items or frame.commas or node.open:
        return node
    only = node.items[0] if len(node.items) == 1 else _adjacent_strings(node)
    only.fixes[:0] = [] if only is node else [*node.fixes, Fix("parentheses", "()", "")]
    return only


def _adjacent_strings(node: ArrayNode) -> Node:
    """One string for several in parentheses with no commas between them, as Python has it."""
    parts = [item for item in node.items if isinstance(item, ScalarNode) and isinstance(item.value, str)]
    alone = len(parts) == len(node.items) and not any(fix.rule == "stray-mark" for fix in node.fixes)
    return joined_strings(parts, "") if alone else node


def joined_strings(parts: Sequence[ScalarNode], mark: str) -> ScalarNode:
    """One string that was written in parts, with a mark between them."""
    if len(parts) == 1:
        return parts[0]
    said = "".join(part.written for part in parts)
    first, last = parts[0].at, parts[-1].at
    at = (first[0], last[1]) if first and last else None
    fixes = [Fix("joined-strings", mark, "")] if mark else []
    return ScalarNode(said, said, [*fixes, *(fix for part in parts for fix in part.fixes)], at)
