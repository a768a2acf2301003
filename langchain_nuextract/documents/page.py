"""A file that has pages, and a page: its words, each with a box, and a picture of it on demand."""

import hashlib
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Annotated, Final, Literal, Self, TypeAlias

from pydantic import GetPydanticSchema
from pydantic_core.core_schema import any_schema

from langchain_nuextract.documents.options import DEFAULT, PageOptions

Rectangle: TypeAlias = tuple[float, float, float, float]
"""Left, top, right and bottom as fractions of the visible page, from its upper left corner."""

WordSource: TypeAlias = Literal["text layer", "hidden text", "ocr"]
"""Where words come from: the document itself; the document, but nobody sees them on the page; or a reading of its
image."""

_FEWEST_LETTERS: Final = 20
"""Letters below which a text is taken for a stamp on a scan."""
_GARBLED: Final = re.compile("[\x00-\x08\x0b-\x1f\ue000-\uf8ff\ufffd-\uffff]")
"""Characters that stand for ones that nobody knows: private use, control, or the mark of replacement."""


@dataclass(frozen=True, slots=True)
class Words:
    """The text of a page with a box for each character."""

    text: str
    """What can be seen on the page, then on lines of their own what cannot."""
    boxes: Sequence[Rectangle | None] = ()
    """One for each code point; None for blanks and line ends. None at all where they were not asked for."""
    lines: Sequence[int] = ()
    """The line on the page that each code point stands on. A word that is broken has two."""
    visible: int = 0
    """How many code points can be seen on the page."""
    origin: WordSource = "text layer"
    is_scan: bool = False
    """Whether the page is one picture, over which the text may have been laid."""
    is_blank: bool = False
    """Whether nothing at all is on the page."""

    def at(self, start: int, end: int) -> tuple[Rectangle, ...]:
        """Give the boxes of a range of code points, one for each line."""
        placed = [(line, box) for line, box in zip(self.lines[start:end], self.boxes[start:end], strict=True) if box]
        return tuple(union([box for _, box in group]) for _, group in groupby(placed, key=lambda each: each[0]))

    @property
    def is_readable(self) -> bool:
        """Whether the text says what the page says: not garbled, and more than a stamp on a picture."""
        letters = sum(map(str.isalnum, self.text[: self.visible]))
        garbled = len(_GARBLED.findall(self.text, 0, self.visible))
        fewest = _FEWEST_LETTERS if self.is_scan and self.origin == "text layer" else 1
        return letters >= fewest and garbled * 20 <= letters


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

    def pages(self) -> Iterator["Page"]:
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

    def label(self, number: int) -> str:
        """Tell what a page is called in the document itself; its number if it has no name."""
        return str(number)

    @abstractmethod
    def words(self, number: int, *, boxed: bool = True) -> Words:
        """Give the words of a page; with a box for each character if that is asked for."""

    @abstractmethod
    def picture(self, number: int, *, max_pixels: int) -> str:
        """Give a page as the URL of an image."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a file."""

    number: int
    """Counted from 1."""
    # Pydantic could not describe a file, and LangChain has it do so to draw a graph with an extractor in it.
    file: Annotated[PagedFile, GetPydanticSchema(lambda _source, _handler: any_schema())]
    """What it is a page of; asked for boxes and pictures when they are needed, so that none are held."""
    text: str = field(default="", repr=False)
    """What `Words` has: what can be seen, then what cannot."""
    visible: int = field(default=0, repr=False)
    """How many code points of it can be seen."""
    readable: bool = field(default=False, repr=False)
    """Whether its text says what the page says."""
    blank: bool = False
    """Whether nothing at all is on it."""
    total: int = 0
    """How many pages its file has, those that are not read included; 0 if nobody has counted."""

    @classmethod
    def of(cls, number: int, file: PagedFile, total: int = 0) -> "Page":
        """Read the words of a page."""
        words = file.words(number, boxed=False)
        return cls(number, file, words.text, words.visible, words.is_readable, words.is_blank, total)

    @property
    def visible_text(self) -> str:
        """What can be seen on the page: this is what a model is given to read."""
        return self.text[: self.visible]

    @property
    def words(self) -> Words:
        """Its words with their boxes."""
        return self.file.words(self.number)

    @property
    def file_name(self) -> str:
        """What its file is called."""
        return self.file.name

    @property
    def name(self) -> str:
        """What to call it in a message: `claim.pdf page 3`."""
        return f"{self.file.name} page {self.number}"

    def boxes(self, start: int, end: int) -> tuple[tuple[Rectangle, ...], WordSource]:
        """Tell where a range of its text stands, one box for each line, and where those words come from."""
        words = self.words
        return words.at(start, end), "hidden text" if start >= words.visible else words.origin


def union(boxes: Sequence[Rectangle]) -> Rectangle:
    """Give the smallest box that holds some others, one at least."""
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)
