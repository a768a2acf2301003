"""What is finished of a batch, in a file that survives the process and that several runs may share.

SQLite rather than lines of JSON: a line that was half written when the process died has to be found and cut off, and
all keys of a file of lines have to be held in memory to know what it has. SQLite has done both for decades, lets
several processes write to one file, and anybody can look at it:

    sqlite3 run.db "select json_extract(value, '$.total') from results"

Each result is committed before it is handed out, to a write-ahead log: whatever kills the process, a result is in the
file or it is not. Only a machine that loses its power may lose the last few, which are then asked about again.

Runs on the same file share the work: who begins with a document claims it for a while (a lease), and the others go on
with other documents. A lease ends with its process, if that ran on this machine, and otherwise when it expires.
"""

import os
import sqlite3
import time
import warnings
from collections.abc import Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, NamedTuple
from uuid import uuid4

from langchain_nuextract.batch.checkpoint_file import network_file_system, open_checkpoint
from langchain_nuextract.batch.processes import Process
from langchain_nuextract.errors import CheckpointError

LEASE_SECONDS: Final = 30.0
"""How long a claim holds that nobody renews."""

_open_owners: Final[set[str]] = set()
"""Who has a checkpoint open in this process: claims of others that bear its number are void, as after a full disk."""


class CheckpointRow(NamedTuple):
    """One finished document, all of it as JSON text; see `langchain_nuextract.batch.serialize`."""

    value: str | None
    """The object, before the schema's defaults were filled in; None if the answer was invalid."""
    error: str | None
    """The name of the error that the answer is."""
    replies: str
    """What the model said."""


@dataclass(slots=True)
class Checkpoint:
    """The file; to be used by one thread at a time. Several of them may be open on one file, in any processes.

        with closing(Checkpoint("run.db")) as checkpoint:
            if checkpoint.take("key") == "claimed":
                checkpoint.put("key", CheckpointRow('{"total": 3}', None, "[]"))

    A file that cannot be written to is read only: what is finished can be had from it.

    Args:
        path: Made if it is not there, readable for its owner alone, in a folder that is there.

    Raises:
        CheckpointError: It cannot be opened, or is another kind of file; so do all methods if it cannot be used.
    """

    path: str | os.PathLike[str]
    _owner: str = field(default_factory=lambda: uuid4().hex)
    _process: Process = field(default_factory=Process.current)
    _file: sqlite3.Connection = field(init=False)
    _is_writable: bool = field(init=False)

    def __post_init__(self) -> None:
        path = Path(self.path)
        try:
            os.stat(path)  # noqa: PTH116  # what comes next would raise various errors for names that cannot be
        except FileNotFoundError:
            pass
        except (OSError, ValueError) as error:
            raise CheckpointError(os.fspath(self.path), f"this is no usable name of a file: {error}") from error
        if not path.parent.is_dir():
            raise CheckpointError(str(path), f"the folder {str(path.parent)!r} does not exist. Make it first")
        if path.is_dir():
            raise CheckpointError(str(path), "it is a folder. Name a file")
        if kind := network_file_system(path):
            warnings.warn(
                f"the checkpoint {str(path)!r} lies on a network file system ({kind}), where SQLite's locks may not "
                "hold: let one process at a time use it, or name a file on a local disk",
                stacklevel=2,
            )
        with self._explained():
            self._file, self._is_writable = open_checkpoint(path)
        _open_owners.add(self._owner)

    def get(self, key: str) -> CheckpointRow | None:
        """Look a document up."""
        with self._explained():
            row = self._file.execute("select value, error, replies from results where key = ?", (key,)).fetchone()
        return CheckpointRow(*row) if row else None

    def take(self, key: str, stale: CheckpointRow | None = None) -> CheckpointRow | Literal["claimed", "busy"]:
        """Look a document up, and claim it if it is not finished.

        Args:
            key: The document's.
            stale: A row that was found before and is of no use.

        Returns:
            What is finished; or that the document is this one's now, to be `put` or `release`d; or that another run is
            at it.
        """
        if (row := self.get(key)) and row != stale:
            return row
        if not self._is_writable:
            raise CheckpointError(
                os.fspath(self.path), "it lacks a document, and cannot be written to. Copy it to where it can"
            )
        with self._explained(), self._transaction():
            if (row := self.get(key)) and row != stale:
                return row
            holder = self._file.execute(
                "select expires, owner, machine, process, started from claims where key = ? and owner != ?",
                (key, self._owner),
            ).fetchone()
            if holder and holder[0] > time.time():
                owner, process = holder[1], Process(*holder[2:])
                # A process that crashed leaves its claims behind, and a full disk those of this process.
                is_void = process.is_gone() or (process == self._process and owner not in _open_owners)
                if not is_void:
                    return "busy"
            mine = self._process
            expires = time.time() + LEASE_SECONDS
            self._file.execute(
                "insert or replace into claims values (?, ?, ?, ?, ?, ?)",
                (key, self._owner, mine.machine, mine.number, mine.started, expires),
            )
            return "claimed"

    def renew(self) -> None:
        """Hold what is claimed for longer; to be called a few times within `LEASE_SECONDS`."""
        if self._is_writable:
            with self._explained():
                expires = time.time() + LEASE_SECONDS
                self._file.execute("update claims set expires = ? where owner = ?", (expires, self._owner))

    def put(self, key: str, row: CheckpointRow) -> None:
        """Keep a document, in place of what was kept of it before, and give up the claim to it."""
        with self._explained(), self._transaction():
            self._file.execute("insert or replace into results values (?, ?, ?, ?)", (key, *row))
            self._release(key)

    def forget(self, prefix: str) -> None:
        """Drop what is kept under keys that begin so: parts of a document that is finished."""
        with self._explained():
            # A range, for which there is an index: of many documents each drops its own.
            behind = prefix[:-1] + chr(ord(prefix[-1]) + 1)
            self._file.execute("delete from results where key >= ? and key < ?", (prefix, behind))

    def release(self, key: str) -> None:
        """Give up the claim to a document that is not finished."""
        with self._explained():
            self._release(key)

    def close(self) -> None:
        """Give up all claims, and write everything into the one file."""
        _open_owners.discard(self._owner)
        with closing(self._file):
            if self._is_writable:
                with self._explained():
                    self._file.execute("delete from claims where owner = ?", (self._owner,))

    def _release(self, key: str) -> None:
        self._file.execute("delete from claims where key = ? and owner = ?", (key, self._owner))

    @contextmanager
    def _transaction(self) -> Generator[None]:
        self._file.execute("begin immediate")
        try:
            yield
        except BaseException:
            self._file.execute("rollback")
            raise
        self._file.execute("commit")

    @contextmanager
    def _explained(self) -> Generator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise CheckpointError(
                os.fspath(self.path), f"{error}. Is it a checkpoint, may it be written to, and has the disk room?"
            ) from error
