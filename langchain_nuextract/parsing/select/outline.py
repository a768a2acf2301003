"""A reply that is lines of names and values, a table, or elements, where an object was asked for.

Only if it is nothing else: a line of prose, or of a document that was written down instead of read, may look like a
name and a value.
"""

import re
from typing import Final

from langchain_nuextract.errors import SHOWN
from langchain_nuextract.parsing.json.nodes import Fix, Node, ObjectNode, ScalarNode, TruncatedNode
from langchain_nuextract.parsing.rules import RuleId
from langchain_nuextract.parsing.select.candidates import Candidate, span
from langchain_nuextract.parsing.select.indented import indented
from langchain_nuextract.parsing.select.scoring import fit
from langchain_nuextract.parsing.select.tables import table, without_tags
from langchain_nuextract.parsing.whole_text import without_entities
from langchain_nuextract.schema.answer_shape import AnswerShape, RecordShape

LONGEST: Final = 200_000
"""Characters of such a reply."""
DEEPEST: Final = 20
"""Levels of elements."""

_FENCE = re.compile(r"\s*```\w*[ \t]*\n(?P<inside>[^`]*)(?P<close>```)?\s*")
_PROLOGUE = re.compile(r"\s*+(?:<\?xml\b[^<>]{0,200}\?>)?")
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
    plain = without_tags(body)
    whole = whole or (plain is not body and body.rstrip().endswith(">"))
    readings: tuple[tuple[RuleId, Node | None], ...] = (
        ("elements", _element_object(body)),
        ("table", table(plain, shape, whole=whole)),
        ("lines", indented(plain, shape, whole=whole)),
    )
    for rule, node in readings:
        if node and fit(node, shape) > 0:
            node.fixes.append(Fix(rule, body[:SHOWN], "{}"))
            return Candidate(node, begin, end)
    return None


def _element_object(body: str) -> ObjectNode | None:
    """An object of elements, as in XML; None if they are not closed in their order, or stand between words."""
    stack = [("", ObjectNode())]
    said = ""
    for token in _TOKEN.finditer(body, len(body) - len(_PROLOGUE.sub("", body, count=1))):
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
            text = without_entities(said).strip()
            stack[-1][1].members.append((name, node if node.members else ScalarNode(text or None, text)))
            said = ""
    return _unfinished(stack)


def _unfinished(stack: list[tuple[str, ObjectNode]]) -> ObjectNode | None:
    """The outermost of elements of which some may not be closed: what the innermost says is cut off."""
    while len(stack) > 1:
        name, node = stack.pop()
        node.open = True
        stack[-1][1].members.append((name, node if node.members else TruncatedNode()))
        stack[-1][1].open = True
    return stack[0][1] if stack[0][1].members else None
