# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportMissingTypeStubs=false
# pypdfium2 has no types for the functions of pdfium itself.
"""Places on a PDF's page as fractions of what is shown of it: cropped and turned."""

import ctypes
from dataclasses import dataclass
from typing import Final

import pypdfium2.raw as pdfium
from pypdfium2 import PdfImage, PdfPage

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
"""Forms within forms in which pictures are looked for."""


@dataclass(frozen=True, slots=True)
class Placing:
    """The way from a page's own coordinates to fractions of the visible page; it may turn and flip."""

    origin: tuple[float, float]
    across: tuple[float, float]
    up: tuple[float, float]

    @classmethod
    def of(cls, page: PdfPage) -> "Placing":
        """Measure it on a page."""
        (x0, y0), (x1, y1), (x2, y2) = (_device(page, *point) for point in ((0, 0), (_FAR, 0), (0, _FAR)))
        return cls((x0, y0), ((x1 - x0) / _FAR, (y1 - y0) / _FAR), ((x2 - x0) / _FAR, (y2 - y0) / _FAR))

    def box(self, left: float, bottom: float, right: float, top: float) -> Rectangle:
        """Place a rectangle."""
        (x0, y0), (x1, y1) = self._point(left, bottom), self._point(right, top)
        return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)

    def _point(self, x: float, y: float) -> tuple[float, float]:
        return (
            self.origin[0] + self.across[0] * x + self.up[0] * y,
            self.origin[1] + self.across[1] * x + self.up[1] * y,
        )


def is_scan(page: PdfPage) -> bool:
    """Whether pictures cover most of a page."""
    placing, covered = Placing.of(page), 0.0
    for drawn in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=_DEEPEST):
        left, top, right, bottom = placing.box(*drawn.get_bounds())
        covered += max(0.0, min(right, 1.0) - max(left, 0.0)) * max(0.0, min(bottom, 1.0) - max(top, 0.0))
    return covered >= _SCAN


def refuse_bombs(page: PdfPage, name: str, number: int) -> None:
    """Refuse a page with a picture that takes too much memory and time to draw.

    Raises:
        TooLarge: By the picture's own header.
    """
    for drawn in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=_DEEPEST):
        width, height = drawn.get_px_size() if isinstance(drawn, PdfImage) else (0, 0)
        if width * height > LARGEST_IMAGE:
            size = f"{width} x {height} pixels, more than the limit of {LARGEST_IMAGE}"
            raise TooLarge(
                name, f'a picture on it has {size}. Read its text by use="text", if it has any.', page=number
            )


def _device(page: PdfPage, x: float, y: float) -> tuple[float, float]:
    across, down = ctypes.c_int(), ctypes.c_int()
    pdfium.FPDF_PageToDevice(page, 0, 0, _STEPS, _STEPS, 0, x, y, across, down)
    return across.value / _STEPS, down.value / _STEPS
