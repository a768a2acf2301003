"""Names and words without what people write them differently in: case, accents, blanks and punctuation."""

import re
import unicodedata
from functools import lru_cache
from typing import Final

NOT_A_LETTER = re.compile(r"[\W_]+")


LONGEST_CACHED: Final = 60
"""Letters of a name that is kept in mind: keys are short, and come again for each object of a list."""


def fold_key(text: str) -> str:
    """Reduce a key or label to its letters and digits, without case and accents."""
    return folded_name(text) if len(text) <= LONGEST_CACHED else _fold_letters(text)


def _fold_letters(text: str) -> str:
    if text.isascii():
        return NOT_A_LETTER.sub("", text.lower()) or text.lower()
    text = unicodedata.normalize("NFKC", text).casefold()
    return NOT_A_LETTER.sub("", without_accents(text)) or unicodedata.normalize("NFKD", text)


def without_accents(text: str) -> str:
    """Take the accents off the letters of a text."""
    return "".join(mark for mark in unicodedata.normalize("NFKD", text) if not unicodedata.combining(mark))


folded_name = lru_cache(maxsize=10_000)(_fold_letters)
"""`fold` for the names and labels of forms, which are few and come again for each value."""
