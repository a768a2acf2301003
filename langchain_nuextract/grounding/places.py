"""Where on a page a value stands."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple, Protocol, TypeAlias

PlaceSource: TypeAlias = Literal["text layer", "hidden text", "ocr", "image"]
"""How a place is known:

- `text layer`: the document's own words stand there
- `hidden text`: the document's own words, but nobody can see them on the page
- `ocr`: words that were read from the page's image, which may be wrong
- `image`: the model was shown this page alone; where on it is not known
"""


class Box(NamedTuple):
    """A part of a page, in fractions of what is visible of it, from its upper left corner."""

    left: float
    """From 0 to 1, as the others."""
    top: float
    """Smaller than `bottom`."""
    right: float
    """Larger than `left`."""
    bottom: float
    """1 at the lower edge."""


class Place(NamedTuple):
    """A place on a page."""

    page: int
    """Counted from 1."""
    boxes: tuple[Box, ...]
    """One for each line; none if only the page is known."""
    source: PlaceSource
    """`text layer` if the words are the document's own, `hidden text` if nobody sees them, `ocr` if they were read."""
    file: str = ""
    """Which file the page is of, where a document has several."""


class HTMLPlace(NamedTuple):
    """A place in the HTML that a text was made from: the same words there."""

    start: int
    """In code points of the HTML, decoded; references such as `&eacute;` count as they are written."""
    end: int
    """Behind its last code point."""
    quotation: str
    """The HTML from `start` to `end`, unchanged: tags and references are in it."""
    file: str
    """Which file the HTML is of."""


class TextOfHTML(Protocol):
    """A text that was made from HTML."""

    @property
    def name(self) -> str:
        """What its file is called."""
        ...

    @property
    def html(self) -> str:
        """The HTML, decoded."""
        ...

    def locate(self, start: int, end: int) -> tuple[int, int] | None:
        """Tell where in the HTML a range of the text stands."""
        ...


class TextWithBoxes(Protocol):
    """A page whose text has boxes."""

    @property
    def number(self) -> int:
        """Which page it is, counted from 1."""
        ...

    @property
    def text(self) -> str:
        """Its text."""
        ...

    @property
    def file_name(self) -> str:
        """What its file is called."""
        ...

    def boxes(
        self, start: int, end: int
    ) -> tuple[Sequence[tuple[float, float, float, float]], Literal["text layer", "hidden text", "ocr"]]:
        """Give the boxes of a range of its text, one for each line, and where those words come from."""
        ...


class PageIndex:
    """Finds the places of spans in a text that is made of pages.

    Args:
        pages: Each page with the offset at which its text begins, in order.
    """

    def __init__(self, pages: Sequence[tuple[int, TextWithBoxes]]) -> None:
        self._pages = pages
        self._starts = [start for start, _ in pages]

    def places(self, spans: Iterable[tuple[int, int]]) -> tuple[Place, ...]:
        """Tell where ranges of the text stand: one place for each page that a range is on."""
        return tuple(place for start, end in spans for place in self._places(start, end))

    def _places(self, start: int, end: int) -> Iterator[Place]:
        first = max(0, bisect_right(self._starts, start) - 1)
        last = bisect_right(self._starts, end - 1)
        for offset, page in self._pages[first:last]:
            begin, stop = max(0, start - offset), min(len(page.text), end - offset)
            boxes, source = page.boxes(begin, stop) if begin < stop else ((), "text layer")
            if boxes:
                yield Place(page.number, tuple(Box(*box) for box in boxes), source, page.file_name)


def html_place(texts: Sequence[tuple[int, TextOfHTML]], start: int, end: int) -> HTMLPlace | None:
    """Tell where in HTML a range of a document's text stands; None if it was not made from HTML.

    Args:
        texts: Each text that was made from HTML, with the offset at which it begins, in order.
        start: Where the range begins, in code points.
        end: Where it ends.
    """
    at = bisect_right(texts, start, key=lambda each: each[0]) - 1
    if at < 0:
        return None
    offset, text = texts[at]
    place = text.locate(start - offset, end - offset)
    return HTMLPlace(*place, text.html[slice(*place)], text.name) if place else None
