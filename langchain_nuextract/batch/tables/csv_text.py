"""Rows as CSV (RFC 4180), for people and their spreadsheets.

| value         | cell                                                             |
|---------------|------------------------------------------------------------------|
| null          | empty; an empty text is `""`                                     |
| object        | a column for each of its parts: `seller.name`                    |
| list, map     | JSON text                                                        |
| date and time | `2031-05-06 07:08:09`, with `+00:00` after it if it has a zone   |
| number        | as it is, negative ones too; decimals without zeros at their end |
| text          | as it is, or after an apostrophe if a spreadsheet would run it   |

A spreadsheet runs what begins with `=`, `+`, `-`, `@`, a tab or a line end. What begins so after apostrophes of its own
has one more, too, so that texts can be told apart. Names of columns are texts.
"""

import json
import re
from collections.abc import Iterable
from datetime import date, datetime, time
from decimal import Decimal
from typing import Final

from langchain_nuextract.batch.tables.cell import Cell, cell_parts
from langchain_nuextract.batch.tables.column_types import (
    Column,
    ColumnType,
    ListOf,
    MapOf,
    Struct,
    flat_cells,
    flat_columns,
    heading,
)
from langchain_nuextract.paths import JSON

_RUNS: Final = re.compile(r"'*\s*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
"""What a spreadsheet takes for a formula; the full-width forms of the signs are run in Japanese and Chinese ones."""
_NUMBER: Final = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?")
_QUOTED: Final = re.compile(r'[",\r\n]|^\s|\s$|^$')


def header(columns: tuple[Column, ...]) -> str:
    """Write the line of the columns' names; one that comes twice has an underscore the second time."""
    names: list[str] = []
    for way, _ in flat_columns(columns):
        name = heading(way)
        # An object `a` with `b` and a field `a.b` have one heading.
        while name in names:
            name += "_"
        names.append(name)
    return _line(map(_text, names))


def lines(columns: tuple[Column, ...], rows: Iterable[tuple[Cell, ...]]) -> str:
    """Write rows of cells, as `CellMaker` makes them."""
    return "".join(_line(_cell(type_, cell) for type_, cell in flat_cells(columns, row)) for row in rows)


def _line(cells: Iterable[str]) -> str:
    return ",".join(cells) + "\r\n"


def _cell(type_: ColumnType, cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case str():
            return _text(cell)
        case list() | tuple():
            return _text(json.dumps(plain(type_, cell), ensure_ascii=False))
        case _:
            return word(cell)


def plain(type_: ColumnType, cell: Cell) -> JSON:
    """Give a cell as JSON: what JSON has no numbers or words for, as text."""
    if cell is None:
        return None
    match type_:
        case ListOf():
            return [plain(type_.item, item) for item in cell_parts(cell)]
        case MapOf():
            return {str(key): plain(type_.value, value) for key, value in map(cell_parts, cell_parts(cell))}
        case Struct():
            return {
                column.name: plain(column.type, part)
                for column, part in zip(type_.columns, cell_parts(cell), strict=True)
            }
        case _:
            return cell if isinstance(cell, str | int | float) else word(cell)


def word(cell: Cell) -> str:
    """Write a cell that is neither text nor made of others."""
    match cell:
        case bool():
            return "true" if cell else "false"
        case Decimal():
            return f"{cell.normalize():f}"
        case datetime():
            return cell.isoformat(" ")
        case date() | time():
            return cell.isoformat()
        case _:
            return repr(cell)


def _text(text: str) -> str:
    if _RUNS.match(text) and not _NUMBER.fullmatch(text):
        text = f"'{text}"
    if not _QUOTED.search(text):
        return text
    doubled = text.replace('"', '""')
    return f'"{doubled}"'
