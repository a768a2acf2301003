"""Tables: those for layout become blocks, and cells that span rows or columns stand in each of them."""

import re
from collections.abc import Iterator
from typing import Final

from turbohtml import Document, Element, Node, parse_fragment

from langchain_nuextract.documents.html.options import HTMLOptions

_BLOCKS: Final = "h1, h2, h3, h4, h5, h6, table, pre, form, blockquote, hr, article, section"
_PARTS: Final = frozenset({"table", "thead", "tbody", "tfoot", "tr", "td", "th", "caption", "colgroup", "col"})
_MOST_COPIED: Final = 2
"""Times the text of the page that copies of spanning cells may have."""
_LEAST_COPIED: Final = 10_000
_MOST_FILLED: Final = 10
"""Times the cells of a table that it may have with empty ones."""
_WIDEST: Final = 1000
"""Columns that the standard lets a cell span."""


def clean_tables(document: Document, _: HTMLOptions) -> Iterator[str]:
    """Unwrap tables for layout, and write out spans."""
    tables = document.select("table")
    left = _LEAST_COPIED + _MOST_COPIED * len(document.text) if tables else 0
    blocks = 0
    # The inner ones come last in the document and go first, so that an outer one sees what is left of them.
    for table in reversed(tables):
        rows = _rows(table)
        cost = sum(
            (_span(cell, "colspan", _WIDEST) * _span(cell, "rowspan", len(rows)) - 1) * (1 + len(cell.text))
            for row in rows
            for cell in row
        )
        too_much = cost > left or _is_ragged(rows)
        blocks += too_much
        if too_much or _is_layout(table, rows):
            _unwrap(table)
        elif cost:
            left -= cost
            _write_out_spans(rows)
    if blocks:
        yield f"tables written as blocks, since their cells span too much or their rows differ too much: {blocks}"


def _is_ragged(rows: list[list[Element]]) -> bool:
    """Whether the writer would fill up short rows with more empty cells than can be borne."""
    cells = sum(map(len, rows))
    return len(rows) * max(map(len, rows), default=0) > _LEAST_COPIED + _MOST_FILLED * cells


def _rows(table: Element) -> list[list[Element]]:
    parts = [[part] if part.tag == "tr" else _elements(part) for part in _elements(table)]
    return [
        [cell for cell in _elements(row) if cell.tag in ("td", "th")]
        for rows in parts
        for row in rows
        if row.tag == "tr"
    ]


def _elements(node: Element) -> list[Element]:
    return [child for child in node.children if isinstance(child, Element)]


def _is_layout(table: Element, rows: list[list[Element]]) -> bool:
    if table.attr("role") in ("presentation", "none"):
        return True
    if any(child.tag in ("caption", "thead") for child in _elements(table)):
        return False
    if any(cell.tag == "th" for row in rows for cell in row):
        return False
    return max(map(len, rows), default=0) <= 1 or table.select_one(_BLOCKS) is not None


def _unwrap(table: Element) -> None:
    # Three levels down, and no further: tables within cells are judged for themselves.
    for part in [table, *_elements(table)]:
        for row in [part, *_elements(part)]:
            for cell in [row, *_elements(row)]:
                if cell.tag in _PARTS:
                    cell.tag = "div"


def _span(cell: Element, name: str, most: int) -> int:
    digits = re.match(r"\s*(\d{1,9})", cell.attr(name) or "")
    # A rowspan of 0 goes to the end of the table.
    return 1 if digits is None else min(int(digits[1]) or most, most)


def _write_out_spans(rows: list[list[Element]]) -> None:
    """Repeat each spanning cell in the places that it covers."""
    parents = [row[0].parent if row else None for row in rows]
    used: set[Element] = set()
    for (at, _), cell in sorted(_grid(rows).items(), key=lambda place: place[0]):
        parent = parents[at]
        if isinstance(parent, Element):
            if cell in used:
                # A node has one place in the tree: the others get copies.
                copied: list[Node] = list(parse_fragment(cell.inner_html, "td", positions=False).children)
                parent.append(Element(cell.tag, None, copied))
            else:
                parent.append(cell)
                used.add(cell)
    for cell in used:
        for name in ("colspan", "rowspan"):
            cell.attrs.pop(name, None)


def _grid(rows: list[list[Element]]) -> dict[tuple[int, int], Element]:
    """Which cell stands in which row and column."""
    grid: dict[tuple[int, int], Element] = {}
    for at, row in enumerate(rows):
        column = 0
        for cell in row:
            while (at, column) in grid:
                column += 1
            for down in range(_span(cell, "rowspan", len(rows) - at)):
                for right in range(_span(cell, "colspan", _WIDEST)):
                    grid.setdefault((at + down, column + right), cell)
    return grid
