"""Rows as a table for a terminal: as many columns as fit, each of a width that is known before the first row."""

import json
import unicodedata
from collections.abc import Sequence
from typing import Final

from langchain_nuextract.batch.tables.cell import Cell, cell_parts
from langchain_nuextract.batch.tables.column_types import (
    Choice,
    Column,
    ColumnType,
    Decimals,
    ListOf,
    MapOf,
    Scalar,
    flat_cells,
    flat_columns,
    heading,
)
from langchain_nuextract.batch.tables.csv_text import plain, word

_WIDTHS: Final = {"integer": 8, "number": 10, "boolean": 5, "date": 10, "clock": 8, "moment": 19, "instant": 25}
_TEXT: Final = 22
_NAMES: Final = 30
"""Columns of the screen for the names of files, at the most."""
_GAP: Final = "  "


class TerminalTable:
    """Lines of a table.

    Args:
        columns: The columns of values.
        names: What the rows are called, in the first column.
        width: Of the terminal.
    """

    def __init__(self, columns: tuple[Column, ...], names: Sequence[str], width: int) -> None:
        self._names = min(max(map(_width, (*names, "file"))), _NAMES)
        self._columns = columns
        self._widths: list[int] = []
        self._left_out: list[str] = []
        room = width - self._names
        for way, type_ in flat_columns(columns):
            wanted = max(min(_width(heading(way)), _TEXT), _wanted(type_))
            if self._left_out or wanted + len(_GAP) > room:
                self._left_out.append(heading(way))
            else:
                self._widths.append(wanted)
                room -= wanted + len(_GAP)

    def header(self) -> str:
        """Give the line of the columns' names."""
        return self._line("file", [(heading(way), _is_number(type_)) for way, type_ in flat_columns(self._columns)])

    def row(self, name: str, cells: tuple[Cell, ...]) -> str:
        """Give the line of one document."""
        return self._line(
            name, [(_shown(type_, cell), _is_number(type_)) for type_, cell in flat_cells(self._columns, cells)]
        )

    def failure(self, name: str, error: Exception) -> str:
        """Give the line of a document that failed."""
        return f"{_fitted(name, self._names, keep_end=True)}{_GAP}({type(error).__name__})"

    def footer(self) -> str:
        """Name the columns that there was no room for; empty if there are none."""
        if not self._left_out:
            return ""
        names = ", ".join(self._left_out[:5]) + (", …" if len(self._left_out) > 5 else "")  # noqa: PLR2004
        return f"not shown: {names} (-o FILE.csv writes all)"

    def _line(self, name: str, cells: list[tuple[str, bool]]) -> str:
        fitted = [_fitted(text, width, right=right) for (text, right), width in zip(cells, self._widths, strict=False)]
        return _GAP.join([_fitted(name, self._names, keep_end=True), *fitted]).rstrip()


def _wanted(type_: ColumnType) -> int:
    match type_:
        case Scalar():
            return _WIDTHS.get(type_.name, _TEXT)
        case Decimals():
            return _WIDTHS["number"]
        case Choice():
            return min(max(map(_width, type_.labels)), _TEXT)
        case _:
            return _WIDTHS["number"]


def _is_number(type_: ColumnType) -> bool:
    return isinstance(type_, Decimals) or (isinstance(type_, Scalar) and type_.name in {"integer", "number"})


def _shown(type_: ColumnType, cell: Cell) -> str:
    if isinstance(type_, ListOf | MapOf) and cell:
        written = json.dumps(plain(type_, cell), ensure_ascii=False)
        return (
            written
            if len(written) <= _WIDTHS["number"]
            else f"{len(cell_parts(cell))} item{'s' if len(cell_parts(cell)) > 1 else ''}"
        )
    return cell if isinstance(cell, str) else word(cell) if cell not in (None, []) else ""


def _fitted(text: str, width: int, *, right: bool = False, keep_end: bool = False) -> str:
    """Cut or fill a text to a width; what it has of control characters would be obeyed by the terminal."""
    text = "".join(letter if letter.isprintable() else " " for letter in text)
    if _width(text) > width:
        letters = text[::-1] if keep_end else text
        kept, room = "", width - 1
        for letter in letters:
            room -= _width(letter)
            if room < 0:
                break
            kept += letter
        text = f"…{kept[::-1]}" if keep_end else f"{kept}…"
    fill = " " * (width - _width(text))
    return fill + text if right else text + fill


def _width(text: str) -> int:
    """Count the columns of the screen that a text takes."""
    return sum(
        0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        for letter in text
    )
