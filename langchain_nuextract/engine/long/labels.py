"""Lines that name what is below them: the header of columns, and the parent of rows or items."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import islice
from typing import Final

from langchain_nuextract.engine.long.lines import Line, agree
from langchain_nuextract.grounding.evidence import Span

_BELOW: Final = 6
"""Lines below a header among which a row is looked for."""
_MOST_PARENT_LINES: Final = 4
_LONGEST_LINE: Final = 400
"""What is longer is prose, and nothing that stands above rows."""
_FULL: Final = 60
"""Characters of a line that may have been broken for its length."""


class _Furnished(IntEnum):
    """Whether a line is of what is printed at the head of a page."""

    NO = 0
    NEXT = 1
    """A number of a page came, and the next paragraph may be."""
    IN = 2


@dataclass(slots=True)
class Labels:
    """Finds the lines that name the parent of the rows or items below them, line by line."""

    lines: Sequence[Line]
    furniture: frozenset[str]
    parent: Span | None = None
    """The lines of the last one that has rows."""
    block: Sequence[Line] = ()
    """Lines that may be those of the next one."""
    item: Line | None = None
    """The item that the next line may go on with."""
    furnished: _Furnished = _Furnished.NO
    known: set[str] = field(default_factory=set[str])
    """The words with which parents begin."""

    def read(self, index: int) -> None:
        """Take the next line, which is no header."""
        line = self.lines[index]
        if line.is_row or line.is_item:
            if self.block:
                self.parent = Span(self.block[0].start, self.block[-1].end)
                self.known.update(map(_first_word, self.block))
            self.block, self.item, self.furnished = (), line if line.is_item else None, _Furnished.NO
        elif line.is_page_mark:
            has_words = any(map(str.isalpha, line.text)) and line.text.startswith("\f")
            self.block, self.item = (), None
            self.furnished = _Furnished.IN if has_words else _Furnished.NEXT
        elif line.is_blank:
            self.item = None
            self.furnished = _Furnished.NO if self.furnished == _Furnished.IN else self.furnished
            self.block = self.block if self.block and _rows_follow(self.lines, index) else ()
        elif not (line.is_rule or line.is_edge or line.is_heading):
            # `Delivery note 12`, `Borealis AS`, `Oslo`: a parent may have several lines.
            self.block = [*self.block, line][-_MOST_PARENT_LINES:] if self._is_label(index) else ()

    def _is_label(self, index: int) -> bool:
        line = self.lines[index]
        is_other = line.indent or len(line.text) > _LONGEST_LINE or self._goes_on(line)
        if _first_word(line) not in self.known:
            # A page's first paragraph is printed on each, unless it begins as the parents before it do.
            self.furnished = _Furnished.IN if self.furnished else self.furnished
            stands_alone = index + 1 < len(self.lines) and self.lines[index + 1].is_blank
            is_other = is_other or self.furnished or (stands_alone and line.text in self.furniture)
        return not is_other

    def _goes_on(self, line: Line) -> bool:
        """Whether a line goes on with the item above it: that is full, or the line begins as no label does."""
        if self.item is None or _first_word(line) in self.known:
            return False
        return line.text[:1].islower() or len(self.item.text) > _FULL


def _first_word(line: Line) -> str:
    return line.text.split(maxsplit=1)[0].casefold()


def _rows_follow(lines: Sequence[Line], index: int) -> bool:
    """Whether the next line that is not blank is a row, or the header of rows."""
    for at in range(index + 1, min(index + 1 + _BELOW, len(lines))):
        if not lines[at].is_blank:
            return lines[at].is_row or lines[at].is_item or header_at(lines, at) is not None
    return False


def header_at(lines: Sequence[Line], index: int) -> tuple[Span, Line] | None:
    """Tell whether a line is the header of columns: words, below which stand the cells of rows."""
    line = lines[index]
    following = lines[index + 1] if index + 1 < len(lines) else None
    if len(line.text) > _LONGEST_LINE or line.is_rule:
        return None
    if following and following.is_rule and "|" in following.text and "|" in line.text:
        return Span(line.start, following.end), line
    above = lines[index - 1] if index else None
    if "|" in line.text and following and above and following.is_edge and above.is_edge:
        # In a grid, all rows have edges; the header is the first one, and often marked by `+=====+`.
        is_first = index < 2 or "|" not in lines[index - 2].text  # noqa: PLR2004
        return (Span(above.start, following.end), line) if is_first or "=" in following.text else None
    if len(line.cells) < 2 or any(map(str.isdigit, line.text)) or "|" in line.text:  # noqa: PLR2004
        return None
    # `Item  Qty  Price` has no figures, and the cells of `tea  2  3.50` stand below its own.
    for row in islice(lines, index + 1, index + 1 + _BELOW):
        if row.is_row:
            return (Span(line.start, line.end), line) if agree(line, row) else None
    return None
