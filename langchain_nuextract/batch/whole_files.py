"""Files that are whole or not there: written aside, flushed to the disk, and renamed when they are finished."""

import os
from io import BufferedWriter, FileIO
from pathlib import Path
from types import TracebackType
from typing import Final

from typing_extensions import Buffer

UNFINISHED: Final = ".unfinished"
"""What the name of a file ends with until it is finished."""


def check_folder(path: Path) -> None:
    """Refuse to write a file where there is no folder, or in the place of one.

    Raises:
        FileNotFoundError: There is none; it says which one is to be made.
        IsADirectoryError: There is a folder by the name of the file.
    """
    if not path.parent.is_dir():
        raise FileNotFoundError(f"{path}: the folder {str(path.parent)!r} does not exist. Make it first")
    if path.is_dir():
        raise IsADirectoryError(f"{path}: this is a folder. Name a file in it")


class Aside:
    """An open file beside the one that it will be; to be finished, or discarded.

    with Aside(path) as file:
        file.write(b"…")        # there is no file at the path before the end of the block, nor after an error
    """

    def __init__(self, path: Path) -> None:
        check_folder(path)
        self._path = path
        self._unfinished = path.with_name(path.name + UNFINISHED)
        self._raw = _Named(self._unfinished, path)
        self.file = BufferedWriter(self._raw)

    def __enter__(self) -> "BufferedWriter[_Named]":
        return self.file

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error:
            self.discard()
        else:
            self.finish()

    def finish(self) -> None:
        """Give the file its name."""
        self.file.flush()
        os.fsync(self.file.fileno())
        self.file.close()
        self._unfinished.replace(self._path)
        # Else the disk may have the file after a power cut, and not its name.
        if os.name == "posix":
            folder = os.open(self._path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def discard(self) -> None:
        """Remove it."""
        # Closing writes what is still in memory, which a full disk refuses once more.
        self._raw.close()
        self._unfinished.unlink(missing_ok=True)


class _Named(FileIO):
    """An open file whose errors name it: those of a full disk name none."""

    def __init__(self, unfinished: Path, path: Path) -> None:
        super().__init__(unfinished, "wb")
        self._path = path

    def write(self, data: Buffer, /) -> int:
        try:
            return super().write(data)
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(self._path)) from error
