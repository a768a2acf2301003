"""Text without the differences that do not matter when a value is looked for, with the way back to the text itself.

Folded are runs of white space (to one blank), case, and the forms of a letter that Unicode holds equal (NFKC).
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

from langchain_nuextract.grounding.evidence import Span

_GAP = re.compile(r"\s{2,}")
_BLANK = re.compile(r"\s")
_BLANKS = {code: " " for code in range(128) if chr(code).isspace()}
"""Those of ASCII, for which a table is many times as fast as an expression."""
_WORD = re.compile(r"\s|\S+")
_JAMO = range(0x1160, 0x1200)
"""Parts of a Korean syllable that follow its first one."""


class _Piece(NamedTuple):
    """A stretch of the text that folds as a whole, or letter by letter if `even`."""

    start: int
    end: int
    folded: str
    even: bool


@dataclass(frozen=True, slots=True)
class NormalizedText:
    """A folded text and where each of its pieces stands in the text itself."""

    text: str
    pieces: tuple[_Piece, ...]
    starts: tuple[int, ...]
    """Where each piece begins in the folded text."""

    def unfold(self, start: int, end: int) -> Span | None:
        """The span of the text that folds to this range; None if the range begins or ends inside a letter."""
        first, last = self._at(start), self._at(end - 1)
        begin = self._origin(first, start - self.starts[first])
        finish = self._origin(last, end - self.starts[last])
        return None if begin is None or finish is None else Span(begin, finish)

    def _at(self, offset: int) -> int:
        return bisect_right(self.starts, offset) - 1

    def _origin(self, index: int, within: int) -> int | None:
        piece = self.pieces[index]
        if piece.even:
            return piece.start + within
        return {0: piece.start, len(piece.folded): piece.end}.get(within)


def fold(text: str) -> str:
    """Fold a text, without blanks at its ends."""
    if text.isascii():
        return " ".join(text.lower().split())
    return "".join(piece.folded for piece in _pieces(text)).strip()


def folded(text: str) -> NormalizedText:
    """Fold a text so that places in it can be found again; takes time linear in the text."""
    if text.isascii() and "  " not in (small := _small(text)):
        return NormalizedText(small, (_Piece(0, len(text), small, even=True),), (0,))
    pieces = tuple(_joined(_pieces(text)))
    starts = accumulate((len(piece.folded) for piece in pieces[:-1]), initial=0)
    return NormalizedText("".join(piece.folded for piece in pieces), pieces, tuple(starts))


def _joined(pieces: Iterator[_Piece]) -> Iterator[_Piece]:
    """Join neighbours that fold letter by letter, so that there are few pieces in most texts."""
    run: list[_Piece] = []
    for piece in pieces:
        if piece.even:
            run.append(piece)
            continue
        if run:
            yield _one(run)
            run = []
        yield piece
    if run:
        yield _one(run)


def _one(run: list[_Piece]) -> _Piece:
    return _Piece(run[0].start, run[-1].end, "".join(piece.folded for piece in run), even=True)


def _pieces(text: str) -> Iterator[_Piece]:
    at = 0
    for gap in _GAP.finditer(text):
        yield from _block(text[at : gap.start()], at)
        yield _Piece(gap.start(), gap.end(), " ", even=False)
        at = gap.end()
    yield from _block(text[at:], at)


def _block(block: str, at: int) -> Iterator[_Piece]:
    """Fold a stretch in which no two blanks meet: as a whole if it is even, as most are, or else word by word."""
    if not block:
        return
    if _is_even(block):
        yield _Piece(at, at + len(block), _small(block), even=True)
        return
    for match in _WORD.finditer(block):
        start, word = at + match.start(), match[0]
        if _is_even(word):
            yield _Piece(start, start + len(word), _small(word), even=True)
        else:
            yield from _letters(word, start)


def _small(text: str) -> str:
    small = text.casefold()
    return small.translate(_BLANKS) if text.isascii() else _BLANK.sub(" ", small)


def _is_even(text: str) -> bool:
    """Whether each character folds to one."""
    if text.isascii():
        return True
    # `ß` folds to two letters, `é` may be written with an accent of its own, and `ﬁ` is two letters in one.
    small = text.casefold()
    return (
        len(small) == len(text)
        and unicodedata.is_normalized("NFKC", text)
        and unicodedata.is_normalized("NFKC", small)
        and not any(map(unicodedata.combining, set(text)))
    )


def _letters(word: str, at: int) -> Iterator[_Piece]:
    """Split a word into letters with their accents."""
    start = 0
    for end in range(1, len(word) + 1):
        if end < len(word) and (unicodedata.combining(word[end]) or ord(word[end]) in _JAMO):
            continue
        letter = word[start:end]
        small = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", letter).casefold())
        # Accents that stand alone would bring a blank along, which is no white space of the text.
        if _BLANK.search(small) and not _BLANK.search(letter):
            small = letter
        yield _Piece(at + start, at + end, small, even=False)
        start = end
