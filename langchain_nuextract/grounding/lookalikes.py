# ruff: noqa: RUF001  (letters that look alike are what this is about)
"""Text reduced to what an eye sees of it: letters that look alike are one, blanks and marks are nothing.

`Bl1ck & S0hn` and `BLICK Sohn` are both `bllcksohn`.
"""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

from langchain_nuextract.grounding.index import WORD

_ALIKE: Final = {
    ord(letter): shape
    for shape, letters in {
        "o": "0оο", "l": "1i|ıіι", "s": "5ѕ", "b": "8в", "c": "eесε", "q": "g", "a": "аα", "p": "рρ", "x": "хχ",
        "y": "уγ", "k": "кκ", "m": "м", "t": "тτ", "h": "нη", "v": "ν", "曰": "日", "一": "ー",
    }.items()
    for letter in letters
}  # fmt: skip
"""Letters and figures by the one of their shape, those of other alphabets among them; case and accents are gone."""
_PAIRS: Final = (("rn", "m"), ("cl", "d"), ("vv", "w"))
_MARK: Final = re.compile(r"[\W_]+")


def shape_of(text: str) -> str:
    """Reduce a text to its shape."""
    if not text.isascii():
        text = "".join(mark for mark in unicodedata.normalize("NFKD", text) if not unicodedata.combining(mark))
    shape = _MARK.sub("", text.casefold())
    # First of all: `ei` is no `cl`, though each of its letters is like one of those.
    for pair, letter in _PAIRS:
        shape = shape.replace(pair, letter)
    return shape.translate(_ALIKE)


class Word(NamedTuple):
    """A word of a text, or a letter where no blanks part words."""

    start: int
    end: int
    shape: str
    is_code: bool
    """Whether it has a figure: then each letter counts."""


@dataclass(frozen=True)
class Shapes:
    """The shape of a text, and its words."""

    words: Sequence[Word]

    @cached_property
    def text(self) -> str:
        """The shapes of all words, one after the other."""
        return "".join(word.shape for word in self.words)

    @cached_property
    def starts(self) -> Sequence[int]:
        """Where each word begins in `text`, and where the last one ends."""
        at, starts = 0, [0]
        for word in self.words:
            at += len(word.shape)
            starts.append(at)
        return starts

    @cached_property
    def places(self) -> dict[str, list[int]]:
        """The indices of the words of each shape."""
        found: dict[str, list[int]] = {}
        for index, word in enumerate(self.words):
            found.setdefault(word.shape, []).append(index)
        return found

    def word_at(self, offset: int) -> int | None:
        """The word that begins at an offset of `text`; None if none does."""
        index = bisect_left(self.starts, offset)
        return index if index < len(self.starts) and self.starts[index] == offset else None

    @cached_property
    def codes(self) -> Sequence[bool]:
        """Whether each letter of `text` belongs to a code."""
        return [word.is_code for word in self.words for _ in word.shape]

    def part(self, start: int, end: int) -> "Shapes":
        """The words from one that begins at an offset of `text`, as far as another offset at least."""
        return Shapes(self.words[bisect_left(self.starts, start) : bisect_left(self.starts, end)])


def shapes_of(text: str) -> Shapes:
    """Reduce a text word by word; takes time linear in it."""
    known: dict[str, tuple[str, bool]] = {}
    words: list[Word] = []
    for match in WORD.finditer(text):
        word = match[0]
        if word not in known:
            known[word] = shape_of(word), any(map(str.isdigit, word))
        shape, is_code = known[word]
        if shape:
            words.append(Word(match.start(), match.end(), shape, is_code))
    return Shapes(words)
