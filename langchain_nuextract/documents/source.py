"""A document as the rooms hand it on: text, images and pages, in reading order."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self, TypeAlias

from langchain_nuextract.documents.html.conversion import Conversion
from langchain_nuextract.documents.images import LARGEST, url_of
from langchain_nuextract.documents.page import Page


@dataclass(frozen=True, slots=True)
class Markup:
    """The HTML that a text was made from."""

    name: str
    """What the file is called."""
    conversion: Conversion
    offset: int = 0
    """Where in the text the Markdown begins, in code points: in a mail, headers stand before it."""

    @property
    def html(self) -> str:
        """The page, decoded."""
        return self.conversion.html

    def locate(self, start: int, end: int) -> tuple[int, int] | None:
        """Tell where in `html` a range of the text stands; None if none of its words does."""
        return self.conversion.locate(max(0, start - self.offset), max(0, end - self.offset))


@dataclass(frozen=TYPE_CHECKING, slots=True)
class Text:
    """A run of text."""

    text: str
    markup: Markup | None = field(default=None, repr=False, compare=False)
    """What it was made from, if that was HTML."""


@dataclass(frozen=True, slots=True)
class Image:
    """A picture, such as a scanned page.

    Example:
        extract.invoke([Image.of("page-1.png"), Image.of("https://example.com/page-2.png")])
    """

    url: str
    """A `data:` URL, or an http(s) address that the endpoint fetches itself."""
    name: str = field(default="the image", compare=False)
    """What to call it in messages."""

    @classmethod
    def of(cls, given: str | bytes | os.PathLike[str], *, largest: int = LARGEST) -> Self:
        """Take an image from a path, from bytes, or from a `data:` or http(s) URL.

        Args:
            given: Local files are sent along; an http(s) address is passed on to the endpoint and not fetched here.
            largest: Bytes it may have.

        Raises:
            ValueError: It is too large, or not an image that servers take.
            OSError: The file cannot be read.
        """
        return cls(url_of(given, largest=largest))


Part: TypeAlias = Text | Image | Page


@dataclass(frozen=TYPE_CHECKING, slots=True)
class Source:
    """One document to read."""

    parts: tuple[Part, ...]
    warnings: tuple[str, ...] = ()
    """What was noticed when it was read: that its encoding was guessed, or that its name says another kind."""

    @property
    def text(self) -> str:
        """All its text, that of its pages included; evidence counts its offsets in code points of this."""
        return "\n".join([part.text for part in self.parts if not isinstance(part, Image)])

    @property
    def images(self) -> tuple[Image, ...]:
        """All its images but those of its pages, in order."""
        return tuple([part for part in self.parts if isinstance(part, Image)])

    @property
    def pages(self) -> tuple[Page, ...]:
        """All its pages, in order."""
        return tuple([part for part in self.parts if isinstance(part, Page)])

    @property
    def page_alone(self) -> Page | None:
        """Its page, if it is nothing but one."""
        return self.parts[0] if len(self.parts) == 1 and isinstance(self.parts[0], Page) else None

    @property
    def paged(self) -> tuple[tuple[int, Page], ...]:
        """Its pages, each with the offset at which its text begins in `text`."""
        return tuple((offset, part) for offset, part in self._placed() if isinstance(part, Page))

    @property
    def marked_up(self) -> tuple[tuple[int, Markup], ...]:
        """The HTML that its texts were made from, each with the offset at which that text begins in `text`."""
        return tuple((at, part.markup) for at, part in self._placed() if isinstance(part, Text) and part.markup)

    def _placed(self) -> Iterator[tuple[int, Text | Page]]:
        offset = 0
        for part in self.parts:
            if not isinstance(part, Image):
                yield offset, part
                # One more for the line end between parts; see `text`.
                offset += len(part.text) + 1
