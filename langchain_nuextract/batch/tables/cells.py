"""Values as cells, one by one: what a column cannot hold is left out of it and named."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from langchain_nuextract.batch.tables.cell import Cell
from langchain_nuextract.batch.tables.column_types import (
    Choice,
    Column,
    ColumnType,
    Decimals,
    ListOf,
    MapOf,
    Scalar,
    Struct,
)
from langchain_nuextract.batch.tables.scalar_cells import (
    SCALARS,
    Misfit,
    choice_cell,
    decimal_cell,
    without_surrogates,
)
from langchain_nuextract.paths import JSON, Path
from langchain_nuextract.schema.json_types import is_list, is_object


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A value that a column does not hold, or not as it is."""

    path: Path
    """Where, in the user's shape."""
    reason: str
    value: JSON


class CellMaker:
    """Makes the cells of one row, and notes what they do not hold in `left_out`."""

    def __init__(self) -> None:
        self.left_out: list[LeftOut] = []

    def row(self, columns: tuple[Column, ...], value: JSON) -> tuple[Cell, ...]:
        """Make a cell for each column of a JSON object."""
        return self._struct(columns, value, ()) or (None,) * len(columns)

    def cell(self, type_: ColumnType, value: JSON, at: Path) -> Cell:
        """Make a cell: a scalar, a list, a list of keys with values, a tuple for an object; None for null."""
        if value is None:
            return None
        match type_:
            case ListOf() if is_list(value):
                return [self.cell(type_.item, item, (*at, index)) for index, item in enumerate(value)]
            case MapOf() if is_object(value):
                return self._map(type_, value, at)
            case ListOf() | MapOf():
                return self._leave_out(at, f"expected {'a list' if isinstance(type_, ListOf) else 'an object'}", value)
            case Struct():
                return self._struct(type_.columns, value, at)
            case Scalar() | Decimals() | Choice():
                return self._scalar(type_, value, at)

    def _scalar(self, type_: Scalar | Decimals | Choice, value: JSON, at: Path) -> Cell:
        try:
            match type_:
                case Scalar():
                    return SCALARS[type_.name].cell(value)
                case Decimals():
                    return decimal_cell(type_, value)
                case Choice():
                    return choice_cell(type_, value)
        except Misfit as misfit:
            self._leave_out(at, misfit.reason, value)
            return misfit.cell

    def _struct(self, columns: tuple[Column, ...], value: JSON, at: Path) -> tuple[Cell, ...] | None:
        if is_object(value):
            found = cast("dict[str | int, JSON]", value)
        elif is_list(value):
            found = dict[str | int, JSON](enumerate(value))
        else:
            return None if value is None else self._leave_out(at, "expected an object", value)
        known = {column.key for column in columns}
        others = {key: part for key, part in found.items() if key not in known}
        cells = tuple(
            self._others(column.type, others, at)
            if column.key is None
            else self.cell(column.type, found.get(column.key), (*at, column.key))
            for column in columns
        )
        if None not in known:
            for key, part in others.items():
                self._leave_out((*at, key), "there is no column for it", part)
        return cells

    def _others(self, type_: ColumnType, others: Mapping[str | int, JSON], at: Path) -> Cell:
        """Make the cell for all parts of an object or tuple that have no column of their own."""
        if isinstance(type_, ListOf):
            return [self.cell(type_.item, part, (*at, index)) for index, part in others.items()]
        return self._map(cast("MapOf", type_), others, at)

    def _map(self, type_: MapOf, found: Mapping[str, JSON] | Mapping[str | int, JSON], at: Path) -> list[Cell]:
        cells: dict[str, Cell] = {}
        for key, part in found.items():
            # Keys of a tuple's further items are numbers; two keys may differ by half of a character alone.
            name = without_surrogates(str(key))
            if name in cells:
                self._leave_out((*at, key), "its key is that of another value, but for half of a character", part)
                continue
            cells[name] = self.cell(type_.value, part, (*at, key))
        return [*cells.items()]

    def _leave_out(self, at: Path, reason: str, value: JSON) -> None:
        self.left_out.append(LeftOut(at, reason, value))
