# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportMissingTypeStubs=false
# pypdfium2 has no types for the functions of pdfium itself.
"""Which texts of a PDF's page may not be seen on it, by how the file says that they are drawn."""

import ctypes
from collections.abc import Iterator, Sequence
from typing import Final, Literal, NamedTuple, TypeAlias

import pypdfium2.raw as pdfium
from pypdfium2 import PdfPage

from langchain_nuextract.documents.pdf.geometry import Bounds, Drawn, Handle, drawn_on

Look: TypeAlias = Literal["drawn", "doubtful", "undrawn", "tiny"]
"""How a text looks: `doubtful` if only the page's picture can tell whether it is seen."""

_UNDRAWN: Final = frozenset({3, 7})
"""Render modes of text that is not drawn: 3 is also how the words of a scan are laid over it."""
_PALE: Final = 200
"""Lightness (of 255) from which letters may be on a ground of the same colour."""
_FAINT: Final = 40
"""Opacity (of 255) up to which letters may not be seen."""
_ALIKE: Final = 40
"""Difference of two colours (of 255, in each of red, green and blue) that may not be seen."""
_BLACK: Final = (0, 0, 0, 255)
_SMALLEST: Final = 4.0
"""Width and height, in points, from which a shape may cover words."""
_MOST_COMPARED: Final = 200_000
"""Pairs of a text and a shape that are compared; beyond, all texts are doubtful."""
_MOST_SEGMENTS: Final = 16
"""Segments of a path at which a text is cut off that are looked at; beyond, it is doubtful."""
_Colour: TypeAlias = tuple[int, int, int, int]
"""Red, green, blue and opacity, of 255."""


class _Shown(NamedTuple):
    """A text that is drawn in the ordinary way."""

    address: int
    bounds: Bounds
    colour: _Colour
    before: int
    """How many shapes were drawn before it."""


class _Shape(NamedTuple):
    """What may be the ground of a text, or cover it."""

    bounds: Bounds
    colour: _Colour | None
    """None of a picture."""


def looks_of(page: PdfPage, *, may_have_layers: bool) -> dict[int, Look]:
    """Tell which text objects of a page may not be seen, by their address; empty if all are drawn as usual.

    Args:
        page: The page.
        may_have_layers: Whether what is drawn in a form within the page may belong to a layer that is hidden.
    """
    looks: dict[int, Look] = {}
    shown: list[_Shown] = []
    shapes: list[_Shape] = []
    for drawn in drawn_on(page):
        if drawn.kind == pdfium.FPDF_PAGEOBJ_TEXT:
            address, bounds, colour = ctypes.addressof(drawn.raw.contents), drawn.bounds, _colour(drawn.raw)
            look = _look(drawn.raw, bounds, colour)
            if look != "drawn":
                looks[address] = look
            elif drawn.depth == 0:
                shown.append(_Shown(address, bounds, colour, len(shapes)))
            elif may_have_layers:
                looks[address] = "doubtful"
        elif drawn.depth == 0:
            shapes += _shape(drawn)
    looks |= dict.fromkeys(_doubtful(shown, shapes), "doubtful")
    return looks


def _colour(drawn: Handle) -> _Colour:
    red, green, blue, opacity = (ctypes.c_uint() for _ in range(4))
    known = pdfium.FPDFPageObj_GetFillColor(drawn, red, green, blue, opacity)
    return (red.value, green.value, blue.value, opacity.value) if known else _BLACK


def _look(text: Handle, bounds: Bounds, colour: _Colour) -> Look:
    if pdfium.FPDFTextObj_GetTextRenderMode(text) in _UNDRAWN:
        return "undrawn"
    is_pale = min(colour[:3]) >= _PALE or colour[3] <= _FAINT
    return "doubtful" if is_pale or _is_cut(text, bounds) or _is_optional(text) else "drawn"


def _is_cut(text: Handle, bounds: Bounds) -> bool:
    """Whether a path that a text is drawn within may leave a part of it out."""
    clip = pdfium.FPDFPageObj_GetClipPath(text)
    paths = pdfium.FPDFClipPath_CountPaths(clip) if clip else 0
    left, bottom, right, top = bounds
    # Where pdfium cannot tell, it counts -1.
    wholes = (_clip_bounds(clip, at) for at in range(max(paths, 0)))
    return any(left < whole[0] or bottom < whole[1] or right > whole[2] or top > whole[3] for whole in wholes)


def _clip_bounds(clip: Handle, at: int) -> Bounds:
    count = pdfium.FPDFClipPath_CountPathSegments(clip, at)
    points = [*_points(clip, at, count)] if 0 < count <= _MOST_SEGMENTS else []
    # A path of many segments may leave out anything: it is taken to show nothing.
    if not points:
        return (0.0, 0.0, 0.0, 0.0)
    across, up = zip(*points, strict=True)
    return min(across), min(up), max(across), max(up)


def _points(clip: Handle, at: int, count: int) -> Iterator[tuple[float, float]]:
    x, y = ctypes.c_float(), ctypes.c_float()
    for number in range(count):
        if pdfium.FPDFPathSegment_GetPoint(pdfium.FPDFClipPath_GetPathSegment(clip, at, number), x, y):
            yield x.value, y.value


def _is_optional(text: Handle) -> bool:
    """Whether a text belongs to a layer that may be hidden."""
    for at in range(pdfium.FPDFPageObj_CountMarks(text)):
        mark = pdfium.FPDFPageObj_GetMark(text, at)
        name, length = ctypes.create_string_buffer(8), ctypes.c_ulong()
        buffer = ctypes.cast(name, ctypes.POINTER(pdfium.FPDF_WCHAR))
        # "OC" in UTF-16, the mark of optional content: /OC /Layer1 BDC … EMC.
        if pdfium.FPDFPageObjMark_GetName(mark, buffer, 8, length) and name.raw[: length.value] == b"O\0C\0\0\0":
            return True
    return False


def _shape(drawn: Drawn) -> Iterator[_Shape]:
    """Give a picture or a filled shape that is large enough to be the ground of words, or to cover them."""
    if drawn.kind == pdfium.FPDF_PAGEOBJ_PATH:
        fill, stroke = ctypes.c_int(), ctypes.c_int()
        if not (pdfium.FPDFPath_GetDrawMode(drawn.raw, fill, stroke) and fill.value):
            return
    elif drawn.kind == pdfium.FPDF_PAGEOBJ_FORM:
        return
    left, bottom, right, top = drawn.bounds
    if right - left >= _SMALLEST and top - bottom >= _SMALLEST:
        colour = _colour(drawn.raw) if drawn.kind == pdfium.FPDF_PAGEOBJ_PATH else None
        yield _Shape((left, bottom, right, top), colour)


def _doubtful(shown: Sequence[_Shown], shapes: Sequence[_Shape]) -> Iterator[int]:
    """Find the texts that a shape covers, or whose ground has their own colour."""
    is_too_much = len(shown) * len(shapes) > _MOST_COMPARED
    for each in shown:
        if is_too_much or any(
            _overlaps(shape.bounds, each.bounds) and (at >= each.before or _is_alike(shape.colour, each.colour))
            for at, shape in enumerate(shapes)
        ):
            yield each.address


def _is_alike(ground: _Colour | None, text: _Colour) -> bool:
    return ground is not None and all(abs(one - other) <= _ALIKE for one, other in zip(ground[:3], text, strict=False))


def _overlaps(one: Bounds, other: Bounds) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
