"""Words and their places, in the HTML and in the Markdown made from it."""

from typing import NamedTuple


class SourceWord(NamedTuple):
    """A word in the text of a page."""

    folded: str
    """In lower case, in one form for each character."""
    start: int
    """Where it begins in the HTML, in code points; references such as `&eacute;` count as they are written."""
    end: int


class SourceSpan(NamedTuple):
    """A word of the Markdown and its place in the HTML, in code points."""

    start: int
    end: int
    html_start: int
    html_end: int
