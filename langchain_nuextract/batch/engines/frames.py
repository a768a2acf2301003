"""The kinds of tables that engines hand over: a column taken out, and columns put beside those that are there."""

import sys
from collections.abc import Mapping, Sequence
from math import isnan
from typing import Any, Final, TypeVar, cast

from langchain_nuextract.batch.tables.arrow import pyarrow

Batch = TypeVar("Batch")

_READABLE: Final = frozenset(
    {"string", "large_string", "string_view", "binary", "large_binary", "binary_view", "null"},
)
"""Arrow's types of documents; also those of dictionaries of them."""


def names_of(batch: Any) -> list[str]:
    """Name the columns of a batch.

    Raises:
        TypeError: It is no table.
    """
    if _is_arrow(batch):
        return list(batch.schema.names)
    if isinstance(batch, Mapping):
        return [*map(str, cast("Mapping[Any, Any]", batch))]
    if _is_pandas(batch):
        return [*map(str, batch.columns)]
    raise TypeError(
        "expected a Table or RecordBatch of pyarrow, a DataFrame of pandas or a dict of columns, and got "
        f"{type(batch).__name__}"
    )


def values_in(batch: Any, column: str) -> list[Any]:
    """Take a column out of a batch, as Python's own values; None for each that is missing."""
    values = batch[column]
    if hasattr(values, "to_pylist"):
        values = values.to_pylist()
    elif hasattr(values, "tolist"):
        values = values.tolist()
    return [None if _is_missing(value) else value for value in values]


def documents_in(batch: Any, column: str) -> list[Any]:
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
        lengths = {name: len(values) for name, values in cast("Mapping[str, Sequence[Any]]", batch).items()}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"the columns have different lengths: {lengths}")
    return ["" if value is None else value for value in values_in(batch, column)]


def plain_schema(schema: Any) -> Any:
    """Give a `pyarrow.Schema` with texts in the place of dictionaries, at any depth: Spark does not read them."""
    pa: Any = pyarrow()

    def plain(kind: Any) -> Any:
        if pa.types.is_dictionary(kind):
            return kind.value_type
        if pa.types.is_list(kind):
            return pa.list_(plain(kind.value_type))
        if pa.types.is_map(kind):
            return pa.map_(kind.key_type, plain(kind.item_type))
        return pa.struct([part.with_type(plain(part.type)) for part in kind]) if pa.types.is_struct(kind) else kind

    return pa.schema([field.with_type(plain(field.type)) for field in schema])


def beside(batch: Batch, ours: Any) -> Batch:
    """Put columns beside those of a batch, in a table of the same kind.

    Args:
        batch: The table.
        ours: A `pyarrow.RecordBatch` of as many rows. In a data frame of pandas its columns keep Arrow's types, which
            know what is missing. In a dict they are lists or, where there are arrays of NumPy, arrays of objects: an
            array of numbers could not hold what is missing.
    """
    given: Any = batch
    if _is_arrow(given):
        for field, column in zip(ours.schema, ours.columns, strict=True):
            given = given.append_column(field, column)
        return given
    if isinstance(given, Mapping):
        return cast("Batch", {**given, **_python_columns(cast("Mapping[str, Any]", given), ours)})
    pandas: Any = sys.modules["pandas"]
    frame = ours.to_pandas(types_mapper=pandas.ArrowDtype)
    return pandas.concat([given, frame.set_axis(given.index)], axis=1)


def _python_columns(given: Mapping[str, Any], ours: Any) -> Mapping[str, Any]:
    columns = {name: ours.column(name).to_pylist() for name in ours.schema.names}
    numpy: Any = sys.modules.get("numpy")
    if numpy is None or not any(isinstance(column, numpy.ndarray) for column in given.values()):
        return columns
    arrays = {name: numpy.empty(len(column), dtype=object) for name, column in columns.items()}
    for name, array in arrays.items():
        array[:] = columns[name]
    return arrays


def _is_arrow(batch: Any) -> bool:
    pa = pyarrow()
    return isinstance(batch, pa.Table | pa.RecordBatch)


def _is_pandas(batch: Any) -> bool:
    # Nobody has a data frame who has not imported pandas.
    pandas: Any = sys.modules.get("pandas")
    return pandas is not None and isinstance(batch, pandas.DataFrame)


def _is_missing(value: Any) -> bool:
    """Tell None and what pandas and NumPy have in its place: NA, NaT and NaN."""
    return value is None or type(value).__name__ in {"NAType", "NaTType"} or (isinstance(value, float) and isnan(value))
