"""Where records may be missing: stretches without one that have lines like those of records, and cut records."""

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, zip_longest
from statistics import median_high
from typing import Final

from langchain_nuextract.engine.long.align import lacks, typical_fields
from langchain_nuextract.engine.long.chunk_readings import ChunkReading
from langchain_nuextract.engine.long.entries import Entry
from langchain_nuextract.engine.long.lines import Line, Signature, lines_of
from langchain_nuextract.grounding.evidence import Span

_LONG: Final = 250
"""Characters of a gap that is no single line between two records."""
_FEW: Final = 2
_RARE: Final = 0.1
"""The share of records of which a model leaves out single ones."""
_ABOVE: Final = 400
"""Characters above a gap's first suspect that belong to it."""
_VARIED: Final = 4
"""Records for each first word at the most, for the words to be anything."""
_COMMON: Final = 0.05
"""The share of records that begin with lines of one kind, for other lines of this kind to be suspected."""
_APART: Final = 1_000
"""Characters without a suspect line, over which what is on either side belongs to no one gap."""
_LONGER: Final = 3
"""How many times as long as the longest first line of records a line may be, to be one of theirs."""
_PART: Final = re.compile(r"[;|]\s*|,\s+|[.!?]\s+|</(?:tr|li|p|div)\s{0,9}>|<br\b[^<>]{0,20}>", re.IGNORECASE)
"""Where a part of a line ends that may be a record."""


@dataclass(frozen=True, slots=True)
class _Gap:
    span: Span
    suspects: int
    """Lines that look as if a record began there."""


class Coverage:
    """Which lines of a text records were found in.

    Args:
        text: The whole text.
    """

    def __init__(self, text: str) -> None:
        self._lines = lines_of(text)
        self._starts = [line.start for line in self._lines]

    def gaps(
        self,
        records: Sequence[Entry],
        failed: Sequence[Span] = (),
        *,
        borders: Sequence[int] = (),
        single: bool = False,
    ) -> tuple[Span, ...]:
        """Give the stretches in which records may have been overlooked, in order.

        Args:
            records: All items that were found.
            failed: What could not be read.
            borders: Where chunks begin, in order. A single line there is worth a request, for no chunk has it whole.
            single: Whether to count other single short lines between two records, which are not worth a request.
        """
        placed = [entry.span for entry in records if entry.span]
        lines = list(_parted(self._lines, sorted(span.start for span in placed)))
        starts = [line.start for line in lines]
        covered = [False] * len(lines)
        kinds, heights = _Kinds(), list[int]()
        for span in placed:
            first, last = (max(0, bisect_right(starts, at) - 1) for at in (span.start, max(span.end - 1, span.start)))
            if not covered[first]:
                kinds.add(lines[first])
            covered[first : last + 1] = [True] * (last + 1 - first)
            heights.append(last + 1 - first)
        unplaced = sorted(entry.place.key for entry in records if not entry.span and not entry.has_items)
        kinds.height = median_high(heights) if heights else 1
        found = [*_gaps(lines, covered, kinds, unplaced)]
        # Worth a request: two lines like those of records, a long stretch, or a line that no chunk has whole.
        large = [
            gap.span
            for gap in found
            if gap.suspects > 1
            or gap.span.end - gap.span.start >= _LONG
            or bisect_left(borders, gap.span.end) > bisect_right(borders, gap.span.start)
        ]
        small = [gap.span for gap in found if gap.span not in large]
        # Where they are many, they are headings that are numbered as records are.
        small = small if single and len(small) <= _FEW + _RARE * len(heights) else []
        return tuple(joined([*large, *small, *failed]))

    def around(self, span: Span) -> Span:
        """Give the whole lines that a stretch touches; of those that are long, what is around it."""
        start = self._lines[max(0, bisect_right(self._starts, span.start) - 1)].start
        end = self._lines[max(0, bisect_right(self._starts, max(span.end - 1, span.start)) - 1)].end
        return Span(max(start, span.start - _ABOVE), min(end, span.end + _ABOVE))


def _parted(lines: Sequence[Line], starts: Sequence[int]) -> Iterator[Line]:
    """Yield lines; of those in which several records begin, the parts: of `tea 2.00; milk 1.50`, or of HTML."""
    for line in lines:
        records = bisect_left(starts, line.end) - bisect_left(starts, line.start)
        if records < 2 or line.end - line.start < _LONG:  # noqa: PLR2004
            yield line
            continue
        at = 0
        for match in _PART.finditer(line.text):
            yield Line(line.start + at, line.start + match.end(), line.text[at : match.end()])
            at = match.end()
        if line.start + at < line.end:
            yield Line(line.start + at, line.end, line.text[at:])


def _gaps(lines: Sequence[Line], covered: Sequence[bool], kinds: "_Kinds", unplaced: Sequence[int]) -> Iterator[_Gap]:
    begun: int | None = None
    before = 0
    for index in range(len(lines) + 1):
        is_open = index < len(lines) and not covered[index]
        if is_open and begun is None:
            begun = index
        elif not is_open and begun is not None:
            start, end = lines[before].start, lines[begun].start
            # As many items without a place follow the records right before the gap, and may be what stands in it.
            known = bisect_right(unplaced, end) - bisect_right(unplaced, start - 1)
            yield from _gap(lines[begun:index], kinds, known)
            begun = None
        if index < len(lines) and covered[index] and (not index or not covered[index - 1]):
            before = index


def _gap(lines: Sequence[Line], kinds: "_Kinds", known: int) -> Iterator[_Gap]:
    suspects = [
        line
        for line, below in zip_longest(lines, lines[1:])
        if not (line.is_blank or line.is_rule or line.is_edge or (below and below.is_rule)) and kinds.has(line)
    ]
    # Of a stretch with pages of prose in its middle, the ends alone look like records.
    apart = [at for at, (one, other) in enumerate(pairwise(suspects), start=1) if other.start - one.end > _APART]
    unknown = len(suspects) - known
    for start, end in pairwise((0, *apart, len(suspects))) if unknown > 0 else ():
        # The head of a list may be among the few lines above its first suspect.
        top = suspects[start].start
        above = min(line.start for line in lines if top - _ABOVE <= line.start <= top)
        span = Span(above, _end_of(suspects[end - 1], lines, kinds.height))
        yield _Gap(span, min(end - start, unknown))


class _Kinds:
    """What lines look like with which records begin."""

    def __init__(self) -> None:
        self.height = 1
        """Lines of a record."""
        # Words in capitals are of another kind: those of a heading, or of codes.
        self._words: dict[tuple[Signature, bool], Counter[str]] = {}
        self._longest: dict[tuple[Signature, bool], int] = {}
        self._total = 0

    def add(self, line: Line) -> None:
        """Take the first line of a record."""
        kind = line.signature, line.text.isupper()
        self._words.setdefault(kind, Counter())[_first_word(line)] += 1
        self._longest[kind] = max(self._longest.get(kind, 0), len(line.text))
        self._total += 1

    def has(self, line: Line) -> bool:
        """Whether a line looks like the first one of records: where those begin with the same words, with one of them.

        `Slip 12 of 3 May` is no more like `Total of 3 May` than the records of a list of names are alike.
        """
        kind = line.signature, line.text.isupper()
        words = self._words.get(kind)
        if words is None or words.total() < _COMMON * self._total:
            return False
        # Below names of companies, a paragraph of prose begins and ends with words as well.
        if words.total() >= _VARIED and len(line.text) > _LONGER * self._longest[kind]:
            return False
        is_any = len(words) > 1 and len(words) * _VARIED > words.total()
        return is_any or _first_word(line) in words


def _first_word(line: Line) -> str:
    """The first word of a line, if it is one; numbers and codes are all the same."""
    word = line.text.split(maxsplit=1)[0] if not line.is_blank else ""
    return word.casefold() if word[:1].isalpha() and not any(map(str.isdigit, word)) else ""


def _end_of(last: Line, lines: Sequence[Line], height: int) -> int:
    """The end of the lines that go on with the last suspect: as many as a record has, and those indented below it."""
    end, left = last.end, height - 1
    for line in lines:
        if line.start == end and not line.is_blank and (left > 0 or line.indent > last.indent):
            end, left = line.end, left - 1
    return end


def joined(spans: Sequence[Span]) -> list[Span]:
    """Make one of stretches that overlap; in order."""
    together: list[Span] = []
    for span in sorted(spans):
        if together and span.start < together[-1].end:
            together[-1] = Span(together[-1].start, max(together[-1].end, span.end))
        else:
            together.append(span)
    return together


def cut_records(records: Sequence[Entry], readings: Mapping[int, ChunkReading], coverage: Coverage) -> tuple[Span, ...]:
    """Give the surroundings of borders at which a record may have been cut.

    That is where the last item of a chunk, or the first of the next one, lacks a field that most others have.
    """
    by_list: dict[tuple[object, ...], list[Entry]] = {}
    for entry in records:
        kind = tuple(step for step in entry.statements[0].path if isinstance(step, str))
        by_list.setdefault(kind, []).append(entry)
    found: set[Span] = set()
    for entries in by_list.values():
        typical = typical_fields(entries)
        ordered = sorted((entry for entry in entries if entry.span), key=lambda entry: entry.order)
        for before, entry in zip([None, *ordered], [*ordered, None], strict=True):
            found.update(_border(before, entry, typical, readings, coverage))
    return tuple(sorted(found))


def _border(
    before: Entry | None,
    entry: Entry | None,
    typical: frozenset[tuple[str | int, ...]],
    readings: Mapping[int, ChunkReading],
    coverage: Coverage,
) -> Iterator[Span]:
    if not (before and entry and before.span and entry.span):
        return
    one, other = readings[before.reading].chunk, readings[entry.reading].chunk
    if one is other or one.purpose != "chunk" or other.purpose != "chunk" or one.core.end != other.core.start:
        return
    # Where chunks overlap, one of them has seen the record whole.
    if len(before.chunks) > 1 or len(entry.chunks) > 1:
        return
    if lacks(before, typical) or lacks(entry, typical):
        yield coverage.around(Span(before.span.start, max(entry.span.end, before.span.end)))
