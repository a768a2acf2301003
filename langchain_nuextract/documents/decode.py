"""The bytes of a text file as text: by byte order mark, in UTF-8, or by a guess that is said to be one."""

import re
from typing import Final

from langchain_nuextract.documents.encodings import known, marked
from langchain_nuextract.errors import WrongKind

_SAMPLE: Final = 100_000
"""Bytes that are looked at for a guess."""
_AROUND: Final = 1_000
"""Bytes before the first one that is not ASCII which are part of the sample."""
_CONTROLS: Final = frozenset(map(chr, range(32))) - frozenset("\t\n\r\f\v\x1b")
_MOST_CONTROLS: Final = 0.01
"""Share of control characters above which a file is no text."""
_WESTERN: Final = re.compile("[À-ÏÑ-ÖØ-Üß-ïñ-öø-üÿŒœŠšŽžŸ€£§°ºª«»\u2013-\u2026•·¿¡©®\xa0²³µ½¼]*")
"""What texts of western Europe have beside ASCII, but for letters of Iceland: Turkish has others there."""
_FEW: Final = 0.4
"""Share of a text's letters that are not ASCII, in languages of western Europe."""


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
    usual = known(encoding)
    for each in (marked(content), usual, encoding if usual else None, "utf-8"):
        if each and (text := _decoded(content, each)) is not None and _is_text(text):
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
    # A contract may be ASCII for pages, until the first `é` or `и` tells the encoding.
    odd = next((at for at, byte in enumerate(content) if byte > 127), 0)  # noqa: PLR2004
    start = max(0, odd - _AROUND)
    sample = content[start : start + _SAMPLE]
    if _is_western(sample):
        return "cp1252"
    try:
        from charset_normalizer import from_bytes  # noqa: PLC0415 an extra
    except ImportError:
        return None
    best = from_bytes(sample).best()
    return best.encoding if best else None


def _is_western(sample: bytes) -> bool:
    """Whether a text is plausible in the encoding of western Europe: of a short one, statistics say nothing.

    Cyrillic in its place would be a text of accents alone, `Öåíà`; Polish would have signs within its words, `³¹`.
    """
    text = _decoded(sample, "cp1252")
    if text is None:
        return False
    odd = "".join(letter for letter in text if not letter.isascii())
    letters = sum(map(str.isalpha, text))
    return bool(_WESTERN.fullmatch(odd)) and sum(map(str.isalpha, odd)) <= _FEW * letters
