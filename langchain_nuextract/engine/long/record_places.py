"""Where the items of lists stand, by the places of their values."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Final

from langchain_nuextract.engine.long.chunks import Chunk
from langchain_nuextract.engine.long.parent_places import item_of
from langchain_nuextract.grounding.chain import increasing_chain
from langchain_nuextract.grounding.evidence import Span
from langchain_nuextract.grounding.leaves import items
from langchain_nuextract.paths import JSON, Path

_NEAR: Final = 200
"""Characters around a place in which other values of the same record speak for it."""
_JUMP: Final = 300
"""Characters between two values of one record at the most."""


@dataclass(frozen=True, slots=True)
class RecordPlace:
    """Where an item of a list stands."""

    key: int
    """By which items are put in order: where it begins; if that is not known, where the item before it does."""
    span: Span | None
    """All of it that was found near by; None if it has no place."""
    until: int
    """Where the next item with a place begins, or the chunk ends."""


def record_places(value: JSON, spans: Mapping[Path, Span], chunk: Chunk) -> Iterator[tuple[Path, RecordPlace]]:
    """Place the items of lists: near to their values, one behind the other.

    Of `12 May Rent 800 … 12 May Gas 80` the second date is that of the second item, for the values of an item stand
    together.

    Args:
        value: What was read.
        spans: Where its values stand, by their paths.
        chunk: What was asked about.

    Yields:
        The path of each item, outer ones before those in them, and its place.
    """
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
    # A date 2,000 characters above is another record's, though it reads the same.
    first = last = at
    while first and inside[first].start - inside[first - 1].end <= _JUMP:
        first -= 1
    while last + 1 < len(inside) and inside[last + 1].start - inside[last].end <= _JUMP:
        last += 1
    return Span(inside[first].start, max(span.end for span in inside[first : last + 1]))


def _keyed(value: JSON, own: Mapping[Path, Span | None], chunk: Chunk) -> Iterator[tuple[Path, RecordPlace]]:
    """Give every item of every list its place: of its own values, or else that of the first item within it."""
    paths = list(item_paths(value))
    starts: dict[Path, int] = {}
    untils: list[int] = []
    until = chunk.shown.end
    for path in reversed(paths):
        untils.append(until)
        if span := own.get(path):
            until = span.start
            for size in range(1, len(path) + 1):
                starts[path[:size]] = span.start
    # An item of which nothing was found stands where the one before it does.
    key = chunk.core.start
    for path, after in zip(paths, reversed(untils), strict=True):
        key = starts.get(path, key)
        yield path, RecordPlace(key, own.get(path), after)


def item_paths(value: JSON) -> Iterator[Path]:
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
