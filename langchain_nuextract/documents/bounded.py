"""Files read within a limit: by the bytes that are read, for what the file system says of a size need not be so."""

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Final

from langchain_nuextract.documents.encodings import fits, marked
from langchain_nuextract.errors import BrokenDocument, TooLarge, WrongKind

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


def read_text(path: str | os.PathLike[str], largest: int) -> str:
    """Read a text file that is no document, such as a schema: in UTF-8, or in UTF-16, as some editors write it.

    Raises:
        OSError: It cannot be read.
        TooLarge: It has more than `largest` bytes.
        WrongKind: It is a folder, a pipe or a device.
        BrokenDocument: It is in another encoding.
    """
    name = str(path)

    def check(size: int) -> None:
        if size > largest:
            raise TooLarge(name, f"it has more than {largest >> 20} MiB: is it the file that was meant?")

    content = read_bounded(path, largest, check)
    encoding = next((each for each in (marked(content), "utf-8") if each and fits(content, each)), None)
    if encoding is None:
        raise BrokenDocument(name, "it is neither in UTF-8 nor in UTF-16. Save it as UTF-8.")
    return content.decode(encoding)
