"""What commands print: values to stdout, whatever its encoding, and words for the person at the terminal to stderr."""

import json
import sys
from io import UnsupportedOperation
from typing import TextIO

from pydantic_core import to_jsonable_python

from langchain_nuextract.engine.result import Extraction
from langchain_nuextract.paths import JSON


def say(line: str) -> None:
    """Print a line for the person at the terminal."""
    print(_escaped(line, sys.stderr), file=sys.stderr, flush=True)  # noqa: T201


def write(text: str) -> None:
    """Print a line of output; what stdout's encoding lacks is written as an escape."""
    write_text(f"{text}\n")


def write_text(text: str) -> None:
    """Print text that has its line ends, such as lines of CSV; what stdout's encoding lacks is written as an escape."""
    _print(_escaped(text, sys.stdout).replace("\r\n", "\n"))


def write_json(value: JSON, *, indent: int | None = None) -> None:
    """Print JSON; if stdout's encoding lacks a character of it, as JSON that is ASCII alone."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    try:
        # A terminal of Windows may lack half of Unicode; JSON can say all of it in ASCII.
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        text = json.dumps(value, indent=indent)
    _print(f"{text}\n")


def _escaped(text: str, stream: TextIO) -> str:
    encoding = stream.encoding or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)


def _print(text: str) -> None:
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except UnsupportedOperation:
        raise
    except OSError as error:
        # "No space left on device" alone does not say where. Of a pipe that was closed it stays a BrokenPipeError.
        raise OSError(error.errno, error.strerror, "standard output") from error


def count(number: int, thing: str) -> str:
    """Say how many: "1 row", "2 rows"."""
    return f"{number} {thing}{'' if number == 1 else 's'}"


def json_of(extraction: Extraction[object]) -> JSON:
    """Give an extraction's object as JSON: as its own type writes it, or, if that fails, as the model's answer had it.

    A serializer of the user's that fails must not end a run over many documents.
    """
    try:
        return to_jsonable_python(extraction.value, by_alias=True, inf_nan_mode="strings", serialize_unknown=True)
    except Exception as error:  # noqa: BLE001  # the user's own code may raise anything
        say(f"nuextract: {type(extraction.value).__name__} cannot be written as JSON, its answer is: {error}")
        return extraction.json
