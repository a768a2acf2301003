"""A reply that is lines of names and values, a table, or elements, where an object was asked for.

Only if it is nothing else: a line of prose, or of a document that was written down instead of read, may look like a
name and a value.
"""

import html
import re
from collections.abc import Iterator, Sequence
from typing import Final

from langchain_nuextract.errors import SHOWN
from langchain_nuextract.parsing.json.bare_words import word
from langchain_nuextract.parsing.json.nodes import ArrayNode, Fix, Node, ObjectNode, ScalarNode, TruncatedNode
from langchain_nuextract.parsing.rules import RuleId
from langchain_nuextract.parsing.select.candidates import Candidate, span
from langchain_nuextract.parsing.select.indented import indented
from langchain_nuextract.parsing.select.scoring import fit
from langchain_nuextract.scalars.names import fold, folded_name
from langchain_nuextract.schema.answer_shape import AnswerShape, ListShape, RecordShape

LONGEST: Final = 200_000
"""Characters of such a reply."""
DEEPEST: Final = 20
"""Levels of elements."""
FEWEST: Final = 2
"""Parts that must be named: one alone may be prose."""

_FENCE = re.compile(r"\s*```\w*[ \t]*\n(?P<inside>[^`]*)(?P<close>```)?\s*")
_BOLD = re.compile(r"\*\*|__|`")
_RULE = re.compile(r"\|(?:\s*:?-+:?\s*\|)+")
_TOKEN = re.compile(r"<(?P<close>/?)(?P<name>[A-Za-z_][\w.-]{0,60})>|(?P<text>[^<]+)|(?P<other><)")


def outlined(text: str, shape: AnswerShape | None, *, finished: bool = False) -> Candidate | None:
    """Give the object that a whole reply writes as an outline; None if it is none, or names too little of the form.

    The last line is whole if the model ended its answer itself, or if something stands behind it.
    """
    begin, end = span(text)
    if not isinstance(shape, RecordShape) or end - begin > LONGEST:
        return None
    fence = _FENCE.fullmatch(text, begin, end)
    body = fence["inside"] if fence else text[begin:end]
    whole = finished or bool(fence and fence["close"]) or end < len(text) or body.endswith("\n")
    readings: tuple[tuple[RuleId, Node | None], ...] = (
        ("elements", _elements(body)),
        ("table", _table(body, shape)),
        ("lines", indented(body, shape, whole=whole)),
    )
    for rule, node in readings:
        if node and fit(node, shape) > 0:
            node.fixes.append(Fix(rule, body[:SHOWN], "{}"))
            return Candidate(node, begin, end)
    return None


def _leaf(written: str) -> ScalarNode:
    said = written.strip()
    if not said:
        return ScalarNode(None, "")
    quoted = len(said) > 1 and said[0] == said[-1] and said[0] in "\"'"
    return ScalarNode(said[1:-1], said[1:-1]) if quoted else word(said)


def _asked(shape: RecordShape) -> frozenset[str]:
    return frozenset(folded_name(name) for name, _ in shape.fields)


# Tables


def _table(body: str, shape: RecordShape) -> Node | None:
    """The rows of a table whose columns are the parts of an object, or that has their names in its first column."""
    lines = [line.strip() for line in body.splitlines() if line.strip()]
    rows = [_cells(line) for line in lines]
    if len(rows) < FEWEST + 1 or not _RULE.fullmatch(lines[1]) or not all(rows):
        return None
    head, _, *data = rows
    for names in _records(shape):
        if {fold(cell) for cell in head} <= names:
            return _one(
                ObjectNode([(name, _leaf(cell)) for name, cell in zip(head, row, strict=False)]) for row in data
            )
    if len(head) == FEWEST and {fold(row[0]) for row in data} <= _asked(shape):
        return ObjectNode([(row[0], _leaf(row[1])) for row in data if len(row) > 1])
    return None


def _cells(line: str) -> list[str]:
    if len(line) < FEWEST or line[0] != "|" or line[-1] != "|":
        return []
    return [_BOLD.sub("", cell).strip() for cell in line[1:-1].split("|")]


def _records(shape: RecordShape) -> Iterator[frozenset[str]]:
    """The names of the parts of an object, and of the items of its lists."""
    yield _asked(shape)
    for _, part in shape.fields:
        if isinstance(part, ListShape) and isinstance(part.item, RecordShape):
            yield _asked(part.item)


def _one(nodes: Iterator[ObjectNode]) -> Node:
    items: Sequence[Node] = list(nodes)
    return items[0] if len(items) == 1 else ArrayNode(list(items))


# Elements


def _elements(body: str) -> ObjectNode | None:
    """An object of elements, as in XML; None if they are not closed in their order, or stand between words."""
    stack = [("", ObjectNode())]
    said = ""
    for token in _TOKEN.finditer(body):
        if token["other"] or len(stack) > DEEPEST:
            return None
        if token["text"]:
            said = token["text"]
            if said.strip() and (len(stack) == 1 or stack[-1][1].members):
                return None
        elif not token["close"]:
            if said.strip():
                return None
            stack.append((token["name"], ObjectNode()))
            said = ""
        elif token["name"] != stack[-1][0]:
            return None
        else:
            name, node = stack.pop()
            stack[-1][1].members.append((name, node if node.members else _text(said)))
            said = ""
    return _unfinished(stack)


def _text(said: str) -> ScalarNode:
    try:
        value = html.unescape(said).strip()
    except ValueError:
        # It makes a number of what stands for a character, and Python makes none of thousands of digits.
        value = said.strip()
    return ScalarNode(value or None, value)


def _unfinished(stack: list[tuple[str, ObjectNode]]) -> ObjectNode | None:
    """The outermost of elements of which some may not be closed: what the innermost says is cut off."""
    while len(stack) > 1:
        name, node = stack.pop()
        node.open = True
        stack[-1][1].members.append((name, node if node.members else TruncatedNode()))
        stack[-1][1].open = True
    return stack[0][1] if stack[0][1].members else None
