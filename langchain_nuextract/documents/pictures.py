"""Image files as models can see them: upright, in RGB, each frame that is a page by itself, bombs refused unopened."""

import io
import struct
import zlib
from base64 import b64decode, b64encode
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from importlib import import_module
from importlib.util import find_spec
from math import sqrt
from typing import TYPE_CHECKING, Any, Final

from langchain_nuextract.documents.options import LARGEST_IMAGE, ImageFormat
from langchain_nuextract.documents.page import PagedFile, Words
from langchain_nuextract.documents.source import Image
from langchain_nuextract.errors import BrokenDocument, MissingExtra, TooLarge

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

_UNTOUCHED: Final = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}
"""Formats that servers take as they are."""
_PLAIN: Final = frozenset({"RGB", "L"})
_DEEP: Final = frozenset({"I", "I;16", "I;16B", "I;16L", "I;16N", "F"})
"""Modes of more than eight bits; Pillow would make white of all that is above 255."""
_QUALITY: Final = 90
"""Of JPEGs: what their author names as free of visible loss."""
_MOST_FRAMES: Final = 5_000
"""Frames of a TIFF that are counted at least; Pillow compares the place of each with those of all before it."""
_DAMAGED: Final = (
    OSError, ValueError, SyntaxError, EOFError, MemoryError, TypeError, LookupError, ArithmeticError, AttributeError,
    RuntimeError, struct.error, zlib.error,
)  # fmt: skip
"""What Pillow and its plugins raise of damaged files."""


@dataclass(frozen=True, slots=True)
class ImageFile(PagedFile):
    """The bytes of an image file, of which each frame may be a page."""

    def count(self) -> int:
        """Count the frames that are pages: those of a TIFF, as of a fax; of an animation the first stands for all.

        Raises:
            TooLarge: They are more than anybody scans, and than `max_pages`.
        """
        most = max(_MOST_FRAMES, self.options.max_pages)
        with opened_picture(self.content, self.name) as picture:
            if picture.format != "TIFF":
                return 1
            with suppress(EOFError):
                for number in range(1, most + 1):
                    picture.seek(number)
                raise TooLarge(self.name, f"it has more than {most} pages. Split it, or raise PageOptions.max_pages.")
            return picture.tell() + 1

    def words(self, number: int, *, boxed: bool = True) -> Words:
        """Give the words that are read in a frame, if the options ask for it."""
        del boxed  # they come with the words
        if not self.options.ocr:
            return Words("", is_scan=True)
        from langchain_nuextract.documents.ocr import read_picture  # noqa: PLC0415 an extra

        return read_picture(self, number)

    def picture(self, number: int, *, max_pixels: int) -> str:
        """Give a frame as the URL of an image."""
        return prepared(self.content, self.name, number, max_pixels=max_pixels, format_=self.options.image_format)


def prepared(
    content: bytes, name: str, number: int = 1, *, max_pixels: int = LARGEST_IMAGE, format_: ImageFormat = "auto"
) -> str:
    """Make the URL of an image as models can see it.

    An image that is fine is not touched: upright, of one frame, eight bits, without transparency, in a format that
    servers take, with no more pixels than the limit. All others are written anew: turned upright as their camera says,
    transparency on white.

    Args:
        content: The bytes of the file.
        name: What to call it in an error.
        number: Which frame of it, counted from 1.
        max_pixels: Pixels that it may have; larger ones are scaled down.
        format_: In which format to write it, if it is written anew.

    Raises:
        TooLarge: It has more pixels than may be decoded.
        BrokenDocument: It is cut off or damaged.
        MissingExtra: Pillow is not installed.
    """
    with opened_picture(content, name, number) as picture:
        kind = _UNTOUCHED.get(picture.format or "")
        if kind and picture.mode in _PLAIN and _is_fine(picture, max_pixels):
            return f"data:{kind};base64,{b64encode(content).decode('ascii')}"
        from PIL import ImageOps  # noqa: PLC0415 an extra

        upright = ImageOps.exif_transpose(picture)
        return encode(_fitted(_flat(upright), max_pixels), format_, is_photo=picture.format == "JPEG")


def fitted(image: Image, max_pixels: int) -> Image:
    """Make an image one that models can see, if its data is at hand and Pillow installed; see `prepared`."""
    head, comma, payload = image.url.partition(",")
    if not (head.startswith("data:") and comma and find_spec("PIL")):
        return image
    url = prepared(b64decode(payload), image.name, max_pixels=max_pixels)
    return image if url == image.url else replace(image, url=url)


@contextmanager
def opened_picture(content: bytes, name: str, number: int = 1) -> "Generator[Picture]":
    """Open one frame of an image, all of its pixels decoded, with what goes wrong as errors of ours."""
    try:
        from PIL import Image as Pillow  # noqa: PLC0415 an extra
    except ImportError as error:
        raise MissingExtra(name, "an image of this kind", extra="pages") from error
    # With this box HEIC files begin, and AVIF ones.
    if content[4:8] == b"ftyp":
        _allow_heic(name)
    try:
        with Pillow.open(io.BytesIO(content)) as picture:
            if picture.width * picture.height > LARGEST_IMAGE:
                raise _bomb(name, f"{picture.width} x {picture.height}")
            if number > 1:
                picture.seek(number - 1)
            picture.load()
            yield picture
    except Pillow.DecompressionBombError as error:
        raise _bomb(name, "too many") from error
    except _DAMAGED as error:
        if isinstance(error, TooLarge | BrokenDocument):
            raise
        page = number if number > 1 else None
        # What Pillow says of a file that it does not know is the address of an object.
        words = "" if isinstance(error, Pillow.UnidentifiedImageError) else f" ({error})"
        raise BrokenDocument(name, f"the image is cut off or damaged{words}. Get it once more.", page=page) from error


def _allow_heic(name: str) -> None:
    """Let Pillow open iPhone photos from now on."""
    try:
        heif: Any = import_module("pi_heif")
    except ImportError as error:
        raise MissingExtra(name, "a HEIC image", extra="heic") from error
    heif.register_heif_opener()


def encode(picture: "Picture", format_: ImageFormat, *, is_photo: bool) -> str:
    """Write a picture as a `data:` URL: photos and scans as JPEG, which is smaller and quicker, others as PNG."""
    buffer = io.BytesIO()
    if format_ == "jpeg" or (format_ == "auto" and is_photo):
        picture.save(buffer, "JPEG", quality=_QUALITY, subsampling=0)
        kind = "image/jpeg"
    else:
        picture.save(buffer, "PNG", compress_level=1)
        kind = "image/png"
    return f"data:{kind};base64,{b64encode(buffer.getvalue()).decode('ascii')}"


def _bomb(name: str, size: str) -> TooLarge:
    return TooLarge(name, f"it has {size} pixels, more than the limit of {LARGEST_IMAGE}. Scale it down first.")


def _is_fine(picture: "Picture", max_pixels: int) -> bool:
    upright = picture.getexif().get(_ORIENTATION, 1) == 1
    return upright and picture.width * picture.height <= max_pixels and getattr(picture, "n_frames", 1) == 1


_ORIENTATION: Final = 0x0112
"""The field of EXIF that says how a camera was held."""


def _flat(picture: "Picture") -> "Picture":
    """Give eight bits a channel, in RGB, with white behind what is transparent."""
    from PIL import Image as Pillow  # noqa: PLC0415 an extra

    if picture.mode in _DEEP:
        return _eight_bits(picture)
    if picture.has_transparency_data:
        coloured = picture.convert("RGBA")
        return Pillow.alpha_composite(Pillow.new("RGBA", coloured.size, "white"), coloured).convert("RGB")
    if picture.mode == "LAB":
        from PIL import ImageCms  # noqa: PLC0415 an extra, and rare

        profiles: Any = ImageCms
        to_rgb = ImageCms.buildTransform(profiles.createProfile("LAB"), profiles.createProfile("sRGB"), "LAB", "RGB")
        return ImageCms.applyTransform(picture, to_rgb) or picture
    return picture.convert("RGB")


def _eight_bits(picture: "Picture") -> "Picture":
    """Scale grey of many bits down to eight: by 256 as 16 bits have it, or by its own range if it has another."""
    grey = picture.convert("F")
    darkest, lightest = (float(edge) for edge in grey.getextrema())  # pyright: ignore[reportArgumentType]  # one band
    low, high = (0.0, 65535.0) if 255 < lightest <= 65535 and darkest >= 0 else (min(darkest, 0.0), lightest)  # noqa: PLR2004
    scale = 255 / ((high - low) or 1)
    return grey.point(lambda value: value * scale - low * scale).convert("L").convert("RGB")


def _fitted(picture: "Picture", max_pixels: int) -> "Picture":
    from PIL import Image as Pillow  # noqa: PLC0415 an extra

    scale = sqrt(max_pixels / (picture.width * picture.height))
    if scale >= 1:
        return picture
    size = max(1, int(picture.width * scale)), max(1, int(picture.height * scale))
    return picture.resize(size, Pillow.Resampling.LANCZOS, reducing_gap=3.0)
