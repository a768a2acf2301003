"""The bytes of a page as text: by byte order mark, declaration, or a guess that is said to be one."""

import codecs
import re
from dataclasses import dataclass
from typing import Final

from turbohtml.detect import detect

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DECLARED: Final = re.compile(rb"""(?:charset|encoding)\s{0,9}=\s{0,9}["']?([\w.:-]{1,40})""", re.IGNORECASE)
_PROLOGUE: Final = 4096
"""Bytes in which a declaration is looked for; the standard says 1,024, pages with long heads exceed it."""
_SAMPLE: Final = 100_000
"""Bytes that are looked at for a guess."""
_TAG: Final = re.compile(rb"<[^<>]*>")
_AS_BROWSERS_DO: Final = {
    "iso8859-1": "cp1252",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
}
"""Declarations that browsers read as the larger encoding, since pages use its characters."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """A page's text."""

    text: str
    encoding: str
    """Its Python name, such as `utf-8`."""
    warnings: tuple[str, ...] = ()


def decode(content: bytes, encoding: str | None = None) -> Decoded:
    """Decode the bytes of a page.

    In this order: a byte order mark, the encoding that the caller knows (from an HTTP header, say), what the page
    declares, UTF-8, and a guess. A declaration that the bytes deny is not followed. Bytes that the encoding does not
    have become U+FFFD. The last two are said in a warning.
    """
    for mark, name in _MARKS:
        if content.startswith(mark):
            return _with(content, name)
    found = _DECLARED.search(content, 0, _PROLOGUE)
    declared = _known(encoding) or (_known(found[1].decode("ascii", "replace")) if found else None)
    if declared and declared not in ("utf-8", "ascii") and _fits(content, declared) and not _fits(content, "utf-8"):
        return _with(content, declared)
    if _fits(content, "utf-8"):
        return _with(content, "utf-8")
    guess = _guess(content)
    reason = f"not in {declared}, as it says" if declared else "in an encoding that it does not name"
    return _with(content, guess, f"the page is {reason}; read as {guess}")


def _with(content: bytes, encoding: str, *warnings: str) -> Decoded:
    text = content.decode(encoding, "replace")
    broken = text.count("\ufffd")
    if broken:
        warnings = (*warnings, f"{broken} characters could not be read as {encoding}")
    return Decoded(text, encoding.removesuffix("-sig"), warnings)


def _known(name: str | None) -> str | None:
    try:
        found = codecs.lookup(name).name if name else None
    except LookupError:
        return None
    # A declaration that can be read as ASCII does not stand in a page of two bytes a character.
    return "utf-8" if found and found.startswith(("utf-16", "utf-32")) else _AS_BROWSERS_DO.get(found or "", found)


def _fits(content: bytes, encoding: str) -> bool:
    try:
        content.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return False
    return True


def _guess(content: bytes) -> str:
    # Without tags, which are ASCII and say what the page wrongly declares.
    found = detect(_TAG.sub(b" ", content[:_SAMPLE])).encoding or "cp1252"
    return _known(found.replace("windows-", "cp")) or "cp1252"
