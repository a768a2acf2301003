"""Encodings as files name them: byte order marks, declarations within, and the names that browsers and mailers use."""

import codecs
import re
from typing import Final

MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""Byte order marks. Those of UTF-32 first: the little one begins as that of UTF-16 does."""
_DECLARED: Final = re.compile(rb"""(?:charset|encoding)\s{0,9}=\s{0,9}["']?([\w.:-]{1,40})""", re.IGNORECASE)
_PROLOGUE: Final = 4096
"""Bytes in which a declaration is looked for; the standard of HTML says 1,024, pages with long heads exceed it."""
_HEAD: Final = 400
"""Bytes in which zeros are counted."""
_SPELLED: Final = {
    "ansi": "cp1252",
    "dos-874": "cp874",
    "windows-874": "cp874",
    "iso-8859-6-i": "iso8859-6",
    "iso-8859-8-e": "iso8859-8",
    "iso-8859-8-i": "iso8859-8",
    "unicode-1-1-utf-8": "utf-8",
    "x-euc-jp": "euc_jp",
    "x-gbk": "gb18030",
    "x-mac-roman": "mac_roman",
    "x-sjis": "cp932",
}
"""Names that Python does not know."""
_NO_CHARSETS: Final = frozenset(
    {"charmap", "idna", "mbcs", "oem", "punycode", "raw-unicode-escape", "undefined", "unicode-escape"}
)
"""Codecs of Python that no mail and no page is in: `unicode-escape` would make an `A` of the text `\\u0041`."""
_AS_BROWSERS_DO: Final = {
    "iso8859-1": "cp1252",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
}
"""Encodings that are read as the larger one, since texts under their names use its characters."""


def marked(content: bytes) -> str | None:
    """Give the encoding that a byte order mark tells, or the zeros of a text that has two bytes a letter."""
    if found := next((name for mark, name in MARKS if content.startswith(mark)), None):
        return found
    head = content[:_HEAD]
    # In `H\0i\0` each second byte is zero, as in any text of western letters in UTF-16.
    even, odd = head[::2].count(0), head[1::2].count(0)
    return "utf-16-le" if odd > even + len(head) // 4 else "utf-16-be" if even > odd + len(head) // 4 else None


def known(name: str | None) -> str | None:
    """Give Python's name of an encoding, as browsers read it; None if it is not known."""
    spelled = (name or "").strip().lower()
    try:
        found = codecs.lookup(_SPELLED.get(spelled, spelled)).name if spelled.isascii() and spelled else None
    except (LookupError, ValueError):
        return None
    return None if (found or "").replace("_", "-") in _NO_CHARSETS else _AS_BROWSERS_DO.get(found or "", found)


def declared(content: bytes) -> str | None:
    """Give the encoding that a page of HTML says that it is in."""
    found = _DECLARED.search(content, 0, _PROLOGUE)
    return found[1].decode("ascii", "replace") if found else None


def fits(content: bytes, encoding: str) -> bool:
    """Whether bytes can be read in an encoding."""
    try:
        content.decode(encoding)
    except (ValueError, LookupError):
        return False
    return True
