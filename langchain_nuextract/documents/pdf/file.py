# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportMissingTypeStubs=false
# pypdfium2 has no types for the functions of pdfium itself.
"""A PDF file: its pages, their words and their pictures."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from langchain_nuextract.documents.page import Words
from langchain_nuextract.documents.pdf.opening import PDFBytes

_REMEMBERED: Final = 8
"""Pages whose words are kept at hand; those of others are read again."""


@dataclass(frozen=True, slots=True)
class PDF(PDFBytes):
    """A PDF file: its pages, their words and their pictures."""

    def count(self) -> int:
        """Count all its pages."""
        if self.options.isolate:
            from langchain_nuextract.documents.pdf.isolated import count_pages  # noqa: PLC0415 only where it is asked for

            return count_pages(self)
        with self.opened() as document:
            return len(document)

    def label(self, number: int) -> str:
        """Tell what a page is called in the document itself: `iv`; its number if it has no name, or is isolated."""
        if self.options.isolate:
            return str(number)
        with self.opened() as document:
            return document.get_page_label(number - 1) or str(number)

    def words(self, number: int, *, boxed: bool = True) -> Words:
        """Give the words of a page, counted from 1."""
        return _words(self, number, boxed)

    def picture(self, number: int, *, max_pixels: int) -> str:
        """Render a page to the URL of an image."""
        if self.options.isolate:
            from langchain_nuextract.documents.pdf.isolated import picture  # noqa: PLC0415 only where it is asked for

            return picture(self, number, max_pixels=max_pixels)
        from langchain_nuextract.documents.pdf.render import render  # noqa: PLC0415 an extra

        return render(self, number, max_pixels=max_pixels)


@lru_cache(maxsize=_REMEMBERED)
def _words(file: PDF, number: int, boxed: bool) -> Words:  # noqa: FBT001  a part of the key
    if file.options.isolate:
        from langchain_nuextract.documents.pdf.isolated import read_words  # noqa: PLC0415 where it is asked for
    else:
        from langchain_nuextract.documents.pdf.text import read_words  # noqa: PLC0415 an extra

    words = read_words(file, number, boxed=boxed)
    if words.is_readable or not file.options.ocr:
        return words
    from langchain_nuextract.documents.ocr import read_picture  # noqa: PLC0415 an extra

    return read_picture(file, number)
