"""The characters of a page in reading order: columns side by side are told apart, broken words joined."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from statistics import median
from typing import Final, NamedTuple

from langchain_nuextract.documents.page import Rectangle, Words, union

HYPHEN: Final = "\x02"
"""What pdfium gives for a hyphen at which a word is broken; it gives no line end then."""

_WIDE_GAP: Final = 1.3
"""A blank between columns, in heights of the line; blanks between words have less than one."""
_FEWEST_ROWS: Final = 4
"""Lines that two columns must have side by side. Fewer may be a heading with a date."""
_FEWEST_LETTERS: Final = 12
"""Letters in a line of prose, in the median: names of fields and numbers in tables have fewer."""
_FILL: Final = 0.5
"""Share of a column that its lines fill, in the median."""
_NARROWEST: Final = 0.15
"""Width of a column, of the page's."""
_MOST_COLUMNS: Final = 4


class Glyph(NamedTuple):
    """A character on the page."""

    text: str
    box: Rectangle | None
    """None for blanks that were filled in."""
    line: int
    """Characters of one line have the same number."""


class _Run(NamedTuple):
    """A stretch of a line without a wide gap."""

    glyphs: tuple[Glyph, ...]
    left: float
    right: float
    letters: int


@dataclass(frozen=True, slots=True)
class _Line:
    runs: tuple[_Run, ...]

    @property
    def left(self) -> float:
        return self.runs[0].left

    @property
    def right(self) -> float:
        return self.runs[-1].right

    @property
    def gaps(self) -> list[tuple[float, float]]:
        return [(one.right, other.left) for one, other in pairwise(self.runs) if one.right < other.left]


def words_of(
    shown: Iterable[Glyph], filled: Iterable[Glyph], hidden: Iterable[Glyph], *, aspect: float, is_scan: bool
) -> Words:
    """Put the characters of a page in reading order.

    Args:
        shown: What stands on the page, in the order in which the file has it.
        filled: What was filled into forms.
        hidden: What nobody can see.
        aspect: The page's width in heights.
        is_scan: Whether the page is one picture.
    """
    lines = _reordered([_line(glyphs, aspect) for glyphs in _rows(_by_line(shown), aspect)])
    visible = _joined(_with_filled([*map(_glyphs, lines)], filled))
    unseen = _joined([*_by_line(hidden)], first=visible[-1].line + 1 if visible else 0)
    glyphs = [*visible, *([Glyph("\n", None, visible[-1].line), *unseen] if visible and unseen else unseen)]
    text = "".join(glyph.text for glyph in glyphs)
    boxes = tuple(glyph.box for glyph in glyphs)
    return Words(text, boxes, tuple(glyph.line for glyph in glyphs), visible=len(visible), is_scan=is_scan)


def _by_line(glyphs: Iterable[Glyph]) -> Iterator[tuple[Glyph, ...]]:
    for _, group in groupby(glyphs, key=lambda glyph: glyph.line):
        line = tuple(group)
        if any(glyph.box and not glyph.text.isspace() for glyph in line):
            yield line


def _rows(lines: Iterable[tuple[Glyph, ...]], aspect: float) -> Iterator[tuple[Glyph, ...]]:
    """Put together again what stands in one row: pdfium begins a new line behind some wide gaps."""
    row: tuple[Glyph, ...] = ()
    for line in lines:
        if row and _goes_on(row, line, aspect):
            row = (*row, Glyph(" ", None, 0), *line)
            continue
        if row:
            yield row
        row = line
    if row:
        yield row


def _goes_on(row: Sequence[Glyph], line: Sequence[Glyph], aspect: float) -> bool:
    one, other = _extent(row), _extent(line)
    heights = [bottom - top for _, top, _, bottom in (one, other)]
    # Of text that runs up the page, lines are tall and stand side by side.
    is_level = any((right - left) * aspect > bottom - top for left, top, right, bottom in (one, other))
    alike = max(heights) <= 2 * min(heights)
    return is_level and alike and other[0] >= one[2] and one[1] <= (other[1] + other[3]) / 2 <= one[3]


def _extent(glyphs: Iterable[Glyph]) -> Rectangle:
    return union([box for _, box, _ in glyphs if box])


def _line(glyphs: Sequence[Glyph], aspect: float) -> _Line:
    """Split a line at its wide gaps."""
    tall = median(box[3] - box[1] for _, box, _ in glyphs if box)
    runs: list[list[Glyph]] = [[]]
    right: float | None = None
    for glyph in glyphs:
        if glyph.box and not glyph.text.isspace():
            if right is not None and (glyph.box[0] - right) * aspect > _WIDE_GAP * tall:
                runs.append([])
            right = glyph.box[2]
        runs[-1].append(glyph)
    return _Line(tuple(map(_run, runs)))


def _run(glyphs: Sequence[Glyph]) -> _Run:
    left, _, right, _ = _extent(glyphs)
    return _Run(tuple(glyphs), left, right, sum(glyph.text.isalpha() for glyph in glyphs))


def _glyphs(line: _Line) -> tuple[Glyph, ...]:
    return tuple(glyph for run in line.runs for glyph in run.glyphs)


# Columns


def _reordered(lines: Sequence[_Line], depth: int = _MOST_COLUMNS) -> list[_Line]:
    """Read columns one after the other where the file has their lines side by side, as rows.

    Files that were written column by column are in order, and rows of tables and forms are to stay together: only
    what looks like prose on both sides of one gap, for several lines on end, is taken apart.
    """
    gap = _common_gap(lines) if depth > 1 else None
    if gap is None:
        return [*lines]
    ordered: list[_Line] = []
    is_apart = False
    # A file that has its lines as rows may have its headings anywhere.
    for clears, group in groupby(sorted(lines, key=_top), key=lambda line: _clears(line, gap)):
        band = [*group]
        left = [line for line in (_side(each, gap, left=True) for each in band) if line.runs]
        right = [line for line in (_side(each, gap, left=False) for each in band) if line.runs]
        rows = [each for each in band if each.left < gap < each.right]
        if clears and len(rows) >= _FEWEST_ROWS and _is_column(left) and _is_column(right):
            ordered += [*_reordered(left, depth - 1), *_reordered(right, depth - 1)]
            is_apart = True
        else:
            ordered += band
    return ordered if is_apart else [*lines]


def _top(line: _Line) -> float:
    return _extent(_glyphs(line))[1]


def _common_gap(lines: Sequence[_Line]) -> float | None:
    """Find the place across the page at which most lines have a gap."""
    edges = sorted(edge for line in lines for start, end in line.gaps for edge in ((start, 1), (end, -1)))
    most, at, open_ = 0, None, 0
    for (place, step), (following, _) in pairwise(edges):
        open_ += step
        if open_ > most:
            most, at = open_, (place + following) / 2
    return at if most >= _FEWEST_ROWS else None


def _clears(line: _Line, place: float) -> bool:
    return not any(run.left < place < run.right for run in line.runs)


def _side(line: _Line, place: float, *, left: bool) -> _Line:
    return _Line(tuple(run for run in line.runs if (run.right <= place) == left))


def _is_column(lines: Sequence[_Line]) -> bool:
    runs = [run for line in lines for run in line.runs]
    width = max(run.right for run in runs) - min(run.left for run in runs)
    filled = median(line.right - line.left for line in lines)
    return width >= _NARROWEST and filled >= _FILL * width and median(run.letters for run in runs) >= _FEWEST_LETTERS


# What was filled in


def _with_filled(lines: Sequence[Sequence[Glyph]], filled: Iterable[Glyph]) -> list[Sequence[Glyph]]:
    """Put what was filled in at the end of the line at whose height it stands, or else on a line of its own."""
    placed = [*lines]
    for entry in sorted(_entries(filled), key=lambda entry: (_middle(entry), _left(entry))):
        beside = [at for at, line in enumerate(placed) if _overlaps(line, _middle(entry))]
        above = [at for at, line in enumerate(placed) if _middle(line) < _middle(entry)]
        if beside:
            placed[beside[-1]] = (*placed[beside[-1]], Glyph(" ", None, 0), *entry)
        else:
            placed.insert(above[-1] + 1 if above else 0, entry)
    return placed


def _entries(filled: Iterable[Glyph]) -> Iterator[tuple[Glyph, ...]]:
    """Tell apart what stands at different heights: the contents of several fields may be one line to pdfium."""
    entry: list[Glyph] = []
    for glyph in filled:
        if glyph.box and entry and not _overlaps(entry, (glyph.box[1] + glyph.box[3]) / 2):
            yield tuple(entry)
            entry = []
        if glyph.box or entry:
            entry.append(glyph)
    if entry:
        yield tuple(entry)


def _middle(line: Sequence[Glyph]) -> float:
    return median((box[1] + box[3]) / 2 for _, box, _ in line if box)


def _left(line: Sequence[Glyph]) -> float:
    return _extent(line)[0]


def _overlaps(line: Sequence[Glyph], height: float) -> bool:
    _, top, _, bottom = _extent(line)
    return top <= height <= bottom


# Text


def _joined(lines: Sequence[Sequence[Glyph]], first: int = 0) -> list[Glyph]:
    """Join lines, with numbers of their own, and words that are broken at the end of one."""
    glyphs: list[Glyph] = []
    number = first
    for line in lines:
        if glyphs:
            glyphs.append(Glyph("\n", None, number))
            number += 1
        for glyph, following in pairwise((*_trimmed(line), Glyph("", None, 0))):
            if glyph.text != HYPHEN:
                glyphs.append(glyph._replace(line=number))
                continue
            # What is written in small letters goes on; codes and names keep their hyphens.
            if not (glyphs and glyphs[-1].text.islower() and following.text.islower()):
                glyphs.append(glyph._replace(text="-", line=number))
            number += 1
    return glyphs


def _trimmed(line: Sequence[Glyph]) -> Sequence[Glyph]:
    inked = [at for at, glyph in enumerate(line) if not glyph.text.isspace()]
    return line[inked[0] : inked[-1] + 1]
