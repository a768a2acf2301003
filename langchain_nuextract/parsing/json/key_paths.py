"""Keys that spell out the way to a value: `lines[0].price`, `$.lines.0.price`, `/lines/0/price`."""

import re
from collections.abc import Sequence
from typing import Final, TypeAlias

from langchain_nuextract.parsing.json.nodes import ArrayNode, Node, ObjectNode

KeyPath: TypeAlias = tuple[str | int, ...]
"""Names, and the numbers of items."""

DEEPEST: Final = 20
"""Steps of a way."""
LONGEST: Final = 400
"""Letters of a key that may spell out a way."""

_ITEM = re.compile(r"\[(?:(\d{1,6})|\"([^\"\[\]]+)\"|'([^'\[\]]+)')\]")
_ROOT = re.compile(r"(?:\$\.?|#?/)")
_QUOTES: Final = "\"'` "


def key_path(written: str) -> KeyPath | None:
    """Give the steps of a way, a name first; None if it is none: `e.g.`, `and/or`."""
    if len(written) > LONGEST:
        return None
    plain = _ITEM.sub(lambda match: f".{match[1] or match[2] or match[3]}", written)
    body = plain[match.end() :] if (match := _ROOT.match(plain)) else plain
    names = [step.strip(_QUOTES) for step in re.split(r"[./]", body)]
    if not all(names) or names[0].isdigit() or len(names) > DEEPEST:
        return None
    return tuple(int(step) if step.isascii() and step.isdigit() else step for step in names)


def placed(members: Sequence[tuple[KeyPath, Node]]) -> ObjectNode | ArrayNode:
    """Put values where their ways lead; items stand in the order of their numbers, whichever is the first of them."""
    below: dict[str | int, list[tuple[KeyPath, Node]]] = {}
    for path, node in members:
        below.setdefault(path[0], []).append((path[1:], node))
    children = [(step, child) for step, rest in below.items() for child in _children(rest)]
    if all(isinstance(step, int) for step in below):
        return ArrayNode([child for _, child in sorted(children, key=lambda pair: int(pair[0]))])
    return ObjectNode([(str(step), child) for step, child in children])


def _children(rest: Sequence[tuple[KeyPath, Node]]) -> list[Node]:
    """What stands at a step, and what stands below it."""
    deeper = [(path, node) for path, node in rest if path]
    return [*(node for path, node in rest if not path), *([placed(deeper)] if deeper else [])]
