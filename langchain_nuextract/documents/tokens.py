"""What stands on a page, piece by piece, before it is put in reading order."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple, TypeAlias

from langchain_nuextract.documents.page import Rectangle, union

HYPHEN: Final = "\x02"
"""What pdfium gives for a hyphen at which a word is broken; it gives no line end then."""


class PageToken(NamedTuple):
    """Characters on the page that stand together: a word, blanks, or a hyphen at which a word is broken."""

    text: str
    box: Rectangle | None
    """None of blanks."""
    line: int
    """Tokens of one line have the same number."""
    at: int = -1
    """Where it begins in the file's own text, for `Spread`."""


Spread: TypeAlias = Callable[[PageToken], Sequence[Rectangle | None]]
"""Gives each character of a token its box."""


class PageTokens(NamedTuple):
    """What is on a page."""

    shown: Iterable[PageToken]
    """In the order in which the file has it."""
    filled: Iterable[PageToken] = ()
    """What was filled into forms."""
    hidden: Iterable[PageToken] = ()
    """What nobody can see."""


def extent(tokens: Iterable[PageToken]) -> Rectangle:
    """Give the box around tokens, of which one must have a box."""
    return union([box for _, box, *_ in tokens if box])
