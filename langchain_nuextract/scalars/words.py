"""What counts as a word, in every script."""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import Final, NamedTuple

UNSPACED: Final = (
    "\u0e00-\u0eff"  # Thai, Lao
    "\u1000-\u109f\u1780-\u17ff"  # Burmese, Khmer
    "\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9d"  # Chinese, Japanese
    "\U00020000-\U0003ffff"
)
"""Scripts that put no spaces between words: there each character is a word, with the marks upon it."""
IGNORABLE: Final[dict[int, None]] = dict.fromkeys((0xAD, 0x200B, 0x2060, 0xFEFF))
"""Characters that only say where a line may break: they stand within words and are no part of them."""


@cache
def _word_pattern() -> re.Pattern[str]:
    # `\w` has no combining marks: it would cut हिन्दी into four words.
    marks = "".join(chr(at) for at in range(0x300, 0x1F000) if unicodedata.category(chr(at)).startswith("M"))
    marks += "".join(map(chr, (*IGNORABLE, 0x200C, 0x200D)))
    return re.compile(rf"[{UNSPACED}][{marks}]*|(?:(?![{UNSPACED}])[\w{marks}])+")


class Word(NamedTuple):
    """A word of a text."""

    start: int
    end: int
    folded: str
    """The word in lower case, in one form for each character, without soft hyphens."""


def find_words(text: str) -> Iterator[Word]:
    """Find the words of a text: runs of letters, digits and marks; of scripts without spaces single characters."""
    for found in _word_pattern().finditer(text):
        word = found[0]
        folded = word.lower() if word.isascii() else unicodedata.normalize("NFC", word).translate(IGNORABLE).casefold()
        if folded:
            yield Word(found.start(), found.end(), folded)


def words(text: str) -> list[str]:
    """Split into words, folded.

    Example:
        >>> words("Größe: 12,50 €, 日本語")
        ['grösse', '12', '50', '日', '本', '語']
    """
    return [word.folded for word in find_words(text)]


def spaced(text: str) -> list[str]:
    """Split at white space, as word error rates are counted; scripts without spaces into characters."""
    return [word for run in text.split() for word in re.findall(rf"[{UNSPACED}]|[^{UNSPACED}]+", run)]
