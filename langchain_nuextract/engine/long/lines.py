"""What the lines of a text look like: where they begin, the cells of a row, and what kind of line each is."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

CellSpan: TypeAlias = tuple[int, int]
"""Where a cell begins and ends in its line, in code points."""
Signature: TypeAlias = tuple[str, str, bool, int]
"""What lines of one list have in common: kind of the first and of the last word, whether indented, cells up to five."""

_LINE: Final = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_GAPS: Final = re.compile(r"[^\s]+(?: [^\s]+)*")
_PIPED: Final = re.compile(r"[^|]+")
_PARTED: Final = re.compile(r"[^;]+")
_COMMAS: Final = re.compile(r"[^,]+")
_TABBED: Final = re.compile(r"[^\t]+")
_RULE: Final = re.compile(r"\|?\s*+:?-{2,}:?\s*+(?:\|\s*+:?-+:?\s*+)*+\|?|-+(?:\s++-+)++")
_EDGE: Final = re.compile(r"\+(?:[-=:]++\+){1,200}")
_HEADING: Final = re.compile(r"#{1,6}\s")
_FENCE: Final = re.compile(r"\s*(?:```|~~~)")
_MARKER: Final = re.compile(
    r"(?:[-*•‣▪]|\(?[\divxlcIVXLC]{1,5}[.)]|§|\d+(?:[.:/-]\d+)*\b|[A-Z]{1,5}[-/]?\d+|\|)(?=\s|\S)"
)
_ITEM: Final = re.compile(r"(?:[-*•‣▪]|\(?(?:\d{1,4}|[a-zA-Z]|[ivxlcIVXLC]{1,5})\)|\d{1,4}(?:\.\d{1,3})*\.?)\s")
_SENTENCE_END: Final = frozenset(".;,")
_LONGEST_LABEL: Final = 120
_PAGE_MARK: Final = re.compile(
    r"\W*(?:page|seite|pagina|página|p\.)?\W*\d+(?:\s*(?:/|of|von|de|di)\s*\d+)?\W*", re.IGNORECASE
)
_LONGEST_MARK: Final = 40
_MOST_CELLS: Final = 5


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a text, its end included."""

    start: int
    end: int
    text: str
    """Without its end."""

    @property
    def is_blank(self) -> bool:
        """Whether nothing is on it."""
        return not self.text.strip()

    @property
    def indent(self) -> int:
        """How far it is indented."""
        return len(self.text) - len(self.text.lstrip())

    @property
    def is_heading(self) -> bool:
        """Whether it is a heading in Markdown."""
        return bool(_HEADING.match(self.text))

    @property
    def is_fence(self) -> bool:
        """Whether code begins or ends with it."""
        return bool(_FENCE.match(self.text))

    @property
    def is_rule(self) -> bool:
        """Whether it parts the header of a Markdown table from its rows: `|---|---|`."""
        text = self.text.strip()
        return "-" in text and bool(_RULE.fullmatch(text)) and ("|" in text or len(self.cells) > 1)

    @property
    def is_edge(self) -> bool:
        """Whether it is a line of a grid, above or below any of its rows: `+-----+-----+`."""
        return self.text.startswith("+") and bool(_EDGE.fullmatch(self.text.rstrip()))

    @property
    def is_page_mark(self) -> bool:
        """Whether it only counts pages: `Page 3`, `- 3 -`, `3/12`; or a form feed."""
        text = self.text.strip()
        return self.text.startswith("\f") or (0 < len(text) <= _LONGEST_MARK and bool(_PAGE_MARK.fullmatch(text)))

    @property
    def begins_like_a_record(self) -> bool:
        """Whether it begins with a number, a date, a code, or the mark of an item in a list."""
        return bool(_MARKER.match(self.text.lstrip()))

    @property
    def is_item(self) -> bool:
        """Whether it begins with a bullet or a number, and goes on as no heading does."""
        text = self.text.strip()
        return bool(_ITEM.match(text)) and not (text.isupper() or text.endswith(":"))

    @property
    def is_label(self) -> bool:
        """Whether it may name what is below it: `Party: Borealis AS`, `4. PAYMENT`; no row, and no sentence."""
        text = self.text.strip()
        is_short = 0 < len(text) <= _LONGEST_LABEL and text[-1] not in _SENTENCE_END
        return is_short and not (self.is_row or self.is_item or self.is_edge)

    @property
    def cells(self) -> Sequence[CellSpan]:
        """Its cells, between bars, tabs, semicolons or commas without blanks, or else two blanks and more."""
        text = self.text
        return [match.span() for match in _cell(text).finditer(text) if match[0].strip()]

    @property
    def is_row(self) -> bool:
        """Whether it looks like a row of a table: several cells, one of which has a figure."""
        return any(map(str.isdigit, self.text)) and len(self.cells) > 1

    @property
    def signature(self) -> Signature:
        """What lines of one list have in common."""
        words = self.text.split()
        if not words:
            return "", "", False, 0
        first, last = _kind(words[0]), _kind(words[-1])
        return first, last, self.indent > 0, min(len(self.cells), _MOST_CELLS)


def lines_of(text: str) -> list[Line]:
    """Give the lines of a text; together they are the text."""
    return [Line(*match.span(), match[0].rstrip("\r\n")) for match in _LINE.finditer(text)]


def agree(header: Line, row: Line) -> bool:
    """Tell whether the cells of a row stand below those of a header: most of them, and two at the least."""
    cells, below = header.cells, row.cells
    if _cell(header.text) is not _GAPS:
        return len(cells) == len(below) and _cell(header.text) is _cell(row.text)
    # `Price` above `3.50` may be shifted by blanks, as long as they stand partly below each other.
    beneath = sum(any(start < stop and begin < end for begin, stop in below) for start, end in cells)
    return beneath > 1 and beneath * 3 >= len(cells) * 2


def paragraphs(lines: Sequence[Line]) -> Iterator[Sequence[Line]]:
    """Yield the runs of lines that no blank line parts."""
    run: list[Line] = []
    for line in lines:
        if not line.is_blank:
            run.append(line)
        elif run:
            yield run
            run = []
    if run:
        yield run


def _cell(text: str) -> re.Pattern[str]:
    """What a cell of a line is."""
    if "|" in text:
        return _PIPED
    if "\t" in text.strip():
        return _TABBED
    if text.count(";") > 1:
        return _PARTED
    return _COMMAS if text.count(",") > 1 and ", " not in text else _GAPS


def _kind(word: str) -> str:
    digits, letters = sum(map(str.isdigit, word)), sum(map(str.isalpha, word))
    if digits and letters:
        return "mixed"
    return "number" if digits else "word" if letters else "mark"
