"""A long document, from its chunks to the object, as a generator that does no I/O.

It yields rounds of flows, which its driver may run side by side, and is sent what came of each: an extraction, or the
error that it ended with. See `drivers` for those who run it.
"""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final, Generic, TypeAlias, TypeVar

from langchain_nuextract.documents.source import Source, Text
from langchain_nuextract.engine.caller import Flow
from langchain_nuextract.engine.fields import FieldIndex, field_paths, narrowed
from langchain_nuextract.engine.flow import extract
from langchain_nuextract.engine.long.budget import Budget
from langchain_nuextract.engine.long.chunks import (
    SMALLEST,
    as_shown,
    chunks_of,
    context_of,
    field_groups,
    has_lists,
    size_of,
    text_chunks,
    visible_text,
)
from langchain_nuextract.engine.long.digest import digest
from langchain_nuextract.engine.long.finish import ChunkResult, Outcome, finish
from langchain_nuextract.engine.long.gaps import Coverage, cut_records, joined
from langchain_nuextract.engine.long.merge import Merged, merge
from langchain_nuextract.engine.long.options import LongOptions, Purpose
from langchain_nuextract.engine.long.part_target import part_plan
from langchain_nuextract.engine.long.readings import Chunk
from langchain_nuextract.engine.long.result import LongExtraction, long_extraction
from langchain_nuextract.engine.long.split import Piece, split
from langchain_nuextract.engine.pages import read_document
from langchain_nuextract.engine.plan import Plan
from langchain_nuextract.engine.result import Extraction
from langchain_nuextract.errors import ContextOverflow, EndpointError, ExtractionError, InvalidValue
from langchain_nuextract.grounding.evidence import Span
from langchain_nuextract.paths import JSON, Path, follow
from langchain_nuextract.schema.answer_shape import RecordShape

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Round:
    """Flows that may be run side by side."""

    flows: tuple[Flow[Any], ...]
    preview: Callable[[Sequence[Outcome]], JSON] | None = field(default=None, repr=False)
    """What the object is so far, when the first so many of the flows have come out."""


Rounds: TypeAlias = Generator[Round, tuple[Outcome, ...], T]
LongFlow: TypeAlias = Rounds[LongExtraction[T]]

_MOST_ITEMS: Final = 64
"""Items that are asked about again one by one."""
_CHARACTERS: Final = 3.0
"""Code points of a token, where a server has refused a document and does not say how many tokens it has."""


def extract_long(plan: Plan[T], source: Source, options: LongOptions, size: int) -> LongFlow[T]:
    """Yield rounds of flows, be sent what came of them, return the extraction.

    Args:
        plan: What is asked.
        source: The document.
        options: How it is split and merged.
        size: Characters that a chunk has; see `chunks.size_of`.

    Raises:
        ExtractionError: Nothing could be read of any chunk, or the merged object does not satisfy the schema.
        EndpointError: The endpoint is of no use, or failed on every chunk.
        ValueError: The splitter's pieces are not the document's text.
    """
    budget = Budget(options.recovery)
    chunks, groups = chunks_of(plan, source, options, size), field_groups(plan, options)
    if len(chunks) == 1 and len(groups) == 1:
        (outcome,) = yield Round((budget.within(read_document(plan, source)),))
        if isinstance(outcome, Exception):
            raise outcome
        return long_extraction(outcome)
    run = _Run(plan, source, options, budget, groups)
    yield from run.read(chunks, warm=len(chunks) >= 2 * options.max_concurrency)
    uncovered = yield from run.read_again(size)
    settled = yield from run.settle()
    extraction = finish(plan, options, run.results, run.merged(settled), seconds=budget.seconds)
    return replace(extraction, uncovered=uncovered)


@dataclass(frozen=True, slots=True)
class TextSize:
    """How long a text is for a model, as far as anybody says."""

    context: int | None = None
    """Tokens that the model takes."""
    characters: float | None = None
    """Characters of a token."""
    tokens: int | None = None

    @property
    def is_too_long(self) -> bool:
        """Whether the model does not take it, whatever is asked about it."""
        return bool(self.context and self.tokens and self.tokens >= self.context)


def extract_any(plan: Plan[T], source: Source, too_long: TextSize | None = None) -> LongFlow[T]:
    """Extract from a document at once; from one that the model's context does not hold, in chunks.

    Args:
        plan: What is asked.
        source: The document.
        too_long: Its size, if it is known that the context does not hold it, so that it is not tried.

    Raises:
        NuExtractError: Everything that `pages.read_document` and `extract_long` raise.
    """
    if too_long is None:
        (outcome,) = yield Round((read_document(plan, source),))
        if isinstance(outcome, Extraction):
            return long_extraction(outcome)
        if not isinstance(outcome, ContextOverflow):
            raise outcome
        characters = len(source.text) / outcome.size if outcome.size and source.text else _CHARACTERS
        too_long = TextSize(outcome.limit, characters)
    options = LongOptions(chunk_tokens="auto")
    size = size_of(plan, source.text, options, characters=too_long.characters, context=too_long.context)
    # A text that is refused as a whole has to be split in any case.
    size = min(size, max(SMALLEST, len(source.text) // 2)) if source.text else size
    return (yield from extract_long(plan, source, options, size))


@dataclass(slots=True)
class _Run(Generic[T]):
    """What is known of one document so far."""

    plan: Plan[T]
    source: Source
    options: LongOptions
    budget: Budget
    groups: Sequence[RecordShape]
    results: list[ChunkResult] = field(default_factory=list[ChunkResult])
    part: Plan[JSON] = field(init=False)

    text: str = field(init=False)
    """What can be seen of the document's text: for what is hidden on pages, there are blanks."""

    def __post_init__(self) -> None:
        self.part, self.text = part_plan(self.plan), visible_text(self.source)

    def read(self, chunks: Sequence[Chunk], *, warm: bool = False) -> Rounds[None]:
        """Ask about chunks; the first one alone, if template and examples are to be in the server's cache."""
        jobs = [(chunk, shape) for chunk in chunks for shape in self.groups]
        first = 1 if warm else 0
        for batch in filter(None, (jobs[:first], jobs[first:])):
            outcomes = yield Round(tuple(self._flow(*job) for job in batch), partial(self._preview, batch))
            for result in self._new(batch, outcomes):
                self._take(result)

    def _preview(self, jobs: Sequence[tuple[Chunk, RecordShape]], outcomes: Sequence[Outcome]) -> JSON:
        return without_open_items(self._merge([*self.results, *self._new(jobs, outcomes)]).value)

    def _new(self, jobs: Sequence[tuple[Chunk, RecordShape]], outcomes: Sequence[Outcome]) -> Sequence[ChunkResult]:
        pairs = enumerate(zip(jobs, outcomes, strict=False), start=len(self.results))
        return [ChunkResult.of(number, chunk, outcome, self.source) for number, ((chunk, _), outcome) in pairs]

    def _flow(self, chunk: Chunk, shape: RecordShape) -> Flow[JSON]:
        plan = self.part if shape is self.plan.shape else self.part.narrowed(shape)

        def read_chunk() -> Flow[JSON]:
            # Pages are rendered when it is their turn, not all at the beginning.
            return (yield from extract(plan, as_shown(self.plan, chunk, self.text)))

        return self.budget.within(read_chunk())

    def _take(self, result: ChunkResult) -> None:
        error = result.error
        if error and (self.options.on_chunk_error == "raise" or getattr(error, "stops_run", False)):
            raise error
        self.results.append(result)

    def merged(self, settled: dict[Path, JSON] | None = None) -> Merged:
        """Merge what is known."""
        return self._merge(self.results, settled)

    def _merge(self, results: Sequence[ChunkResult], settled: dict[Path, JSON] | None = None) -> Merged:
        readings = [each.reading for each in results if each.reading and each.chunk.purpose != "settle"]
        options = self.options
        return merge(readings, self.plan.shape, lists=options.lists, scalars=options.scalars, settled=settled)

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
            paths = {_item_of(problem.path) for problem in error.problems}
        else:
            return ()
        spans = [merged.items[path].span for path in paths if path in merged.items]
        return tuple(joined([coverage.around(span) for span in spans if span])[:_MOST_ITEMS])

    def _again(self, coverage: Coverage, size: int, *, borders: bool) -> list[Chunk]:
        """What to ask about again: gaps in pieces of a size, and the borders at which records may have been cut."""
        text, records = self.text, [*self.merged().items.values()]
        retried = [span for span in self._failed() if self._may_retry(span)]
        gaps = [
            Span(gap.start + start, gap.start + end)
            for gap in coverage.gaps(records, retried)
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
        chunks = text_chunks([Piece(span, span) for span in spans], context_of(self.plan, text, self.options))
        return [
            replace(chunk, purpose=purpose, name=f"{purpose} {number}")
            for number, chunk in enumerate(chunks, start=known + 1)
        ]

    def _failed(self) -> tuple[Span, ...]:
        """What could not be read, and was not read since."""
        read = {each.chunk.core for each in self.results if each.reading and each.chunk.purpose == "gap"}
        failed = [each.chunk.core for each in self.results if each.error and each.chunk.purpose in {"chunk", "gap"}]
        return tuple(dict.fromkeys(span for span in failed if not _is_read(span, read)))

    def _may_retry(self, span: Span) -> bool:
        """Whether smaller chunks may be read where a larger one was not."""
        errors = [each.error for each in self.results if each.chunk.core == span]
        return any(isinstance(error, ExtractionError | ContextOverflow) for error in errors)

    def settle(self) -> Rounds[dict[Path, JSON]]:
        """Ask once about all single values that chunks differ about, over the places that they took them from."""
        if self.options.scalars != "settle" or self.budget.is_spent:
            return {}
        conflicts = [each for each in self.merged().conflicts if each.how == "first"]
        text = digest(self.text, conflicts)
        if not text:
            return {}
        index = FieldIndex(field_paths(self.plan.shape))
        fields = {field for each in conflicts for field in index.fields_at(each.path)}
        plan = self.part.narrowed(narrowed(self.plan.shape, fields))
        (outcome,) = yield Round((self.budget.within(extract(plan, Source((Text(text),)))),))
        spans = [candidate.span for each in conflicts for candidate in each.candidates if candidate.span]
        around = Span(min(spans).start, max(span.end for span in spans))
        chunk = Chunk(around, around, purpose="settle", name="conflicts")
        self._take(ChunkResult.of(len(self.results), chunk, outcome, self.source))
        answer = outcome.json if isinstance(outcome, Extraction) else None
        return {each.path: _at(answer, each.path) for each in conflicts}


def without_open_items(value: JSON) -> JSON:
    """Leave out the last item of each list, which may go on in what comes next."""
    if not isinstance(value, dict):
        return value[:-1] if isinstance(value, list) else value
    return {name: _closed(inner) if isinstance(inner, list) else inner for name, inner in value.items()}


def _closed(items: list[JSON]) -> list[JSON]:
    last = items[-1] if items else None
    goes_on = isinstance(last, dict) and any(isinstance(inner, list) and inner for inner in last.values())
    return [*items[:-1], without_open_items(last)] if goes_on else items[:-1]


def _item_of(path: Path) -> Path:
    """The innermost item of a list that a place is in."""
    return path[: next((size for size in range(len(path), 0, -1) if isinstance(path[size - 1], int)), 0)]


def _is_read(core: Span, read: set[Span]) -> bool:
    """Whether smaller chunks that together are a stretch were read."""
    covered = sum(max(0, min(core.end, each.end) - max(core.start, each.start)) for each in read)
    return covered >= core.end - core.start


def _at(value: JSON, path: Path) -> JSON:
    try:
        return follow(value, path)
    except LookupError:
        return None


def in_turn(flow: LongFlow[T]) -> Flow[T]:
    """Give a long document's flow as one of single requests, one flow after the other."""
    try:
        given = next(flow)
        while True:
            outcomes: list[Outcome] = []
            for each in given.flows:
                try:
                    outcomes.append((yield from each))
                except (ExtractionError, EndpointError) as error:
                    outcomes.append(error)
            given = flow.send(tuple(outcomes))
    except StopIteration as done:
        return done.value
