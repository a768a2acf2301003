"""What is used of pyarrow's objects: it comes without types of its own, and only where its extra is installed."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol, Self, runtime_checkable


class ArrowType(Protocol):
    """A `pyarrow.DataType`; which of these it has, `pyarrow.types` tells."""

    value_type: Self
    """The type of a list's items, or of a dictionary's values."""
    key_type: Self
    """The type of a map's keys."""
    item_type: Self
    """The type of a map's values."""

    def __iter__(self) -> "Iterator[ArrowField]": ...


class ArrowField(Protocol):
    """A `pyarrow.Field`."""

    name: str
    """The column's name."""
    type: ArrowType
    """The type of its cells."""

    def with_name(self, name: str, /) -> Self:
        """Give the same by another name."""
        ...

    def with_type(self, type_: ArrowType, /) -> Self:
        """Give the same with cells of another type."""
        ...


class ArrowSchema(Protocol):
    """A `pyarrow.Schema`."""

    names: list[str]
    """The names of the columns."""
    metadata: Mapping[bytes, bytes] | None
    """What an engine noted."""

    def field(self, name: str, /) -> ArrowField:
        """Give a column by its name."""
        ...

    def __iter__(self) -> Iterator[ArrowField]: ...


@runtime_checkable
class ArrowColumn(Protocol):
    """A `pyarrow.Array` or `pyarrow.ChunkedArray`."""

    def to_pylist(self) -> list[object]:
        """Give the cells as Python's own values."""
        ...


class ArrowTable(Protocol):
    """A `pyarrow.Table` or `pyarrow.RecordBatch`."""

    schema: ArrowSchema
    """The columns."""
    columns: Sequence[ArrowColumn]
    """The cells, column by column."""

    def column(self, name: str, /) -> ArrowColumn:
        """Give the cells of one column."""
        ...

    def append_column(self, field: ArrowField, column: ArrowColumn, /) -> Self:
        """Give the same with a column more."""
        ...

    def rename_columns(self, names: Sequence[str], /) -> Self:
        """Give the same with other names."""
        ...

    def cast(self, schema: ArrowSchema, /) -> Self:
        """Give the same with cells of other types."""
        ...

    def filter(self, mask: object, /) -> Self:
        """Give the rows that a mask has true for."""
        ...

    def to_pandas(self, *, types_mapper: object) -> object:
        """Give a `pandas.DataFrame`."""
        ...
