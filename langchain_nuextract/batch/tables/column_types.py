"""What columns hold: a small tree of types, which says nothing of pyarrow, CSV or JSON Schema.

Every column may be empty, whatever the schema requires: a document can fail, and an answer can be kept in part.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from langchain_nuextract.batch.tables.cell import Cell

ScalarName: TypeAlias = Literal["text", "json", "integer", "number", "boolean", "date", "clock", "moment", "instant"]
"""What one cell holds; `scalar_cells.SCALARS` has a row for each."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value."""

    name: ScalarName


@dataclass(frozen=True, slots=True)
class Decimals:
    """Decimal numbers."""

    digits: int
    """At the most, those after the point included."""
    after_point: int


@dataclass(frozen=True, slots=True)
class Choice:
    """One of some texts."""

    labels: tuple[str, ...]
    values: tuple[str, ...]
    """What each stands for, as JSON."""
    by_value: Mapping[str, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_value", dict(zip(self.values, self.labels, strict=True)))


@dataclass(frozen=True, slots=True)
class ListOf:
    """Any number of values."""

    item: "ColumnType"


@dataclass(frozen=True, slots=True)
class MapOf:
    """Values under any keys."""

    value: "ColumnType"


@dataclass(frozen=True, slots=True)
class Column:
    """A named part of a row, or of an object in one."""

    name: str
    type: "ColumnType"
    key: str | int | None
    """Where its value stands in the JSON of the row or object: under a key, or at a place of a tuple; None for all that
    no other column is for."""


@dataclass(frozen=True, slots=True)
class Struct:
    """An object with known parts, or a tuple; at least one part."""

    columns: tuple[Column, ...]


ColumnType: TypeAlias = Scalar | Decimals | Choice | ListOf | MapOf | Struct

TEXT = Scalar("text")
JSON_TEXT = Scalar("json")


def flat_columns(columns: tuple[Column, ...]) -> Iterator[tuple[tuple[Column, ...], ColumnType]]:
    """Yield the columns that are no objects, in order, each with the way to it."""
    for column in columns:
        if isinstance(column.type, Struct):
            yield from (((column, *way), type_) for way, type_ in flat_columns(column.type.columns))
        else:
            yield (column,), column.type


def flat_cells(columns: tuple[Column, ...], row: tuple[Cell, ...] | None) -> Iterator[tuple[ColumnType, Cell]]:
    """Yield the cells of the columns that are no objects, as `flat_columns` has them, each with its type."""
    for at, column in enumerate(columns):
        cell = None if row is None else row[at]
        if isinstance(column.type, Struct):
            yield from flat_cells(column.type.columns, cell if isinstance(cell, tuple) else None)
        else:
            yield column.type, cell


def heading(way: tuple[Column, ...]) -> str:
    """Name a column by the way to it: `seller.address.city`."""
    return ".".join(column.name for column in way)
