# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportMissingTypeStubs=false
# pypdfium2 has no types for the functions of pdfium itself.
"""The words of a PDF's page: what they are, where they stand, and whether anybody can see them."""

import ctypes
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from itertools import groupby
from typing import Final, TypeAlias

import pypdfium2.raw as pdfium
from pypdfium2 import PdfPage, PdfTextPage

from langchain_nuextract.documents.layout import words_of
from langchain_nuextract.documents.page import Rectangle, Words
from langchain_nuextract.documents.pdf.forms import checks
from langchain_nuextract.documents.pdf.geometry import Placing, is_scan
from langchain_nuextract.documents.pdf.opening import PDFBytes
from langchain_nuextract.documents.pdf.render import lightness
from langchain_nuextract.documents.pdf.visibility import Look, looks_of
from langchain_nuextract.documents.tokens import HYPHEN, PageToken, PageTokens
from langchain_nuextract.errors import TooLarge

_LINE_END: Final = re.compile(r"[\r\n]+")
_TOKEN: Final = re.compile(rf"{HYPHEN}|[^\S{HYPHEN}]+|[^\s{HYPHEN}]+")
_CONTRAST: Final = 24
"""Difference of lightness (of 255) that an eye sees."""
_TINY: Final = 1.5
"""Height of a line, in points, that no eye reads."""


_Placed: TypeAlias = tuple[PageToken, Look, int]
"""A token, how it looks, and a number that all tokens of one text object have; plain, since there are thousands."""


def read_words(file: PDFBytes, number: int, *, boxed: bool) -> Words:
    """Read the words of a page, counted from 1.

    What was filled into forms and written into annotations is read beside the words that are on its line. What lies off
    the page is not read. What cannot be seen on it comes last and is known as such: text that is not drawn (unless it
    is laid over a scan), in the colour of its ground, covered, cut off, on a hidden layer, or too small for any eye.

    Args:
        file: The PDF.
        number: The page.
        boxed: Whether each character is to have its box, which takes some times as long.
    """
    with file.page(number) as (document, page):
        scan = is_scan(page)
        noted = pdfium.FPDFPage_GetAnnotCount(page) > 0
        blank = not noted and pdfium.FPDFPage_CountObjects(page) == 0
        with closing(page.get_textpage()) as text:
            letters = _letters(text)
            if not noted:
                reader = _Reader(page, text, letters)
                return replace(reader.words(file, number, (), scan=scan, boxed=boxed), is_blank=blank)
        marks = [*checks(document, page, Placing.of(page))]
        # What was filled in becomes a part of the page, behind all that is its own.
        pdfium.FPDFPage_Flatten(page, pdfium.FLAT_NORMALDISPLAY)
        with closing(document[number - 1]) as flat, closing(flat.get_textpage()) as text:
            whole = _letters(text)
            own = len(letters) if whole.startswith(letters) else len(whole)
            reader = _Reader(flat, text, whole, own)
            return reader.words(file, number, marks, scan=scan, boxed=boxed)


def _letters(text: PdfTextPage) -> str:
    """Give the characters of a page, one for each index that pdfium counts by."""
    count = text.count_chars()
    letters = text.get_text_range().replace("\ufffe", HYPHEN) if count else ""
    # Characters that stand for nothing in Unicode are counted, but left out of the text.
    return (
        letters if len(letters) == count else "".join(chr(pdfium.FPDFText_GetUnicode(text, at)) for at in range(count))
    )


class _Reader:
    """Reads the tokens of a page."""

    def __init__(self, page: PdfPage, text: PdfTextPage, letters: str, own: int | None = None) -> None:
        self._page = page
        self._text = text.raw
        self._letters = letters
        self._own = len(letters) if own is None else own
        self._place = Placing.of(page)
        self._height = page.get_height()
        self._edges = tuple(ctypes.c_double() for _ in range(4))
        self._loose = pdfium.FS_RECTF()

    def words(self, file: PDFBytes, number: int, marks: Sequence[PageToken], *, scan: bool, boxed: bool) -> Words:
        """Put the tokens in reading order, those that cannot be seen last."""
        placed = [*self._tokens(looks_of(self._page, may_have_layers=file.may_have_layers))]
        seen = _seen(placed, file, number, scan=scan)
        shown = [token for (token, *_), visible in zip(placed, seen, strict=True) if visible]
        tokens = PageTokens(
            shown=[token for token in shown if token.at < self._own],
            filled=[*(token for token in shown if token.at >= self._own), *marks],
            hidden=[token for (token, *_), visible in zip(placed, seen, strict=True) if not visible],
        )
        aspect = self._page.get_width() / self._height
        return words_of(tokens, aspect=aspect, is_scan=scan, spread=self._spread if boxed else None)

    def _tokens(self, looks: Mapping[int, Look]) -> Iterator[_Placed]:
        """Yield the tokens that are on the page, line by line."""
        start, line = 0, 0
        look: Look = "drawn"
        run = 0
        ends = [*((end.start(), end.end()) for end in _LINE_END.finditer(self._letters)), (len(self._letters),) * 2]
        for stop, following in ends:
            # What was filled in may follow on the last line.
            for begin, end in ((start, min(stop, self._own)), (max(start, self._own), stop)):
                for found in _TOKEN.finditer(self._letters, begin, end) if begin < end else ():
                    text = found[0]
                    if text.isspace():
                        # Blanks look as what is before them, so that hidden words stay apart.
                        yield PageToken(text, None, line, found.start()), look, run
                    elif placed := self._placed(found.start(), text, line, looks):
                        yield placed
                        _, look, run = placed
                    else:
                        for at, letter in enumerate(text, start=found.start()):
                            if placed := self._placed(at, letter, line, looks):
                                yield placed
                                _, look, run = placed
            start, line = following, line + 1

    def _placed(self, at: int, text: str, line: int, looks: Mapping[int, Look]) -> _Placed | None:
        """Place a token by its first and last character; None if they differ in how they look, or are off the page."""
        left, bottom, right, top = self._edge(at)
        last = at + len(text) - 1
        if last > at:
            other = self._edge(last)
            left, bottom = min(left, other[0]), min(bottom, other[1])
            right, top = max(right, other[2]), max(top, other[3])
        box = self._place.box(left, bottom, right, top)
        is_inside = box[0] >= 0 and box[1] >= 0 and box[2] <= 1 and box[3] <= 1
        # A word that reaches over the edge is placed letter by letter, and a letter by its middle.
        if not is_inside and (last > at or not (0 <= (box[0] + box[2]) / 2 <= 1 and 0 <= (box[1] + box[3]) / 2 <= 1)):
            return None
        run = self._run(at) if looks else 0
        if looks and last > at and run != self._run(last):
            return None
        look = "tiny" if self._is_tiny(at, box) else looks.get(run, "drawn") if looks else "drawn"
        return PageToken(text, box, line, at), look, run

    def _edge(self, at: int) -> Rectangle:
        left, right, bottom, top = self._edges
        pdfium.FPDFText_GetCharBox(self._text, at, left, right, bottom, top)
        return left.value, bottom.value, right.value, top.value

    def _run(self, at: int) -> int:
        drawn = pdfium.FPDFText_GetTextObject(self._text, at)
        return ctypes.addressof(drawn.contents) if drawn else 0

    def _is_tiny(self, at: int, box: Rectangle) -> bool:
        if (box[3] - box[1]) * self._height > _TINY:
            return False
        # A dash is low in any size of letters.
        pdfium.FPDFText_GetLooseCharBox(self._text, at, self._loose)
        loose = self._loose
        return 0 < min(abs(loose.top - loose.bottom), abs(loose.right - loose.left) * 2) < _TINY

    def _spread(self, token: PageToken) -> list[Rectangle | None]:
        """Give each character of a token its box."""
        if token.at < 0:
            return [token.box] * len(token.text)
        return [self._place.box(*self._edge(at)) for at in range(token.at, token.at + len(token.text))]


def _seen(placed: Sequence[_Placed], file: PDFBytes, number: int, *, scan: bool) -> list[bool]:
    """Tell which tokens can be seen on the page."""
    if all([look == "drawn" for _, look, _ in placed]):  # noqa: C419  half the time
        return [True] * len(placed)
    undrawn = sum(len(token.text) for token, look, _ in placed if look == "undrawn")
    # The words of a scan are laid over it unseen, and are all the text that it has.
    is_layer = scan and undrawn * 2 > sum(len(token.text) for token, *_ in placed)
    picture = None
    if any(look == "doubtful" for _, look, _ in placed):
        try:
            picture = lightness(file, number)
        except TooLarge:
            picture = None
    seen: list[bool] = []
    for (look, _), group in groupby(placed, key=lambda each: each[1:]):
        run = [*group]
        boxes = [token.box for token, _, _ in run if token.box]
        visible = look == "drawn" or (look == "undrawn" and is_layer)
        if look == "doubtful" and boxes and picture:
            visible = picture(boxes) >= _CONTRAST
        seen += [visible] * len(run)
    return seen
