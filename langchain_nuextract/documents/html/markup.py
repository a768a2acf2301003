"""Markdown within the tree: the writer would escape it, so its signs travel as characters that no page has."""

import re
from typing import Final

from turbohtml import Text

_OFFSET: Final = 0x10F700
"""Where the signs go: the end of the last plane for private use."""
_OUT: Final = {at: at + _OFFSET for at in range(0x21, 0x7F) if not chr(at).isalnum()}
OPEN: Final = chr(_OFFSET + 1)
CLOSE: Final = chr(_OFFSET + 2)
"""Stars that begin and that end an emphasis."""
_BACK: Final = {ord(OPEN): "*", ord(CLOSE): "*", _OFFSET: "", **{there: chr(here) for here, there in _OUT.items()}}
_PIPE: Final = chr(_OUT[ord("|")])
_ROW: Final = re.compile(r"^\|.*", re.MULTILINE)
LOOSE: Final = chr(_OFFSET)
"""The text of a paragraph that ends a list item, for the writer to part items by blank lines; taken out after."""
_LOOSE: Final = re.compile(rf"\n[ >]*\n[ >]*{LOOSE}(?=\n|$)")
_RESERVED: Final = re.compile(f"[{LOOSE}-{chr(_OFFSET + 0x7F)}]")


def raw(markdown: str) -> Text:
    """Make a text that is written as it is."""
    return Text(markdown.translate(_OUT))


def has_raw(text: str) -> bool:
    """Whether a text of the tree has signs of Markdown in it."""
    return _RESERVED.search(text) is not None


def without_reserved(html: str) -> str:
    """Take the characters that stand for signs out of a page, each for U+FFFD."""
    return _RESERVED.sub("\ufffd", html)


def restore_signs(markdown: str) -> str:
    """Put the signs into what the writer made."""
    if not has_raw(markdown):
        return markdown
    markdown = _LOOSE.sub("", markdown)
    # In a row of a table `|` would begin another cell.
    if _PIPE in markdown:
        markdown = _ROW.sub(lambda row: row[0].replace(_PIPE, r"\|"), markdown)
    return markdown.translate(_BACK)
