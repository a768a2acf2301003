"""The file of a checkpoint: made where there is none, and opened where it is ours; only to be read where it must be."""

import errno
import os
import re
import sqlite3
import stat
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import quote

from langchain_nuextract.errors import CheckpointError

_FORMAT: Final = 0x4E75_0001
"""SQLite's `user_version` of our files; the last digits count the versions of their form."""
_LOCK_SECONDS: Final = 60.0
"""How long to wait for another process that is writing."""
_TABLES: Final = """
create table if not exists results (
    key text primary key,
    value text,
    error text,
    replies text not null
);
create table if not exists claims (
    key text primary key,
    owner text not null,
    machine text not null,
    process integer not null,
    started text not null,
    expires real not null
);
"""
_NETWORK_FILE_SYSTEMS: Final = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "lustre", "beegfs", "gpfs", "ocfs2"}
    | {"fuse.sshfs", "fuse.glusterfs", "fuse.ceph", "fuse.s3fs", "fuse.gcsfuse", "fuse.juicefs", "fuse.rclone"}
)


def open_checkpoint(path: Path) -> tuple[sqlite3.Connection, bool]:
    """Open a checkpoint, and make it if it is not there.

    Returns:
        The connection, and whether it may be written to; else what is finished can be had from it.

    Raises:
        CheckpointError: It is another kind of database, or is to be made where nothing may be written.
        OSError: It cannot be opened.
        sqlite3.Error: The same, as SQLite says it.
    """
    try:
        # Private data: SQLite gives the log beside it the same permissions.
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, stat.S_IRUSR | stat.S_IWUSR))
        return _prepared(path), True
    except (OSError, sqlite3.OperationalError) as error:
        if isinstance(error, sqlite3.OperationalError):
            is_read_only = error.sqlite_errorcode & 0xFF in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN}
        else:
            is_read_only = isinstance(error, PermissionError) or error.errno == errno.EROFS
        if not is_read_only or not path.exists():
            raise
    # A file with a log cannot be opened where no log can be written, unless SQLite is told that nobody writes.
    with _connected(f"file:{quote(str(path))}?mode=ro&immutable=1", uri=True) as file:
        if _version_of(file) != _FORMAT:
            raise CheckpointError(str(path), "it is no checkpoint, and cannot be written to")
    return file, False


@contextmanager
def _connected(name: str, *, uri: bool = False) -> Generator[sqlite3.Connection]:
    """Open a database, which stays open unless it turns out to be of no use."""
    # Each statement is a transaction of its own, unless one is begun. One thread at a time uses it, not always one.
    file = sqlite3.connect(name, timeout=_LOCK_SECONDS, isolation_level=None, uri=uri, check_same_thread=False)
    try:
        file.execute("pragma synchronous = normal")
        yield file
    except BaseException:
        file.close()
        raise


def _version_of(file: sqlite3.Connection) -> int:
    return file.execute("pragma user_version").fetchone()[0]


def _prepared(path: Path) -> sqlite3.Connection:
    """Make the tables where there are none, in one transaction, so that nobody sees half of them."""
    with _connected(str(path)) as file:
        # A file of ours lacks its claims where a program of before there were any has made it.
        has_claims = file.execute("select 1 from sqlite_master where name = 'claims'").fetchone()
        if _version_of(file) != _FORMAT or not has_claims:
            file.execute("begin immediate")
            _check_is_ours(file, path)
            for statement in _TABLES.split(";"):
                file.execute(statement)
            file.execute(f"pragma user_version = {_FORMAT}")
            file.execute("commit")
        _write_ahead(file)
    return file


def _check_is_ours(file: sqlite3.Connection, path: Path) -> None:
    version = _version_of(file)
    (tables,) = file.execute("select count(*) from sqlite_master").fetchone()
    # An empty file has the version 0, and may become a checkpoint.
    if version != _FORMAT and (version or tables):
        raise CheckpointError(str(path), "it is a database of another program or version. Name another file")


def _write_ahead(file: sqlite3.Connection) -> None:
    """Switch to a write-ahead log, for which SQLite does not wait by itself while others have the file open."""
    until = time.monotonic() + _LOCK_SECONDS
    while True:
        try:
            file.execute("pragma journal_mode = wal")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF not in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
                raise
            if time.monotonic() > until:
                raise
            time.sleep(0.01)
        else:
            return


def network_file_system(path: Path, mounts: Path = Path("/proc/self/mounts")) -> str:
    """Name the kind of the network file system that a file would lie on; empty for a local or an unknown one."""
    try:
        lines = mounts.read_text("utf-8", "replace").splitlines()
    except OSError:
        return ""
    folder = path.resolve().parent
    best, kind = Path("/"), ""
    for line in lines:
        _, point, file_system, *_ = line.split(" ")
        # Blanks and backslashes are in octal digits: `/mnt/my\040share`.
        mounted = Path(re.sub(r"\\([0-7]{3})", lambda digits: chr(int(digits[1], 8)), point))
        if folder.is_relative_to(mounted) and len(mounted.parts) >= len(best.parts):
            best, kind = mounted, file_system
    return kind if kind in _NETWORK_FILE_SYSTEMS else ""
