"""The files that a command is to read, and how to read them."""

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import Final, get_args

from langchain_core.documents.base import Blob

from langchain_nuextract.documents.options import DEFAULT, PageOptions, Use

_STANDARD_INPUT: Final = "standard input"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say how files are chosen."""
    parser.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="PDFs, images, mails, HTML, office files, text files, or folders of them; - for standard input",
    )
    parser.add_argument("--recursive", action="store_true", help="read the folders within folders, too")
    parser.add_argument(
        "--include", action="append", default=[], metavar="GLOB", help='of folders, only files of such names: "*.pdf"'
    )


def add_page_arguments(whole: argparse.ArgumentParser) -> None:
    """Say how files are read."""
    parser = whole.add_argument_group("how files are read")
    parser.add_argument("--pages", default=DEFAULT.pages, metavar="PAGES", help='which of each document: "1-3,7", "2-"')
    parser.add_argument(
        "--max-pages",
        type=int,
        metavar="N",
        default=DEFAULT.max_pages,
        help="refuse documents of more pages (%(default)s)",
    )
    parser.add_argument(
        "--max-bytes",
        type=int,
        metavar="N",
        default=DEFAULT.max_bytes,
        help="refuse files of more bytes (%(default)s)",
    )
    parser.add_argument("--max-pixels", type=int, metavar="N", help="pixels of a rendered page at the most")
    parser.add_argument("--password", help="opens encrypted files")
    parser.add_argument(
        "--use", choices=get_args(Use), default=DEFAULT.use, help="what of a page the model is given (%(default)s)"
    )
    parser.add_argument("--ocr", action="store_true", help="read the words of scans and photos, to find values in them")
    parser.add_argument("--attachments", action="store_true", help="read the attachments of mails, too")
    parser.add_argument("--isolate", action="store_true", help="read PDFs in processes of their own")


def page_options(options: argparse.Namespace) -> PageOptions:
    """Say how to read what has pages.

    Raises:
        ValueError: One of the options cannot be.
    """
    return PageOptions(
        pages=options.pages,
        max_pages=options.max_pages,
        max_bytes=options.max_bytes,
        max_pixels=options.max_pixels,
        password=options.password,
        use=options.use,
        ocr=options.ocr,
        attachments=options.attachments,
        isolate=options.isolate,
    )


def standard_input(options: PageOptions) -> Blob:
    """Read standard input as the bytes that it is: nobody knows yet whether they are text, and in which encoding.

    Raises:
        TooLarge: It has more bytes than a file may have.
    """
    # One byte more than is allowed tells that there are too many, without reading all of them.
    content = sys.stdin.buffer.read(options.max_bytes + 1)
    options.check_size(len(content), _STANDARD_INPUT)
    return Blob.from_data(content, path=_STANDARD_INPUT)


def check_once(names: Sequence[str]) -> None:
    """Refuse to read standard input twice: the second time nothing is left of it.

    Raises:
        ValueError: It is named more than once.
    """
    if names.count("-") > 1:
        raise ValueError("- is standard input, which can be read once: name it once")


def expand(names: Sequence[str], *, recursive: bool, include: Iterable[str]) -> list[str]:
    """Give the files that are named, those of folders in the order of their names; hidden ones are left out.

    Raises:
        ValueError: A folder has no such file, or standard input is named twice.
    """
    check_once(names)
    wanted = [*include] or ["*"]
    return [file for name in names for file in _files(name, recursive, wanted)]


def _files(name: str, recursive: bool, wanted: list[str]) -> Iterator[str]:  # noqa: FBT001  # from one place
    folder = Path(name)
    if name == "-" or not folder.is_dir():
        yield name
        return
    inside = sorted(folder.rglob("*") if recursive else folder.iterdir())
    files = [
        str(path)
        for path in inside
        if path.is_file()
        # `.git`, `.DS_Store`: nobody means these by naming a folder.
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
        and any(fnmatch(path.name, pattern) for pattern in wanted)
    ]
    if not files:
        named = "" if wanted == ["*"] else f" that is named {' or '.join(wanted)}"
        deeper = any(path.is_dir() for path in inside) and not recursive
        hint = " itself. Add --recursive for those in its folders" if deeper else ""
        raise ValueError(f"{name}: there is no file{named} in this folder{hint}")
    yield from files
