"""Kinds of files: how each is known by its bytes, by its type and by its name, and what reads it. One table."""

import codecs
import io
import re
import zipfile
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

from langchain_nuextract.documents.images import mime_type_of

_HEAD: Final = 1024
"""Bytes at the beginning of a file by which it is known."""
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MSG: Final = "__substg1.0_".encode("utf-16-le")
"""What the parts of an Outlook message are called."""
_HTML: Final = re.compile(
    rb"\s*(?:<\?xml[^>]{0,200}>\s*)?(?:<!--[^>]{0,500}-->\s*)?<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE
)
_MAIL: Final = re.compile(
    rb"(?:(?:received|return-path|delivered-to|message-id|mime-version|x-[\w-]+|dkim-signature|content-[\w-]+|reply-to"
    rb"|from|to|cc|subject|date):[^\n]*\n(?:[ \t][^\n]*\n)*)+",
    re.IGNORECASE,
)
_SURE: Final = re.compile(rb"^(?:received|return-path|message-id|mime-version):", re.IGNORECASE | re.MULTILINE)
"""Lines that people do not write at the head of a letter, as they do `From:` and `Subject:`."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file."""

    name: str
    called: str
    """For messages: `a PDF`."""
    types: tuple[str, ...]
    """MIME types."""
    suffixes: tuple[str, ...]
    is_binary: bool = True
    """Whether its bytes tell it from text."""


_IMAGES: Final = ("image/png", "image/jpeg", "image/webp", "image/gif", "image/bmp", "image/apng", "image/jpg")
_OFFICE: Final = "application/vnd.openxmlformats-officedocument."

PDF: Final = Kind("pdf", "a PDF", ("application/pdf", "application/x-pdf"), (".pdf",))
IMAGE: Final = Kind("image", "an image", _IMAGES, (".png", ".jpg", ".jpeg", ".jpe", ".webp", ".gif", ".bmp", ".apng"))
TIFF: Final = Kind("tiff", "a TIFF", ("image/tiff", "image/tif"), (".tif", ".tiff"))
HEIC: Final = Kind("heic", "a HEIC image", ("image/heic", "image/heif"), (".heic", ".heif"))
EML: Final = Kind("eml", "a mail", ("message/rfc822",), (".eml", ".mht", ".mhtml"), is_binary=False)
MSG: Final = Kind("msg", "an Outlook message", ("application/vnd.ms-outlook",), (".msg",))
DOCX: Final = Kind("docx", "a Word document", (f"{_OFFICE}wordprocessingml.document",), (".docx",))
PPTX: Final = Kind("pptx", "a presentation", (f"{_OFFICE}presentationml.presentation",), (".pptx",))
XLSX: Final = Kind("xlsx", "a workbook", (f"{_OFFICE}spreadsheetml.sheet",), (".xlsx", ".xlsm"))
HTML: Final = Kind("html", "a page of HTML", ("text/html", "application/xhtml+xml"), (".html", ".htm", ".xhtml"), False)  # noqa: FBT003
TEXT: Final = Kind("text", "a text", ("text/plain",), (), is_binary=False)
OTHER: Final = Kind("other", "a file of another kind", (), ())

KINDS: Final = (PDF, IMAGE, TIFF, HEIC, EML, MSG, DOCX, PPTX, XLSX, HTML, TEXT)

_ZIPPED: Final = {"word/document.xml": DOCX, "ppt/presentation.xml": PPTX, "xl/workbook.xml": XLSX}


def named(name: str, mime: str | None = None) -> Kind | None:
    """Tell the kind that a file is called: by its type, or else by its name; None if neither says."""
    by_type = (mime or "").partition(";")[0].strip().lower()
    suffix = PurePath(name).suffix.lower()
    return next((kind for kind in KINDS if by_type and by_type in kind.types), None) or next(
        (kind for kind in KINDS if suffix in kind.suffixes), None
    )


def is_called_text(name: str) -> bool:
    """Whether a name says that the file is plain text; what it is decides all the same."""
    return PurePath(name).suffix.lower() == ".txt"


def detected(content: bytes, called: Kind | None) -> tuple[Kind, str]:
    """Tell the kind of a file by its bytes.

    Args:
        content: The bytes.
        called: What it is called, which decides where bytes may be several kinds of text.

    Returns:
        The kind, and for a kind that is not read the MIME type that it looks like, if any.
    """
    head = content[:_HEAD].removeprefix(codecs.BOM_UTF8)
    # Servers and mailers put lines of their own before a PDF.
    if head.startswith(b"%PDF-") or (b"%PDF-" in head and (called is PDF or (called is None and _is_binary(content)))):
        return PDF, ""
    if content.startswith(_OLE):
        return (MSG if _MSG in content else OTHER), "application/x-ole-storage"
    looks = mime_type_of(content)
    if kind := _by_type(content, looks, called):
        return kind, looks
    headers = _MAIL.match(head)
    written = HTML if _HTML.match(head) else EML if headers and _SURE.search(headers[0]) else TEXT
    if called and not called.is_binary and (called is TEXT or written is TEXT):
        return called, ""
    return written, ""


def _by_type(content: bytes, looks: str, called: Kind | None) -> Kind | None:
    known = next((kind for kind in KINDS if looks in kind.types), None)
    if looks == "application/zip" or looks.startswith(_OFFICE):
        # Of a file that is cut off nobody knows what is in it, and its reader says so.
        office = [kind for kind in (known, called) if kind in _ZIPPED.values()]
        return _zipped(content) or next(iter(office), OTHER)
    return known or (OTHER if looks and _is_binary(content) else None)


def _is_binary(content: bytes) -> bool:
    try:
        content[:_HEAD].decode("utf-8")
    except UnicodeDecodeError as error:
        # The head may end within a letter, which has four bytes at the most.
        return error.start < len(content[:_HEAD]) - 4
    return b"\0" in content[:_HEAD]


def _zipped(content: bytes) -> Kind | None:
    """Tell what an archive is by the names in it; None if it cannot be opened."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError):
        return None  # a damaged one may ask for a version of the format that does not exist
    return next((kind for part, kind in _ZIPPED.items() if part in names), OTHER)
