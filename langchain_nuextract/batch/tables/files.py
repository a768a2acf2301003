"""The files that rows are written to."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from types import ModuleType

from langchain_nuextract.batch.tables import csv_text
from langchain_nuextract.batch.tables.arrow import arrow_schema_of, pyarrow, record_batch_of
from langchain_nuextract.batch.tables.cell import Cell
from langchain_nuextract.batch.tables.column_types import Column
from langchain_nuextract.batch.whole_files import Aside


class TableFile(ABC):
    """A file that rows are written to, and that is there once it is finished."""

    def __init__(self, path: Path, columns: tuple[Column, ...]) -> None:
        self._columns = columns
        self._aside = Aside(path)

    @property
    def size(self) -> int:
        """Bytes that were written so far."""
        return self._aside.file.tell()

    @abstractmethod
    def write(self, rows: Sequence[tuple[Cell, ...]]) -> None:
        """Write some rows."""

    def finish(self) -> None:
        """Give the file its name."""
        self._aside.finish()

    def discard(self) -> None:
        """Give up."""
        self._aside.discard()


class ParquetFile(TableFile):
    """A Parquet file; each `write` is a row group."""

    def __init__(self, path: Path, columns: tuple[Column, ...]) -> None:
        parquet = parquet_module()
        super().__init__(path, columns)
        schema = arrow_schema_of(columns)
        self._writer = parquet.ParquetWriter(self._aside.file, schema, compression="zstd")

    def write(self, rows: Sequence[tuple[Cell, ...]]) -> None:
        """Write a row group."""
        self._writer.write_batch(record_batch_of(self._columns, rows))

    def finish(self) -> None:
        """Write the footer, and give the file its name."""
        self._writer.close()
        super().finish()

    def discard(self) -> None:
        """Give up."""
        with suppress(OSError):  # what it writes at its end is of no use, and a full disk refuses that as well
            self._writer.close()
        super().discard()


class CSVFile(TableFile):
    """A file of comma-separated values in UTF-8; see `csv_text` for what cells are like."""

    def __init__(self, path: Path, columns: tuple[Column, ...], *, bom: bool = False) -> None:
        """Begin a file, with the mark by which Excel knows UTF-8 if it is to have one (`bom`)."""
        super().__init__(path, columns)
        self._aside.file.write((("\ufeff" if bom else "") + csv_text.header(columns)).encode())

    def write(self, rows: Sequence[tuple[Cell, ...]]) -> None:
        """Write a line for each row."""
        self._aside.file.write(csv_text.lines(self._columns, rows).encode())


def parquet_module() -> ModuleType:
    """Load what reads and writes Parquet.

    Raises:
        MissingExtra: pyarrow is not installed.
    """
    pyarrow()
    return import_module("pyarrow.parquet")
