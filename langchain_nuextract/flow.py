"""One extraction, from the document to the object, as a generator that does no I/O.

It yields tuples of `Request`s, which its driver may send side by side, and is sent the tuple of their `Reply`s. An
`EndpointError` is thrown into it. Asking again because an *answer* failed happens here and nowhere else.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Generic, NoReturn, TypeAlias, TypeVar, cast

from langchain_nuextract.dialect import check
from langchain_nuextract.documents.neutralise import neutralise
from langchain_nuextract.documents.source import Source
from langchain_nuextract.errors import (
    EndpointError,
    InvalidExtraction,
    InvalidValue,
    NoJSONInReply,
    Problem,
    ReplyCutShort,
)
from langchain_nuextract.extraction import Attempt, AttemptKind, Extraction
from langchain_nuextract.paths import JSON
from langchain_nuextract.plan import Plan
from langchain_nuextract.repair import Reading, read_answer
from langchain_nuextract.task import Reply, Request

T = TypeVar("T")

Flow: TypeAlias = Generator[tuple[Request, ...], tuple[Reply, ...], Extraction[T]]

CUT = frozenset({"length", "repetition"})
"""Finish reasons of an answer that the model did not end itself. `repetition` is vLLM's, since 0.17."""


@dataclass(frozen=True, slots=True)
class _Outcome(Generic[T]):
    attempt: Attempt
    reading: Reading
    value: JSON
    """What was read, in the user's shape."""
    instance: T | None
    """The validated object; None where the attempt has problems."""


def extract(plan: Plan[T], source: Source) -> Flow[T]:
    """Yield requests, be sent replies, return the extraction.

    Raises:
        UnsupportedTask: The dialect cannot be given this document.
        NoJSONInReply: The model did not write any JSON.
        ReplyCutShort: The answer stopped before any value was complete.
        InvalidExtraction: The best answer does not satisfy the schema; it carries the partial value.
        EndpointError: The endpoint failed before there was any answer.
    """
    started = perf_counter()
    document = neutralise(source, plan.dialect.marks)
    outcomes: list[_Outcome[T]] = []
    for kind in plan.kinds:
        task = plan.task(document.source, kind)
        check(task, plan.dialect)
        request = plan.dialect.phrase(task)
        try:
            (reply,) = yield (request,)
        except EndpointError as error:
            if not outcomes:
                raise
            _give_up(outcomes, error)
        answer = document.restore(plan.dialect.read(reply))
        outcomes.append(_read(plan, kind, request, reply, answer))
        if not outcomes[-1].attempt.problems:
            return _extraction(plan, source, outcomes, perf_counter() - started)
        if reply.finish_reason in CUT:
            break
    return _give_up(outcomes)


def _read(plan: Plan[T], kind: AttemptKind, request: Request, reply: Reply, answer: str) -> _Outcome[T]:
    reading = read_answer(answer, plan.target, dialect=plan.dialect)
    value = plan.target.lift(reading.value, plan.dialect)
    instance, invalid = _validate(plan, value)
    problems = (*reading.problems, *_cut(reading, reply), *invalid)
    return _Outcome(Attempt(kind, request, reply, reading.repairs, problems), reading, value, instance)


def _validate(plan: Plan[T], value: JSON) -> tuple[T | None, tuple[Problem, ...]]:
    try:
        return plan.target.validate(value), ()
    except InvalidValue as error:
        return None, error.problems


def _cut(reading: Reading, reply: Reply) -> tuple[Problem, ...]:
    return tuple(
        Problem(path, f"the answer was cut off here (finish reason {reply.finish_reason!r})")
        for path in reading.incomplete
    )


def _extraction(plan: Plan[T], source: Source, outcomes: Sequence[_Outcome[T]], seconds: float) -> Extraction[T]:
    taken = outcomes[-1]
    return Extraction(
        value=cast("T", taken.instance),
        json=taken.value,
        document=source,
        raw=taken.attempt.reply.text,
        repairs=taken.attempt.repairs,
        defaults=plan.target.defaults(taken.value),
        attempts=tuple(outcome.attempt for outcome in outcomes),
        model=taken.attempt.reply.model,
        seconds=seconds,
    )


def _give_up(outcomes: Sequence[_Outcome[T]], cause: EndpointError | None = None) -> NoReturn:
    best = min(outcomes, key=lambda outcome: (outcome.reading.value is None, len(outcome.attempt.problems)))
    reply = best.attempt.reply
    if best.reading.value is not None:
        attempts = tuple(outcome.attempt for outcome in outcomes)
        raise InvalidExtraction(
            best.attempt.problems, partial=best.value, reply=reply.text, attempts=attempts
        ) from cause
    if reply.finish_reason in CUT:
        raise ReplyCutShort(reply=reply.text, finish_reason=str(reply.finish_reason)) from cause
    raise NoJSONInReply(reply=reply.text) from cause
