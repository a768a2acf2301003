# ruff: noqa: RUF001  (marks that look alike are what this is about)
"""Where a document says the values of an extraction."""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, NamedTuple

from langchain_nuextract.grounding.folding import Folded, fold, folded
from langchain_nuextract.grounding.locate import Evidence, Match, Span
from langchain_nuextract.grounding.numerals import is_negative, notation, numerals
from langchain_nuextract.paths import JSON, Path, leaves

MOST: Final = 1_000
"""Occurrences of one value that are considered."""
SHORTEST_PART: Final = 3
"""Letters that a value must have to be found inside a longer word."""

_SPACELESS = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
"""Letters of scripts that set no blanks between words."""
_MARKS: Final = ".,'’"
_IN_NUMBER = re.compile(rf"\d[{_MARKS}]\d")


class _Found(NamedTuple):
    """The places of one value, in the order of the text."""

    spans: Sequence[Span]
    match: Match


def ground(value: JSON, text: str) -> tuple[Evidence, ...]:
    """Find where a document says each leaf of a value.

    A value that comes several times takes its occurrences in order; the fields of one list item are looked for near
    the longest of them. Values inside a longer word or number are passed over for those that stand alone.

    Args:
        value: The validated value, as JSON.
        text: The document's text, unchanged.

    Returns:
        One entry for each leaf that was found, in the order of the value. Nulls, booleans and empty strings have none.
    """
    document = _Document(text)
    said = [(path, leaf) for path, leaf in leaves(value) if not (leaf is None or leaf == "" or isinstance(leaf, bool))]
    taken = {evidence.path: evidence for group in _groups(said) for evidence in document.ground(group)}
    return tuple(taken[path] for path, _ in said if path in taken)


def _groups(said: Iterable[tuple[Path, JSON]]) -> Iterable[list[tuple[Path, JSON]]]:
    """The leaves of each list item together, in order; those outside of lists are one group each."""
    groups: defaultdict[Path, list[tuple[Path, JSON]]] = defaultdict(list)
    for path, leaf in said:
        groups[_item(path)].append((path, leaf))
    return groups.values()


def _item(path: Path) -> Path:
    """The innermost list item that a leaf belongs to; the leaf itself if there is none."""
    for end in range(len(path), 0, -1):
        if isinstance(path[end - 1], int):
            return path[:end]
    return path


def _key(leaf: JSON) -> Hashable:
    """What makes two leaves equal: 1 and 1.0 are two, and so are 1 and "1"."""
    return type(leaf).__name__, leaf


@dataclass
class _Document:
    text: str
    used: defaultdict[Hashable, set[int]] = field(default_factory=lambda: defaultdict[Hashable, set[int]](set))
    known: dict[Hashable, _Found] = field(default_factory=dict[Hashable, _Found])

    @cached_property
    def folded(self) -> Folded:
        return folded(self.text)

    @cached_property
    def numerals(self) -> dict[str, list[Span]]:
        return dict(numerals(self.text))

    def ground(self, group: list[tuple[Path, JSON]]) -> Iterator[Evidence]:
        """Find the leaves of one item, the longest first, the others near it."""
        near: Span | None = None
        for path, leaf in sorted(group, key=lambda each: -len(str(each[1]))):
            found = self.find(leaf)
            span = self._pick(_key(leaf), found.spans, near)
            if span is None:
                continue
            near = near or span
            quotation = self.text[span.start : span.end]
            yield Evidence(path, leaf, span, quotation, "exact" if quotation == str(leaf) else found.match)

    def find(self, leaf: JSON) -> _Found:
        key = _key(leaf)
        if key not in self.known:
            self.known[key] = self._find_text(leaf) if isinstance(leaf, str) else self._find_number(leaf)
        return self.known[key]

    def _pick(self, key: Hashable, spans: Sequence[Span], near: Span | None) -> Span | None:
        """The occurrence to take: the nearest, or else the first, of those that no equal value has yet."""
        if len(spans) <= 1:
            return spans[0] if spans else None
        used = self.used[key]
        order = range(len(spans)) if near is None else _nearest_first(spans, near)
        if len(used) == len(spans):
            return spans[next(iter(order))]
        index = next(index for index in order if index not in used)
        used.add(index)
        return spans[index]

    def _find_text(self, value: str) -> _Found:
        if exact := _occurrences(self.text, value):
            return _Found([Span(at, at + len(value)) for at in exact], "exact")
        wanted = fold(value)
        ends = ((at, at + len(wanted)) for at in _occurrences(self.folded.text, wanted))
        spans = [span for start, end in ends if (span := self.folded.unfold(start, end))]
        return _Found(spans, "folded")

    def _find_number(self, value: float) -> _Found:
        spans = self.numerals.get(notation(value), [])
        if value < 0:
            spans = [span for span in spans if is_negative(self.text, span)]
        return _Found(spans, "number")


def _nearest_first(spans: Sequence[Span], near: Span) -> Iterator[int]:
    """The indexes of spans that are in order, outwards from a place."""
    after = bisect_left(spans, near.start, key=lambda span: span.start)
    before = after - 1
    while before >= 0 or after < len(spans):
        if before < 0 or (after < len(spans) and spans[after].start - near.end <= near.start - spans[before].end):
            yield after
            after += 1
        else:
            yield before
            before -= 1


def _occurrences(text: str, value: str) -> list[int]:
    """Where a value stands alone; if nowhere, where it is part of a word."""
    whole: list[int] = []
    parts: list[int] = []
    at = text.find(value) if value else -1
    while at >= 0 and len(whole) < MOST:
        if _is_whole(text, at, at + len(value)):
            whole.append(at)
        elif len(parts) < MOST:
            parts.append(at)
        at = text.find(value, at + 1)
    return whole or (parts if _may_be_part(value) else [])


def _may_be_part(value: str) -> bool:
    return len(value) >= SHORTEST_PART and not any(mark.isdigit() for mark in value)


def _is_whole(text: str, start: int, end: int) -> bool:
    return not _is_joined(text, start) and not _is_joined(text, end)


def _is_joined(text: str, at: int) -> bool:
    """Whether a word or number goes on across this place."""
    before, after = text[at - 1 : at], text[at : at + 1]
    if before.isalnum() and after.isalnum():
        return not (_SPACELESS.match(before) or _SPACELESS.match(after))
    if before not in _MARKS and after not in _MARKS:
        return False
    return (at > 0 and _IN_NUMBER.match(text, at - 1) is not None) or (
        at > 1 and _IN_NUMBER.match(text, at - 2) is not None
    )
