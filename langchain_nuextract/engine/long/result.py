"""What comes out of a long document: the object, and how its chunks were merged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Generic, TypeVar

from langchain_nuextract.engine.long.options import Candidate, Purpose
from langchain_nuextract.engine.result import Extraction
from langchain_nuextract.errors import quote
from langchain_nuextract.grounding.evidence import Evidence, Span
from langchain_nuextract.grounding.places import PageIndex, Place, html_place
from langchain_nuextract.paths import JSON, Path, leaves, show

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Conflict:
    """A value about which chunks differ."""

    path: Path
    candidates: tuple[Candidate, ...]
    """All that was said, in the order of the document."""
    chosen: JSON
    how: str
    """`settled` by a request of its own; `first` or `last` of the document; by the caller's `function`; by the `label`:
    the chunks that have the field's name in them, where no text says the value in words; or by the `owner`: the chunk
    in whose core the record begins."""

    def __str__(self) -> str:
        """Write it for people."""
        return self.described()

    def described(self, names: Sequence[str] = ()) -> str:
        """Write it for people, with the chunks by their names."""
        return f"{show(self.path)}: {self.statements(names)}; {quote(str(self.chosen))} was taken ({self.how})"

    def statements(self, names: Sequence[str] = ()) -> str:
        """Write what the chunks say: `page 1 says '10.50', page 2 says '105.00'`."""
        said = (
            f"{names[each.chunk] if names else f'chunk {each.chunk + 1}'} says {quote(str(each.value))}"
            for each in self.candidates
        )
        return ", ".join(dict.fromkeys(said))


@dataclass(frozen=True, slots=True)
class Joined:
    """An item that several chunks say."""

    path: Path
    from_chunks: tuple[int, ...]
    """The chunks, by their places in `LongExtraction.chunks`."""


@dataclass(frozen=True, slots=True)
class ChunkReport:
    """What was asked about one chunk, and what came of it."""

    name: str
    """`chunk 3`, `page 3`, `gap 1`."""
    purpose: Purpose
    core: Span
    """What it was asked for, in offsets of the document's text, in which a page without text is a line end."""
    shown: Span
    carried: tuple[Span, ...]
    calls: int
    """Requests that were answered."""
    values: int
    """Values that it says."""
    error: str = ""
    """Why nothing came of it; empty if something did."""
    problems: tuple[str, ...] = ()
    """What could not be read of its answer."""
    is_retryable: bool = False
    """Whether it failed because of the endpoint's state, so that the same request may succeed later."""


@dataclass(frozen=True)
class LongExtraction(Extraction[T_co], Generic[T_co]):
    """A validated object of a long document, with its history; offsets are those of the whole document.

    Example:
        details = extract.long().detailed.invoke(text)
        for span in details.uncovered:
            print("look here:", text[span.start : span.end])
    """

    chunks: tuple[ChunkReport, ...] = ()
    """All that was asked about, chunks in the order of the document first."""
    conflicts: tuple[Conflict, ...] = ()
    """The values about which chunks differ."""
    merged: tuple[Joined, ...] = ()
    """The items that several chunks say."""
    uncovered: tuple[Span, ...] = ()
    """Where there may be records that were not found: stretches between records with lines like theirs, and chunks
    that failed. Empty if all is accounted for."""
    located: tuple[Evidence, ...] | None = field(default=None, repr=False)
    """Where the values stand, for `evidence`; None if that is to be looked up in the whole document."""

    @property
    def is_unfinished(self) -> bool:
        """Whether something failed that may succeed later."""
        return any(each.is_retryable for each in self.chunks)

    @cached_property
    def evidence(self) -> tuple[Evidence, ...]:
        """Where the document's text says each value; values that were not found have none."""
        if self.located is None:
            return super().evidence
        # Serializers, LangGraph's among them, give lists back for tuples.
        found: dict[Path, Evidence] = {}
        for path, value, span, quotation, match, spans, similarity, *_ in self.located:
            every = tuple(Span(*each) for each in spans)
            found[tuple(path)] = Evidence(tuple(path), value, Span(*span), quotation, match, every, similarity)
        ordered = tuple(found[path] for path, _ in leaves(self.json) if path in found)
        if self.document.pages:
            index = PageIndex(self.document.paged)
            ordered = tuple(each._replace(places=index.places(each.spans)) for each in ordered)
        if marked_up := self.document.marked_up:
            ordered = tuple(each._replace(in_html=html_place(marked_up, *each.span)) for each in ordered)
        return ordered

    @cached_property
    def places(self) -> Mapping[Path, tuple[Place, ...]]:
        """On which page and where on it each value stands, by its path.

        Values that were not found have the page alone where a model was shown one page only, and no place otherwise.
        """
        if self.located is None:
            return super().places
        found = {each.path: each.places for each in self.evidence if each.places}
        for window in self.windows:
            if alone := window.extraction.document.page_alone:
                place = (Place(alone.number, (), "image", alone.file_name),)
                found |= {path: place for path in window.moved.values() if path not in found}
        return found

    @property
    def report(self) -> str:
        """How it came about: the calls, the chunks, and what was merged, decided and not found."""
        if not self.chunks:
            return super().report
        chunks = sum(each.purpose == "chunk" for each in self.chunks)
        again = len(self.chunks) - chunks
        names = [each.name for each in self.chunks]
        lines = [
            super().report,
            f"chunks: {chunks}, and {again} more requests for gaps, borders and conflicts",
            *(f"  {each.name} failed: {each.error}" for each in self.chunks if each.error),
            *(f"  {conflict.described(names)}" for conflict in self.conflicts),
        ]
        if self.merged:
            lines.append(f"items that several chunks say: {len(self.merged)}")
        lines += [f"no record was found in characters {span.start} to {span.end}" for span in self.uncovered]
        return "\n".join(lines)


def long_extraction(extraction: Extraction[T]) -> LongExtraction[T]:
    """Give the extraction of a document that took one request as that of a long one."""
    if isinstance(extraction, LongExtraction):
        return extraction
    fields: dict[str, Any] = {name: getattr(extraction, name) for name in Extraction.__dataclass_fields__}
    return LongExtraction(**fields)
