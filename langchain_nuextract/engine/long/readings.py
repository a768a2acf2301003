"""What one request says of a chunk, and where in the whole document it says so."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby, pairwise
from typing import Final, cast

from langchain_nuextract.documents.source import Image, Part, Source, Text
from langchain_nuextract.engine.long.options import Purpose
from langchain_nuextract.engine.long.parent_places import above_their_items, first_inner, item_of
from langchain_nuextract.engine.result import Extraction, shifted
from langchain_nuextract.grounding import ground
from langchain_nuextract.grounding.chain import increasing_chain
from langchain_nuextract.grounding.evidence import Evidence, Span
from langchain_nuextract.grounding.leaves import items
from langchain_nuextract.paths import JSON, Path, fields, follow, leaves

_NEAR: Final = 200
"""Characters around a place in which other values of the same record speak for it."""
_JUMP: Final = 300
"""Characters between two values of one record at the most."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """What one request is about."""

    core: Span
    """What it is asked for, in offsets of the document's text, in which a page without text is a line end."""
    shown: Span
    """What it shows of the text in one piece."""
    carried: tuple[Span, ...] = ()
    """What it shows before that: column headers, headings, the open parent."""
    parts: tuple[Part, ...] = ()
    """The pages, where it is about pages."""
    purpose: Purpose = "chunk"
    name: str = ""
    """What to call it in a message: `chunk 3`, `page 3`."""

    @property
    def is_text(self) -> bool:
        """Whether it has any text in which values can be found; a page that is a picture has none."""
        return not self.parts or any(not isinstance(part, Image) and part.text for part in self.parts)

    def lead(self, text: str) -> str:
        """What is carried, as it is put before the chunk."""
        pieces = (text[start:end] for start, end in self.carried)
        return "".join(piece if piece.endswith("\n") else f"{piece}\n" for piece in pieces)

    def source(self, text: str) -> Source:
        """Give what a model is shown."""
        return Source(self.parts or (Text(self.lead(text) + text[self.shown.start : self.shown.end]),))


@dataclass(frozen=True, slots=True)
class RecordPlace:
    """Where an item of a list stands."""

    key: int
    """By which items are put in order: where it begins; if that is not known, where the item before it does."""
    span: Span | None
    """All of it that was found near by; None if it has no place."""
    until: int
    """Where the next item with a place begins, or the chunk ends."""


@dataclass(frozen=True)
class Reading:
    """What one request says."""

    index: int
    """Its number among all requests' chunks."""
    chunk: Chunk
    extraction: Extraction[object]
    document: Source = field(repr=False)

    @property
    def value(self) -> JSON:
        """What it says, in the user's shape."""
        return self.extraction.json

    @cached_property
    def evidence(self) -> Mapping[Path, Evidence]:
        """Where its values stand, in offsets of the whole document; what only stands in carried text is left out."""
        if not self.chunk.is_text:
            return {}
        found = {each.path: shifted(each, self.chunk.shown.start) for each in self._grounded(self.body)}
        first, nowhere = first_inner(found), len(self.document.text)
        # Below the items of its list, a parent's name is that of another one.
        below = {at for at in self._lead if at in found and found[at].span.start > first.get(item_of(at), nowhere)}
        found = {path: each for path, each in found.items() if path not in below}
        found = above_their_items(self.value, found, self.document.text, self.chunk.shown)
        return _equal_items_in_order(self.value, found)

    @cached_property
    def carried(self) -> Mapping[Path, Span]:
        """Where in the carried text the values stand that stand nowhere else, or only below the items of their list."""
        return {path: span for path, span in self._lead.items() if path not in self.evidence}

    @cached_property
    def _lead(self) -> Mapping[Path, Span]:
        lead = self.chunk.lead(self.document.text)
        if not lead or not self.chunk.is_text:
            return {}
        return {each.path: self._in_document(each.span) for each in self._grounded(lead)}

    @cached_property
    def places(self) -> Mapping[Path, RecordPlace]:
        """Where the items of its lists stand, by their paths."""
        return dict(_placed(self.value, {path: each.span for path, each in self.evidence.items()}, self.chunk))

    @property
    def body(self) -> str:
        """What is shown of the document in one piece; of pages without text, nothing."""
        if not self.chunk.is_text:
            return ""
        return self.document.text[self.chunk.shown.start : self.chunk.shown.end]

    def _grounded(self, text: str) -> tuple[Evidence, ...]:
        return ground(self.value, text, dict(self.extraction.wordings))

    def _in_document(self, span: Span) -> Span:
        """Give the place in the document of a place in the carried text."""
        at, document = 0, self.document.text
        for start, end in self.chunk.carried:
            size = end - start + (not document[start:end].endswith("\n"))
            if span.start < at + size:
                return Span(start + span.start - at, min(end, start + span.end - at))
            at += size
        return span


def _equal_items_in_order(value: JSON, found: dict[Path, Evidence]) -> dict[Path, Evidence]:
    """Give equal items that follow each other the places of their values in the order of the text."""
    for path in [(), *_item_paths(value)]:
        item = follow(value, path)
        lists = fields(item).items() if isinstance(item, dict) else [("", item)] if isinstance(item, list) else []
        for name, values in lists:
            at = (*path, name) if name else path
            for begin, end in _runs(values) if isinstance(values, list) else ():
                for below, _ in leaves(cast("list[JSON]", values)[begin]):
                    paths = [(*at, index, *below) for index in range(begin, end)]
                    known = sorted((found[each] for each in paths if each in found), key=lambda each: each.span)
                    if len(known) == len(paths):
                        found |= {to: each._replace(path=to) for to, each in zip(paths, known, strict=True)}
    return found


def _runs(values: Sequence[JSON]) -> Iterator[tuple[int, int]]:
    """Yield where runs of equal items begin and end, two at the least."""
    begin = 0
    for index in range(1, len(values) + 1):
        if index == len(values) or values[index] != values[begin]:
            if index - begin > 1:
                yield begin, index
            begin = index


def _placed(value: JSON, spans: Mapping[Path, Span], chunk: Chunk) -> Iterator[tuple[Path, RecordPlace]]:
    """Place the items of lists: what a value of theirs is near to, one behind the other."""
    groups = [[path for _, path, _ in group] for group in items(value)]
    listed = [(item_of(group[0]), group) for group in groups if item_of(group[0])]
    own: dict[Path, Span | None] = {}
    for _, together in groupby(listed, key=lambda each: _outermost(each[0])):
        found = [(item, [spans[path] for path in group if path in spans]) for item, group in together]
        stretches = _elsewhere([each for _, each in found], _stretches([each for _, each in found]))
        own.update((item, stretch) for (item, _), stretch in zip(found, stretches, strict=True))
    yield from _keyed(value, own, chunk)


def _stretches(found: Sequence[Sequence[Span]]) -> list[Span | None]:
    """Give each item the stretch of its values that stand together, behind that of the item before it."""
    options = [[(span.start, _weight(span, spans)) for span in spans] for spans in found]
    anchors = increasing_chain(options)
    following: list[int | None] = []
    after: int | None = None
    for anchor in reversed(anchors):
        following.append(after)
        after = anchor if anchor is not None else after
    stretches: list[Span | None] = []
    end = 0
    for spans, anchor, limit in zip(found, anchors, reversed(following), strict=True):
        stretch = None if anchor is None else _around(anchor, spans, end, limit)
        stretches.append(stretch)
        end = stretch.end if stretch else end
    return stretches


def _elsewhere(found: Sequence[Sequence[Span]], stretches: Sequence[Span | None]) -> list[Span | None]:
    """Place the items that are not in the order of the text, where all that was found of one stands together.

    Where others stand they do not.
    """
    taken = sorted(stretch for stretch in stretches if stretch)
    placed = list(stretches)
    for index, spans in enumerate(found):
        if placed[index] is not None or not spans:
            continue
        values = sorted(spans)
        span = Span(values[0].start, max(each.end for each in values))
        is_together = all(other.start - one.end <= _JUMP for one, other in pairwise(values))
        at = bisect_left(taken, span)
        is_free = all(each.end <= span.start or each.start >= span.end for each in taken[max(at - 1, 0) : at + 1])
        if is_together and is_free:
            placed[index] = span
            taken.insert(at, span)
    return placed


def _weight(span: Span, spans: Sequence[Span]) -> int:
    near = sum(abs(each.start - span.start) <= _NEAR for each in spans)
    close = sum(abs(each.start - span.start) for each in spans if abs(each.start - span.start) <= _NEAR)
    # Of places with as many values near by, the one in the middle of them.
    return near * near * 1000 - close


def _around(anchor: int, spans: Sequence[Span], start: int, limit: int | None) -> Span:
    """The values of an item that stand together around its anchor, between its neighbours."""
    inside = sorted(span for span in spans if span.start >= start and (limit is None or span.end <= limit))
    anchored = [span for span in spans if span.start == anchor]
    inside = sorted({*inside, anchored[0]})
    at = inside.index(anchored[0])
    first = last = at
    while first and inside[first].start - inside[first - 1].end <= _JUMP:
        first -= 1
    while last + 1 < len(inside) and inside[last + 1].start - inside[last].end <= _JUMP:
        last += 1
    return Span(inside[first].start, max(span.end for span in inside[first : last + 1]))


def _keyed(value: JSON, own: Mapping[Path, Span | None], chunk: Chunk) -> Iterator[tuple[Path, RecordPlace]]:
    """Give every item of every list its place: of its own values, or else that of the first item within it."""
    paths = list(_item_paths(value))
    starts: dict[Path, int] = {}
    untils: list[int] = []
    until = chunk.shown.end
    for path in reversed(paths):
        untils.append(until)
        if span := own.get(path):
            until = span.start
            for size in range(1, len(path) + 1):
                starts[path[:size]] = span.start
    key = chunk.core.start
    for path, after in zip(paths, reversed(untils), strict=True):
        key = starts.get(path, key)
        yield path, RecordPlace(key, own.get(path), after)


def _item_paths(value: JSON) -> Iterator[Path]:
    """Yield the paths of the items of all lists, as they come in the value."""
    waiting: list[tuple[Path, JSON]] = [((), value)]
    while waiting:
        path, value = waiting.pop()
        if path and isinstance(path[-1], int):
            yield path
        if isinstance(value, dict):
            waiting += [((*path, name), each) for name, each in reversed(value.items())]
        elif isinstance(value, list):
            waiting += [((*path, index), each) for index, each in reversed([*enumerate(value)])]


def _outermost(path: Path) -> Path:
    return path[: next(index for index, step in enumerate(path) if isinstance(step, int))]
