"""How documents that have pages are to be read, as one value."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias, cast, get_args

from langchain_nuextract.errors import TooLarge, UnreadableDocument, quote
from langchain_nuextract.schema.option_names import refuses_unknown_names

Use: TypeAlias = Literal["auto", "image", "text", "both"]
ImageFormat: TypeAlias = Literal["auto", "png", "jpeg"]

LARGEST_IMAGE: Final = 178_956_970
"""Pixels of a picture that is decoded at the most: where Pillow itself warns twice over and then refuses."""

OCR_PIXELS: Final = 4_000_000
"""Pixels of a page whose words are read from its image."""

_RANGES: Final = r"\s*\d*\s*(-\s*\d*)?\s*(,\s*\d*\s*(-\s*\d*)?\s*)*"


def _is_backwards(part: str) -> bool:
    """Whether it asks for pages from a later to an earlier one: `3-1`; a long number is compared as a number."""
    first, _, last = (each.strip() for each in part.partition("-"))
    return bool(first and last) and int(first) > int(last)


@refuses_unknown_names
@dataclass(frozen=True, slots=True)
class PageOptions:
    """How documents that have pages are to be read.

        NuExtractor(Claim, model=…, pages=PageOptions(pages="1-3,7", ocr=True))

    Args:
        pages: Which pages, counted from 1: `"1-3,7"`, `"2-"`, `"-5"`. All of them if empty.
        max_pages: More pages than this are refused. Nothing is ever left out of a document in silence.
        max_bytes: A file with more bytes is refused.
        dpi: How fine pages are rendered, where `max_pixels` allows it. The models' author renders at 170.
        max_pixels: Pixels of a rendered page at the most; None for what the model makes use of.
        image_format: `png` or `jpeg`; by default JPEG for pages that are one picture, as scans are, and PNG for others.
        password: Opens encrypted files.
        use: What the model is given: the page's `image`, its `text`, or `both`; by default the image wherever the model
            reads images.
        ocr: Read the words of pages that have no text of their own from their image. Needs the extra `ocr`. What is
            read so is called `ocr` wherever it is quoted, since it may be wrong.
        attachments: Read the attachments of mails as well; archives are only listed.
        isolate: Read PDFs in a process of their own, which is ended after `seconds` for each page and has 4 GiB of
            memory (on Linux). For files from strangers: what crashes, hangs or bloats the renderer does not take this
            process along.
        seconds: How long an isolated process may work on a page.

    Raises:
        ValueError: A limit is below one, `pages` is no list of pages, or a choice is none of those there are.
    """

    pages: str = ""
    max_pages: int = 1_000
    max_bytes: int = 50 * 2**20
    dpi: int = 170
    max_pixels: int | None = None
    image_format: ImageFormat = "auto"
    password: str | None = field(default=None, repr=False)
    use: Use = "auto"
    ocr: bool = False
    attachments: bool = False
    isolate: bool = False
    seconds: float = 30.0

    def __post_init__(self) -> None:
        if min(self.max_pages, self.max_bytes, self.dpi, self.max_pixels or 1) < 1 or self.seconds <= 0:
            raise ValueError("max_pages, max_bytes, dpi, max_pixels and seconds must be positive")
        wanted = cast("object", self.pages)
        # All pages are asked for by nothing, for which no expression need be compiled.
        is_list = wanted == "" or (isinstance(wanted, str) and re.fullmatch(_RANGES, wanted))
        if not is_list or any(map(_is_backwards, self.pages.split(","))):
            raise ValueError(f'pages must be a list such as "1-3,7" or "2-", got {quote(str(wanted))}')
        for name, kinds in (("use", Use), ("image_format", ImageFormat)):
            if getattr(self, name) not in get_args(kinds):
                known = ", ".join(map(repr, get_args(kinds)))
                raise ValueError(f"{name} must be one of {known}, not {getattr(self, name)!r}")

    def select(self, total: int, name: str) -> list[int]:
        """Say which pages of a document to read, counted from 1, in its own order.

        Args:
            total: How many pages it has.
            name: What to call it in an error.

        Raises:
            UnreadableDocument: A page is asked for that it does not have.
            TooLarge: They are more than `max_pages`.
        """
        chosen = sorted({page for part in self.pages.split(",") if part.strip() for page in _range(part, total, name)})
        numbers = chosen if self.pages.strip() else [*range(1, total + 1)]
        if len(numbers) > self.max_pages:
            advice = 'Choose some by PageOptions(pages="1-10"), or raise PageOptions.max_pages.'
            raise TooLarge(name, f"it has {len(numbers)} pages, more than the limit of {self.max_pages}. {advice}")
        return numbers

    def check_size(self, size: int, name: str) -> None:
        """Refuse a file of too many bytes.

        Raises:
            TooLarge: It has more than `max_bytes`.
        """
        if size > self.max_bytes:
            sizes = f"{size / 2**20:.1f} MiB, more than the limit of {self.max_bytes / 2**20:.1f} MiB"
            raise TooLarge(name, f"it has {sizes}. Raise PageOptions.max_bytes.")


DEFAULT: Final = PageOptions()


def _range(part: str, total: int, name: str) -> Iterator[int]:
    first, dash, last = (each.strip() for each in part.partition("-"))
    # `2-` goes to the last page, `-5` begins at the first, `3` is one page.
    start = int(first or 1)
    end = int(last or total) if dash else start
    if not 1 <= start <= end <= total:
        raise UnreadableDocument(name, f"it has the pages 1 to {total}, and pages {part.strip()!r} were asked for.")
    yield from range(start, end + 1)
