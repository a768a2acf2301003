"""Pictures as endpoints take them: `data:` URLs, or addresses that the endpoint fetches itself."""

import base64
import binascii
import os
import re
from pathlib import Path
from typing import Final

import filetype  # pyright: ignore[reportMissingTypeStubs]

from langchain_nuextract.documents.bounded import read_bounded
from langchain_nuextract.errors import quote

LARGEST: Final = 20 * 2**20
"""Bytes that an image may have by default."""

_TAKEN: Final = ("image/png", "image/jpeg", "image/webp", "image/gif", "image/bmp", "image/tiff")
_ALIASES: Final = {"image/jpg": "image/jpeg", "image/apng": "image/png"}
_REFUSAL: Final = "is not an image that a server takes (PNG, JPEG, WebP, GIF, BMP or TIFF)"
_ANY: Final = re.compile(b"")
_SIGNS: Final = {"image/gif": re.compile(b"GIF8[79]a"), "image/bmp": re.compile(b"BM.{4}\\0{4}", re.DOTALL)}
"""Beyond the letters that a text may begin with, too: "GIFT", "BMW"."""
_DATA: Final = re.compile(r"data:[^,]*;base64,", re.IGNORECASE)
_SCHEME: Final = re.compile(r"[a-z][a-z\d+.-]+://|data:", re.IGNORECASE)


def url_of(given: str | bytes | os.PathLike[str], *, largest: int = LARGEST) -> str:
    """Make the URL of an image.

    Args:
        given: A path, the bytes of a file, a `data:` URL, or an http(s) address, which is passed on to the endpoint and
            never fetched here.
        largest: Bytes it may have.

    Raises:
        ValueError: It is too large, or not an image that servers take.
        OSError: The file cannot be read.
    """
    match given:
        case bytes():
            return data_url(given, largest=largest)
        case str() if _SCHEME.match(given):
            return address(given, largest=largest)
        case _:
            path = Path(given)
            content = read_bounded(path, largest, lambda size: _bound(size, largest, str(path)))
            return data_url(content, largest=largest, name=str(path))


def address(url: str, *, largest: int = LARGEST) -> str:
    """Check a URL that came with a document: no file of this machine is ever read for it.

    Raises:
        ValueError: It is no http(s) or `data:` URL, or its data is too large or not an image that servers take.
    """
    if re.fullmatch(r"https?://\S+", url, re.IGNORECASE):
        return url
    header = _DATA.match(url)
    if not header:
        raise ValueError(f"an image needs an http(s) address or a base64 data: URL, got {quote(url)}")
    return encoded(url[header.end() :], largest=largest)


def encoded(payload: str, *, largest: int = LARGEST) -> str:
    """Make the URL of an image that is base64 already.

    Args:
        payload: Base64. What its sender calls it is not believed: servers refuse data under a wrong type.
        largest: Bytes it may have.

    Raises:
        ValueError: It is too large, or not an image that servers take.
    """
    # Two letters may be padding.
    _bound(len(payload) * 3 // 4 - 2, largest, "the image")
    try:
        content = base64.b64decode("".join(payload.split()), validate=True)
    except binascii.Error as error:
        raise ValueError(f"the image's base64 is broken: {error}") from error
    return data_url(content, largest=largest)


def data_url(content: bytes, *, largest: int = LARGEST, name: str = "the image") -> str:
    """Make a `data:` URL of a file's bytes.

    Args:
        content: The bytes.
        largest: How many there may be.
        name: What to call it in an error.

    Raises:
        ValueError: It is too large, or not an image that servers take.
    """
    _bound(len(content), largest, name)
    kind = mime_type_of(content)
    usual = _ALIASES.get(kind, kind)
    if usual not in _TAKEN:
        seen = f"; it looks like {kind}" if kind else ""
        raise ValueError(f"{name} {_REFUSAL}{seen}. Convert it to PNG.")
    return f"data:{usual};base64,{base64.b64encode(content).decode('ascii')}"


def mime_type_of(content: bytes) -> str:
    """Tell the MIME type of a file by its first bytes; empty if they are no known signature, as those of text."""
    kind: str | None = filetype.guess_mime(content)  # pyright: ignore[reportUnknownMemberType]
    return kind if kind and _SIGNS.get(kind, _ANY).match(content) else ""


def _bound(size: int, largest: int, name: str) -> None:
    if size > largest:
        raise ValueError(
            f"{name} has {size / 2**20:.1f} MiB, more than the limit of {largest / 2**20:.1f} MiB. Scale it down."
        )
