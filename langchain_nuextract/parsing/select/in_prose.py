"""Lines of names and values, or a table, with words before and behind them: `I found this:`, `name: Ann`, `Good luck!`.

A document that was written down instead of read looks the same, and so does an explanation of the names. So this is
read only with the document at hand: it must say the values, and not the words around them.
"""

import re
from collections.abc import Iterator
from typing import Final

from langchain_nuextract.errors import SHOWN
from langchain_nuextract.parsing.json.hints import Hints, folded_names_of
from langchain_nuextract.parsing.json.nodes import ArrayNode, Fix, Node, ObjectNode, ScalarNode, TruncatedNode
from langchain_nuextract.parsing.rules import RuleId
from langchain_nuextract.parsing.select.candidates import Candidate, span
from langchain_nuextract.parsing.select.elements import element_object
from langchain_nuextract.parsing.select.indented import FEWEST, indented
from langchain_nuextract.parsing.select.scoring import fit
from langchain_nuextract.parsing.select.tables import table
from langchain_nuextract.parsing.select.text_lines import BOLD, NAMED_LINE, TextLine, is_name
from langchain_nuextract.scalars.names import fold_key
from langchain_nuextract.schema.answer_shape import EnumShape, MultiEnumShape, RecordShape, shapes_in

LONGEST: Final = 20_000
"""Characters of such a reply."""

_TABLE = re.compile(r"(?:^[ \t]*\|[^\n]*(?:\n|\Z)){2,}", re.MULTILINE)
_ELEMENT = re.compile(r"^<(\w{1,60})>", re.MULTILINE)
_HEADING = re.compile(r"[ \t]*#{1,6}[ \t]*(?P<name>[^#\n]{1,60}?)[ \t:]*")
_LETTER = re.compile(r"[^\W\d_]")
_WORDS = re.compile(r"\w+")
_YES_OR_NO: Final = frozenset({"yes", "no", "true", "false"})


def found_in_prose(text: str, shape: RecordShape, hints: Hints, *, finished: bool) -> Candidate | None:
    """Give the object that stands in the lines of a reply which is prose else; None if there is none.

    Args:
        text: The reply.
        shape: What was asked for.
        hints: What knows the document.
        finished: Whether the model ended its answer itself.
    """
    begin, end = span(text)
    if not hints.document or end - begin > LONGEST:
        return None
    for start, stop, rule in _blocks(text, begin, end, folded_names_of(shape)):
        block = text[start:stop]
        node = _read(rule, block, shape, whole=finished or block.endswith("\n"))
        around = [*text[begin:start].splitlines(), *text[stop:end].splitlines()]
        if node and fit(node, shape) > 0 and _is_answer(node, shape, hints) and not _is_document(around, hints):
            node.fixes.append(Fix(rule, block[:SHOWN], "{}"))
            return Candidate(node, start, stop)
    return None


def _blocks(text: str, begin: int, end: int, names: frozenset[str]) -> Iterator[tuple[int, int, RuleId]]:
    """Where such lines stand."""
    if match := _ELEMENT.search(text, begin, end):
        close = f"</{match[1]}>"
        yield match.start(), max(match.end(), text.rfind(close, begin, end) + len(close)), "elements"
    if match := _TABLE.search(text, begin, end):
        yield (*match.span(), "table")
    at, start, stop = begin, -1, -1
    headed = False
    for row in text[begin:end].splitlines(keepends=True):
        line = TextLine(len(row) - len(row.lstrip()), BOLD.sub("", row).strip())
        heading = _HEADING.fullmatch(line.text)
        named = _is_named(line.inner().text, names) or bool(heading and is_name(heading["name"], names))
        if start < 0 and named:
            start, headed = at, bool(heading)
        elif named and stop >= 0:
            # A name behind words that end the lines: which of them are the answer is not clear.
            return
        elif start >= 0 and line.text and not (named or headed or line.indent or line.bullet):
            stop = at if stop < 0 else stop
        at += len(row)
    if start >= 0:
        yield start, end if stop < 0 else stop, "lines"


def _is_named(line: str, names: frozenset[str]) -> bool:
    match = NAMED_LINE.fullmatch(line)
    return match is not None and is_name(match["name"].strip("\"'“” "), names)


def _read(rule: RuleId, block: str, shape: RecordShape, *, whole: bool) -> Node | None:
    match rule:
        case "elements":
            return element_object(block)
        case "table":
            return table(block, shape, whole=whole)
        case _:
            return indented(block, shape, whole=whole)


def _is_answer(node: Node, shape: RecordShape, hints: Hints) -> bool:
    """Whether several parts are named, and the document says all words of their values."""
    said = [each for each in _scalars(node) if each.value is not None]
    if len(said) < min(FEWEST, len(shape.fields)):
        return False
    enums = (each for each in shapes_in(shape) if isinstance(each, EnumShape | MultiEnumShape))
    own = _YES_OR_NO | {fold_key(label) for each in enums for label in each.labels}
    return all(
        not _LETTER.search(each.written) or fold_key(each.written) in own or hints.says(each.written) for each in said
    )


def _scalars(node: Node) -> Iterator[ScalarNode]:
    match node:
        case ScalarNode():
            yield node
        case ArrayNode():
            for item in node.items:
                yield from _scalars(item)
        case ObjectNode():
            for _, part in node.members:
                yield from _scalars(part)
        case TruncatedNode():
            return


def _is_document(lines: list[str], hints: Hints) -> bool:
    """Whether the document has a line of some words: then it was written down, and what it names is its own."""
    return any(len(_WORDS.findall(line)) >= FEWEST and hints.says(line.strip()) for line in lines)
