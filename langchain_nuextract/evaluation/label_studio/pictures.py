"""The images that people look at while they annotate: those of a document, or of its pages."""

from base64 import b64decode
from collections.abc import Sequence
from io import BytesIO
from typing import NamedTuple, TypeAlias

from langchain_nuextract.documents.page import Page
from langchain_nuextract.documents.source import Image, Source
from langchain_nuextract.errors import MissingExtra


class Picture(NamedTuple):
    """The image of a document, or of one of its pages, where the server or the browser finds it."""

    url: str
    width: int = 0
    """In pixels; 0 where that is not known."""
    height: int = 0


Pictures: TypeAlias = Picture | Sequence[Picture] | None
"""What people look at: one image, for a project of the kind `image`; the images of all pages, for one of the kind
`pages`; or nothing but the text."""


def pictures(document: Source, *, max_pixels: int = 1_000_000) -> tuple[Picture, ...]:
    """Give the images and pages of a document as `data:` URLs, which need no place to lie at.

    They are part of the task, and so of every export; images that have an address of their own keep that.

    Args:
        document: As `Extraction.document` is.
        max_pixels: Of each; larger ones are scaled down.

    Raises:
        MissingExtra: Pillow, or what renders pages, is not installed.
    """
    found: list[Picture] = []
    for part in document.parts:
        if isinstance(part, Page):
            found.append(_sized(part.file.picture(part.number, max_pixels=max_pixels), f"page {part.number}"))
        elif isinstance(part, Image):
            found.append(_sized(part.url, part.name))
    return tuple(found)


def _sized(url: str, name: str) -> Picture:
    head, _, encoded = url.partition(";base64,")
    if not head.startswith("data:") or not encoded:
        return Picture(url)
    try:
        from PIL import Image as Pillow  # noqa: PLC0415  # an extra
    except ImportError as error:
        raise MissingExtra(name, "an image in a task", extra="pages") from error
    with Pillow.open(BytesIO(b64decode(encoded))) as opened:
        return Picture(url, *opened.size)
