"""Cells as pyarrow's arrays. Tables reach pyarrow here, and Parquet in `files`.

Arrays are built column by column, of a type that is known before: pyarrow never guesses one.
"""

from collections.abc import Sequence
from importlib import import_module
from types import ModuleType

from langchain_nuextract.batch.tables.arrow_protocols import ArrowField, ArrowSchema, ArrowTable
from langchain_nuextract.batch.tables.cell import Cell, cell_parts
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
from langchain_nuextract.batch.tables.scalar_cells import SCALARS
from langchain_nuextract.errors import MissingExtra


def pyarrow() -> ModuleType:
    """Load pyarrow.

    Raises:
        MissingExtra: It is not installed.
    """
    try:
        return import_module("pyarrow")
    except ImportError as error:
        raise MissingExtra("the table", "Arrow", extra="tables") from error


def arrow_schema_of(columns: tuple[Column, ...]) -> ArrowSchema:
    """Give the `pyarrow.Schema` of some columns."""
    pa = pyarrow()
    return pa.schema(_fields(pa, columns))


def record_batch_of(columns: tuple[Column, ...], rows: Sequence[tuple[Cell, ...]]) -> ArrowTable:
    """Make a `pyarrow.RecordBatch` of rows of cells, as `CellMaker` makes them."""
    pa = pyarrow()
    arrays = [_array(pa, column.type, [row[at] for row in rows]) for at, column in enumerate(columns)]
    return pa.RecordBatch.from_arrays(arrays, schema=arrow_schema_of(columns))


def _type(pa: ModuleType, type_: ColumnType) -> object:
    match type_:
        case Scalar():
            return SCALARS[type_.name].arrow(pa)
        case Decimals():
            return pa.decimal128(type_.digits, type_.after_point)
        case Choice():
            return pa.dictionary(pa.int32(), pa.string())
        case ListOf():
            return pa.list_(_type(pa, type_.item))
        case MapOf():
            return pa.map_(pa.string(), _type(pa, type_.value))
        case Struct():
            return pa.struct(_fields(pa, type_.columns))


def _fields(pa: ModuleType, columns: tuple[Column, ...]) -> list[ArrowField]:
    return [pa.field(column.name, _type(pa, column.type)) for column in columns]


def _array(pa: ModuleType, type_: ColumnType, cells: Sequence[Cell]) -> object:
    match type_:
        case Scalar() | Decimals():
            return pa.array(cells, type=_type(pa, type_))
        case Choice():
            # Of the same labels in every batch, for files and streams to have one dictionary.
            places = {label: place for place, label in enumerate(type_.labels)}
            indices = pa.array([None if cell is None else places[str(cell)] for cell in cells], type=pa.int32())
            return pa.DictionaryArray.from_arrays(indices, pa.array(type_.labels, type=pa.string()))
        case ListOf():
            items = [item for cell in cells for item in cell_parts(cell)]
            return pa.ListArray.from_arrays(_offsets(pa, cells), _array(pa, type_.item, items), type=_type(pa, type_))
        case MapOf():
            # A map has its keys and values in two arrays, and beside them where each map begins.
            pairs = [cell_parts(pair) for cell in cells for pair in cell_parts(cell)]
            keys = pa.array([key for key, _ in pairs], type=pa.string())
            values = _array(pa, type_.value, [value for _, value in pairs])
            return pa.MapArray.from_arrays(_offsets(pa, cells), keys, values, type=_type(pa, type_))
        case Struct():
            columns = [
                _array(pa, column.type, [None if cell is None else cell_parts(cell)[at] for cell in cells])
                for at, column in enumerate(type_.columns)
            ]
            # Without a mask, an object that is null would be one whose parts are null.
            mask = pa.array([cell is None for cell in cells], type=pa.bool_())
            return pa.StructArray.from_arrays(columns, fields=_fields(pa, type_.columns), mask=mask)


def _offsets(pa: ModuleType, cells: Sequence[Cell]) -> object:
    """Tell where each list begins and the last one ends; none for a cell without one."""
    offsets: list[int | None] = []
    end = 0
    for cell in cells:
        offsets.append(None if cell is None else end)
        end += 0 if cell is None else len(cell_parts(cell))
    return pa.array([*offsets, end], type=pa.int32())
