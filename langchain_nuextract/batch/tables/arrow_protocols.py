"""What is used of pyarrow's objects: it comes without types of its own, and only where its extra is installed."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol, Self


class DataType(Protocol):
    """A `pyarrow.DataType`; which of these it has, `pyarrow.types` tells."""

    @property
    def value_type(self) -> Self:
        """The type of a list's items, or of a dictionary's values."""
        ...

    @property
    def key_type(self) -> Self:
        """The type of a map's keys."""
        ...

    @property
    def item_type(self) -> Self:
        """The type of a map's values."""
        ...

    def __iter__(self) -> "Iterator[Field]": ...


class Field(Protocol):
    """A `pyarrow.Field`."""

    @property
    def name(self) -> str:
        """The column's name."""
        ...

    @property
    def type(self) -> DataType:
        """The type of its cells."""
        ...

    def with_name(self, name: str, /) -> Self:
        """Give the same by another name."""
        ...

    def with_type(self, type_: DataType, /) -> Self:
        """Give the same with cells of another type."""
        ...


class Schema(Protocol):
    """A `pyarrow.Schema`."""

    @property
    def names(self) -> list[str]:
        """The names of the columns."""
        ...

    @property
    def metadata(self) -> Mapping[bytes, bytes] | None:
        """What an engine noted."""
        ...

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

    @property
    def schema(self) -> Schema:
        """The columns."""
        ...

    @property
    def columns(self) -> Sequence[Column]:
        """The cells, column by column."""
        ...

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
