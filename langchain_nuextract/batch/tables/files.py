"""Files that are whole or not there: written aside, flushed to the disk, and renamed when they are finished."""

import os
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Final, Protocol

from langchain_nuextract.batch.tables import csv_text
from langchain_nuextract.batch.tables.arrow import batch_of, pyarrow, schema_of
from langchain_nuextract.batch.tables.cell import Cell
from langchain_nuextract.batch.tables.column_types import Column

UNFINISHED: Final = ".unfinished"
"""What the name of a file ends with until it is finished."""


class TableFile(Protocol):
    """A file that rows are written to, and that is there once it is finished."""

    @property
    def size(self) -> int:
        """Bytes that were written so far."""
        ...

    def write(self, rows: Sequence[tuple[Cell, ...]]) -> None:
        """Write some rows."""
        ...

    def finish(self) -> None:
        """Give the file its name."""
        ...

    def discard(self) -> None:
        """Give up."""
        ...


def check_folder(path: Path) -> None:
    """Refuse to write a file where there is no folder.

    Raises:
        FileNotFoundError: There is none; it says which one is to be made.
    """
    if not path.parent.is_dir():
        raise FileNotFoundError(f"{path}: the folder {str(path.parent)!r} does not exist. Make it first")


class Aside:
    """An open file beside the one that it will be; to be finished, or discarded."""

    def __init__(self, path: Path) -> None:
        check_folder(path)
        self._path = path
        self._unfinished = path.with_name(path.name + UNFINISHED)
        self.file = self._unfinished.open("wb")

    def finish(self) -> None:
        """Give the file its name."""
        self.file.flush()
        os.fsync(self.file.fileno())
        self.file.close()
        self._unfinished.replace(self._path)
        flush_folder(self._path.parent)

    def discard(self) -> None:
        """Remove it."""
        self.file.close()
        self._unfinished.unlink(missing_ok=True)


class ParquetFile:
    """A Parquet file; each `write` is a row group."""

    def __init__(self, path: Path, columns: tuple[Column, ...]) -> None:
        self._columns = columns
        parquet = parquet_module()
        self._aside = Aside(path)
        self._writer = parquet.ParquetWriter(self._aside.file, schema_of(columns), compression="zstd")

    @property
    def size(self) -> int:
        """Bytes that were written so far."""
        return self._aside.file.tell()

    def write(self, rows: Sequence[tuple[Cell, ...]]) -> None:
        """Write a row group."""
        self._writer.write_batch(batch_of(self._columns, rows))

    def finish(self) -> None:
        """Write the footer, and give the file its name."""
        self._writer.close()
        self._aside.finish()

    def discard(self) -> None:
        """Give up."""
        try:
            self._writer.close()
        finally:
            self._aside.discard()


class CSVFile:
    """A file of comma-separated values in UTF-8; see `csv_text` for what cells are like."""

    def __init__(self, path: Path, columns: tuple[Column, ...], *, bom: bool = False) -> None:
        """Begin a file, with the mark by which Excel knows UTF-8 if it is to have one (`bom`)."""
        self._columns = columns
        self._aside = Aside(path)
        self._put(("\ufeff" if bom else "") + csv_text.header(columns))

    @property
    def size(self) -> int:
        """Bytes that were written so far."""
        return self._aside.file.tell()

    def write(self, rows: Sequence[tuple[Cell, ...]]) -> None:
        """Write a line for each row."""
        self._put(csv_text.lines(self._columns, rows))

    def finish(self) -> None:
        """Give the file its name."""
        self._aside.finish()

    def discard(self) -> None:
        """Give up."""
        self._aside.discard()

    def _put(self, text: str) -> None:
        self._aside.file.write(text.encode("utf-8"))


def parquet_module() -> ModuleType:
    """Load what reads and writes Parquet.

    Raises:
        MissingExtra: pyarrow is not installed.
    """
    pyarrow()
    return import_module("pyarrow.parquet")


def flush_folder(folder: Path) -> None:
    """Have the disk keep a folder's names, where the system can be asked to."""
    if os.name == "posix":
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
