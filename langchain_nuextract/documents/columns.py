"""Columns that stand side by side on a page are told apart, and read one after the other."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from statistics import median
from typing import Final, NamedTuple

from langchain_nuextract.documents.tokens import PageToken, extent

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


class _Run(NamedTuple):
    """A stretch of a line without a wide gap."""

    tokens: tuple[PageToken, ...]
    left: float
    right: float
    letters: int


@dataclass(frozen=True, slots=True)
class PageLine:
    """A line of a page, in one stretch or with wide gaps between several."""

    runs: tuple[_Run, ...]

    @property
    def tokens(self) -> tuple[PageToken, ...]:
        """Its tokens, from left to right."""
        return tuple(token for run in self.runs for token in run.tokens)

    @property
    def left(self) -> float:
        """Where it begins, as a fraction of the page's width."""
        return self.runs[0].left

    @property
    def right(self) -> float:
        """Where it ends."""
        return self.runs[-1].right

    @property
    def gaps(self) -> list[tuple[float, float]]:
        """Where its wide gaps begin and end."""
        return [(one.right, other.left) for one, other in pairwise(self.runs) if one.right < other.left]


def split_line(tokens: Sequence[PageToken], aspect: float) -> PageLine:
    """Split a line at its wide gaps.

    Args:
        tokens: What stands on it.
        aspect: The page's width in heights.
    """
    tall = median(box[3] - box[1] for _, box, *_ in tokens if box)
    runs: list[list[PageToken]] = [[]]
    right: float | None = None
    for token in tokens:
        if token.box and not token.text.isspace():
            if right is not None and (token.box[0] - right) * aspect > _WIDE_GAP * tall:
                runs.append([])
            right = token.box[2]
        runs[-1].append(token)
    return PageLine(tuple(map(_run, runs)))


def _run(tokens: Sequence[PageToken]) -> _Run:
    left, _, right, _ = extent(tokens)
    return _Run(tuple(tokens), left, right, sum(map(str.isalpha, "".join([text for text, *_ in tokens]))))


def column_by_column(lines: Sequence[PageLine], depth: int = _MOST_COLUMNS) -> list[PageLine]:
    """Read columns one after the other where the file has their lines side by side, as rows.

    Files that were written column by column are in order, and rows of tables and forms are to stay together: only
    what looks like prose on both sides of one gap, for several lines on end, is taken apart.
    """
    gap = _common_gap(lines) if depth > 1 else None
    if gap is None:
        return [*lines]

    def clears_gap(line: PageLine) -> bool:
        return not any(run.left < gap < run.right for run in line.runs)

    ordered: list[PageLine] = []
    is_apart = False
    # A file that has its lines as rows may have its headings anywhere.
    for clears, group in groupby(sorted(lines, key=lambda line: extent(line.tokens)[1]), key=clears_gap):
        band = [*group]
        left = [line for line in (_side(each, gap, left=True) for each in band) if line.runs]
        right = [line for line in (_side(each, gap, left=False) for each in band) if line.runs]
        rows = [each for each in band if each.left < gap < each.right]
        if clears and len(rows) >= _FEWEST_ROWS and _is_column(left) and _is_column(right):
            ordered += [*column_by_column(left, depth - 1), *column_by_column(right, depth - 1)]
            is_apart = True
        else:
            ordered += band
    return ordered if is_apart else [*lines]


def _common_gap(lines: Sequence[PageLine]) -> float | None:
    """Find the place across the page at which most lines have a gap."""
    edges = sorted(edge for line in lines for start, end in line.gaps for edge in ((start, 1), (end, -1)))
    most, at, open_ = 0, None, 0
    # Edges in order: each gap that begins is one more that is open, each that ends one less.
    for (place, step), (following, _) in pairwise(edges):
        open_ += step
        if open_ > most:
            most, at = open_, (place + following) / 2
    return at if most >= _FEWEST_ROWS else None


def _side(line: PageLine, place: float, *, left: bool) -> PageLine:
    return PageLine(tuple(run for run in line.runs if (run.right <= place) == left))


def _is_column(lines: Sequence[PageLine]) -> bool:
    runs = [run for line in lines for run in line.runs]
    width = max(run.right for run in runs) - min(run.left for run in runs)
    # Names of fields, as `Total:`, are short and leave most of their column white; lines of prose fill it.
    filled = median(line.right - line.left for line in lines)
    return width >= _NARROWEST and filled >= _FILL * width and median(run.letters for run in runs) >= _FEWEST_LETTERS
