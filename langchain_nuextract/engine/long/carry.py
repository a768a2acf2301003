"""What is carried into a chunk from before it: the header of its table, its section's headings, and the open parent."""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, Literal, TypeAlias

from langchain_nuextract.engine.long.labels import Labels, header_at
from langchain_nuextract.engine.long.lines import Line, agree, lines_of
from langchain_nuextract.grounding.evidence import Span

Carried: TypeAlias = Literal["headers", "parent"]
"""What can be carried: `headers` are column headers and Markdown headings, `parent` the lines of the object whose list
goes on in the chunk, such as the delivery note above its items."""

_HEAD: Final = re.compile(
    r"<thead\b.{0,4000}?</thead\s{0,9}>|<tr\b[^>]{0,400}>\s{0,99}<th\b.{0,4000}?</tr\s{0,9}>", re.IGNORECASE | re.DOTALL
)
_TABLE: Final = re.compile(r"<(/?)table\b", re.IGNORECASE)
_FIRST_ROWS: Final = 12
"""Rows of a chunk that are compared with a header."""
_BELOW_ALL: Final = 7
"""A level below those of all headings, `######` included."""
_FURNITURE: Final = 3
"""How often a paragraph has to stand in a text to be page furniture."""


@dataclass(frozen=True, slots=True)
class _State:
    """What holds at the beginning of a line."""

    headings: tuple[Span, ...] = ()
    levels: tuple[int, ...] = ()
    header: Span | None = None
    header_line: Line | None = None
    parent: Span | None = None
    is_below_label: bool = False
    """Whether the line before may name a parent."""


class Context:
    """What is to be carried into the chunks of one text.

    Args:
        text: The whole text.
        wanted: What to carry.
        nested: Whether records have lists of their own, so that there may be an open parent.
    """

    def __init__(self, text: str, wanted: Collection[Carried], *, nested: bool) -> None:
        self._text, self._wanted = text, wanted
        self._lines = lines_of(text)
        self._starts = [line.start for line in self._lines]
        self._furniture = _furniture(self._lines) if nested and wanted else frozenset[str]()
        self._states = list(_states(self._lines, self._furniture, nested=nested)) if wanted else []
        heads = [match.span() for match in _HEAD.finditer(text)] if "<th" in text.lower() else []
        self._heads = heads
        self._tables = [(match.start(), match[1] == "") for match in _TABLE.finditer(text)] if heads else []

    def before(self, shown: Span) -> tuple[Span, ...]:
        """Give what is carried into a chunk that begins there, in the order of the text; nothing at its beginning."""
        if not self._wanted or not shown.start:
            return ()
        index = bisect_right(self._starts, shown.start) - 1
        state = self._states[index]
        found: list[Span | None] = []
        if "headers" in self._wanted:
            # A heading ends the sections of its own level and of those below it.
            line = next((line for line in self._lines[index:] if not line.is_blank), None)
            level = _level(line) if line and line.is_heading else _BELOW_ALL
            found += [span for span, own in zip(state.headings, state.levels, strict=True) if own < level]
            found += [self._header(state, index, shown), self._html_head(shown.start)]
        if "parent" in self._wanted and self._goes_on(index, shown):
            found.append(state.parent)
        spans = sorted({span for span in found if span and span.end <= shown.start})
        return tuple(spans)

    def _header(self, state: _State, index: int, shown: Span) -> Span | None:
        """Give the header whose columns those of the chunk's first rows are, unless it has one of its own."""
        header = state.header_line
        if header is None:
            return None
        rows: list[Line] = []
        for line in islice(self._lines, index, None):
            if line.start >= shown.end or len(rows) == _FIRST_ROWS:
                break
            if line.is_row or ("|" in line.text and "|" in header.text and not line.is_rule):
                rows.append(line)
            elif not rows and _same_words(line, header):
                return None
        # A sum or a remark among the rows need not fit.
        fitting = sum(agree(header, row) for row in rows)
        return state.header if fitting * 2 >= max(len(rows), 1) else None

    def _html_head(self, at: int) -> Span | None:
        opened = next((start for start, opens in reversed(self._tables) if start < at and opens), None)
        closed = next((start for start, opens in reversed(self._tables) if start < at and not opens), -1)
        if opened is None or closed > opened:
            return None
        return next((Span(*span) for span in self._heads if opened <= span[0] and span[1] <= at), None)

    def _goes_on(self, index: int, shown: Span) -> bool:
        """Whether rows of an open parent come first in a chunk."""
        state = self._states[index]
        if not state.parent:
            return False
        for at, line in enumerate(islice(self._lines, index, None), start=index):
            if line.start >= shown.end:
                return False
            if line.is_row or line.is_item or (line.indent and not line.is_blank):
                return True
            is_label = at + 1 < len(self._states) and self._states[at + 1].is_below_label
            is_printed = line.text in self._furniture and not is_label
            if not (line.is_blank or line.is_page_mark or line.is_rule or line.is_edge or is_printed):
                # A new parent comes first, or something below the list.
                return bool(state.header_line and _same_words(line, state.header_line))
        return False


def _level(heading: Line) -> int:
    return len(heading.text) - len(heading.text.lstrip("#"))


def _same_words(one: Line, other: Line) -> bool:
    return one.text.split() == other.text.split()


def _states(lines: Sequence[Line], furniture: frozenset[str], *, nested: bool) -> Iterator[_State]:
    """Yield what holds at the beginning of each line."""
    state, labels, is_code = _State(), Labels(lines, furniture), False
    headings: list[tuple[int, Span]] = []
    header: tuple[Span, Line] | None = None
    for index, line in enumerate(lines):
        yield state
        is_code ^= line.is_fence
        if line.is_heading and not is_code:
            level = _level(line)
            # `## B` ends the section `## A` and all below it, not `# Part 1`.
            headings = [*(each for each in headings if each[0] < level), (level, Span(line.start, line.end))]
        if found := header_at(lines, index):
            header = found
        elif nested:
            labels.read(index)
        state = _State(
            tuple(span for _, span in headings),
            tuple(level for level, _ in headings),
            header[0] if header else None,
            header[1] if header else None,
            # Where a chunk ends right behind the name of a parent, its rows are the first ones of the next chunk.
            Span(labels.block[0].start, labels.block[-1].end) if labels.block else labels.parent,
            bool(labels.block),
        )


def _furniture(lines: Sequence[Line]) -> frozenset[str]:
    """The lines that stand in a text again and again: what is printed on every page."""
    counted = Counter(line.text for line in lines if not line.is_blank)
    return frozenset(text for text, times in counted.items() if times >= _FURNITURE)
