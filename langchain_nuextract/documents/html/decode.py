"""The bytes of a page as text: by byte order mark, declaration, or a guess that is said to be one."""

import re
from dataclasses import dataclass
from typing import Final

from turbohtml.detect import detect

from langchain_nuextract.documents.encodings import declared, fits, known, marked

_SAMPLE: Final = 100_000
"""Bytes that are looked at for a guess."""
_TAG: Final = re.compile(rb"<[^<>]*>")


@dataclass(frozen=True, slots=True)
class Decoded:
    """A page's text."""

    text: str
    encoding: str
    """Its Python name, such as `utf-8`."""
    warnings: tuple[str, ...] = ()


def decode_page(content: bytes, encoding: str | None = None) -> Decoded:
    """Decode the bytes of a page.

    In this order: a byte order mark, the encoding that the caller knows (from an HTTP header, say), what the page
    declares, UTF-8, and a guess. A declaration that the bytes deny is not followed. Bytes that the encoding does not
    have become U+FFFD. The last two are said in a warning.
    """
    if name := marked(content):
        return _with(content, name)
    said = _known(encoding) or _known(declared(content))
    if said and said not in ("utf-8", "ascii") and fits(content, said) and not fits(content, "utf-8"):
        return _with(content, said)
    if fits(content, "utf-8"):
        return _with(content, "utf-8")
    # Without tags, which are ASCII and say what the page wrongly declares.
    found = detect(_TAG.sub(b" ", content[:_SAMPLE])).encoding or "cp1252"
    guess = _known(found.replace("windows-", "cp")) or "cp1252"
    reason = f"not in {said}, as it says" if said else "in an encoding that it does not name"
    return _with(content, guess, f"the page is {reason}; read as {guess}")


def _with(content: bytes, encoding: str, *warnings: str) -> Decoded:
    text = content.decode(encoding, "replace")
    broken = text.count("\ufffd")
    if broken:
        warnings = (*warnings, f"{broken} characters could not be read as {encoding}")
    return Decoded(text, encoding.removesuffix("-sig"), warnings)


def _known(name: str | None) -> str | None:
    found = known(name)
    # A declaration that can be read as ASCII does not stand in a page of two bytes a character.
    return "utf-8" if found and found.startswith(("utf-16", "utf-32")) else found
