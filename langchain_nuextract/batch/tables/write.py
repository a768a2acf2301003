"""Rows to files: one, or parts of them in a folder, which a later run goes on with."""

import os
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import quote
from uuid import uuid4

from langchain_nuextract.batch.options import BATCH_ROWS
from langchain_nuextract.batch.result import Result, Written
from langchain_nuextract.batch.tables.cell import Cell
from langchain_nuextract.batch.tables.column_types import Column
from langchain_nuextract.batch.tables.documents_to_rows import RowMaker, in_batches
from langchain_nuextract.batch.tables.files import CSVFile, ParquetFile, TableFile, parquet_module
from langchain_nuextract.batch.tables.finished import finished_in
from langchain_nuextract.batch.tables.items import ItemTable
from langchain_nuextract.batch.whole_files import UNFINISHED, check_folder
from langchain_nuextract.errors import CheckpointError
from langchain_nuextract.schema.part_names import unused

PART_BYTES: Final = 64 * 2**20
"""Bytes after which a part is finished."""

_PART: Final = re.compile(rf"part-\d{{5,}}-[0-9a-f]{{8}}\.parquet({re.escape(UNFINISHED)})?")


@dataclass(frozen=True, slots=True)
class OutputTable:
    """One of the tables that rows are written to."""

    folder: Path
    path_of: Callable[[str], Path]
    """Gives the file of a part, by the part's own name."""
    columns: tuple[Column, ...]
    rows_of: Callable[[tuple[Cell, ...]], Iterable[tuple[Cell, ...]]]
    """Gives its rows out of a document's."""


def write_parquet(
    rows: RowMaker, given: Iterable[object], path: str | os.PathLike[str], explode: Sequence[str], part_rows: int
) -> Written:
    """Write Parquet: one file where the path ends with `.parquet`, otherwise parts in a folder.

    Raises:
        MissingExtra: pyarrow is not installed.
        ValueError: There is no such list to explode, or parts would have no rows.
        CheckpointError: The folder has parts of another schema.
    """
    parquet_module()
    if part_rows < 1:
        raise ValueError(f"part_rows must be at least 1, not {part_rows}")
    path = Path(path)
    if path.suffix == ".parquet" and not path.is_dir():
        return _write_file(rows, given, _Parts(ParquetFile, _beside(path, rows, explode)))
    tables = _below(path, rows, explode)
    begun = _tidied(path, tables)
    finished = finished_in(tables[-1].folder, rows.schema, rows.extractor)
    parts = _Parts(ParquetFile, tables, part_rows, begun)
    try:
        failed = parts.add_all(rows.rows(given, finished))
    finally:
        # What ends the run need not cost what was paid for.
        parts.finish()
    return Written(parts.rows, failed, finished.taken, tuple(parts.files))


def write_csv(
    rows: RowMaker, given: Iterable[object], path: str | os.PathLike[str], explode: Sequence[str], *, bom: bool = False
) -> Written:
    """Write a file of comma-separated values, and one for each list to explode.

    Raises:
        ValueError: There is no such list to explode.
    """
    return _write_file(rows, given, _Parts(partial(CSVFile, bom=bom), _beside(Path(path), rows, explode)))


def _write_file(rows: RowMaker, given: Iterable[object], parts: "_Parts") -> Written:
    try:
        failed = parts.add_all(rows.rows(given))
    except BaseException:
        parts.discard()
        raise
    parts.finish()
    return Written(parts.rows, failed, 0, tuple(parts.files))


def _beside(path: Path, rows: RowMaker, explode: Sequence[str]) -> list[OutputTable]:
    """Give the tables that are a file each: `out.items.csv` beside `out.csv`."""

    def table(
        path: Path, columns: tuple[Column, ...], rows_of: Callable[[tuple[Cell, ...]], Iterable[tuple[Cell, ...]]]
    ) -> OutputTable:
        return OutputTable(path.parent, lambda _: path, columns, rows_of)

    check_folder(path)  # before the first document is asked about
    items = [(name, ItemTable.of(rows.schema, name)) for name in dict.fromkeys(_names(explode))]
    return [
        *(
            table(path.with_name(f"{path.stem}.{_safe(name)}{path.suffix}"), item.columns, item.rows)
            for name, item in items
        ),
        table(path, rows.schema.columns, lambda row: (row,)),
    ]


def _below(path: Path, rows: RowMaker, explode: Sequence[str]) -> list[OutputTable]:
    """Give the tables that are parts in a folder: the folder itself, or one in it for each where there are several."""

    def table(
        folder: Path, columns: tuple[Column, ...], rows_of: Callable[[tuple[Cell, ...]], Iterable[tuple[Cell, ...]]]
    ) -> OutputTable:
        return OutputTable(folder, lambda part: folder / f"part-{part}.parquet", columns, rows_of)

    items = {_safe(name): ItemTable.of(rows.schema, name) for name in _names(explode)}
    documents = path / unused(("documents", "rows"), [*items]) if items else path
    return [
        *(table(path / name, item.columns, item.rows) for name, item in items.items()),
        table(documents, rows.schema.columns, lambda row: (row,)),
    ]


def _names(explode: Sequence[str]) -> Sequence[str]:
    if isinstance(explode, str):
        raise TypeError(f"explode must be a list of names: explode=[{explode!r}]")
    return explode


def _safe(name: str) -> str:
    """Give a name that a file can have."""
    # A list named "a/b" must not be a folder in a folder, nor ".." the one above.
    quoted = quote(name, safe="") or "_"
    return f"%2E{quoted[1:]}" if quoted.startswith(".") else quoted


def _tidied(path: Path, tables: Sequence[OutputTable]) -> int:
    """Make the folders, take out what a run that was killed left unfinished, and count the parts that are finished.

    Raises:
        CheckpointError: It is a file, or has parts of other tables.
    """
    if path.exists() and not path.is_dir():
        raise CheckpointError(str(path), "it is a file. Name a folder, or a file whose name ends with .parquet")
    others = {part.parent for part in path.rglob("*.parquet")} - {table.folder for table in tables}
    if others:
        raise CheckpointError(
            str(path), f"{str(min(others))!r} has parts of another table than these (explode). Name another folder"
        )
    for table in tables:
        table.folder.mkdir(parents=True, exist_ok=True)
    # The documents' part is finished last: others without it are those of a run that was killed between two.
    finished = {part.name for part in tables[-1].folder.iterdir() if part.suffix == ".parquet"}
    for table in tables:
        for part in table.folder.iterdir():
            if part.name not in finished and _PART.fullmatch(part.name):
                part.unlink()
    return len(finished)


class _Parts:
    """The files that are open, one for each table, which begin and end together.

    The table of documents comes last: a part of it says that those of the others are there.
    """

    def __init__(
        self,
        make: Callable[[Path, tuple[Column, ...]], TableFile],
        tables: Sequence[OutputTable],
        part_rows: int | None = None,
        begun: int = 0,
    ) -> None:
        self.rows = 0
        self.files: list[Path] = []
        self._make = make
        self._tables = tables
        self._part_rows = part_rows
        self._parts = begun
        self._run = uuid4().hex[:8]
        self._in_part = 0
        self._open: list[tuple[Path, TableFile]] = []
        self._waiting: list[tuple[Cell, ...]] = []
        self._is_over = False

    def add_all(self, rows: Iterable[tuple[tuple[Cell, ...], Result[object]]]) -> int:
        """Write all rows, and count those without values."""
        failed = 0
        # Rows of one write are a row group, and a part of 100 rows can have none of 1,000.
        size = min(BATCH_ROWS, self._part_rows or BATCH_ROWS)
        for row, result in rows:
            failed += result.error is not None
            self._waiting.append(row)
            self.rows += 1
            if len(self._waiting) == size:
                self._write()
        return failed

    def finish(self) -> None:
        """Write what waits, and finish what is open; there is a file in any case, for its columns."""
        if not self._is_over:
            if self._waiting or not (self._open or self._parts):
                self._write()
            self._end()

    def discard(self) -> None:
        """Give up what is open."""
        self._is_over = True
        given_up, self._open = self._open, []
        for _, file in given_up:
            file.discard()

    def _write(self) -> None:
        waiting, self._waiting = self._waiting, []
        try:
            if not self._open:
                name = f"{self._parts:05}-{self._run}"
                for table in self._tables:
                    path = table.path_of(name)
                    self._open.append((path, self._make(path, table.columns)))
            for table, (_, file) in zip(self._tables, self._open, strict=True):
                for rows in in_batches((own for row in waiting for own in table.rows_of(row)), BATCH_ROWS):
                    file.write(rows)
        except BaseException:
            # A file that was not written to its end is of no use to anybody.
            self.discard()
            raise
        self._in_part += len(waiting)
        is_large = any(file.size >= PART_BYTES for _, file in self._open)
        if self._part_rows and (self._in_part >= self._part_rows or is_large):
            self._end()

    def _end(self) -> None:
        try:
            for path, file in self._open:
                file.finish()
                self.files.append(path)
        except BaseException:
            self.discard()
            raise
        self._parts += bool(self._open)
        self._open = []
        self._in_part = 0
