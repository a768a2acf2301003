"""What is used of pyarrow's objects: it comes without types of its own, and only where its extra is installed."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol, Self


class DataType(Protocol):
    """A `pyarrow.DataType`; which of these it has, `pyarrow.types` tells."""

    value_type: Self
    """The type of a list's items, or of a dictionary's values."""
    key_type: Self
    """The type of a map's keys."""
    item_type: Self
    """The type of a map's values."""

    def __iter__(self) -> "Iterator[Field]": ...


class Field(Protocol):
    """A `pyarrow.Field`."""

    name: str
    """The column's name."""
    type: DataType
    """The type of its cells."""

    def with_name(self, name: str, /) -> Self:
        """Give the same by another name."""
        ...

    def with_type(self, type_: DataType, /) -> Self:
        """Give the same with cells of another type."""
        ...


class Schema(Protocol):
    """A `pyarrow.Schema`."""

    names: list[str]
    """The names of the columns."""
    metadata: Mapping[bytes, bytes] | None
    """What an engine noted."""

    def field(self, name: str, /) -> Field:
        """Give a column by its name."""
        ...

    def __iter__(self) -> Iterator[Field]: ...


class Column(Protocol):
    """A `pyarrow.Array` or `pyarrow.ChunkedArray`."""

    def to_pylist(self) -> list[object]:
        """Give the cells as Python's own values."""
        ...


class Table(Protocol):
    """A `pyarrow.Table` or `pyarrow.RecordBatch`."""

    schema: Schema
    """The columns."""
    columns: Sequence[Column]
    """The cells, column by column."""

    def column(self, name: str, /) -> Column:
        """Give the cells of one column."""
        ...

    def append_column(self, field: Field, column: Column, /) -> Self:
        """Give the same with a column more."""
        ...

    def rename_columns(self, names: Sequence[str], /) -> Self:
        """Give the same with other names."""
        ...

    def cast(self, schema: Schema, /) -> Self:
        """Give the same with cells of other types."""
        ...

    def filter(self, mask: object, /) -> Self:
        """Give the rows that a mask has true for."""
        ...

    def to_pandas(self, *, types_mapper: object) -> object:
        """Give a `pandas.DataFrame`."""
        ...
