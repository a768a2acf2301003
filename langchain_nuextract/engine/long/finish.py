"""What comes of all requests for a long document: the merged object, judged once, and how it came about."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self, TypeAlias, TypeVar, cast

from langchain_nuextract.documents.source import Source
from langchain_nuextract.engine.attempt import Attempt
from langchain_nuextract.engine.long.budget import BudgetSpent
from langchain_nuextract.engine.long.chunk_readings import ChunkReading
from langchain_nuextract.engine.long.chunks import Chunk
from langchain_nuextract.engine.long.compare import filled
from langchain_nuextract.engine.long.merge import Merged
from langchain_nuextract.engine.long.options import LongOptions
from langchain_nuextract.engine.long.result import ChunkReport, LongExtraction
from langchain_nuextract.engine.plan import Plan
from langchain_nuextract.engine.prune_invalid import after_removal, drop_fields, faults, without
from langchain_nuextract.engine.recovery import OnFailure
from langchain_nuextract.engine.result import Extraction, Window
from langchain_nuextract.errors import (
    AccessDenied,
    EndpointError,
    ExtractionError,
    InvalidExtraction,
    Problem,
    UnknownModel,
)
from langchain_nuextract.grounding.evidence import Evidence
from langchain_nuextract.paths import JSON, Path

T = TypeVar("T")

FlowOutcome: TypeAlias = Extraction[object] | ExtractionError | EndpointError
"""What came of one flow."""


@dataclass(frozen=True, slots=True)
class ChunkResult:
    """What was asked about one chunk, and what came of it: a reading or an error."""

    index: int
    chunk: Chunk
    reading: ChunkReading | None
    error: ExtractionError | EndpointError | None

    @classmethod
    def of(cls, index: int, chunk: Chunk, outcome: FlowOutcome, document: Source) -> Self:
        """Take the outcome of a flow."""
        if isinstance(outcome, Extraction):
            return cls(index, chunk, ChunkReading(index, chunk, outcome, document), None)
        return cls(index, chunk, None, outcome)

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """The requests that were answered."""
        if self.reading:
            return self.reading.extraction.attempts
        error = self.error
        return cast("tuple[Attempt, ...]", error.attempts) if isinstance(error, ExtractionError) else ()

    @property
    def report(self) -> ChunkReport:
        """What is to be known of it."""
        values = filled(self.reading.value) if self.reading else ()
        problems = self.reading.extraction.problems if self.reading else ()
        chunk, error = self.chunk, self.error
        return ChunkReport(
            name=chunk.name,
            purpose=chunk.purpose,
            core=chunk.core,
            shown=chunk.shown,
            carried=chunk.carried,
            calls=len(self.attempts),
            values=len(values),
            error=str(error) if error else "",
            problems=tuple(map(str, problems)),
            is_retryable=_may_succeed_later(error),
        )


def _may_succeed_later(error: Exception | None) -> bool:
    """Tell whether it was not the request that was wrong: a key that ran out in the middle is no fault of a chunk."""
    if isinstance(error, AccessDenied | UnknownModel):
        return True
    return isinstance(error, EndpointError) and error.retryable and not isinstance(error, BudgetSpent)


def finish(
    plan: Plan[T], options: LongOptions, results: Sequence[ChunkResult], merged: Merged, *, is_whole: bool = False
) -> LongExtraction[T]:
    """Judge the merged object, and say how it came about.

    What it took, and where no record was found, is for others to add.

    Args:
        plan: What was asked.
        options: How the document was split and merged.
        results: What came of each chunk.
        merged: What they say together.
        is_whole: Whether what is wrong with a part is wrong with the whole: a chunk that failed, a value that could not
            be read, and one about which chunks differ and that nothing decides.

    Raises:
        ExtractionError: Nothing could be read of any chunk, or the object does not satisfy the schema.
        EndpointError: The endpoint failed on every chunk.
    """
    readings = [each.reading for each in results if each.reading and each.chunk.purpose != "settle"]
    if not readings:
        raise next(each.error for each in results if each.error)
    reported = _problems(results, _windows(readings, merged.moved))
    attempts = tuple(attempt for each in results for attempt in each.attempts)
    raw = "\n".join(reading.extraction.raw for reading in readings)
    policy = (options.recovery or plan.options.recovery).on_failure
    if is_whole:
        reported += _undecided(results, merged)
    value, instance, wrong, gone = judged(plan, merged.value, policy, reported if is_whole else ())
    problems = tuple(dict.fromkeys((*wrong, *reported)))
    if wrong and (instance is None or policy == "raise"):
        raise InvalidExtraction(problems, partial=merged.value, reply=raw, attempts=attempts)
    merged = _after_removal(merged, gone) if gone else merged
    windows = _windows(readings, merged.moved)
    return LongExtraction(
        value=cast("T", instance),
        json=value,
        document=readings[0].document,
        raw=raw,
        repairs=tuple(replace(each, path=at.place(each.path)) for at in windows for each in at.extraction.repairs),
        defaults=plan.target.defaults(value),
        attempts=attempts,
        model=next((attempt.reply.model for attempt in attempts if attempt.reply.model), ""),
        seconds=0.0,
        problems=problems,
        examples=plan.shots,
        examples_left_out=plan.left_out,
        wordings=plan.target.wordings(value),
        windows=windows,
        chunks=tuple(each.report for each in results),
        conflicts=tuple(merged.conflicts),
        merged=tuple(merged.joined),
        located=tuple(_evidence(readings, merged.moved)),
    )


def judged(
    plan: Plan[T], value: JSON, policy: OnFailure, known: Sequence[Problem] = ()
) -> tuple[JSON, T | None, tuple[Problem, ...], tuple[Path, ...]]:
    """Judge the whole.

    Args:
        plan: What was asked.
        value: What all chunks say.
        policy: What is done where something is wrong.
        known: What is wrong besides what the schema does not admit.

    Returns:
        The value, without what is wrong with it unless the policy is to raise; its instance if there is one; what is
        wrong; and what was left out, one place after the other.
    """
    instance, found = plan.validated(value)
    problems = tuple(dict.fromkeys((*known, *found)))
    if not problems or policy == "raise":
        return value, instance, problems, ()
    if policy == "drop":
        # A chunk that failed may have had anything, so that nothing is known to be whole.
        kept = drop_fields(value, (), problems, lambda rest: plan.validated(rest)[1])
        if kept is None:
            return value, None, problems, ()
        # Null stands where a field must be there, so that it has not gone.
        return kept[0], plan.validated(kept[0])[0], problems, ()
    # `chunk 3 failed` has no place in the value: nothing can be left out for it.
    placed = [each for each in problems if each.path or each in found]
    gone = faults(value, placed, lambda rest: plan.validated(rest)[1]) if placed else ()
    if gone is None:
        return value, None, problems, ()
    rest = without(value, gone)
    return rest, plan.validated(rest)[0], problems, gone


def _undecided(results: Sequence[ChunkResult], merged: Merged) -> Iterator[Problem]:
    """Name the chunks that differ about a value, where nothing decides."""
    names = [each.chunk.name for each in results]
    for conflict in merged.conflicts:
        if conflict.how == "first":
            yield Problem(conflict.path, f"the pages differ: {conflict.statements(names)}")


def _problems(results: Sequence[ChunkResult], windows: Sequence[Window]) -> list[Problem]:
    failed = [Problem((), f"{each.chunk.name} failed: {each.error}") for each in results if each.error]
    return [
        *failed,
        *(replace(each, path=window.place(each.path)) for window in windows for each in window.extraction.problems),
    ]


def _after_removal(merged: Merged, gone: Sequence[Path]) -> Merged:
    """Tell the places of all that is left: behind an item that is left out, the others of its list move up."""

    def left(path: Path) -> Path | None:
        return after_removal(path, gone)

    moved = [{own: at for own, whole in each.items() if (at := left(whole)) is not None} for each in merged.moved]
    conflicts = [replace(each, path=at) for each in merged.conflicts if (at := left(each.path)) is not None]
    joined = [replace(each, path=at) for each in merged.joined if (at := left(each.path)) is not None]
    return replace(merged, moved=moved, conflicts=conflicts, joined=joined)


def _windows(readings: Sequence[ChunkReading], moved: Sequence[Mapping[Path, Path]]) -> tuple[Window, ...]:
    return tuple(
        Window(each.extraction, each.chunk.name, each.chunk.shown.start, paths)
        for each, paths in zip(readings, moved, strict=True)
    )


def _evidence(readings: Sequence[ChunkReading], moved: Sequence[Mapping[Path, Path]]) -> list[Evidence]:
    return [
        evidence._replace(path=paths[path])
        for reading, paths in zip(readings, moved, strict=True)
        for path, evidence in reading.evidence.items()
        if path in paths
    ]
