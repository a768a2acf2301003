"""What comes out of reading pages or HTML, with what was noticed."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

from langchain_nuextract.dialects.messages import Usage
from langchain_nuextract.documents.html import Conversion, source_text, visible_text
from langchain_nuextract.metrics import UngroundedTokens, coverage, prose, ungrounded_token_rate

_NONE: Final = Usage()


@dataclass(frozen=True, slots=True)
class WrittenMarkdown:
    """What a model wrote of one page or piece of HTML."""

    markdown: str
    finish_reason: str | None
    """`stop`; `length` where it was cut off for good; `repetition` where it ran in circles."""
    is_complete: bool
    """Whether it is the whole answer. What stands before a loop or a cut is kept, and is not."""
    loops: int = 0
    """Times that the model ran in circles and was stopped."""
    calls: int = 1
    usage: Usage = _NONE


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture on a page, as the model describes it: its words, not the document's."""

    id: str
    """The target by which the Markdown shows it: `img_1.png`."""
    description: str
    """The model's words for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageMarkdown:
    """One page as Markdown."""

    number: int
    """Counted from 1."""
    total: int = 0
    """How many pages its file has, those that were not read included."""
    markdown: str
    """Pictures stand in it as `![](img_1.png)`, without their descriptions."""
    figures: tuple[Figure, ...] = ()
    """The pictures that the model described."""
    finish_reason: str | None = None
    """Why the model stopped, as the server says."""
    is_complete: bool = True
    """Whether the model came to the page's end."""
    loops: int = 0
    """Times that the model ran in circles and was stopped."""
    calls: int = 1
    """Requests that it took."""
    usage: Usage = _NONE
    """Tokens that it took."""
    ter: UngroundedTokens | None = None
    """Share of its words that the page's text layer does not have; None where there is none."""
    warnings: tuple[str, ...] = ()
    """What was noticed."""


@dataclass(frozen=True, slots=True)
class PageReading:
    """A document's pages as Markdown."""

    pages: tuple[PageMarkdown, ...]
    """In their order."""
    warnings: tuple[str, ...] = ()
    """What was noticed, each with its page."""

    @property
    def markdown(self) -> str:
        """All pages, parted by blank lines."""
        return "\n\n".join(page.markdown for page in self.pages if page.markdown)

    @property
    def usage(self) -> Usage:
        """Tokens of all calls."""
        return sum((page.usage for page in self.pages), Usage())


@dataclass(frozen=True, slots=True, kw_only=True)
class HTMLPiece:
    """One piece of a page of HTML that a model was given."""

    html: str
    markdown: str
    by: str
    """`model`, or `rules` where the model's answer could not be used."""
    reason: str = ""
    """Why the rules had to do it."""
    finish_reason: str | None = None
    calls: int = 0
    usage: Usage = _NONE


@dataclass(frozen=True, kw_only=True)
class HTMLReading(Conversion):
    """HTML as Markdown, by rules or by a model."""

    pieces: tuple[HTMLPiece, ...] = ()
    """What a model was given, in order; empty where rules did it all."""

    @cached_property
    def ter(self) -> UngroundedTokens | None:
        """Share of the Markdown's words that the page does not have; None of an empty Markdown.

        A word of the page is one of its text, or of the attributes that people or links see; scripts and comments do
        not count.
        """
        return ungrounded_token_rate(prose(self.markdown), source_text(self.html))

    @cached_property
    def coverage(self) -> float:
        """Share of the words of the page's text that the Markdown has."""
        return coverage(prose(self.markdown), visible_text(self.html))

    @property
    def usage(self) -> Usage:
        """Tokens of all calls."""
        return sum((piece.usage for piece in self.pieces), Usage())
