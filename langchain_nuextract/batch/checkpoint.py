"""What is finished of a batch, in a file that survives the process.

SQLite rather than lines of JSON: a line that was half written when the process died has to be found and cut off, and
all keys of a file of lines have to be held in memory to know what it has. SQLite has done both for decades, lets
several processes write to one file, and anybody can look at it:

    sqlite3 run.db "select json_extract(value, '$.total') from results"

Each result is committed before it is handed out, to a write-ahead log: whatever kills the process, a result is in the
file or it is not. Only a machine that loses its power may lose the last few, which are then asked about again.
"""

import os
import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final, NamedTuple

from langchain_nuextract.errors import CheckpointError

_FORMAT: Final = 0x4E75_0001
"""SQLite's `user_version` of our files; the last digits count the versions of their form."""
_PATIENCE: Final = 60.0
"""Seconds to wait for another process that is writing."""
_TABLE: Final = """
create table if not exists results (
    key text primary key,
    value text,
    error text,
    replies text not null
)
"""


class CheckpointRow(NamedTuple):
    """One finished document, all of it as JSON text; see `langchain_nuextract.batch.serialize`."""

    value: str | None
    """The object, before the schema's defaults were filled in; None if the answer was invalid."""
    error: str | None
    """The name of the error that the answer is."""
    replies: str
    """What the model said."""


class Checkpoint:
    """The file; to be used by one thread.

    Args:
        path: Made if it is not there.

    Raises:
        CheckpointError: It cannot be opened, or is another kind of file; so do all methods if it cannot be used.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = os.fspath(path)
        with self._explained():
            # Each statement is a transaction of its own.
            self._file = sqlite3.connect(self._path, timeout=_PATIENCE, isolation_level=None)
        try:
            with self._explained():
                self._prepare()
        except CheckpointError:
            self._file.close()
            raise

    def get(self, key: str) -> CheckpointRow | None:
        """Look a document up."""
        with self._explained():
            found = self._file.execute("select value, error, replies from results where key = ?", (key,)).fetchone()
        return CheckpointRow(*found) if found else None

    def put(self, key: str, kept: CheckpointRow) -> None:
        """Keep a document, in place of what was kept of it before."""
        with self._explained():
            self._file.execute("insert or replace into results values (?, ?, ?, ?)", (key, *kept))

    def close(self) -> None:
        """Write everything into the one file."""
        self._file.close()

    def _prepare(self) -> None:
        (version,) = self._file.execute("pragma user_version").fetchone()
        (tables,) = self._file.execute("select count(*) from sqlite_master").fetchone()
        if version != _FORMAT and (version or tables):
            raise CheckpointError(self._path, "it is a database of another program or version. Name another file")
        self._file.execute("pragma journal_mode = wal")
        self._file.execute("pragma synchronous = normal")
        self._file.execute(_TABLE)
        self._file.execute(f"pragma user_version = {_FORMAT}")

    @contextmanager
    def _explained(self) -> Generator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise CheckpointError(self._path, f"{error}. Is it a checkpoint, and may it be written to?") from error
