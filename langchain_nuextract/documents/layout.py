"""The words of a page in reading order: lines as they stand, words that are broken at their ends joined."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby, pairwise
from statistics import median

from langchain_nuextract.documents.columns import column_by_column, split_line
from langchain_nuextract.documents.page import Rectangle, Words
from langchain_nuextract.documents.tokens import HYPHEN, PageToken, PageTokens, Spread, extent


def words_of(page: PageTokens, *, aspect: float, is_scan: bool, spread: Spread | None) -> Words:
    """Put the words of a page in reading order.

    Args:
        page: What is on it.
        aspect: The page's width in heights.
        is_scan: Whether the page is one picture.
        spread: How characters get their boxes; None where nobody needs them.
    """
    lines = column_by_column([split_line(tokens, aspect) for tokens in _rows(_by_line(page.shown), aspect)])
    visible = _joined(_with_filled([line.tokens for line in lines], page.filled))
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
    one, other = extent(row), extent(line)
    heights = [bottom - top for _, top, _, bottom in (one, other)]
    # Of text that runs up the page, lines are tall and stand side by side.
    is_level = any((right - left) * aspect > bottom - top for left, top, right, bottom in (one, other))
    alike = max(heights) <= 2 * min(heights)
    return is_level and alike and other[0] >= one[2] and one[1] <= (other[1] + other[3]) / 2 <= one[3]


# What was filled in


def _with_filled(lines: Sequence[Sequence[PageToken]], filled: Iterable[PageToken]) -> list[Sequence[PageToken]]:
    """Put what was filled in at the end of the line at whose height it stands, or else on a line of its own."""
    placed = [*lines]
    for entry in sorted(_entries(filled), key=lambda entry: (_middle(entry), extent(entry)[0])):
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
    _, top, _, bottom = extent(line)
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
