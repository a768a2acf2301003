"""Few-shot examples out of a file."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from langchain_nuextract.dialects.messages import Example
from langchain_nuextract.documents.bounded import read_text
from langchain_nuextract.documents.options import DEFAULT
from langchain_nuextract.paths import JSON, fields, items

EXAMPLES_HELP: Final = (
    'a file of examples: JSON lines, or a JSON list, of {"input": TEXT, "output": {…}}; '
    '"file": PATH instead of "input" for one in a file, from where this one is'
)
_KEYS: Final = ({"input", "output"}, {"file", "output"})


def read_examples(path: Path) -> tuple[Example, ...]:
    """Read examples.

    Raises:
        ValueError: A line is no example; the error says which one.
        OSError: The file cannot be read.
    """
    return tuple(_example(record, where, path.parent) for where, record in _records(path))


def _records(path: Path) -> Iterator[tuple[str, JSON]]:
    text = read_text(path, DEFAULT.max_bytes)
    # A list spans lines; without its bracket each line is an example of its own.
    if text.lstrip().startswith("["):
        for number, record in enumerate(items(_parsed(text, str(path))), start=1):
            yield f"{path} example {number}", record
        return
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            where = f"{path} line {number}"
            yield where, _parsed(line, where)


def _parsed(text: str, where: str) -> JSON:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{where}: no JSON ({error}). Expected {EXAMPLES_HELP}") from error


def _example(record: JSON, where: str, folder: Path) -> Example:
    found = fields(record)
    if set(found) not in _KEYS:
        has = ", ".join(map(repr, found)) or "none"
        raise ValueError(f"{where}: its keys are {has}. Expected {EXAMPLES_HELP}")
    document = folder / str(found["file"]) if "file" in found else found["input"]
    return Example(document, found["output"])
