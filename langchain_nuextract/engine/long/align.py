"""Which items of two chunks are one: those of a stretch that both show, and records that go over a border."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from langchain_nuextract.engine.long.chunk_readings import ChunkReading
from langchain_nuextract.engine.long.compare import filled, is_within, likeness
from langchain_nuextract.engine.long.entries import Entry, room
from langchain_nuextract.engine.long.options import CLOSE_UP
from langchain_nuextract.grounding.evidence import Span
from langchain_nuextract.paths import Path, show

_MOST_PAIRS: Final = 250_000
"""Pairs of items that are compared where chunks overlap."""
_ALIKE: Final = 0.5
"""The share of values that agree in two readings of one place."""
_EQUAL: Final = 0.9
"""What speaks for two equal items being one that were placed a character apart; less, the farther they are."""
_CUT: Final = 200
"""Characters behind the beginning of a record that is cut, within which its values begin."""
_TYPICAL: Final = 0.8
"""The share of items that have a field, for it to be missed in others."""


def aligned(entries: Sequence[Entry], readings: Mapping[int, ChunkReading]) -> list[Entry]:
    """Take the items for one that two chunks read in the same place.

    The chunk in whose core an item begins counts; the other one fills in what that does not say.
    """
    kept = sorted(entries, key=lambda entry: entry.order)
    numbers = sorted({entry.reading for entry in entries}, key=lambda at: (readings[at].chunk.shown, at))
    for index, one in enumerate(numbers):
        for other in numbers[index + 1 :]:
            here, there = readings[one].chunk, readings[other].chunk
            if there.shown.start >= here.shown.end:
                break
            # What both show; pages without text show nothing in the same place.
            zone = Span(max(here.shown.start, there.shown.start), min(here.shown.end, there.shown.end))
            if zone.start < zone.end and here.is_text:
                kept = _without_doubles(kept, one, other, zone, readings)
    return kept


def _without_doubles(
    entries: Sequence[Entry], one: int, other: int, zone: Span, readings: Mapping[int, ChunkReading]
) -> list[Entry]:
    first = [entry for entry in entries if one in entry.chunks and _is_in(entry, zone)]
    second = [entry for entry in entries if other in entry.chunks and _is_in(entry, zone)]
    gone: set[int] = set()
    if CLOSE_UP & {readings[one].chunk.purpose, readings[other].chunk.purpose}:
        # A request about a border has the record whole of which each chunk beside it has a half.
        whole, parts = (second, first) if readings[other].chunk.purpose in CLOSE_UP else (first, second)
        gone |= set(_absorbed(whole, parts))
        whole = [entry for entry in whole if id(entry) not in gone]
        first, second = whole, [entry for entry in parts if id(entry) not in gone]
    if "gap" in {readings[one].chunk.purpose, readings[other].chunk.purpose}:
        gone |= set(_known(entries, one, other, zone, readings))
        first, second = ([entry for entry in each if id(entry) not in gone] for each in (first, second))
    # A record that begins at the end of what one chunk shows has its values behind that.
    behind = Span(zone.end, zone.end + _CUT)
    if first and _is_cut(first[-1], readings):
        after = (each for each in entries if other in each.chunks and each.span and _begins_in(each, behind))
        second += [each for each in after if _key(each) == _key(first[-1])][:1]
    for a, b in _pairs(first, second):
        if a is b:
            continue
        owns_a, owns_b = (_begins_in(each, readings[each.reading].chunk.core) for each in (a, b))
        owner, guest = (a, b) if owns_a or not owns_b else (b, a)
        owner.take(guest)
        gone.add(id(guest))
    return [entry for entry in entries if id(entry) not in gone]


def _absorbed(whole: Sequence[Entry], parts: Sequence[Entry]) -> Iterator[int]:
    """Let the records of a border request take in the fragments that the chunks on either side made of them."""
    for entry in whole:
        for part in parts:
            if part is not entry and is_within(part.own, entry.own) and len(part.own) <= len(entry.own):
                entry.take(part)
                yield id(part)
                parts = [each for each in parts if each is not part]


def _known(
    entries: Sequence[Entry], one: int, other: int, zone: Span, readings: Mapping[int, ChunkReading]
) -> Iterator[int]:
    """Find items of a gap that its chunk has read already, though their places were not known.

    The text has no more places for such an item than there are equal ones.
    """
    # Of two gaps, the later one was asked about since the earlier one left it open.
    by_age = sorted((one, other))
    gap, around = by_age[::-1] if readings[by_age[1]].chunk.purpose == "gap" else by_age
    known: dict[object, list[Entry]] = {}
    for entry in entries:
        if entry.reading == around:
            known.setdefault(_key(entry), []).append(entry)
    for entry in [entry for entry in entries if entry.reading == gap and _is_in(entry, zone)]:
        equal = known.get(_key(entry), [])
        places = room(entry, readings, readings[around].chunk.shown) if equal else None
        if places is not None and len(equal) >= places:
            min(equal, key=lambda each: abs(each.place.key - entry.place.key)).take(entry)
            yield id(entry)
        elif equal:
            equal.append(entry)


def _key(entry: Entry) -> object:
    return tuple(sorted((show(path), repr(leaf)) for path, leaf in filled(entry.value).items()))


def without_surplus(entries: Sequence[Entry], readings: Mapping[int, ChunkReading]) -> list[Entry]:
    """Leave out items that one chunk says more often than the text has places for them: a model repeats itself."""
    # Of `tea 2.00` said three times, two items are kept where the text has it in two places.
    counted = Counter((entry.reading, _key(entry)) for entry in entries)
    kept: list[Entry] = []
    first: dict[object, list[Entry]] = {}
    for entry in entries:
        key = entry.reading, _key(entry)
        if counted[key] > 1:
            same = first.setdefault(key, [])
            places = room(entry, readings, readings[entry.reading].chunk.shown) if same else None
            if places is not None and len(same) >= max(places, 1):
                same[-1].take(entry)
                continue
            same.append(entry)
        kept.append(entry)
    return kept


def _is_in(entry: Entry, zone: Span) -> bool:
    if entry.span:
        return entry.span.start < zone.end and zone.start < entry.span.end
    return entry.place.key < zone.end and zone.start < entry.place.until


def _is_cut(entry: Entry, readings: Mapping[int, ChunkReading]) -> bool:
    """Whether values of the last record of a chunk were not found in what that shows."""
    path, evidence = entry.statements[0].path, readings[entry.reading].evidence
    return entry.is_last and not all((*path, *leaf) in evidence for leaf in entry.own)


def _begins_in(entry: Entry, zone: Span) -> bool:
    return zone.start <= entry.place.key < zone.end


def _pairs(first: Sequence[Entry], second: Sequence[Entry]) -> list[tuple[Entry, Entry]]:
    """Pair two sequences in order, so that most speaks for the pairs."""
    if not first or not second or len(first) * len(second) > _MOST_PAIRS:
        return []
    # As `diff` pairs lines: of three equal items here and two there, no two pairs cross.
    width = len(second) + 1
    scores = [[0.0] * width for _ in range(len(first) + 1)]
    weights = [[_weight(a, b) for b in second] for a in first]
    for i in range(len(first)):
        above, here = scores[i], scores[i + 1]
        for j in range(len(second)):
            here[j + 1] = max(above[j + 1], here[j], above[j] + weights[i][j])
    pairs: list[tuple[Entry, Entry]] = []
    i, j = len(first), len(second)
    while i and j:
        weight = weights[i - 1][j - 1]
        if weight and scores[i][j] == scores[i - 1][j - 1] + weight:
            pairs.append((first[i - 1], second[j - 1]))
            i, j = i - 1, j - 1
        elif scores[i][j] == scores[i - 1][j]:
            i -= 1
        else:
            j -= 1
    return pairs[::-1]


def _weight(one: Entry, other: Entry) -> float:
    """How much speaks for two readings being of one item; nothing where they have places of their own."""
    like = likeness(one.own or filled(one.value), other.own or filled(other.value))
    if not like.agreed or (like.share < _ALIKE):
        return 0.0
    if one.span and other.span:
        if one.span.start < other.span.end and other.span.start < one.span.end:
            return 2.0 + like.share
        # Of two lines that say the same, two readings may have taken one each.
        is_equal = like.share == 1.0 and not (like.only_one or like.only_other)
        return _EQUAL / (1 + abs(one.span.start - other.span.start)) if is_equal else 0.0
    return like.share if not like.contradicted else 0.0


def join_border(entries: Sequence[Entry], readings: Mapping[int, ChunkReading]) -> list[Entry]:
    """Make one item of two that are parts of it: the last of a chunk and the first of the next one.

    Each lacks a field that most items have and that the other one has, and nothing is said differently.
    """
    # `12 May, Rent` at the end of one chunk and `800.00` at the beginning of the next are one booking.
    typical = typical_fields(entries)
    kept: list[Entry] = []
    for entry in entries:
        before = kept[-1] if kept else None
        if before and _are_parts(before, entry, typical, readings):
            before.take(entry)
            before.own = {**entry.own, **before.own}
        else:
            kept.append(entry)
    return kept


def typical_fields(entries: Sequence[Entry]) -> frozenset[Path]:
    """Give the fields that most items of a list have."""
    counted = Counter(path for entry in entries for path in entry.own)
    # Two may be the halves of one that was cut.
    least = max(2, _TYPICAL * (len(entries) - 2)) if len(entries) > 3 else 1  # noqa: PLR2004
    return frozenset(path for path, times in counted.items() if times >= least)


def lacks(entry: Entry, typical: frozenset[Path]) -> bool:
    """Tell whether an item lacks a field that most others have."""
    return bool(typical - entry.own.keys())


def _are_parts(one: Entry, other: Entry, typical: frozenset[Path], readings: Mapping[int, ChunkReading]) -> bool:
    if one.statements[-1].reading == other.reading or not (one.is_last and other.is_first):
        return False
    first, second = readings[one.reading].chunk, readings[other.reading].chunk
    if first.core.end != second.core.start or not (one.own and other.own):
        return False
    like = likeness(one.own, other.own)
    missing, given = typical - one.own.keys(), typical - other.own.keys()
    return not like.contradicted and bool(missing & other.own.keys()) and bool(given & one.own.keys())
