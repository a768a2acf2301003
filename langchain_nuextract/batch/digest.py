"""Hashes by which documents and extractors are known again, in other processes too."""

from hashlib import sha256
from typing import Final

_LENGTH: Final = 32
"""Hexadecimal digits: 128 bits, so that no two settings are taken for one another."""


def digest(text: str) -> str:
    """Hash a text, lone surrogates included."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_LENGTH]
