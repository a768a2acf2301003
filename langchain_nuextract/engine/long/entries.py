"""The items of one list as the chunks say them, and which parent those belong to that name none."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from langchain_nuextract.engine.long.chunk_readings import ChunkReading
from langchain_nuextract.engine.long.compare import filled, likeness
from langchain_nuextract.engine.long.record_places import RecordPlace
from langchain_nuextract.grounding.evidence import Span
from langchain_nuextract.paths import JSON, Path, items

_NEAR: Final = 300
"""Characters around a value in which the others of its record are looked for."""
_END_OF_LINE: Final = re.compile(r"[\r\n]")


class Statement(NamedTuple):
    """What one reading says in one place of its value."""

    reading: int
    path: Path
    value: JSON


@dataclass(slots=True, eq=False)
class Entry:
    """One item of a list, as one reading says it or several."""

    statements: list[Statement]
    """What is said of it; the first reading counts."""
    place: RecordPlace
    order: tuple[int, int, int, Path]
    """By which items are sorted: place, the chunk's place, its number, and the place in its answer."""
    own: Mapping[Path, JSON] = field(repr=False)
    """What it says itself, without the lists in it."""
    has_items: bool = False
    """Whether it has lists of its own with something in them."""
    is_last: bool = False
    """Whether it is the last item of its list that its chunk says."""
    is_first: bool = False

    @property
    def value(self) -> JSON:
        """What the reading that counts says."""
        return self.statements[0].value

    @property
    def reading(self) -> int:
        """The reading that counts."""
        return self.statements[0].reading

    @property
    def span(self) -> Span | None:
        """Where it stands."""
        return self.place.span

    @property
    def chunks(self) -> tuple[int, ...]:
        """The readings that say it, in order."""
        return tuple(each.reading for each in self.statements)

    def take(self, other: "Entry") -> None:
        """Take another reading of the same item in."""
        self.statements += other.statements
        self.has_items |= other.has_items


def entries_of(statement: Statement, reading: ChunkReading) -> Iterator[Entry]:
    """Yield the items of a list that one reading says, but for those that only stand in carried text."""
    values = items(statement.value)
    for index, value in enumerate(values):
        path = (*statement.path, index)
        place = reading.places[path]
        own, everything = filled(value, nested=False), filled(value)
        has_items = len(everything) > len(own)
        # A row of nothing is no record.
        if (isinstance(value, dict) and not everything) or (not has_items and _is_carried(path, value, reading)):
            continue
        core = reading.chunk.core.start
        yield Entry(
            statements=[Statement(statement.reading, path, value)],
            place=place,
            order=(place.key, core, reading.index, path),
            own=own,
            has_items=has_items,
            is_last=index == len(values) - 1,
            is_first=index == 0,
        )


def adopt_children(entries: Sequence[Entry], readings: Mapping[int, ChunkReading]) -> list[Entry]:
    """Give items without a name of their own to the parent that is open where they begin.

    An item that has lists, and says nothing itself, goes on with the list of the last item before it in the document;
    so does one that only repeats the parent that its chunk was given as context, or that the page begins with.

    Args:
        entries: In the order of the document.
        readings: By their numbers.
    """
    kept: list[Entry] = []
    for entry in entries:
        parent = _parent(entry, kept, readings) if entry.has_items else None
        if parent:
            parent.take(entry)
        else:
            kept.append(entry)
    return kept


def _parent(entry: Entry, before: Sequence[Entry], readings: Mapping[int, ChunkReading]) -> Entry | None:
    if not before:
        return None
    # `{"items": […]}` without a name goes on with the parent before it.
    if not entry.own:
        return before[-1]
    path = entry.statements[0].path
    reading = readings[entry.reading]
    carried = [span for leaf in entry.own if (span := reading.carried.get((*path, *leaf)))]
    known = [leaf for leaf in entry.own if (*path, *leaf) in reading.evidence]
    if carried and not known:
        placed = ((each, each.span) for each in reversed(before) if each.span)
        there = (each for each, at in placed if any(at.start < one.end and one.start < at.end for one in carried))
        found = next(there, None)
        if found and not likeness(found.own, entry.own).contradicted:
            return found
    last = before[-1]
    like = likeness(last.own, entry.own)
    # The head of a page repeats the parent whose list goes on.
    repeats = (
        entry.is_first and last.reading != entry.reading and like.agreed and not (like.contradicted or like.only_other)
    )
    # Two equal lines are two items; `Room 2 (continued)` below `Room 2` says that it is one.
    lines = [_line(each, readings[each.reading].document.text) for each in (last, entry)]
    return last if repeats and (not known or lines[0] != lines[1]) else None


def _line(entry: Entry, text: str) -> str:
    if entry.span is None:
        return ""
    end = text.find("\n", entry.span.start)
    return text[text.rfind("\n", 0, entry.span.start) + 1 : end if end >= 0 else len(text)].strip()


def room(entry: Entry, readings: Mapping[int, ChunkReading], within: Span) -> int | None:
    """Count the places in a stretch that say all that was found of an item; None if nothing was.

    Where one line says it, these are lines, or as many places of one as say each of its values anew: of
    `1 x tea 2.00; 1 x tea 2.00` there are two. Otherwise they are places of its rarest value with the others near by.
    """
    reading = readings[entry.reading]
    path = entry.statements[0].path
    evidence = (reading.evidence.get((*path, *leaf)) for leaf in filled(entry.value))
    found = [each for each in evidence if each]
    if not found:
        return None
    found.sort(key=lambda each: each.span)
    first, quotations = found[0].quotation, Counter(each.quotation for each in found)
    text = reading.document.text
    # A record that begins in the stretch may end behind it.
    seen = Span(within.start, within.end + _NEAR)
    # Of `1 x tea 2.00`, `tea` has fewer places than `1`.
    rarest = min(quotations, key=lambda each: text.count(each, *seen))
    if _END_OF_LINE.search(text, found[0].span.start, max(each.span.end for each in found)):
        places = 0
        for at in _occurrences(rarest, text, seen):
            start, end = max(seen.start, at - _NEAR), at + _NEAR
            begin = max(text.rfind(first, start, at + len(first)), start)
            places += begin < within.end and all(each in text[start:end] for each in quotations)
        return places
    places, done = 0, seen.start
    for at in _occurrences(rarest, text, seen):
        if at >= done:
            line = _line_around(text, at, seen)
            if max(text.find(first, *line), line.start) < within.end:
                places += min(_times(each, text, line) // times for each, times in quotations.items())
            done = line.end
    return places


def _line_around(text: str, at: int, within: Span) -> Span:
    start = max(text.rfind("\n", within.start, at), text.rfind("\r", within.start, at)) + 1
    end = _END_OF_LINE.search(text, at, within.end)
    return Span(start or within.start, end.start() if end else within.end)


def _times(wanted: str, text: str, within: Span) -> int:
    """Count the places of a text; `1.50` is none in `11.50`, and `Ann` none in `Anne`."""
    return sum(
        not (_is_one_word(text[at - 1 : at] + wanted[:1]) or _is_one_word(wanted[-1:] + text[end : end + 1]))
        for at in _occurrences(wanted, text, within)
        if (end := at + len(wanted))
    )


def _is_one_word(letters: str) -> bool:
    return len(letters) > 1 and (letters.isdigit() or (letters.isascii() and letters.isalpha()))


def _occurrences(wanted: str, text: str, within: Span) -> Iterator[int]:
    at = text.find(wanted, within.start, within.end)
    while at >= 0:
        yield at
        at = text.find(wanted, at + len(wanted), within.end)


def _is_carried(path: Path, value: JSON, reading: ChunkReading) -> bool:
    """Whether an item was read from carried text alone."""
    leaves = [(*path, *leaf) for leaf in filled(value)]
    return any(leaf in reading.carried for leaf in leaves) and not any(leaf in reading.evidence for leaf in leaves)
