"""What one request says of a chunk, and where in the whole document it says so."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import cast

from langchain_nuextract.documents.source import Source
from langchain_nuextract.engine.evidence import shifted
from langchain_nuextract.engine.long.chunks import Chunk
from langchain_nuextract.engine.long.parent_places import above_their_items, first_inner, item_of
from langchain_nuextract.engine.long.record_places import RecordPlace, item_paths, record_places
from langchain_nuextract.engine.result import Extraction
from langchain_nuextract.grounding import ground
from langchain_nuextract.grounding.evidence import Evidence, Span
from langchain_nuextract.paths import JSON, Path, fields, follow, leaves


@dataclass(frozen=True)
class ChunkReading:
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
        return dict(record_places(self.value, {path: each.span for path, each in self.evidence.items()}, self.chunk))

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
    for path in [(), *item_paths(value)]:
        item = follow(value, path)
        lists = fields(item).items() if isinstance(item, dict) else [("", item)] if isinstance(item, list) else []
        for name, values in lists:
            at = (*path, name) if name else path
            for begin, end in _runs(values) if isinstance(values, list) else ():
                for below, _ in leaves(cast("list[JSON]", values)[begin]):
                    paths = [(*at, index, *below) for index in range(begin, end)]
                    # Of two rows `tea 2.00` the first is the upper one, in whichever order they were found.
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
