"""The words of a page in reading order: columns side by side are told apart, broken words joined."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from statistics import median
from typing import Final, NamedTuple, TypeAlias

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


class PageToken(NamedTuple):
    """Characters on the page that stand together: a word, blanks, or a hyphen at which a word is broken."""

    text: str
    box: Rectangle | None
    """None of blanks."""
    line: int
    """Tokens of one line have the same number."""
    at: int = -1
    """Where it begins in the file's own text, for `Spread`."""


Spread: TypeAlias = Callable[[PageToken], Sequence[Rectangle | None]]
"""Gives each character of a token its box."""


class _Run(NamedTuple):
    """A stretch of a line without a wide gap."""

    tokens: tuple[PageToken, ...]
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


class PageTokens(NamedTuple):
    """What is on a page."""

    shown: Iterable[PageToken]
    """In the order in which the file has it."""
    filled: Iterable[PageToken] = ()
    """What was filled into forms."""
    hidden: Iterable[PageToken] = ()
    """What nobody can see."""


def words_of(page: PageTokens, *, aspect: float, is_scan: bool, spread: Spread | None) -> Words:
    """Put the words of a page in reading order.

    Args:
        page: What is on it.
        aspect: The page's width in heights.
        is_scan: Whether the page is one picture.
        spread: How characters get their boxes; None where nobody needs them.
    """
    lines = _reordered([_line(tokens, aspect) for tokens in _rows(_by_line(page.shown), aspect)])
    visible = _joined(_with_filled([*map(_tokens, lines)], page.filled))
    unseen = _joined([*_by_line(page.hidden)], first=visible[-1].line + 1 if visible else 0)
    tokens = [*visible, *([PageToken("\n", None, visible[-1].line), *unseen] if visible and unseen else unseen)]
    words = Words(
        "".join([text for text, *_ in tokens]), visible=sum(len(text) for text, *_ in visible), is_scan=is_scan
    )
    if spread is None:
        return words
    boxes: list[Rectangle | None] = []
    numbers: list[int] = []
    for token in tokens:
        boxes += spread(token) if token.box else [None] * len(token.text)
        numbers += [token.line] * len(token.text)
    return replace(words, boxes=tuple(boxes), lines=tuple(numbers))


def _by_line(tokens: Iterable[PageToken]) -> Iterator[tuple[PageToken, ...]]:
    for _, group in groupby(tokens, key=lambda token: token.line):
        line = tuple(group)
        if any(token.box and not token.text.isspace() for token in line):
            yield line


def _rows(lines: Iterable[tuple[PageToken, ...]], aspect: float) -> Iterator[tuple[PageToken, ...]]:
    """Put together again what stands in one row: pdfium begins a new line behind some wide gaps."""
    row: tuple[PageToken, ...] = ()
    for line in lines:
        if row and _goes_on(row, line, aspect):
            row = (*row, PageToken(" ", None, 0), *line)
            continue
        if row:
            yield row
        row = line
    if row:
        yield row


def _goes_on(row: Sequence[PageToken], line: Sequence[PageToken], aspect: float) -> bool:
    begun, following = row[0].box, line[0].box
    if begun and following and following[0] < begun[2]:
        return False  # as nearly always: it begins to the left of where the row does
    one, other = _extent(row), _extent(line)
    heights = [bottom - top for _, top, _, bottom in (one, other)]
    # Of text that runs up the page, lines are tall and stand side by side.
    is_level = any((right - left) * aspect > bottom - top for left, top, right, bottom in (one, other))
    alike = max(heights) <= 2 * min(heights)
    return is_level and alike and other[0] >= one[2] and one[1] <= (other[1] + other[3]) / 2 <= one[3]


def _extent(tokens: Iterable[PageToken]) -> Rectangle:
    return union([box for _, box, *_ in tokens if box])


def _line(tokens: Sequence[PageToken], aspect: float) -> _Line:
    """Split a line at its wide gaps."""
    tall = median(box[3] - box[1] for _, box, *_ in tokens if box)
    runs: list[list[PageToken]] = [[]]
    right: float | None = None
    for token in tokens:
        if token.box and not token.text.isspace():
            if right is not None and (token.box[0] - right) * aspect > _WIDE_GAP * tall:
                runs.append([])
            right = token.box[2]
        runs[-1].append(token)
    return _Line(tuple(map(_run, runs)))


def _run(tokens: Sequence[PageToken]) -> _Run:
    left, _, right, _ = _extent(tokens)
    return _Run(tuple(tokens), left, right, sum(map(str.isalpha, "".join([text for text, *_ in tokens]))))


def _tokens(line: _Line) -> tuple[PageToken, ...]:
    return tuple(token for run in line.runs for token in run.tokens)


# Columns


def _reordered(lines: Sequence[_Line], depth: int = _MOST_COLUMNS) -> list[_Line]:
    """Read columns one after the other where the file has their lines side by side, as rows.

    Files that were written column by column are in order, and rows of tables and forms are to stay together: only
    what looks like prose on both sides of one gap, for several lines on end, is taken apart.
    """
    gap = _common_gap(lines) if depth > 1 else None
    if gap is None:
        return [*lines]

    def clears_gap(line: _Line) -> bool:
        return not any(run.left < gap < run.right for run in line.runs)

    ordered: list[_Line] = []
    is_apart = False
    # A file that has its lines as rows may have its headings anywhere.
    for clears, group in groupby(sorted(lines, key=lambda line: _extent(_tokens(line))[1]), key=clears_gap):
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


def _common_gap(lines: Sequence[_Line]) -> float | None:
    """Find the place across the page at which most lines have a gap."""
    edges = sorted(edge for line in lines for start, end in line.gaps for edge in ((start, 1), (end, -1)))
    most, at, open_ = 0, None, 0
    for (place, step), (following, _) in pairwise(edges):
        open_ += step
        if open_ > most:
            most, at = open_, (place + following) / 2
    return at if most >= _FEWEST_ROWS else None


def _side(line: _Line, place: float, *, left: bool) -> _Line:
    return _Line(tuple(run for run in line.runs if (run.right <= place) == left))


def _is_column(lines: Sequence[_Line]) -> bool:
    runs = [run for line in lines for run in line.runs]
    width = max(run.right for run in runs) - min(run.left for run in runs)
    filled = median(line.right - line.left for line in lines)
    return width >= _NARROWEST and filled >= _FILL * width and median(run.letters for run in runs) >= _FEWEST_LETTERS


# What was filled in


def _with_filled(lines: Sequence[Sequence[PageToken]], filled: Iterable[PageToken]) -> list[Sequence[PageToken]]:
    """Put what was filled in at the end of the line at whose height it stands, or else on a line of its own."""
    placed = [*lines]
    for entry in sorted(_entries(filled), key=lambda entry: (_middle(entry), _extent(entry)[0])):
        beside = [at for at, line in enumerate(placed) if _overlaps(line, _middle(entry))]
        above = [at for at, line in enumerate(placed) if _middle(line) < _middle(entry)]
        if beside:
            placed[beside[-1]] = (*placed[beside[-1]], PageToken(" ", None, 0), *entry)
        else:
            placed.insert(above[-1] + 1 if above else 0, entry)
    return placed


def _entries(filled: Iterable[PageToken]) -> Iterator[tuple[PageToken, ...]]:
    """Tell apart what stands at different heights: the contents of several fields may be one line to pdfium."""
    entry: list[PageToken] = []
    for token in filled:
        if token.box and entry and not _overlaps(entry, (token.box[1] + token.box[3]) / 2):
            yield tuple(entry)
            entry = []
        if token.box or entry:
            entry.append(token)
    if entry:
        yield tuple(entry)


def _middle(line: Sequence[PageToken]) -> float:
    return median((box[1] + box[3]) / 2 for _, box, *_ in line if box)


def _overlaps(line: Sequence[PageToken], height: float) -> bool:
    _, top, _, bottom = _extent(line)
    return top <= height <= bottom


# Text


def _joined(lines: Sequence[Sequence[PageToken]], first: int = 0) -> list[PageToken]:
    """Join lines, with numbers of their own, and words that are broken at the end of one."""
    tokens: list[PageToken] = []
    number = first
    for line in lines:
        if tokens:
            tokens.append(PageToken("\n", None, number))
            number += 1
        for token, following in pairwise((*_trimmed(line), PageToken("", None, 0))):
            if token.text != HYPHEN:
                tokens.append(PageToken(token.text, token.box, number, token.at))
                continue
            # What is written in small letters goes on; codes and names keep their hyphens.
            if not (tokens and tokens[-1].text[-1:].islower() and following.text[:1].islower()):
                tokens.append(token._replace(text="-", line=number))
            number += 1
    return tokens


def _trimmed(line: Sequence[PageToken]) -> Sequence[PageToken]:
    inked = [at for at, token in enumerate(line) if not token.text.isspace()]
    return line[inked[0] : inked[-1] + 1]
