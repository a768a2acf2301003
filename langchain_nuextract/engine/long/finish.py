"""What comes of all requests for a long document: the merged object, judged once, and how it came about."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self, TypeAlias, TypeVar, cast

from langchain_nuextract.documents.source import Source
from langchain_nuextract.engine.long.budget import BudgetSpent
from langchain_nuextract.engine.long.compare import filled
from langchain_nuextract.engine.long.merge import Merged
from langchain_nuextract.engine.long.options import LongOptions
from langchain_nuextract.engine.long.readings import Chunk, Reading
from langchain_nuextract.engine.long.result import ChunkReport, LongExtraction
from langchain_nuextract.engine.plan import Plan
from langchain_nuextract.engine.prune_invalid import faults, without
from langchain_nuextract.engine.result import Attempt, Extraction, Window
from langchain_nuextract.errors import EndpointError, ExtractionError, InvalidExtraction, Problem
from langchain_nuextract.grounding.evidence import Evidence
from langchain_nuextract.paths import JSON

T = TypeVar("T")

Outcome: TypeAlias = Extraction[Any] | ExtractionError | EndpointError
"""What came of one flow."""


@dataclass(frozen=True, slots=True)
class ChunkResult:
    """What was asked about one chunk, and what came of it: a reading or an error."""

    index: int
    chunk: Chunk
    reading: Reading | None
    error: ExtractionError | EndpointError | None

    @classmethod
    def of(cls, index: int, chunk: Chunk, outcome: Outcome, document: Source) -> Self:
        """Take the outcome of a flow."""
        if isinstance(outcome, Extraction):
            return cls(index, chunk, Reading(index, chunk, outcome, document), None)
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
            is_retryable=isinstance(error, EndpointError) and error.retryable and not isinstance(error, BudgetSpent),
        )


def finish(
    plan: Plan[T], options: LongOptions, results: Sequence[ChunkResult], merged: Merged, *, seconds: float
) -> LongExtraction[T]:
    """Judge the merged object, and say how it came about; what no record was found in is for others to add.

    Raises:
        ExtractionError: Nothing could be read of any chunk, or the object does not satisfy the schema.
        EndpointError: The endpoint failed on every chunk.
    """
    readings = [each.reading for each in results if each.reading and each.chunk.purpose != "settle"]
    if not readings:
        raise next(each.error for each in results if each.error)
    windows = tuple(
        Window(reading.extraction, reading.chunk.name, reading.chunk.shown.start, moved)
        for reading, moved in zip(readings, merged.moved, strict=True)
    )
    problems = tuple(_problems(results, windows))
    attempts = tuple(attempt for each in results for attempt in each.attempts)
    raw = "\n".join(reading.extraction.raw for reading in readings)
    policy = (options.recovery or plan.options.recovery).on_failure
    value, instance, wrong = judged(plan, merged.value, prune=policy != "raise")
    if instance is None and wrong:
        raise InvalidExtraction((*wrong, *problems), partial=merged.value, reply=raw, attempts=attempts)
    return LongExtraction(
        value=cast("T", instance),
        json=value,
        document=readings[0].document,
        raw=raw,
        repairs=tuple(
            replace(repair, path=window.place(repair.path))
            for window in windows
            for repair in window.extraction.repairs
        ),
        defaults=plan.target.defaults(value),
        attempts=attempts,
        model=next((attempt.reply.model for attempt in attempts if attempt.reply.model), ""),
        seconds=seconds,
        problems=(*wrong, *problems),
        examples=plan.shots,
        examples_left_out=plan.left_out,
        wordings=plan.target.wordings(value),
        windows=windows,
        chunks=tuple(each.report for each in results),
        conflicts=tuple(merged.conflicts),
        merged=tuple(merged.joined),
        located=tuple(_evidence(readings, merged)),
    )


def judged(plan: Plan[Any], value: JSON, *, prune: bool) -> tuple[JSON, Any, tuple[Problem, ...]]:
    """Judge the whole: the value, without what is wrong with it if that is wanted, its instance, and what is wrong."""
    instance, problems = plan.validated(value)
    if not problems or not prune:
        return value, instance, problems
    gone = faults(value, problems, lambda rest: plan.validated(rest)[1])
    if gone is None:
        return value, None, problems
    rest = without(value, gone)
    return rest, plan.validated(rest)[0], problems


def _problems(results: Sequence[ChunkResult], windows: Sequence[Window]) -> list[Problem]:
    failed = [Problem((), f"{each.chunk.name} failed: {each.error}") for each in results if each.error]
    return [
        *failed,
        *(replace(each, path=window.place(each.path)) for window in windows for each in window.extraction.problems),
    ]


def _evidence(readings: Sequence[Reading], merged: Merged) -> list[Evidence]:
    return [
        evidence._replace(path=moved[path])
        for reading, moved in zip(readings, merged.moved, strict=True)
        for path, evidence in reading.evidence.items()
        if path in moved
    ]
