"""A document as the rooms hand it on: text and images, in reading order."""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Text:
    """A run of text."""

    text: str


@dataclass(frozen=True, slots=True)
class Image:
    """A picture, such as a scanned page."""

    url: str
    """A `data:` URL, or an http(s) address that the endpoint fetches itself."""


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
