"""A reply that is lines of names and values, a table, or elements, where an object was asked for.

Only if it is nothing else: a line of prose, or of a document that was written down instead of read, may look like a
name and a value.
"""

import re
from collections.abc import Iterator
from typing import Final

from langchain_nuextract.errors import SHOWN
from langchain_nuextract.parsing.json.nodes import Fix, Node
from langchain_nuextract.parsing.rules import RuleId
from langchain_nuextract.parsing.select.candidates import Candidate, span
from langchain_nuextract.parsing.select.dotted import dotted
from langchain_nuextract.parsing.select.elements import element_object
from langchain_nuextract.parsing.select.indented import indented
from langchain_nuextract.parsing.select.scoring import fit
from langchain_nuextract.parsing.select.tables import table, without_tags
from langchain_nuextract.schema.answer_shape import AnswerShape, RecordShape

LONGEST: Final = 200_000
"""Characters of such a reply."""

_TEXT: Final = r"(?:[^`]|`{1,2}(?!`))*+"
"""Text without a fence."""
_FENCE = re.compile(rf"\s*(?:```\w*[ \t]*\n(?P<inside>{_TEXT})(?P<close>```)?|~~~\w*[ \t]*\n(?P<between>[^~]*)~~~)\s*")
_ONE_FENCE = re.compile(rf"{_TEXT}```\w*[ \t]*\n(?P<inside>{_TEXT})```{_TEXT}")
"""A fence with words before and behind it."""


def outlined(text: str, shape: AnswerShape | None, *, finished: bool = False) -> Candidate | None:
    """Give the object that a whole reply writes as an outline; None if it is none, or names too little of the form.

    The last line is whole if the model ended its answer itself, or if something stands behind it.
    """
    begin, end = span(text)
    if not isinstance(shape, RecordShape) or end - begin > LONGEST:
        return None
    whole = finished or end < len(text)
    if fence := _FENCE.fullmatch(text, begin, end):
        body = fence["inside"] or fence["between"] or ""
        whole = whole or fence["inside"] is None or bool(fence["close"])
    elif fence := _ONE_FENCE.fullmatch(text, begin, end):
        body, whole, (begin, end) = fence["inside"], True, fence.span("inside")
    else:
        body = text[begin:end]
    for rule, node in _readings(body, shape, whole=whole or body.endswith("\n")):
        if node and fit(node, shape) > 0:
            node.fixes.append(Fix(rule, body[:SHOWN], "{}"))
            return Candidate(node, begin, end)
    return None


def _readings(body: str, shape: RecordShape, *, whole: bool) -> Iterator[tuple[RuleId, Node | None]]:
    """Yield what a text is as each kind of outline, the surest first."""
    plain = without_tags(body)
    whole = whole or (plain is not body and body.rstrip().endswith(">"))
    if plain is body:
        yield "elements", element_object(body)
    yield "dotted-lines", dotted(body, shape, whole=whole)
    yield "table", table(plain, shape, whole=whole)
    yield "lines", indented(plain, shape, whole=whole)
