"""How a model that is held to a grammar writes a text: patterns that every grammar engine reads the same.

Inside a pattern, engines differ in what a quotation mark or a backslash is, and whether it need match from the first
letter to the last. So there is nothing here but plain characters, sets of them and repeats, anchored at both ends.
"""

import re
from typing import Final

from langchain_nuextract.paths import JSON

_CHARACTERS: Final = r"A-Za-z0-9_ /:,#@%&-"
_TIMES: Final = r"(?:[?*+]|\{\d{1,2}(?:,\d{0,2})?\})?"
"""A group cannot have a number of times: nested, they would be a grammar of millions of states."""
_PLAIN: Final = re.compile(
    rf"\^(?:(?:[{_CHARACTERS}]|\\[-d./+]|\[[{_CHARACTERS}.+]+\]){_TIMES}|\((?:\?:)?|\)[?*+]?)+\$", re.ASCII
)


def portable_pattern(pattern: JSON) -> str:
    """Give a pattern of the user's schema as every grammar engine reads it; empty if there is no such form."""
    if not isinstance(pattern, str) or not _PLAIN.fullmatch(pattern):
        return ""
    try:
        re.compile(pattern)
    except re.error:
        return ""
    return pattern.replace(r"\d", "[0-9]").replace("(?:", "(").replace(r"\-", "-").replace(r"\/", "/")
