"""A document as the rooms hand it on: text and images, in reading order."""

import os
from dataclasses import dataclass
from typing import Self, TypeAlias

from langchain_nuextract.documents.images import LARGEST, url_of


@dataclass(frozen=True, slots=True)
class Text:
    """A run of text."""

    text: str


@dataclass(frozen=True, slots=True)
class Image:
    """A picture, such as a scanned page."""

    url: str
    """A `data:` URL, or an http(s) address that the endpoint fetches itself."""

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


Part: TypeAlias = Text | Image


@dataclass(frozen=True, slots=True)
class Source:
    """One document to read."""

    parts: tuple[Part, ...]

    @property
    def text(self) -> str:
        """All its text; evidence counts its offsets in code points of this."""
        return "\n".join(part.text for part in self.parts if isinstance(part, Text))

    @property
    def images(self) -> tuple[Image, ...]:
        """All its images, in order."""
        return tuple(part for part in self.parts if isinstance(part, Image))
