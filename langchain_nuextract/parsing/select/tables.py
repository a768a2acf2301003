"""Tables: of pipes, as in Markdown or drawn with lines, of commas, semicolons or tabs, and of HTML."""

import csv
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Final

from langchain_nuextract.parsing.json.bare_words import bare_word
from langchain_nuextract.parsing.json.nodes import ArrayNode, Node, ObjectNode, ScalarNode, TruncatedNode
from langchain_nuextract.parsing.select.text_lines import BOLD
from langchain_nuextract.parsing.whole_text import without_entities
from langchain_nuextract.scalars.names import fold_key, folded_name
from langchain_nuextract.schema.answer_shape import ListShape, RecordShape

FEWEST: Final = 2
"""Columns of a table, and rows with its head: fewer may be prose."""
FIRST_RULE: Final = 3
"""Lines in which a table of pipes has its rule: behind its head, or above it too."""

_RULE = re.compile(r"(?=[^-=]*[-=]{2}|\|[\s:]*-)[\s|+:=-]+")
_NAME = re.compile(r"[#*_\s]{0,20}(?P<name>\w[^:*|]{0,60}?)[*_]{0,2}:?[*_]{0,2}\s*")
_ROW_END = re.compile(r"</tr\s*>|<br\s*/?>|</(?:p|li|div|h[1-6])\s*>", re.IGNORECASE)
_CELL_END = re.compile(r"</t[dh]\s*>(?=\s*<t[dh])", re.IGNORECASE)
_TAG = re.compile(
    r"</?(?:table|thead|tbody|tfoot|tr|t[dh]|b|strong|i|em|u|p|ul|ol|li|div|span|h[1-6]|caption)\b[^<>]{0,200}>",
    re.IGNORECASE,
)


def without_tags(body: str) -> str:
    """Write HTML as lines, and its tables as rows with tabs between their cells."""
    # `name: <b>x</b>` has them in a text.
    if not _TAG.match(body.lstrip()):
        return body
    lines = _ROW_END.sub("\n", _CELL_END.sub("\t", body))
    return without_entities(_TAG.sub("", lines))


def table(body: str, shape: RecordShape, *, whole: bool) -> Node | None:
    """Read a table whose columns are the parts of an object or of its items, or that has names in its first column.

    Args:
        body: The table, and nothing else; the name of a list may stand above it.
        shape: What was asked for.
        whole: Whether the last cell was written to its end.
    """
    lines = [line.strip() for line in body.splitlines() if line.strip()]
    whole = whole or body.rstrip()[-1:] in {"|", "+"}
    title = _NAME.fullmatch(lines[0]) if lines else None
    if title and fold_key(title["name"]) in _names_of_parts(shape):
        below = _records_in_lines(lines[1:], shape, whole=whole)
        return below and ObjectNode([(title["name"], below if isinstance(below, ArrayNode) else ArrayNode([below]))])
    return _records_in_lines(lines, shape, whole=whole)


def _records_in_lines(lines: Sequence[str], shape: RecordShape, *, whole: bool) -> Node | None:
    node = next((node for grid in _grids(lines) if (node := _table_of(grid, shape))), None)
    return node if node is None or whole else _without_last_cell(node)


def _grids(lines: Sequence[str]) -> Iterator[list[list[str]]]:
    """Yield the cells of some lines by each mark that may stand between them."""
    if any(_RULE.fullmatch(line) for line in lines[:FIRST_RULE]) and all("|" in line or "+" in line for line in lines):
        yield [_cells(line) for line in lines if not _RULE.fullmatch(line)]
    for mark in "\t;,":
        if lines and mark in lines[0]:
            with suppress(csv.Error):
                yield [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=mark)]


def _cells(line: str) -> list[str]:
    return [BOLD.sub("", cell).strip() for cell in line.removeprefix("|").removesuffix("|").split("|")]


def _table_of(rows: Sequence[Sequence[str]], shape: RecordShape) -> ArrayNode | ObjectNode | None:
    if len(rows) < FEWEST or len(rows[0]) < FEWEST or len({len(row) for row in rows}) > 1:
        return None
    head, *data = rows
    for names in _names_of_records(shape):
        if {fold_key(cell) for cell in head} <= names:
            items = [
                ObjectNode([(name, _cell_value(cell)) for name, cell in zip(head, row, strict=True)]) for row in data
            ]
            return items[0] if len(items) == 1 else ArrayNode(list(items))
    named = rows if fold_key(head[0]) in _names_of_parts(shape) else data
    if len(head) == FEWEST and {fold_key(row[0]) for row in named} <= _names_of_parts(shape):
        return ObjectNode([(row[0], _cell_value(row[1])) for row in named])
    return None


def _without_last_cell(node: ArrayNode | ObjectNode) -> Node:
    """Take away the cell that the text ends in."""
    if isinstance(node, ArrayNode):
        *rows, last = node.items
        return ArrayNode([*rows, _without_last_cell(last) if isinstance(last, ObjectNode) else last], open=True)
    *members, (name, _) = node.members
    return ObjectNode([*members, (name, TruncatedNode())], open=True)


def _names_of_records(shape: RecordShape) -> Iterator[frozenset[str]]:
    """The names of the parts of an object, and of the items of its lists."""
    yield _names_of_parts(shape)
    for _, part in shape.fields:
        if isinstance(part, ListShape) and isinstance(part.item, RecordShape):
            yield _names_of_parts(part.item)


def _names_of_parts(shape: RecordShape) -> frozenset[str]:
    return frozenset(folded_name(name) for name, _ in shape.fields)


def _cell_value(written: str) -> ScalarNode:
    if not written:
        return ScalarNode(None, "")
    quoted = len(written) > 1 and written[0] == written[-1] and written[0] in "\"'"
    return ScalarNode(written[1:-1], written[1:-1]) if quoted else bare_word(written)
