# ruff: noqa: RUF001  (marks that look alike are what this is about)
"""Where texts stand in a longer one: alone, or else inside a word.

A few are looked for from one end to the other. Once there are many, the words of the long text are indexed, so that
the next ones cost by how often their rarest word stands there and no longer by the length of the text.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from itertools import islice
from typing import Final

from langchain_nuextract.grounding.evidence import Spans

MOST: Final = 1_000
"""Places of one text that are considered where it is part of words."""
SHORTEST_PART: Final = 3
"""Letters that a text must have to be found inside a longer word."""
SCANS: Final = 100
"""Texts that are looked for without an index; it costs about as much as these do."""

_SHORT: Final = 24
_SHORT_TEXT: Final = 4_000
"""Characters of a text, and of one that it is searched in, of which a search from the end always ends soon: in many
equal letters it may look at each letter of the one for each of the other."""

_SPACELESS: Final = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
"""Letters of scripts that set no blanks between words."""
_LETTER: Final = rf"[^\W_{_SPACELESS}]"
WORD: Final = re.compile(rf"{_LETTER}+|[{_SPACELESS}]")
_BLOCK: Final = re.compile(r".{1,1000}\w*", re.DOTALL)
"""A stretch that ends with a word. Blocks take a third of the time to index that all words one by one would take."""
_MARKS: Final = ".,'’"
_JOINT: Final = re.compile(rf"(?<={_LETTER})(?={_LETTER})|(?<=\d)(?=[{_MARKS}]\d)|(?<=\d[{_MARKS}])(?=\d)")
"""A place across which a word or number goes on."""

_APART: Final = frozenset(("", *' \t\n\r:;!?()[]{}<>/|"-_+*=%$€', ", ", ". ", ",\n", ".\n"))
"""Marks, the ends of the text among them, at which no word or number goes on; the most common ones will do."""


class TextIndex:
    """Finds texts in one text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._is_short = len(text) <= _SHORT_TEXT
        self._scans = 0

    def find(self, wanted: str) -> Spans:
        """Find where a text that is not empty stands alone; if nowhere, where it is part of a word."""
        text, size = self._text, len(wanted)
        # What begins with a rare letter, as a capital is, is found up to twice as fast from the end of a text.
        backwards = size <= _SHORT and self._is_short
        if not backwards:
            self._scans += 1
            if self._scans > SCANS:
                return self._look_up(wanted)
        at = text.rfind(wanted) if backwards else text.find(wanted)
        if at < 0:
            return ()
        end = at + size
        # Most values stand in one place, for which no list of places is made.
        if (text.rfind(wanted, 0, end - 1) if backwards else text.find(wanted, at + 1)) >= 0:
            return self._scan(wanted)
        if text[at - 1 : at] in _APART and (text[end : end + 1] in _APART or text[end : end + 2] in _APART):
            return ((at, end),)
        return ((at, end),) if _stands_alone(text, at, end) or _may_be_part(wanted) else ()

    def _scan(self, wanted: str) -> Spans:
        hits = self._first_hits(wanted)
        if len(hits) == MOST:
            return self._look_up(wanted)
        return self._alone(hits) or (hits if _may_be_part(wanted) else ())

    def _first_hits(self, wanted: str) -> Spans:
        return [*islice(_hits(self._text, wanted, 0, len(self._text)), MOST)]

    def _alone(self, hits: Iterable[tuple[int, int]]) -> Spans:
        text = self._text
        return [(start, end) for start, end in hits if _stands_alone(text, start, end)]

    def _look_up(self, wanted: str) -> Spans:
        words = [*WORD.finditer(wanted)]
        if not words:
            return self._alone(self._first_hits(wanted))
        # Of "Item 17 costs", 17 stands in the fewest blocks, in which alone the whole is looked for.
        rarest = min(words, key=lambda word: len(self._blocks.get(word[0], ())))
        before, after = rarest.start(), len(wanted) - rarest.end()
        blocks = ((max(0, start - before), end + after) for start, end in self._blocks.get(rarest[0], ()))
        if alone := self._alone(hit for start, end in blocks for hit in _hits(self._text, wanted, start, end)):
            return alone
        # What is inside of words has its words inside of words too: most texts that are nowhere are known by that.
        is_part = _may_be_part(wanted) and all(word[0] in self._vocabulary for word in words)
        return self._first_hits(wanted) if is_part else ()

    @cached_property
    def _blocks(self) -> Mapping[str, Spans]:
        """In which blocks of the text each word stands, as a whole."""
        found: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
        for block in _BLOCK.finditer(self._text):
            span = block.span()
            for word in {*WORD.findall(block[0])}:
                found[word].append(span)
        return found

    @cached_property
    def _vocabulary(self) -> str:
        return "\n".join(self._blocks)


def _may_be_part(wanted: str) -> bool:
    return len(wanted) >= SHORTEST_PART and not any(map(str.isdigit, wanted))


def _hits(text: str, wanted: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    at, size = text.find(wanted, start, end), len(wanted)
    while at >= 0:
        yield at, at + size
        at = text.find(wanted, at + 1, end)


def _stands_alone(text: str, start: int, end: int) -> bool:
    return (text[start - 1 : start] in _APART or not _JOINT.match(text, start)) and (
        text[end : end + 1] in _APART or text[end : end + 2] in _APART or not _JOINT.match(text, end)
    )
