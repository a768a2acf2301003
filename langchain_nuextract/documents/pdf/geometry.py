# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportMissingTypeStubs=false
# pypdfium2 has no types for the functions of pdfium itself.
"""Places on a PDF's page as fractions of what is shown of it: cropped and turned."""

import ctypes
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeAlias

import pypdfium2.raw as pdfium
from pypdfium2 import PdfPage

from langchain_nuextract.documents.options import LARGEST_IMAGE
from langchain_nuextract.documents.page import Rectangle
from langchain_nuextract.errors import TooLarge

_STEPS: Final = 1 << 20
"""Steps to which pdfium rounds a place on the page."""
_FAR: Final = 1000
"""Points on the page between which the way is measured."""
_SCAN: Final = 0.6
"""Share of a page that pictures cover if it is a scan."""
_DEEPEST: Final = 6
"""Forms within forms that are looked into."""

Handle: TypeAlias = Any
"""A pointer to what pdfium holds, which has no type."""
Bounds: TypeAlias = tuple[float, float, float, float]
"""Left, bottom, right and top of what is drawn."""


@dataclass(frozen=True, slots=True)
class Placing:
    """The way from a page's own coordinates to fractions of the visible page; it may turn and flip."""

    origin: tuple[float, float]
    across: tuple[float, float]
    up: tuple[float, float]

    @classmethod
    def of(cls, page: PdfPage) -> "Placing":
        """Measure it on a page."""
        # A corner, a point to its right and one above it tell how the page is turned, flipped and scaled.
        (x0, y0), (x1, y1), (x2, y2) = (_device(page, *point) for point in ((0, 0), (_FAR, 0), (0, _FAR)))
        return cls((x0, y0), ((x1 - x0) / _FAR, (y1 - y0) / _FAR), ((x2 - x0) / _FAR, (y2 - y0) / _FAR))

    def box(self, left: float, bottom: float, right: float, top: float) -> Rectangle:
        """Place a rectangle."""
        (x, y), (right_by, down_by), (right_up, down_up) = self.origin, self.across, self.up
        x0, x1 = x + right_by * left + right_up * bottom, x + right_by * right + right_up * top
        y0, y1 = y + down_by * left + down_up * bottom, y + down_by * right + down_up * top
        return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)


class Drawn(NamedTuple):
    """Something that is drawn on a page."""

    raw: Handle
    """As pdfium has it."""
    kind: int
    """One of pdfium's `FPDF_PAGEOBJ_…`."""
    depth: int
    """Forms that it is in."""

    @property
    def bounds(self) -> Bounds:
        """Where it is, in the coordinates of the page or of the form that it is in."""
        left, bottom, right, top = (ctypes.c_float() for _ in range(4))
        pdfium.FPDFPageObj_GetBounds(self.raw, left, bottom, right, top)
        return left.value, bottom.value, right.value, top.value


def drawn_on(page: PdfPage) -> Iterator[Drawn]:
    """Yield all that is drawn on a page, in order, a form before what is in it."""
    yield from _drawn(page.raw, pdfium.FPDFPage_CountObjects, pdfium.FPDFPage_GetObject, 0)


def _drawn(
    parent: Handle, count: Callable[[Handle], int], get: Callable[[Handle, int], Handle], depth: int
) -> Iterator[Drawn]:
    for at in range(count(parent)):
        raw = get(parent, at)
        kind = pdfium.FPDFPageObj_GetType(raw) if raw else pdfium.FPDF_PAGEOBJ_UNKNOWN
        yield Drawn(raw, kind, depth)
        if kind == pdfium.FPDF_PAGEOBJ_FORM and depth < _DEEPEST:
            yield from _drawn(raw, pdfium.FPDFFormObj_CountObjects, pdfium.FPDFFormObj_GetObject, depth + 1)


def is_scan(page: PdfPage) -> bool:
    """Whether pictures cover most of a page."""
    placing, covered = Placing.of(page), 0.0
    for drawn in drawn_on(page):
        if drawn.kind == pdfium.FPDF_PAGEOBJ_IMAGE:
            left, top, right, bottom = placing.box(*drawn.bounds)
            covered += max(0.0, min(right, 1.0) - max(left, 0.0)) * max(0.0, min(bottom, 1.0) - max(top, 0.0))
    return covered >= _SCAN


def refuse_bombs(page: PdfPage, name: str, number: int) -> None:
    """Refuse a page with a picture that takes too much memory and time to draw.

    Raises:
        TooLarge: By the picture's own header.
    """
    across, down = ctypes.c_uint(), ctypes.c_uint()
    for drawn in drawn_on(page):
        if drawn.kind != pdfium.FPDF_PAGEOBJ_IMAGE:
            continue
        if pdfium.FPDFImageObj_GetImagePixelSize(drawn.raw, across, down) and across.value * down.value > LARGEST_IMAGE:
            size = f"{across.value} x {down.value} pixels, more than the limit of {LARGEST_IMAGE}"
            raise TooLarge(
                name, f'a picture on it has {size}. Read its text by use="text", if it has any.', page=number
            )


def _device(page: PdfPage, x: float, y: float) -> tuple[float, float]:
    # pdfium gives whole pixels: on a picture of a million by a million they are fine enough.
    across, down = ctypes.c_int(), ctypes.c_int()
    pdfium.FPDF_PageToDevice(page, 0, 0, _STEPS, _STEPS, 0, x, y, across, down)
    return across.value / _STEPS, down.value / _STEPS
