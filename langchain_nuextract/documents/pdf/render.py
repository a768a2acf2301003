# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pypdfium2 has no types for the functions of pdfium itself.
"""A page of a PDF as a picture, with no more pixels than a limit."""

from collections.abc import Callable, Sequence
from math import sqrt
from typing import TYPE_CHECKING, Final

from langchain_nuextract.documents.page import Rectangle
from langchain_nuextract.documents.pdf.geometry import is_scan, refuse_bombs
from langchain_nuextract.documents.pictures import encode

if TYPE_CHECKING:
    from PIL.Image import Image

    from langchain_nuextract.documents.pdf.opening import PDFBytes

_POINTS: Final = 72
"""Units of a page to an inch."""
_GLANCE: Final = 1_000_000
"""Pixels of a page on which it is looked up whether a text can be seen."""


def render(file: "PDFBytes", number: int, *, max_pixels: int) -> str:
    """Render a page, counted from 1, as it is shown: cropped, turned, with what was filled in.

    Args:
        file: The PDF, with the options for rendering.
        number: The page.
        max_pixels: Pixels it may have; it has fewer if `dpi` says so.

    Returns:
        A `data:` URL.

    Raises:
        TooLarge: A picture on the page has so many pixels that it may be a bomb.
        UnreadableDocument: The file or page cannot be opened.
    """
    picture, scan = _drawn(file, number, max_pixels)
    return encode(picture, file.options.image_format, is_photo=scan)


def lightness(file: "PDFBytes", number: int) -> Callable[[Sequence[Rectangle]], int]:
    """Look at a page in grey: how far apart the lightest and the darkest pixel are in some boxes together."""
    picture = _drawn(file, number, _GLANCE)[0].convert("L")
    width, height = picture.size

    def contrast(boxes: Sequence[Rectangle]) -> int:
        lefts, tops, rights, bottoms = zip(*boxes, strict=True)
        left, top = int(min(lefts) * width), int(min(tops) * height)
        right, bottom = int(max(rights) * width) + 1, int(max(bottoms) * height) + 1
        darkest, lightest = picture.crop((left, top, right, bottom)).getextrema()
        return int(lightest) - int(darkest)  # pyright: ignore[reportArgumentType]  # a grey picture has one band

    return contrast


def _drawn(file: "PDFBytes", number: int, max_pixels: int) -> "tuple[Image, bool]":
    """Draw a page; say also whether it is a scan."""
    with file.page(number) as (document, page):
        refuse_bombs(page, file.name, number)
        width, height = page.get_size()
        most = sqrt(max_pixels / (width * height))
        # pdfium rounds each side up by less than a pixel.
        scale = max(min(file.options.dpi / _POINTS, most - 1 / min(width, height)), 1 / max(width, height))
        bitmap = page.render(
            scale=scale,  # pyright: ignore[reportArgumentType]  # it takes fractions
            may_draw_forms=document.formenv is not None,
        )
        try:
            # A copy: the bitmap's memory is given back.
            return bitmap.to_pil().convert("RGB"), is_scan(page)
        finally:
            bitmap.close()
