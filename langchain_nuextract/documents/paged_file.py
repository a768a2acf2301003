"""The bytes of a file that has pages."""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Self

from langchain_nuextract.documents.options import DEFAULT, PageOptions
from langchain_nuextract.documents.page import Page, Words


@dataclass(frozen=True, slots=True)
class PagedFile(ABC):
    """The bytes of a file that has pages, counted from 1, and how to read it."""

    name: str
    """What to call it in messages: `claim.pdf`."""
    digest: str
    """SHA-256 of its bytes, which stand for them in comparisons."""
    content: bytes = field(repr=False, compare=False)
    options: PageOptions = DEFAULT

    @classmethod
    def of(cls, content: bytes, name: str, options: PageOptions = DEFAULT) -> Self:
        """Take the bytes of a file."""
        return cls(name, hashlib.sha256(content).hexdigest(), content, options)

    def pages(self) -> Iterator[Page]:
        """Read the words of the pages that the options choose, one page after the other.

        Raises:
            UnreadableDocument: The file cannot be opened, or does not have the pages that were asked for.
        """
        total = self.count()
        for number in self.options.select(total, self.name):
            yield Page.of(number, self, total)

    @abstractmethod
    def count(self) -> int:
        """Count all its pages."""

    @abstractmethod
    def label(self, number: int) -> str:
        """Tell what a page is called in the document itself; its number if it has no name."""

    @abstractmethod
    def words(self, number: int, *, boxed: bool = True) -> Words:
        """Give the words of a page; with a box for each character if that is asked for."""

    @abstractmethod
    def picture(self, number: int, *, max_pixels: int) -> str:
        """Give a page as the URL of an image."""
