"""What the chunks of one document say, as one value: items by where they stand, single values by what all say."""

import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

from langchain_nuextract.engine.long.align import aligned, join_border, without_surplus
from langchain_nuextract.engine.long.chunk_readings import ChunkReading
from langchain_nuextract.engine.long.compare import filled, same_scalar
from langchain_nuextract.engine.long.entries import Entry, Statement, adopt_children, entries_of
from langchain_nuextract.engine.long.options import Candidate, ListRule, ScalarRule
from langchain_nuextract.engine.long.result import Conflict, Joined
from langchain_nuextract.paths import JSON, Path, fields, items, leaves, show
from langchain_nuextract.schema.answer_shape import AnswerShape, ListShape, MultiEnumShape, RecordShape

Key = TypeVar("Key", str, int)

_WORD: Final = re.compile(r"[^\W\d_]+?(?=[A-Z_\d]|$)|[^\W\d_]+")
_SHORTEST_WORD: Final = 4
"""Letters of a word of a field's name that tells where the field is spoken of."""


@dataclass(slots=True)
class Merged:
    """One value of many readings."""

    value: JSON = None
    moved: list[dict[Path, Path]] = field(default_factory=list[dict[Path, Path]])
    """For each reading, where its leaves are now; those are left out that another reading said before."""
    conflicts: list[Conflict] = field(default_factory=list[Conflict])
    joined: list[Joined] = field(default_factory=list[Joined])
    items: dict[Path, Entry] = field(default_factory=dict[Path, Entry])
    """The items of all lists, by their paths."""


def merge_readings(
    readings: Sequence[ChunkReading],
    shape: AnswerShape,
    *,
    lists: Mapping[str, ListRule],
    scalars: ScalarRule = "settle",
    settled: Mapping[Path, JSON] | None = None,
) -> Merged:
    """Merge what several chunks of one document say.

    Args:
        readings: In any order.
        shape: What was asked for.
        lists: When two items are one, by the path of their list.
        scalars: Which of several single values counts.
        settled: What was found out about values in conflict.
    """
    merged = Merged(moved=[{} for _ in readings])
    merging = _Merging(merged, {each.index: each for each in readings}, lists, scalars, settled or {})
    ordered = sorted(readings, key=lambda each: (each.chunk.core, each.index))
    merged.value = merging.join([Statement(each.index, (), each.value) for each in ordered], shape, ())
    merged.moved = [merging.moved.get(each.index, {}) for each in readings]
    return merged


@dataclass(slots=True)
class _Merging:
    merged: Merged
    readings: Mapping[int, ChunkReading]
    lists: Mapping[str, ListRule]
    scalars: ScalarRule
    settled: Mapping[Path, JSON]
    moved: dict[int, dict[Path, Path]] = field(default_factory=dict[int, dict[Path, Path]])

    def join(self, statements: Sequence[Statement], shape: AnswerShape | None, at: Path) -> JSON:
        """Make one value of what several readings say, of which the first counts for more."""
        # Null on one page is no contradiction of a value on another.
        telling = [each for each in statements if each.value is not None and each.value != ""]
        if not telling:
            return statements[0].value if statements else None
        if all(isinstance(each.value, dict) for each in telling):
            inner = dict(shape.fields) if isinstance(shape, RecordShape) else {}
            keyed = [(each, fields(each.value)) for each in telling]
            names = dict.fromkeys(name for _, values in keyed for name in values)
            return {name: self.join(_part(keyed, name), inner.get(name), (*at, name)) for name in names}
        if all(isinstance(each.value, list) for each in telling):
            return self._list(telling, shape, at)
        return self._scalar([each for each in telling if not isinstance(each.value, dict | list)] or telling, at)

    def _list(self, statements: Sequence[Statement], shape: AnswerShape | None, at: Path) -> list[JSON]:
        if isinstance(shape, RecordShape) and shape.places:
            # A list of fixed items, each of which has a meaning of its own.
            keyed = [(each, dict(enumerate(items(each.value)))) for each in statements]
            shapes = {index: part for index, (_, part) in enumerate(shape.fields)}
            most = max(len(values) for _, values in keyed)
            return [self.join(_part(keyed, index), shapes.get(index), (*at, index)) for index in range(most)]
        if isinstance(shape, RecordShape) and len(shape.fields) == 1:
            # A schema that is a list itself is asked for under a name.
            shape = shape.fields[0][1]
        item = shape.item if isinstance(shape, ListShape) else None
        merged: list[JSON] = []
        for index, entry in enumerate(self._entries(statements, shape, at)):
            place = (*at, index)
            if len(chunks := entry.chunks) > 1:
                self.merged.joined.append(Joined(place, chunks))
            self.merged.items[place] = entry
            merged.append(self.join(entry.statements, item, place))
        return merged

    def _entries(self, statements: Sequence[Statement], shape: AnswerShape | None, at: Path) -> list[Entry]:
        """The items of one list, in the order of the document, each once."""
        # A list within items of another is named without their places: `deliveries.items`.
        named = [step for step in at if isinstance(step, str)]
        rule = self.lists.get(".".join(named)) or self.lists.get(show(tuple(named))) or "places"
        entries = [entry for each in statements for entry in entries_of(each, self.readings[each.reading])]
        entries = sorted(without_surplus(entries, self.readings), key=lambda entry: entry.order)
        if len({each.reading for each in statements}) > 1:
            entries = sorted(aligned(entries, self.readings), key=lambda entry: entry.order)
            entries = join_border(adopt_children(entries, self.readings), self.readings)
        if isinstance(shape, MultiEnumShape) or rule == "equal":
            return _by_key(
                entries,
                lambda item: tuple(sorted((show(path), str(leaf).casefold()) for path, leaf in filled(item).items())),
            )
        return entries if rule == "places" else _by_key(entries, rule if callable(rule) else _key_field(rule))

    def _scalar(self, statements: Sequence[Statement], at: Path) -> JSON:
        """One of several single values: what only stands in carried text is none of this chunk's, if others say so."""
        in_list = any(isinstance(step, int) for step in at)
        own = [each for each in statements if each.path not in self.readings[each.reading].carried]
        if not own and not in_list:
            return None
        own = own or [*statements]
        # What the text says counts for more than what only the model says.
        grounded = [each for each in own if each.path in self.readings[each.reading].evidence]
        counting = grounded or own
        if in_list and counting[0] is not own[0] and own[0].reading == statements[0].reading:
            # The owner's own word counts in a record, found or not.
            counting = own
        chosen = counting[0]
        if any(not same_scalar(chosen.value, each.value) for each in counting[1:]):
            chosen = self._decide(counting, at, in_list=in_list)
        self.moved.setdefault(chosen.reading, {}).update(
            ((*chosen.path, *below), (*at, *below)) for below, _ in leaves(chosen.value)
        )
        return chosen.value

    def _decide(self, statements: Sequence[Statement], at: Path, *, in_list: bool) -> Statement:
        found_at = [(each, self.readings[each.reading].evidence.get(each.path)) for each in statements]
        candidates = tuple(
            Candidate(each.value, each.reading, evidence.span if evidence else None) for each, evidence in found_at
        )
        chosen, how = statements[0], "owner" if in_list else "first"
        if not in_list and callable(self.scalars):
            wanted = self.scalars(candidates)
            chosen, how = next((each for each in statements if same_scalar(each.value, wanted)), chosen), "function"
        elif not in_list and self.scalars == "last":
            chosen, how = statements[-1], "last"
        elif not in_list and at in self.settled:
            answer = self.settled[at]
            found = next((each for each in statements if same_scalar(each.value, answer)), None)
            chosen, how = (found, "settled") if found else (chosen, how)
        elif not in_list and (labelled := self._labelled(statements, at)):
            chosen, how = labelled, "label"
        self.merged.conflicts.append(Conflict(at, candidates, chosen.value, how))
        return chosen

    def _labelled(self, statements: Sequence[Statement], at: Path) -> Statement | None:
        """What is said by the chunks that have the field's name in them, of a value that no text says in words."""
        words = [word for word in _WORD.findall(str(at[-1])) if len(word) >= _SHORTEST_WORD] if at else []
        readings = [self.readings[each.reading] for each in statements]
        if not words or any(each.path in reading.evidence for each, reading in zip(statements, readings, strict=True)):
            return None
        near = [
            each
            for each, reading in zip(statements, readings, strict=True)
            if all(word.casefold() in reading.body.casefold() for word in words)
        ]
        return near[0] if near and all(same_scalar(near[0].value, each.value) for each in near) else None


def _part(statements: Sequence[tuple[Statement, Mapping[Key, JSON]]], key: Key) -> list[Statement]:
    """What several readings say under a key of an object, or in a place of a list of fixed items."""
    return [Statement(each.reading, (*each.path, key), values[key]) for each, values in statements if key in values]


def _by_key(entries: Sequence[Entry], key_of: Callable[[JSON], Hashable]) -> list[Entry]:
    """Take entries with the same key for one; what has no key stays as it is."""
    known: dict[Hashable, Entry] = {}
    kept: list[Entry] = []
    for entry in entries:
        key = key_of(entry.value)
        if key is not None and key in known:
            known[key].statements += entry.statements
        else:
            known[key] = entry
            kept.append(entry)
    return kept


def _key_field(rule: str) -> Callable[[JSON], Hashable]:
    """Give what tells the key of an item, for a rule such as `key:sku`."""
    name = rule.removeprefix("key:")

    def key(item: JSON) -> Hashable:
        value = fields(item).get(name)
        return None if value is None or isinstance(value, dict | list) else str(value)

    return key
