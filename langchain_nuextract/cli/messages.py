"""Errors as a command tells them: in one line, with the names of flags where Python's arguments are named."""

import re
from collections import Counter
from collections.abc import Mapping
from typing import Final

from pydantic import ValidationError

from langchain_nuextract.errors import UnreadableDocument

FLAGS: Final[Mapping[str, str]] = {
    "base_url or NUEXTRACT_BASE_URL": "--base-url or NUEXTRACT_BASE_URL",
    "model or NUEXTRACT_MODEL": "--model or NUEXTRACT_MODEL",
    "Pass a key that it accepts as api_key, or set NUEXTRACT_API_KEY to it": "Set NUEXTRACT_API_KEY to a valid key",
    "pass credentials by api_key or default_headers": "set NUEXTRACT_API_KEY",
    "base_url": "--base-url",
    "Raise max_tokens": "Raise --max-tokens",
    "Lower max_tokens": "Lower --max-tokens",
    "Raise `timeout`": "Raise --timeout",
    "lower the concurrency": "lower --concurrency",
    "max_concurrency": "--concurrency",
    "give each its own by name=…": "give each its own by --name",
    "missing='zero' counts": "--missing zero counts",
    "missing='skip' leaves": "--missing skip leaves",
    "Give its files one by one, to batch or extract_many": "Name a file in it",
    "Read it, and give the bytes as a Blob": "Write it to a file, or pipe it to -",
    "`extract.long()` does": "--long does",
    "dialect= with": "--dialect with",
    "explode: the schema": "--explode: the schema",
    "above 0, a pair of them for connecting and for the rest, an httpx2.Timeout, or None for no limit": "above 0",
    'use="text"': "--use text",
    'PageOptions(pages="1-10")': "--pages 1-10",
    "PageOptions.max_pages": "--max-pages",
    "PageOptions.max_bytes": "--max-bytes",
    "PageOptions(password=…)": "--password",
    "password in PageOptions": "--password",
}
"""What messages name, and what a command has for it; a longer phrase stands before those that it contains."""
_ARGUMENT: Final = re.compile("|".join(map(re.escape, FLAGS)))
_BREAK: Final = re.compile(r":?\s*\n\s*")
_FURTHER: Final = re.compile(r"\s*For further information visit \S+")
_SETTING: Final = re.compile(r"^[a-z]\w+(?= must be )")


def in_flags(message: str) -> str:
    """Name flags where a message names arguments of Python.

    >>> in_flags("no endpoint is set: name its address by base_url or NUEXTRACT_BASE_URL")
    'no endpoint is set: name its address by --base-url or NUEXTRACT_BASE_URL'
    """
    named = _ARGUMENT.sub(lambda found: FLAGS[found[0]], message)
    return _SETTING.sub(lambda found: f"--{found[0].replace('_', '-')}", named)


def reason_of(error: Exception, name: str = "") -> str:
    """Say in one line what went wrong, in flags.

    Args:
        error: The error.
        name: The file that it is told of, which is not named again.
    """
    match error:
        case ValidationError():
            reason = "; ".join(each["msg"].removeprefix("Value error, ") for each in error.errors())
        case UnreadableDocument() if name:
            reason = f"page {error.page}: {error.reason}" if error.page else error.reason
        case OSError() if error.strerror:
            reason = error.strerror if name or not error.filename else f"{error.filename}: {error.strerror}"
        case _:
            # Notes say where: "in the output of example 2".
            reason = "; ".join([str(error) or type(error).__name__, *getattr(error, "__notes__", ())])
    return in_flags(_BREAK.sub("; ", _FURTHER.sub("", reason)))


def failure(name: str, error: Exception) -> str:
    """Say in one line why a file failed, naming the file once."""
    return f"{'standard input' if name == '-' else name}: {reason_of(error, name)}"


def failures(errors: Counter[str], total: int) -> str:
    """Say in one line how many files failed, and of what: "7 of 10 failed: 4 EmptyDocument, 3 ReplyTimeout"."""
    kinds = ", ".join(f"{count} {kind}" for kind, count in errors.most_common())
    return f"{errors.total()} of {total} failed: {kinds}"
