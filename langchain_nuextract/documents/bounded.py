"""Files read within a limit: by the bytes that are read, for what the file system says of a size need not be so."""

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Final

from langchain_nuextract.errors import WrongKind

_AT_ONCE: Final = getattr(os, "O_NONBLOCK", 0)
"""Opening a pipe that nobody writes to would wait for ever."""


def read_bounded(path: str | os.PathLike[str], largest: int, check: Callable[[int], object]) -> bytes:
    """Read a file of no more than so many bytes.

    Args:
        path: A regular file, or a link to one.
        largest: Bytes it may have.
        check: Raises if it is given a size that is larger; called with the size as the file system and as the read
            bytes tell it.

    Raises:
        OSError: It cannot be read.
        WrongKind: It is a folder, or a pipe or a device, which may never end or never begin.
    """
    name = Path(path).name
    opened = os.open(path, os.O_RDONLY | _AT_ONCE | getattr(os, "O_BINARY", 0))
    told = os.fstat(opened)
    if stat.S_ISDIR(told.st_mode):
        os.close(opened)
        raise WrongKind(name, "it is a folder, and no file. Give its files one by one, to batch or extract_many.")
    with os.fdopen(opened, "rb") as file:
        if not stat.S_ISREG(told.st_mode):
            raise WrongKind(name, "it is a pipe or a device, and no file. Read it, and give the bytes as a Blob.")
        check(told.st_size)
        content = file.read(largest + 1)
        check(len(content))
    return content
