"""Where a long text is split: at the ends of pages, sections, paragraphs and records rather than inside them."""

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Protocol

from langchain_nuextract.engine.long.lines import Line, lines_of
from langchain_nuextract.grounding.evidence import Span

_MOST_PLACES: Final = 64
"""Places of one piece that are considered where a text repeats itself."""
_NEVER: Final = 9.0
_IN_PARAGRAPH: Final = 0.9
_GOES_ON: Final = 0.6
_LINE: Final = 0.35
_RECORD: Final = 0.2
_PARAGRAPH: Final = 0.1
_WHOLE: Final = 400
"""Characters that may be shown beyond an overlap, so that a record is whole."""
_LONGEST_NAME: Final = 40
_BELOW: Final = 4
"""Lines below a label among which that begins which it names."""
_ROW_TAG: Final = re.compile(r"<(/?tr)\b", re.IGNORECASE)
_ENDS: Final = (
    re.compile(r"</(?:tr|li|p|div)\s{0,9}>\s*|<br\b[^<>]{0,20}>\s*", re.IGNORECASE),
    re.compile(r"[.!?;]\s+|[\u3002\uff1b]"),
    re.compile(r"[,|]\s*"),
    re.compile(r"\s+"),
)
"""Where a line may be split that is longer than a piece: behind rows of HTML, sentences, cells, and words."""
_UNFINISHED: Final = re.compile(r"[\w,]\s*$")


class Splitter(Protocol):
    """What LangChain's text splitters are."""

    def split_text(self, text: str) -> list[str]:
        """Give the pieces of a text, in order; each has to stand in it as it is."""
        ...


@dataclass(frozen=True, slots=True)
class TextSplit:
    """A stretch of a text."""

    core: Span
    """What this piece alone is asked for: the cores of all pieces are the text."""
    shown: Span
    """What is shown of the text: the core, and what overlaps with the pieces around it."""


def split(text: str, size: int, *, overlap: int = 0, pages: Collection[int] = ()) -> tuple[TextSplit, ...]:
    """Split a text into pieces of a size.

    Args:
        text: Any text.
        size: Code points that a piece has at the most, without what overlaps.
        overlap: Code points that are shown on either side as well, up to the end of a line.
        pages: Where pages begin.

    Returns:
        Pieces in order, whose cores are the text; one at least.
    """
    if len(text) <= size:
        return (TextSplit(Span(0, len(text)), Span(0, len(text))),)
    lines = lines_of(text)
    starts = [line.start for line in lines]
    costs = _costs(lines, size, frozenset(pages))
    borders, at = [0], 0
    while len(text) - at > size:
        at = _border(text, at, size, starts, costs)
        borders.append(at)
    cores = [Span(start, end) for start, end in pairwise((*borders, len(text)))]
    if not overlap:
        return tuple(TextSplit(core, core) for core in cores)
    return tuple(TextSplit(core, _widened(core, overlap, starts, costs, len(text))) for core in cores)


def locate(text: str, splitter: Splitter) -> tuple[TextSplit, ...]:
    """Split a text by LangChain's text splitter, and find where its pieces stand.

    Raises:
        ValueError: A piece does not stand in the text, or the pieces leave out a part of it that is not blank.
    """
    pieces = [piece for piece in splitter.split_text(text) if piece.strip()]
    found = _places(text, pieces)
    ends = [max(one.end, min(other.start, len(text))) for one, other in pairwise(found)]
    cores = [Span(start, end) for start, end in pairwise((0, *ends, len(text)))]
    return tuple(
        TextSplit(core, Span(min(core.start, span.start), max(core.end, span.end)))
        for core, span in zip(cores, found, strict=True)
    )


def _places(text: str, pieces: Sequence[str]) -> list[Span]:
    """Find pieces that follow or overlap each other, and that together are the text."""
    # Where a text repeats itself, a piece may stand in several places that its overlap allows: all are kept in view.
    steps: list[dict[int, int]] = []
    ends = {0: -1}
    for number, piece in enumerate(pieces, start=1):
        step: dict[int, int] = {}
        for end, start in ends.items():
            last, at = _after_blanks(text, end) + len(piece), start
            for _ in range(_MOST_PLACES):
                at = text.find(piece, at + 1, last)
                if at < 0:
                    break
                step.setdefault(at, start)
        if not step:
            raise ValueError(
                f"the splitter's piece {number} ({piece[:60]!r}) does not go on from the piece before it in the "
                "document as it stands. Use a splitter that neither changes nor leaves out text"
            )
        steps.append(step)
        ends = {start + len(piece): start for start in sorted(step)[-_MOST_PLACES:]}
    whole = [start for end, start in ends.items() if not text[end:].strip()]
    if not steps or not whole:
        raise ValueError("the splitter's pieces leave out the end of the document. Use one that keeps all text")
    found, at = list[Span](), whole[0]
    for piece, step in zip(reversed(pieces), reversed(steps), strict=True):
        found.append(Span(at, at + len(piece)))
        at = step[at]
    return found[::-1]


def _after_blanks(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    return at


def _border(text: str, start: int, size: int, starts: Sequence[int], costs: Sequence[float]) -> int:
    """Choose the end of a piece: the cheapest place in its second half, and of these the last."""
    first, last = bisect_right(starts, start + size // 2), bisect_right(starts, start + size)
    places = [index for index in range(first, last) if costs[index] < _NEVER]
    if places:
        # A record's end at 75 % of the size (0.2 + 0.25) is better than a paragraph's at 60 % (0.1 + 0.4).
        return starts[min(places, key=lambda index: costs[index] + (start + size - starts[index]) / size)]
    # A line that is longer than a piece, or a table row of many lines.
    if first < last:
        return starts[last - 1]
    window = text[start + size // 2 : start + size]
    ends = next(filter(None, ([match.end() for match in end.finditer(window)] for end in _ENDS)), [len(window)])
    at = start + size // 2 + ends[-1]
    # Neither between `e` and its accent nor between the halves of a line end.
    while at > start + 1 and (unicodedata.combining(text[at]) or text[at - 1 : at + 1] == "\r\n"):
        at -= 1
    return at


def _widened(core: Span, overlap: int, starts: Sequence[int], costs: Sequence[float], end: int) -> Span:
    """Show as much around a core as overlaps, and more where a record goes on, so that it is shown whole."""
    first, last = core.start - overlap, core.end + overlap
    before = range(bisect_left(starts, first - _WHOLE), bisect_right(starts, first))
    after = range(bisect_left(starts, last), bisect_right(starts, last + _WHOLE))
    if before:
        first = starts[min(before, key=lambda index: costs[index] + (first - starts[index]) / _WHOLE)]
    if after:
        last = starts[min(after, key=lambda index: costs[index] + (starts[index] - last) / _WHOLE)]
    elif end - last <= _WHOLE:
        last = end
    return Span(max(0, first), min(end, last))


def _costs(lines: Sequence[Line], size: int, pages: Collection[int]) -> list[float]:
    """What speaks against a border before each line."""
    costs = [_cost(before, line) for before, line in pairwise((Line(0, 0, ""), *lines))]
    _forbid_inside(lines, costs)
    run = 0
    for index in range(len(lines) + 1):
        if index == len(lines) or lines[index].is_blank:
            # Short paragraphs stay whole.
            if index - run > 1 and lines[index - 1].end - lines[run].start < size / 3:
                costs[run + 1 : index] = [max(_IN_PARAGRAPH, cost) for cost in costs[run + 1 : index]]
            else:
                _keep_records(lines[run:index], costs, run)
            run = index + 1
    _keep_labels(lines, costs)
    return [0.0 if line.start in pages else cost for line, cost in zip(lines, costs, strict=True)]


def _keep_records(lines: Sequence[Line], costs: list[float], at: int) -> None:
    """Leave records of several lines whole that no blank line parts: `Name: …` and what is below it, up to the next."""
    begins = [line.text.split(":")[0] if ":" in line.text[:_LONGEST_NAME] else "" for line in lines]
    first, left = begins[0] if begins else "", min((line.indent for line in lines), default=0)
    # Below `Name: Ann`, `Age: 31`, `Name: Bob`, … a record begins with each `Name`.
    is_named = bool(first) and 1 < begins.count(first) < len(lines)
    is_indented = 1 < sum(line.indent == left for line in lines) < len(lines)
    for index, (line, name) in enumerate(zip(lines, begins, strict=True), start=at):
        if (is_named and name and name != first) or (is_indented and line.indent > left):
            costs[index] = max(_GOES_ON, costs[index])


def _keep_labels(lines: Sequence[Line], costs: list[float]) -> None:
    """Leave no label at the end of a piece, away from the rows or paragraphs that it names."""
    may_begin = True
    for index, line in enumerate(lines):
        is_label = may_begin and line.is_label and not line.begins_like_a_record and not line.is_page_mark
        if is_label:
            # `4. PAYMENT` goes with the rows below it, a blank line and `Part B` between them or not.
            after = index + 1
            while after < min(len(lines), index + _BELOW) and (lines[after].is_blank or lines[after].is_label):
                after += 1
            if after < len(lines) and (lines[after].begins_like_a_record or lines[after].is_row):
                costs[index + 1 : after + 1] = [max(_IN_PARAGRAPH, cost) for cost in costs[index + 1 : after + 1]]
        may_begin = is_label or line.is_blank or line.is_page_mark or line.is_row or line.is_item


def _cost(before: Line, line: Line) -> float:
    if before.is_heading or line.is_rule or before.is_rule:
        return _NEVER
    if line.is_heading or line.text.startswith("\f"):
        return 0.0
    if line.is_blank:
        # Blank lines go with what is behind them.
        return _GOES_ON if before.is_blank else _PARAGRAPH
    if before.is_blank:
        return _GOES_ON
    if line.is_edge or line.indent > before.indent or (line.text[:1].islower() and _UNFINISHED.search(before.text)):
        return _GOES_ON
    return _RECORD if line.begins_like_a_record else _LINE


def _forbid_inside(lines: Sequence[Line], costs: list[float]) -> None:
    """Allow no border inside of code and of the rows of HTML tables."""
    is_code, depth = False, 0
    for index, line in enumerate(lines):
        if is_code or depth > 0:
            costs[index] = _NEVER
        if line.is_fence:
            is_code = not is_code
        if "<" in line.text:
            tags = [match[1] for match in _ROW_TAG.finditer(line.text)]
            depth = max(0, depth + sum(-1 if tag.startswith("/") else 1 for tag in tags))
