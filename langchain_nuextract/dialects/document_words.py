"""The words of a document as a grammar takes them: pieces in a row, of which a value is any run."""

import re
import unicodedata
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from langchain_nuextract.grounding.readings import readings

BREAK: Final = "\uf8ff"
"""Stands between stretches of words that do not follow each other. No document has it, and no model writes it."""

_PASSAGE: Final = re.compile(r"\S(?:.{0,239}(?!\S)|\S{0,239})")
"""A line, or as many words of a long one."""
_UNSPACED: Final = (
    r"\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff\u3005\u3007\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff"
    r"\U00020000-\U0003ffff"
)
"""Letters of scripts that have no blanks between words, or, as Korean, parts of words that are not of a name."""
_PIECE: Final = re.compile(rf"[{_UNSPACED}]|[^\W\d_{_UNSPACED}]+|\d+|.", re.DOTALL)
_ZWJ: Final = "\u200d"
_JOINERS: Final = frozenset(f"\u200c{_ZWJ}\ufe0e\ufe0f")
_MARKS: Final = frozenset({"Mn", "Mc", "Me"})
_WORD: Final = re.compile(r"[^\W_]+")
_TELLING: Final = re.compile(r"[\d@€$£¥₹]|\b[^\W\d_a-z]")
"""What values have more often than the words between them: figures, signs of money, capitals."""


def text_units(text: str) -> list[str]:
    r"""Split a text into its smallest parts: words, numbers, marks, blanks.

    A letter keeps its accents, and a script without blanks is split into letters:

        pieces("5kg Obst, 東京")  # ["5", "kg", " ", "Obst", ",", " ", "東", "京"]
    """
    starts: list[int] = []
    before, goes_on = "", False
    for match in _PIECE.finditer(text):
        piece = match[0]
        is_mark = piece in _JOINERS or unicodedata.category(piece) in _MARKS if len(piece) == 1 else False
        if not (before and (is_mark or (goes_on and (piece.isalpha() or before == _ZWJ)))):
            starts.append(match.start())
        goes_on = is_mark and not before.isspace()
        before = piece
    return [text[start:end] for start, end in pairwise((*starts, len(text)))]


def words_within(text: str, most: int, names: Sequence[str] = ()) -> str:
    """Give the words that values may be made of, at most so many characters of them; takes time linear in the text.

    Args:
        text: A document's text.
        most: Characters at the most.
        names: The names of the fields that are asked for.

    Returns:
        The text's readings, one after the other with a `BREAK` between. Of a text that is too long for that, those
        passages that are most likely to have values: such as have figures, capitals, or words of the fields' names.
    """
    clean = text.replace(BREAK, " ").encode("utf-8", "replace").decode()
    first, *others = readings(clean) or ("",)
    kept = [first if len(first) <= most else _passages(clean, most, names)]
    room = most - len(kept[0])
    for other in others:
        room -= len(other)
        if room < 0:
            break
        kept.append(other)
    return BREAK.join(kept)


def _passages(text: str, most: int, names: Sequence[str]) -> str:
    wanted = {word.casefold() for name in names for word in _WORD.findall(name.replace("_", " "))}
    passages = [match.span() for match in _PASSAGE.finditer(text)]
    kept: list[tuple[int, int]] = []
    # The most promising first, until there is no room: "Total: 7.50 €" before "we thank you for your order".
    for start, end in sorted(passages, key=lambda span: -_promise(text[slice(*span)], wanted)):
        most -= end - start + 1
        if most < 0:
            break
        kept.append((start, end))
    # Passages that follow each other in the text do so here, so that a value may go over the end of a line.
    stretches: list[tuple[int, int]] = []
    for start, end in sorted(kept):
        if stretches and not text[stretches[-1][1] : start].strip():
            stretches[-1] = (stretches[-1][0], end)
        else:
            stretches.append((start, end))
    return BREAK.join(" ".join(text[slice(*span)].split()) for span in stretches)


def _promise(passage: str, wanted: set[str]) -> float:
    # Twenty characters more, so that a line of two figures is not above one that says what they are.
    hits = sum(word.casefold() in wanted for word in _WORD.findall(passage))
    return (len(_TELLING.findall(passage)) + 5 * hits) / (len(passage) + 20)
