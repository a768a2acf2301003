"""What comes of the attempts in the end: the extraction, what of it is right, or an error that tells what was tried."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from operator import attrgetter
from typing import Final, TypeVar

from langchain_nuextract.engine.attempt import Attempt, AttemptResult, Validation
from langchain_nuextract.engine.attempt_reader import AttemptReader
from langchain_nuextract.engine.confidence import Provenance, Segment, WrittenAnswer
from langchain_nuextract.engine.fields import FieldIndex, field_paths
from langchain_nuextract.engine.prune_invalid import drop_fields, faults, without
from langchain_nuextract.engine.result import Extraction
from langchain_nuextract.engine.verbatim import lacks_words
from langchain_nuextract.errors import (
    EndpointError,
    InvalidExtraction,
    NoJSONInReply,
    Problem,
    ReplyCutShort,
)
from langchain_nuextract.parsing.repairs import Repair
from langchain_nuextract.paths import JSON, Path

T = TypeVar("T")

_TOKENS: Final = attrgetter("reply.tokens")
_CUT: Final = frozenset({"length", "repetition"})
"""Finish reasons of an answer that the model did not end itself. `repetition` is vLLM's, since 0.17."""


def give_up(
    reader: AttemptReader[T], results: Sequence[AttemptResult[T]], cause: EndpointError | None, *, seconds: float
) -> Extraction[T]:
    """Give what is right of the answer, if the policy says so and the schema admits it; raise otherwise."""
    last, attempts = results[-1], _attempts(reader, results)
    if not last.fields:
        reply = last.reply
        if reply.finish_reason in _CUT:
            cut = str(reply.finish_reason)
            raise ReplyCutShort(reply=reply.text, finish_reason=cut, attempts=attempts) from cause
        raise NoJSONInReply(reply=reply.text, attempts=attempts) from cause
    problems = reader.problems_of(last.fields, last.validation)
    rest = _what_is_right(reader, last)
    if rest is not None:
        value, left_out = rest
        validation = reader.validate(value)
        return replace(extraction_of(reader, results, validation, left_out, seconds=seconds), problems=problems)
    raise InvalidExtraction(problems, partial=last.validation.value, reply=_raw(results), attempts=attempts) from cause


def _what_is_right(reader: AttemptReader[T], last: AttemptResult[T]) -> tuple[JSON, tuple[Path, ...]] | None:
    """What is right of the value, and what was left out of it; None if the policy or the schema forbids it."""

    def judge(value: JSON) -> tuple[Problem, ...]:
        return reader.validate(value).problems

    value, problems = last.validation.value, last.validation.problems
    match reader.plan.options.recovery.on_failure:
        case "partial":
            left_out = faults(value, problems, judge)
            return None if left_out is None else (without(value, left_out), left_out)
        case "drop":
            return drop_fields(value, tuple(reader.unread(last.fields)), problems, judge)
        case "raise":
            return None


def extraction_of(
    reader: AttemptReader[T],
    results: Sequence[AttemptResult[T]],
    validation: Validation[T],
    left_out: tuple[Path, ...] = (),
    *,
    seconds: float,
) -> Extraction[T]:
    """Give the extraction that replies come to: of a whole and valid answer, or of what is right of it.

    Args:
        reader: What read the replies.
        results: What came of each attempt.
        validation: What their fields are in the user's shape.
        left_out: What is not in the value, for it was invalid or not finished.
        seconds: How long it took.
    """
    plan, last, attempts = reader.plan, results[-1], _attempts(reader, results)
    # Nothing is missing that a default could fill where the answer is its own value.
    is_itself = last.merged is None and last.reading.whole and plan.keeps_whole
    filled = () if plan.is_part or is_itself else plan.target.defaults(validation.value)
    return Extraction(  # pyright: ignore[reportReturnType]  # of what is valid there is an instance
        value=validation.instance,
        json=validation.value,
        document=reader.document,
        raw=_raw(results),
        repairs=attempts[0].repairs if len(results) == 1 else tuple(_kept_repairs(reader, results)),
        defaults=filled,
        attempts=attempts,
        model=last.reply.model,
        seconds=seconds,
        examples=plan.shots,
        examples_left_out=plan.left_out,
        wordings=plan.target.wordings(validation.value) if plan.target.has_choices else (),
        provenance=_provenance(reader, results, left_out) if any(map(_TOKENS, results)) else None,
    )


def _attempts(reader: AttemptReader[T], results: Sequence[AttemptResult[object]]) -> tuple[Attempt, ...]:
    attempts: list[Attempt] = []
    for each in results:
        repairs = tuple(_repairs(reader, each)) if each.reading.repairs else ()
        attempts.append(Attempt(each.sent.kind, each.sent.request, each.reply, repairs, each.problems))
    return tuple(attempts)


def _repairs(reader: AttemptReader[T], result: AttemptResult[object]) -> Iterator[Repair]:
    """The repairs of one reply, by paths of the user's shape."""
    place = reader.placer(result.reading.value)
    yield from (replace(each, path=place(each.path)) for each in result.reading.repairs)


def _kept_repairs(reader: AttemptReader[T], results: Sequence[AttemptResult[object]]) -> Iterator[Repair]:
    """The repairs of all replies, without those of fields that another reply gave."""
    fields = results[-1].fields
    for number in _used(results):
        result = results[number]
        # What was repaired in a field that was asked for again is no repair of the value.
        mine = {field for field, each in fields.items() if each.attempt == number}
        index = FieldIndex(field_paths(result.sent.shape))
        for repair, shown in zip(result.reading.repairs, _repairs(reader, result), strict=True):
            if any(field in mine for field in index.fields_at(repair.path)):
                yield shown


def _used(results: Sequence[AttemptResult[object]]) -> list[int]:
    """The attempts that the fields come from, in order."""
    if len(results) == 1:
        return [0]
    return sorted({each.attempt for each in results[-1].fields.values()})


def _raw(results: Sequence[AttemptResult[object]]) -> str:
    if len(results) == 1:
        return results[0].reply.text
    used = (results[number] for number in _used(results))
    return "\n".join(each.sent.request.before + each.reply.text if each.continued else each.reply.text for each in used)


def _provenance(
    reader: AttemptReader[T], results: Sequence[AttemptResult[object]], left_out: tuple[Path, ...]
) -> Provenance:
    """What the values were made of, the probabilities of whose tokens are known."""
    plan, fields = reader.plan, results[-1].fields
    answers: list[WrittenAnswer] = []
    for number in _used(results):
        result = results[number]
        text = reader.text_of(result.reply, result.written if result.continued else None)
        # A list that items were left out of has others in their places.
        taken = (field for field, each in fields.items() if each.attempt == number and not lacks_words(each.problems))
        mine = frozenset(taken)
        answers.append(WrittenAnswer(text, _segments(results, number), result.sent.shape, mine))
    return Provenance(
        answers=tuple(answers),
        merged=reader.merged_answer(fields),
        left_out=left_out,
        target=plan.target,
        dialect=plan.dialect,
        policy=plan.options.recovery.repairs,
        document=reader.source.text,
    )


def _segments(results: Sequence[AttemptResult[object]], number: int) -> tuple[Segment, ...]:
    """The replies that an answer was written in: only the one right before it is ever continued."""
    result = results[number]
    if not (result.continued and result.sent.request.before):
        return (Segment("", result.reply),)
    return (*_segments(results, number - 1), Segment(result.sent.request.before, result.reply))
