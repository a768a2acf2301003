"""The bytes of a text file as text: by byte order mark, in UTF-8, or by a guess that is said to be one."""

import codecs
from typing import Final

from langchain_nuextract.errors import WrongKind

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""Those of UTF-32 first: the little one begins as that of UTF-16 does."""
_SAMPLE: Final = 100_000
"""Bytes that are looked at for a guess."""
_AROUND: Final = 1_000
"""Bytes before the first one that is not ASCII which are part of the sample."""
_CONTROLS: Final = frozenset(map(chr, range(32))) - frozenset("\t\n\r\f\v\x1b")
_MOST_CONTROLS: Final = 0.01
"""Share of control characters above which a file is no text."""


def decode(content: bytes, name: str, encoding: str | None = None) -> tuple[str, tuple[str, ...]]:
    """Decode the bytes of a text file.

    Args:
        content: The bytes.
        name: What to call the file.
        encoding: What its sender says it is; not believed where the bytes deny it.

    Returns:
        The text, and warnings: that the encoding was guessed.

    Raises:
        WrongKind: It is no text.
    """
    declared = next((mark for start, mark in _MARKS if content.startswith(start)), None)
    for known in (declared, encoding, "utf-8"):
        if known and (text := _decoded(content, known)) is not None and _is_text(text):
            return text, ()
    guess = _guess(content)
    text = _decoded(content, guess) if guess else None
    if text is None or not _is_text(text):
        raise WrongKind(
            name, "it is neither a PDF, an image, a mail, a page of HTML nor text in any encoding. Convert it first."
        )
    return text, (f"{name}: not in UTF-8, and its encoding was guessed to be {guess}",)


def _decoded(content: bytes, encoding: str) -> str | None:
    try:
        return content.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return None


def _is_text(text: str) -> bool:
    sample = text[:_SAMPLE]
    return "\0" not in sample and sum(letter in _CONTROLS for letter in sample) <= _MOST_CONTROLS * len(sample)


def _guess(content: bytes) -> str | None:
    try:
        from charset_normalizer import from_bytes  # noqa: PLC0415 an extra
    except ImportError:
        return None
    odd = next((at for at, byte in enumerate(content) if byte > 127), 0)  # noqa: PLR2004
    start = max(0, odd - _AROUND)
    best = from_bytes(content[start : start + _SAMPLE]).best()
    return best.encoding if best else None
