# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportMissingTypeStubs=false
# pypdfium2 has no types for the functions of pdfium itself.
"""The characters of a PDF's page: what they are, where they stand, and whether anybody can see them."""

import ctypes
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any, Final, Literal, NamedTuple, TypeAlias

import pypdfium2.raw as pdfium
from pypdfium2 import PdfDocument, PdfPage, PdfTextPage

from langchain_nuextract.documents.layout import Glyph, words_of
from langchain_nuextract.documents.page import Rectangle, Words
from langchain_nuextract.documents.pdf.forms import checks
from langchain_nuextract.documents.pdf.geometry import Placing, is_scan
from langchain_nuextract.documents.pdf.opening import PDFBytes
from langchain_nuextract.documents.pdf.render import lightness

_UNDRAWN: Final = frozenset({3, 7})
"""Render modes of text that is not drawn: 3 is also how the words of a scan are laid over it."""
_PALE: Final = 200
"""Lightness (of 255) from which letters may be on a ground of the same colour."""
_FAINT: Final = 40
"""Opacity (of 255) up to which letters may not be seen."""
_CONTRAST: Final = 24
"""Difference of lightness (of 255) that an eye sees."""

_Look: TypeAlias = Literal["drawn", "pale", "undrawn"]


class _Letter(NamedTuple):
    """A character as pdfium has it."""

    glyph: Glyph
    look: _Look
    run: int
    """Characters of one text object have the same number."""


def read_words(file: PDFBytes, number: int) -> Words:
    """Read the words of a page, counted from 1.

    What was filled into forms and written into annotations is read beside the words that are on its line. What lies off
    the page is not read. What cannot be seen on it comes last and is known as such: text in the colour of its ground,
    or that is not drawn, unless it is laid over a scan.
    """
    with file.page(number) as (document, page):
        place = Placing.of(page)
        scan = is_scan(page)
        letters = [*_letters(page, place)]
        marks: list[Glyph] = []
        own = len(letters)
        if pdfium.FPDFPage_GetAnnotCount(page) > 0:
            marks = [*checks(document, page, place)]
            letters += _filled(document, page, number, place)[own:]
        blank = pdfium.FPDFPage_CountObjects(page) == 0 and pdfium.FPDFPage_GetAnnotCount(page) == 0
        width, height = page.get_size()
        seen = _seen(letters, file, number, scan=scan)
    shown = [letter.glyph for letter, visible in zip(letters[:own], seen[:own], strict=True) if visible]
    added = [letter.glyph for letter, visible in zip(letters[own:], seen[own:], strict=True) if visible]
    hidden = [letter.glyph for letter, visible in zip(letters, seen, strict=True) if not visible]
    words = words_of(shown, [*added, *marks], hidden, aspect=width / height, is_scan=scan)
    return replace(words, is_blank=blank)


def _filled(document: PdfDocument, page: PdfPage, number: int, place: Placing) -> list[_Letter]:
    """Read the page once more with what was filled in as a part of it, behind all that is its own."""
    pdfium.FPDFPage_Flatten(page, pdfium.FLAT_NORMALDISPLAY)
    flat = document[number - 1]
    try:
        return [*_letters(flat, place)]
    finally:
        flat.close()


def _letters(page: PdfPage, place: Placing) -> Iterator[_Letter]:
    """Read the characters that are on the page."""
    text = page.get_textpage()
    try:
        looks: dict[int, _Look] = {}
        line, key = 0, 0
        for at in range(text.count_chars()):
            letter = chr(pdfium.FPDFText_GetUnicode(text, at))
            line += letter == "\n"
            if letter in "\r\n":
                continue
            drawn = pdfium.FPDFText_GetTextObject(text, at)
            # Blanks between words that pdfium fills in belong to no object.
            box = _box(text, at, place) if drawn else None
            if box and not _is_on_page(box):
                continue
            key = ctypes.addressof(drawn.contents) if drawn else key
            if key not in looks:
                looks[key] = _look(text, at, drawn) if drawn else "drawn"
            yield _Letter(Glyph(letter, box, line), looks[key], key)
    finally:
        text.close()


def _box(text: PdfTextPage, at: int, place: Placing) -> Rectangle:
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    pdfium.FPDFText_GetCharBox(text, at, left, right, bottom, top)
    return place.box(left.value, bottom.value, right.value, top.value)


def _look(text: PdfTextPage, at: int, drawn: Any) -> _Look:
    if pdfium.FPDFTextObj_GetTextRenderMode(drawn) in _UNDRAWN:
        return "undrawn"
    red, green, blue, opacity = (ctypes.c_uint() for _ in range(4))
    if not pdfium.FPDFText_GetFillColor(text, at, red, green, blue, opacity):
        return "drawn"
    is_pale = min(red.value, green.value, blue.value) >= _PALE or opacity.value <= _FAINT
    return "pale" if is_pale else "drawn"


def _seen(letters: Sequence[_Letter], file: PDFBytes, number: int, *, scan: bool) -> list[bool]:
    """Tell which characters can be seen on the page."""
    undrawn = sum(letter.look == "undrawn" for letter in letters)
    # The words of a scan are laid over it unseen, and are all the text that it has.
    is_layer = scan and undrawn * 2 > len(letters)
    picture = lightness(file, number) if any(letter.look == "pale" for letter in letters) else None
    seen: list[bool] = []
    for (look, _), group in groupby(letters, key=lambda letter: (letter.look, letter.run)):
        run = [*group]
        boxes = [letter.glyph.box for letter in run if letter.glyph.box]
        visible = look == "drawn" or (look == "undrawn" and is_layer)
        if look == "pale" and boxes and picture:
            visible = picture(boxes) >= _CONTRAST
        seen += [visible] * len(run)
    return seen


def _is_on_page(box: Rectangle) -> bool:
    left, top, right, bottom = box
    return 0 <= (left + right) / 2 <= 1 and 0 <= (top + bottom) / 2 <= 1
