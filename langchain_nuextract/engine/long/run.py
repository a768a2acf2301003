"""What is known of one long document so far, and what is asked next: chunks, gaps, borders, conflicts."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final, Generic, TypeAlias, TypeVar

from langchain_nuextract.documents.source import Source, Text
from langchain_nuextract.engine.caller import Flow
from langchain_nuextract.engine.fields import FieldIndex, field_paths, narrowed
from langchain_nuextract.engine.flow import extract
from langchain_nuextract.engine.long.budget import Budget
from langchain_nuextract.engine.long.chunks import (
    SMALLEST,
    Chunk,
    as_shown,
    carried_context,
    has_lists,
    page_chunks,
    text_as_seen,
    text_chunks,
)
from langchain_nuextract.engine.long.finish import ChunkResult, FlowOutcome
from langchain_nuextract.engine.long.gaps import Coverage, cut_records, joined
from langchain_nuextract.engine.long.merge import Merged, merge_readings
from langchain_nuextract.engine.long.options import LongOptions, Purpose
from langchain_nuextract.engine.long.parent_places import item_of
from langchain_nuextract.engine.long.part_target import part_plan
from langchain_nuextract.engine.long.rounds import Round, Rounds, stops_run
from langchain_nuextract.engine.long.split import TextSplit, split
from langchain_nuextract.engine.long.surroundings import surroundings
from langchain_nuextract.engine.page_inputs import count_images
from langchain_nuextract.engine.page_limit import tells_limit
from langchain_nuextract.engine.plan import Plan
from langchain_nuextract.engine.result import Extraction
from langchain_nuextract.errors import ContextOverflow, EndpointError, ExtractionError, InvalidValue
from langchain_nuextract.grounding.evidence import Span
from langchain_nuextract.paths import JSON, Path, follow
from langchain_nuextract.schema.answer_shape import RecordShape

T = TypeVar("T")

_MOST_ITEMS: Final = 64
"""Items that are asked about again one by one."""
_Job: TypeAlias = tuple[Chunk, RecordShape]
"""A chunk, and the fields that are asked for."""


@dataclass(slots=True)
class DocumentRun(Generic[T]):
    """What is known of one document so far."""

    plan: Plan[T]
    source: Source
    options: LongOptions
    budget: Budget
    groups: Sequence[RecordShape]
    is_whole: bool = False
    """Whether nothing is to be made of a document of which a part could not be asked about."""
    results: list[ChunkResult] = field(default_factory=list[ChunkResult])
    part: Plan[JSON] = field(init=False)

    text: str = field(init=False)
    """What can be seen of the document's text: for what is hidden on pages, there are blanks."""

    def __post_init__(self) -> None:
        self.part, self.text = part_plan(self.plan), text_as_seen(self.source)

    def read(self, chunks: Sequence[Chunk], *, warm: bool = False) -> Rounds[None]:
        """Ask about chunks; the first one alone, if template and examples are to be in the server's cache.

        Pages that turn out to be more than a request may have are asked about again, fewer at a time.
        """
        waiting: list[_Job] = [(chunk, shape) for chunk in chunks for shape in self.groups]
        read: list[tuple[Chunk, FlowOutcome]] = []
        while waiting:
            jobs, waiting = (waiting[:1], waiting[1:]) if warm else (waiting, [])
            warm = False
            flows = tuple(self._flow(*job) for job in jobs)
            preview = partial(self._preview, tuple(read), [chunk for chunk, _ in jobs])
            outcomes = yield Round(flows, preview, self._stops)
            again: list[_Job] = []
            for (chunk, shape), outcome in zip(jobs, outcomes, strict=True):
                if smaller := self.smaller(chunk, outcome):
                    again += [(each, shape) for each in smaller]
                elif isinstance(outcome, Exception) and self._ends(outcome):
                    raise outcome
                else:
                    read.append((chunk, outcome))
            waiting = [*again, *waiting]
        self.results += self._numbered(sorted(read, key=lambda each: each[0].core.start if each[0].parts else 0))

    def smaller(self, chunk: Chunk, outcome: FlowOutcome) -> tuple[Chunk, ...]:
        """Give the pages of a chunk in several, if the server says that they are too many at once; none if not."""
        images = count_images(chunk.parts, self.plan.dialect)
        if isinstance(outcome, Extraction) or not self.plan.page_limit.learn(outcome, images):
            return ()
        pieces = tuple(page_chunks(self.plan, chunk.parts, begin=chunk.core.start))
        return pieces if len(pieces) > 1 else ()

    def _stops(self, outcome: FlowOutcome) -> bool:
        """Whether nothing more need be waited for."""
        return isinstance(outcome, Exception) and self._ends(outcome) and not tells_limit(outcome)

    def _ends(self, error: ExtractionError | EndpointError) -> bool:
        if self.is_whole:
            return isinstance(error, EndpointError)
        return self.options.on_chunk_error == "raise" or stops_run(error)

    def _numbered(self, outcomes: Sequence[tuple[Chunk, FlowOutcome]]) -> list[ChunkResult]:
        numbered = enumerate(outcomes, start=len(self.results))
        return [ChunkResult.of(number, chunk, outcome, self.source) for number, (chunk, outcome) in numbered]

    def _preview(
        self, read: Sequence[tuple[Chunk, FlowOutcome]], chunks: Sequence[Chunk], outcomes: Sequence[FlowOutcome]
    ) -> JSON:
        return self.merged(new=self._numbered([*read, *zip(chunks, outcomes, strict=False)])).value

    def _flow(self, chunk: Chunk, shape: RecordShape) -> Flow[JSON]:
        plan = self.part if shape is self.plan.shape else self.part.narrowed(shape)

        def read_chunk() -> Flow[JSON]:
            # Pages are rendered when it is their turn, not all at the beginning.
            document = Source(chunk.parts) if chunk.parts else None
            return (yield from extract(plan, as_shown(self.plan, chunk, self.text), document))

        return self.budget.within(read_chunk())

    def merged(self, settled: dict[Path, JSON] | None = None, new: Sequence[ChunkResult] = ()) -> Merged:
        """Merge what is known.

        Args:
            settled: What a request of its own has said of values about which chunks differ.
            new: What has come in since.
        """
        results = (*self.results, *new)
        readings = [each.reading for each in results if each.reading and each.chunk.purpose != "settle"]
        options = self.options
        return merge_readings(readings, self.plan.shape, lists=options.lists, scalars=options.scalars, settled=settled)

    def read_again(self, size: int) -> Rounds[tuple[Span, ...]]:
        """Ask again about stretches in which records may have been overlooked, until they shrink no more.

        Returns:
            What is left of them.
        """
        is_text = not self.source.images and all(page.readable for page in self.source.pages)
        if not has_lists(self.plan.shape) or not is_text:
            return self._failed()
        coverage, before = Coverage(self.text), len(self.text) + 1
        for turn in range(1, self.options.passes + 1):
            # In chunks of half the size, then of a quarter: a model overlooks less in a shorter text.
            again = self._again(coverage, max(size >> turn, SMALLEST), borders=turn == 1)
            gaps = sum(chunk.core.end - chunk.core.start for chunk in again if chunk.purpose == "gap")
            if not again or self.budget.is_spent or (turn > 1 and gaps >= before):
                break
            before = gaps
            yield from self.read(again)
        if not self.budget.is_spent and self.options.passes:
            yield from self.read(self._chunks(self._incomplete(coverage), "record"))
        return coverage.gaps([*self.merged().items.values()], self._failed(), single=True)

    def _incomplete(self, coverage: Coverage) -> tuple[Span, ...]:
        """Give the lines of items that lack what the schema requires, or have what it does not admit.

        Where the user's own validators would have to be asked, none: they see the merged object only.
        """
        merged = self.merged()
        try:
            self.part.target.validate(merged.value, self.plan.dialect)
        except InvalidValue as error:
            paths = {item_of(problem.path) for problem in error.problems}
        else:
            return ()
        spans = [merged.items[path].span for path in paths if path in merged.items]
        return tuple(joined([coverage.around(span) for span in spans if span])[:_MOST_ITEMS])

    def _again(self, coverage: Coverage, size: int, *, borders: bool) -> list[Chunk]:
        """What to ask about again: gaps in pieces of a size, and the borders at which records may have been cut."""
        text, records = self.text, [*self.merged().items.values()]
        # Where a larger chunk was not read, smaller ones may be; where the endpoint failed, they will not.
        by_core = [(each.chunk.core, each.error) for each in self.results]
        small = {core for core, error in by_core if isinstance(error, ExtractionError | ContextOverflow)}
        retried = [span for span in self._failed() if span in small]
        starts = sorted(each.chunk.core.start for each in self.results if each.chunk.purpose == "chunk")
        gaps = [
            Span(gap.start + start, gap.start + end)
            for gap in coverage.gaps(records, retried, borders=starts if borders else ())
            for start, end in (piece.core for piece in split(text[gap.start : gap.end], size))
        ]
        readings = {each.index: each.reading for each in self.results if each.reading}
        cut = cut_records(records, readings, coverage) if borders else ()
        return [*self._chunks(gaps, "gap"), *self._chunks(cut, "border")]

    def _chunks(self, spans: Sequence[Span], purpose: Purpose) -> list[Chunk]:
        if not spans:
            return []
        known = sum(each.chunk.purpose == purpose for each in self.results)
        text = self.text
        chunks = text_chunks([TextSplit(span, span) for span in spans], carried_context(self.plan, text, self.options))
        return [
            replace(chunk, purpose=purpose, name=f"{purpose} {number}")
            for number, chunk in enumerate(chunks, start=known + 1)
        ]

    def _failed(self) -> tuple[Span, ...]:
        """What could not be read, and was not read since."""
        read = {each.chunk.core for each in self.results if each.reading and each.chunk.purpose == "gap"}
        failed = [each.chunk.core for each in self.results if each.error and each.chunk.purpose in {"chunk", "gap"}]
        left: dict[Span, None] = {}
        for span in failed:
            # Smaller chunks that together are the stretch may have been read.
            covered = sum(max(0, min(span.end, each.end) - max(span.start, each.start)) for each in read)
            if covered < span.end - span.start:
                left[span] = None
        return tuple(left)

    def settle(self) -> Rounds[dict[Path, JSON]]:
        """Ask once about all single values that chunks differ about, over the places that they took them from."""
        if self.options.scalars != "settle" or self.budget.is_spent:
            return {}
        # Differences within records are the owner's to decide: only single values are worth a request.
        conflicts = [each for each in self.merged().conflicts if each.how == "first"]
        text = surroundings(self.text, conflicts)
        if not text:
            return {}
        index = FieldIndex(field_paths(self.plan.shape))
        fields = {field for each in conflicts for field in index.fields_at(each.path)}
        plan = self.part.narrowed(narrowed(self.plan.shape, fields))
        (outcome,) = yield Round((self.budget.within(extract(plan, Source((Text(text),)))),))
        spans = [candidate.span for each in conflicts for candidate in each.candidates if candidate.span]
        around = Span(min(spans).start, max(span.end for span in spans))
        chunk = Chunk(around, around, purpose="settle", name="conflicts")
        if isinstance(outcome, Exception) and self._ends(outcome):
            raise outcome
        self.results += self._numbered([(chunk, outcome)])
        answer = outcome.json if isinstance(outcome, Extraction) else None
        settled: dict[Path, JSON] = dict.fromkeys((each.path for each in conflicts), None)
        for path in settled:
            with suppress(LookupError):
                settled[path] = follow(answer, path)
        return settled
