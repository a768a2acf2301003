"""The ways in which the words of a document follow each other: as they stand, broken words mended, lines joined."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from langchain_nuextract.grounding.find import ground
from langchain_nuextract.grounding.normalize import fold

_BROKEN: Final = re.compile(r"(?<=\w)([-‐\u00ad])[^\S\n]*\n\s*(?=\w)")  # noqa: RUF001
"""Where a word goes on in the next line, behind a hyphen."""
_PARAGRAPH: Final = re.compile(r"\n[^\S\n]*\n(?<![-‐\u00ad]\n\n)")  # noqa: RUF001
_CELL: Final = re.compile(r"[^\s|]+(?:[ \u00a0][^\s|]+)*")
_LONGEST_CELL: Final = 60
"""Characters of a line of a cell or an address; longer ones are prose."""
_COLUMN: Final = 6
"""Characters by which the beginning of a line of a cell may be apart from that of the line above."""
_MOST_LINES: Final = 12
"""Lines of a cell or an address."""
_ALIKE: Final = str.maketrans("’‘‛“”„–—‐‑", "'''\"\"\"----")  # noqa: RUF001
"""Marks that printers have more of than keyboards."""
_SAME: Final = frozenset({"exact", "folded", "joined"})


def readings(text: str) -> tuple[str, ...]:
    r"""Give the stretches of words of a text, of which a value may be any run; takes time linear in the text.

    The first is the text itself. The others are parts of it that can be read otherwise: paragraphs with words that are
    broken at the ends of lines, put together without their hyphens and with them; and the lines of cells and of
    addresses, put together by blanks and by commas. Runs of white space are one blank.

        readings("Old exam-\nple")  # ("Old exam- ple", "Old example", "Old exam-ple", "Old exam-, ple")
    """
    others = (*_mended(text), *_joined_lines(text))
    return tuple(dict.fromkeys(filter(None, (" ".join(each.split()) for each in (text, *others)))))


def is_verbatim(value: str, text: str) -> bool:
    """Tell whether a document has the words of a value, one after the other, in one of its readings.

    White space, case, the forms of a letter and marks that look alike make no difference.
    """
    wanted = _folded(value)
    if any(wanted in reading for reading in _folded_readings(text)):
        return True
    return any(each.match in _SAME for each in ground(value, text))


@lru_cache(maxsize=64)
def _folded_readings(text: str) -> tuple[str, ...]:
    return tuple(map(_folded, readings(text)))


def _folded(text: str) -> str:
    return fold(text).translate(_ALIKE)


def _mended(text: str) -> Iterator[str]:
    for paragraph in _PARAGRAPH.split(text) if _BROKEN.search(text) else ():
        if _BROKEN.search(paragraph):
            yield _BROKEN.sub("", paragraph)
            yield _BROKEN.sub(r"\1", paragraph)


@dataclass(slots=True)
class _Cell:
    """Lines that stand below each other, and so may belong together."""

    line: int
    lines: list[str] = field(default_factory=list[str])
    is_beside: bool = False
    """Whether there are others beside it, so that the text itself has other words between its lines."""


def _joined_lines(text: str) -> Iterator[str]:
    """Put lines together that begin in one column, each cell with the nearest one above."""
    above: dict[int, _Cell] = {}
    cells: list[_Cell] = []
    for number, line in enumerate(text.splitlines()):
        found = [match for match in _CELL.finditer(line) if len(match[0]) <= _LONGEST_CELL]
        for match in found:
            column = match.start() // _COLUMN
            near = (above.get(each) for each in (column, column - 1, column + 1))
            cell = next((each for each in near if each and each.line == number - 1), None)
            if cell is None or len(cell.lines) == _MOST_LINES:
                cell = _Cell(number)
                cells.append(cell)
            cell.line, cell.is_beside = number, cell.is_beside or len(found) > 1
            cell.lines.append(match[0])
            above[column] = cell
    for cell in cells:
        if len(cell.lines) > 1:
            yield from ([" ".join(cell.lines)] if cell.is_beside else [])
            yield ", ".join(cell.lines)
