"""The text in a Markdown document."""

import html
import re
from typing import Final

# A bracket that is escaped ends no link: the page itself says `[x](y.html)`, which is written `\[x\](y.html)`.
NOT_PROSE: Final = re.compile(
    r"(?<!\\)\]\((?:<[^<>\n]*>|[^\s()<>]*(?:\([^\s()<>]*\)[^\s()<>]*)*)"  # the target of a link
    r"|(?<!\\)</?[a-zA-Z][^<>]*>"
)
"""What is in Markdown and in no text: targets of links, and tags."""
_ESCAPE: Final = re.compile(r"\\([!-/:-@\[-`{-~])")


def prose(markdown: str) -> str:
    """Take the text out of Markdown: no targets of links, no tags, no escapes, entities decoded.

    Example:
        >>> prose("fees <b>1 &lt; 2</b>")
        'fees  1 < 2 '
    """
    return html.unescape(_ESCAPE.sub(r"\1", NOT_PROSE.sub(" ", markdown)))
