"""The items of a list as rows of a table of their own, each with the id of the document it is from."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from langchain_nuextract.batch.tables.cell import Cell, cell_parts
from langchain_nuextract.batch.tables.column_types import (
    TEXT,
    Column,
    ColumnType,
    ListOf,
    MapOf,
    Scalar,
    Struct,
    flat_columns,
    heading,
)
from langchain_nuextract.batch.tables.provenance import PROVENANCE
from langchain_nuextract.batch.tables.rows import RowSchema, free_prefix
from langchain_nuextract.paths import show

_TYPES: Final = {
    "id": TEXT,
    "item": Scalar("integer"),
    "key": TEXT,
    "extractor": TEXT,
    "evidence": PROVENANCE["evidence"],
}
"""The columns beside the item's, less the underscore that their names begin with; only values of a map have a key."""
_STEP: Final = re.compile(r"[.\[]")
"""Where a step of a path may begin, as it is shown."""


@dataclass(frozen=True, slots=True)
class ItemTable:
    """The table of the items of one list, or of the values of one map. Make one with `ItemTable.of`."""

    schema: RowSchema
    way: tuple[Column, ...]
    """The columns that lead to the list."""
    prefix: str

    @staticmethod
    def of(schema: RowSchema, name: str) -> "ItemTable":
        """Find a list by the name of its column, `order.lines` where it is in an object.

        Raises:
            ValueError: There is no list of this name.
        """
        lists = {
            heading(way): way for way, type_ in flat_columns(schema.mapped.columns) if isinstance(type_, ListOf | MapOf)
        }
        if name not in lists:
            known = f"The lists are {', '.join(map(repr, lists))}." if lists else "It has none."
            raise ValueError(f"explode: the schema has no list {name!r}. {known}")
        way = lists[name]
        return ItemTable(schema, way, free_prefix(_own_columns(way[-1].type), _TYPES))

    @property
    def columns(self) -> tuple[Column, ...]:
        """The item's columns, or `value` where it is no object; the document's id, the item's place and evidence."""
        names = [name for name in _TYPES if name != "key" or self._is_map]
        beside = (Column(f"{self.prefix}{name}", _TYPES[name], name) for name in names)
        return (*_own_columns(self.way[-1].type), *beside)

    def rows(self, row: tuple[Cell, ...]) -> Iterator[tuple[Cell, ...]]:
        """Yield a row for each item of one document's row, as `RowSchema.row` makes it."""
        columns: tuple[Column, ...] = self.schema.mapped.columns
        beside = dict(zip(PROVENANCE, row[len(columns) :], strict=True))
        cell: Cell = row
        for column in self.way:
            # An object on the way may be null: `order.lines` of a document without an order.
            cell = cell_parts(cell)[columns.index(column)] if cell is not None else None
            columns = column.type.columns if isinstance(column.type, Struct) else ()
        own = _own_columns(self.way[-1].type)
        is_object = isinstance(_item(self.way[-1].type), Struct)
        found = cell_parts(cell)
        keys = [str(cell_parts(pair)[0]) for pair in found] if self._is_map else [*range(len(found))]
        # Where an item is, as its evidence shows it.
        steps = tuple(column.key for column in self.way if column.key is not None and self.schema.mapped.is_object)
        shown = [show((*steps, key)) for key in keys]
        evidence = _by_item(shown, map(cell_parts, cell_parts(beside["evidence"])))
        for index, (each, key) in enumerate(zip(found, keys, strict=True)):
            item = cell_parts(each)[1] if self._is_map else each
            # An item that is null has a row too, for places and evidence to be those of the document.
            cells = (cell_parts(item) or (None,) * len(own)) if is_object else (item,)
            place = (index, key) if self._is_map else (index,)
            yield (*cells, beside["id"], *place, beside["extractor"], evidence[index])

    @property
    def _is_map(self) -> bool:
        return isinstance(self.way[-1].type, MapOf)


def _by_item(shown: Iterable[str], evidence: Iterable[Sequence[Cell]]) -> list[list[Cell]]:
    """Give each item the evidence whose path is the item's, or leads into it."""
    found: list[list[Cell]] = []
    by_path: dict[str, list[Cell]] = {}
    for path in shown:
        found.append([])
        by_path[path] = found[-1]
    lengths = {*map(len, by_path)}
    for each in evidence:
        path = str(each[0])
        # Only where a step may begin and an item's path may end: a key may be long, and look like steps.
        ends = (end for end in (*(mark.start() for mark in _STEP.finditer(path)), len(path)) if end in lengths)
        own = next((by_path[path[:end]] for end in ends if path[:end] in by_path), None)
        if own is not None:
            own.append(tuple(each))
    return found


def _item(type_: ColumnType) -> ColumnType:
    match type_:
        case ListOf(item=item) | MapOf(value=item):
            return item
        case _:
            return type_


def _own_columns(type_: ColumnType) -> tuple[Column, ...]:
    item = _item(type_)
    return item.columns if isinstance(item, Struct) else (Column("value", item, "value"),)
