"""The kinds of tables that engines hand over: a column taken out, and columns put beside those that are there."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from math import isnan
from typing import Final, Protocol, Self, TypeGuard, TypeVar, cast, runtime_checkable

from langchain_nuextract.batch.tables.arrow import pyarrow
from langchain_nuextract.batch.tables.arrow_protocols import ArrowColumn, ArrowSchema, ArrowTable, ArrowType

Batch = TypeVar("Batch")

_READABLE: Final = frozenset(
    {"string", "large_string", "string_view", "binary", "large_binary", "binary_view", "null"},
)
"""Arrow's types of documents; also those of dictionaries of them."""


class _Indexed(Protocol):
    def __getitem__(self, column: str, /) -> object: ...


class _DataFrame(Protocol):
    """What is used of pandas' data frames."""

    columns: Iterable[object]
    index: object

    def set_axis(self, labels: object, /) -> Self: ...


@runtime_checkable
class _NumPyColumn(Protocol):
    """An array, or a series of pandas."""

    def tolist(self) -> list[object]: ...


def column_names(batch: object) -> list[str]:
    """Name the columns of a batch.

    Raises:
        TypeError: It is no table.
    """
    if _is_arrow(batch):
        return list(batch.schema.names)
    if isinstance(batch, Mapping):
        return [*map(str, cast("Mapping[object, object]", batch))]
    # Nobody has a data frame who has not imported pandas.
    pandas = sys.modules.get("pandas")
    if pandas is not None and isinstance(batch, pandas.DataFrame):
        return [*map(str, cast("_DataFrame", batch).columns)]
    raise TypeError(
        "expected a Table or RecordBatch of pyarrow, a DataFrame of pandas or a dict of columns, and got "
        f"{type(batch).__name__}"
    )


def values_in(batch: object, column: str) -> list[object]:
    """Take a column out of a batch, as Python's own values; None for each that is missing."""
    values: object = cast("_Indexed", batch)[column]
    if isinstance(values, ArrowColumn):
        values = values.to_pylist()
    elif isinstance(values, _NumPyColumn):
        values = values.tolist()
    return [None if _is_missing(value) else value for value in cast("Iterable[object]", values)]


def documents_in(batch: object, column: str) -> list[object]:
    """Take the documents out of a batch; one that is missing is empty.

    Raises:
        TypeError: An Arrow column is neither text nor binary.
        ValueError: The columns of a dict have different lengths.
    """
    if _is_arrow(batch):
        kind = batch.schema.field(column).type
        if str(kind.value_type if pyarrow().types.is_dictionary(kind) else kind) not in _READABLE:
            raise TypeError(f"the column {column!r} is {kind}: documents are texts, or the bytes of files")
    elif isinstance(batch, Mapping):
        lengths = {name: len(values) for name, values in cast("Mapping[str, Sequence[object]]", batch).items()}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"the columns have different lengths: {lengths}")
    return ["" if value is None else value for value in values_in(cast("object", batch), column)]


def plain_schema(schema: ArrowSchema) -> ArrowSchema:
    """Give a `pyarrow.Schema` with texts in the place of dictionaries, at any depth: Spark does not read them."""
    pa = pyarrow()

    def plain(kind: ArrowType) -> ArrowType:
        if pa.types.is_dictionary(kind):
            return kind.value_type
        if pa.types.is_list(kind):
            return pa.list_(plain(kind.value_type))
        if pa.types.is_map(kind):
            return pa.map_(kind.key_type, plain(kind.item_type))
        return pa.struct([part.with_type(plain(part.type)) for part in kind]) if pa.types.is_struct(kind) else kind

    return pa.schema([field.with_type(plain(field.type)) for field in schema])


def beside(batch: Batch, ours: ArrowTable) -> Batch:
    """Put columns beside those of a batch, in a table of the same kind.

    Args:
        batch: The table.
        ours: A `pyarrow.RecordBatch` of as many rows. In a data frame of pandas its columns keep Arrow's types, which
            know what is missing. In a dict they are lists or, where there are arrays of NumPy, arrays of objects: an
            array of numbers could not hold what is missing.
    """
    given = cast("object", batch)
    if _is_arrow(given):
        for field, column in zip(ours.schema, ours.columns, strict=True):
            given = given.append_column(field, column)
        return cast("Batch", given)
    if isinstance(given, Mapping):
        columns = {name: ours.column(name).to_pylist() for name in ours.schema.names}
        numpy = sys.modules.get("numpy")
        if numpy is None or not any(
            isinstance(column, numpy.ndarray) for column in cast("Mapping[str, object]", given).values()
        ):
            return cast("Batch", {**given, **columns})
        arrays = {name: numpy.empty(len(column), dtype=object) for name, column in columns.items()}
        for name, array in arrays.items():
            array[:] = columns[name]
        return cast("Batch", {**given, **arrays})
    pandas = sys.modules["pandas"]
    frame = cast("_DataFrame", ours.to_pandas(types_mapper=pandas.ArrowDtype))
    return pandas.concat([given, frame.set_axis(cast("_DataFrame", given).index)], axis=1)


def _is_arrow(batch: object) -> TypeGuard[ArrowTable]:
    pa = pyarrow()
    return isinstance(batch, pa.Table | pa.RecordBatch)


def _is_missing(value: object) -> bool:
    """Tell None and what pandas and NumPy have in its place: NA, NaT and NaN."""
    return value is None or type(value).__name__ in {"NAType", "NaTType"} or (isinstance(value, float) and isnan(value))
