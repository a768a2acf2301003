"""Where the values of a text in valid JSON stand."""

import json
import re
from typing import Final

from langchain_nuextract.parsing.json.nodes import Stretch
from langchain_nuextract.paths import Path

_LEXEME: Final = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{},]|[^\s\[\]{},:"]+')


def scalar_stretches(text: str) -> dict[Path, Stretch]:
    """Find each scalar of a text in valid JSON, quotes included, by its path; the time is linear in the text."""
    found: dict[Path, Stretch] = {}
    path: list[str | int] = []
    at_key = False
    for match in _LEXEME.finditer(text):
        lexeme = match[0]
        if lexeme in "{[":
            at_key = lexeme == "{"
            path.append("" if at_key else 0)
        elif lexeme in "}]":
            path.pop()
        elif lexeme == ",":
            at_key = isinstance(path[-1], str)
            path[-1] = path[-1] if isinstance(path[-1], str) else path[-1] + 1
        elif at_key:
            path[-1], at_key = json.loads(lexeme) if "\\" in lexeme else lexeme[1:-1], False
        else:
            found[tuple(path)] = match.span()
    return found
