"""One extraction, from the document to the object, as a generator that does no I/O.

It yields tuples of `Request`s, which its driver may send side by side, and is sent the tuple of their `Reply`s. An
`EndpointError` is thrown into it. Asking again because an *answer* failed happens here and nowhere else: how often is
for the `RecoveryPolicy` to say, and in which ways for the `Ladder`.
"""

from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Generic, TypeAlias, TypeVar

from langchain_nuextract.dialects.dialect import check
from langchain_nuextract.dialects.messages import Reply, Request, Usage
from langchain_nuextract.documents.escape import EscapedSource, escape_source
from langchain_nuextract.documents.source import Source
from langchain_nuextract.engine.confidence import Answer, Provenance, Segment
from langchain_nuextract.engine.continuation import joined_values
from langchain_nuextract.engine.fields import Part, parts_at
from langchain_nuextract.engine.merge import MergedFields, Validation, is_same, merge, refuse, said, together
from langchain_nuextract.engine.plan import Plan
from langchain_nuextract.engine.prune_invalid import faults, without
from langchain_nuextract.engine.recovery import CUT, continues
from langchain_nuextract.engine.result import Attempt, Extraction
from langchain_nuextract.engine.strategies import Ladder, Step, Turn
from langchain_nuextract.errors import (
    EndpointError,
    ExtractionError,
    InvalidExtraction,
    InvalidValue,
    NoJSONInReply,
    Problem,
    ReplyCutShort,
)
from langchain_nuextract.parsing import Reading, Repair
from langchain_nuextract.parsing.read import read_shape, trace_shape
from langchain_nuextract.paths import JSON, Path
from langchain_nuextract.schema.answer_shape import AnswerShape

T = TypeVar("T")

Flow: TypeAlias = Generator[tuple[Request, ...], tuple[Reply, ...], Extraction[T]]


def extract(plan: Plan[T], source: Source) -> Flow[T]:
    """Yield requests, be sent replies, return the extraction.

    Raises:
        UnsupportedTask: The dialect cannot be given this document.
        NoJSONInReply: The model did not write any JSON.
        ReplyCutShort: The answer stopped before any value was complete.
        InvalidExtraction: What was found does not satisfy the schema; it carries the partial value.
        EndpointError: The endpoint failed before there was any answer.
    """
    run = _Run(plan, source, escape_source(source, plan.dialect.marks), perf_counter())
    check(plan.task(run.document.source, plan.first), plan.dialect)
    ladder = Ladder(plan, run.document.source)
    turns: list[Turn] = []
    tried: list[Step] = []
    failure: EndpointError | None = None
    step: Step | None = ladder.first()
    while step and run.allows(turns, tried):
        step = replace(step, request=plan.recovery.bound(step.request, _usage(turns)))
        tried.append(step)
        try:
            (reply,) = yield (step.request,)
        except EndpointError as error:
            if not turns:
                raise
            failure = error
            if error.retryable:
                break
        else:
            turns.append(run.turn(step, reply, turns))
            if not turns[-1].problems:
                return run.extraction(turns, turns[-1].judged)
        step = ladder.next(turns, tried)
    return run.give_up(turns, failure)


@dataclass(frozen=True, slots=True)
class _Run(Generic[T]):
    """What the steps of one extraction share."""

    plan: Plan[T]
    source: Source
    document: EscapedSource
    started: float

    def allows(self, turns: Sequence[Turn], tried: Sequence[Step]) -> bool:
        seconds = perf_counter() - self.started
        return self.plan.recovery.allows(calls=len(tried), seconds=seconds, usage=_usage(turns))

    # Reading

    def turn(self, step: Step, reply: Reply, turns: Sequence[Turn]) -> Turn:
        """Read a reply, and put it together with what is known."""
        continued, written = self._written(step, reply)
        text = self.document.restore(self._said(reply, written if continued else None))
        policy = self.plan.recovery.repairs
        finished = reply.finish_reason == "stop"
        reading = read_shape(text, step.shape, policy=policy, document=self.source.text, finished=finished)
        known: MergedFields = turns[-1].found if turns else {}
        troubles = (*_troubles(reading, reply), *self._joined(text, reading, step, turns if continued else ()))
        if reading.value is None:
            return Turn(step, reply, written, continued, reading, known, self._judge(known), troubles)
        new = said(reading.value, step.shape, _by_part(step.shape, troubles), by=len(turns))
        found, judged = self._merged(known, new, newer=continued and step.kind == "continued")
        return Turn(step, reply, written, continued, reading, found, judged, self._problems(found, judged))

    def _said(self, reply: Reply, written: str | None) -> str:
        """What there is to read in an answer: in all that was written of it, where a reply goes on with it."""
        return self.plan.dialect.read(reply if written is None else replace(reply, text=written))

    def _written(self, step: Step, reply: Reply) -> tuple[bool, str]:
        """All that the model wrote of an answer, and whether the reply goes on with it."""
        before, more = step.request.before, reply.text or reply.reasoning
        if before and continues(before, more):
            return True, _whole(before + more)
        raw = reply.text if step.base.route == "completions" else self.plan.dialect.read(reply)
        return not before, _whole(raw)

    def _joined(self, text: str, reading: Reading, step: Step, turns: Sequence[Turn]) -> Iterator[Problem]:
        """Name the values that were put together of two replies without standing in the document."""
        whole = step.request.before
        prefixes = [before for turn in turns if (before := turn.step.request.before) and whole.startswith(before)]
        if not turns or not whole or reading.value is None:
            return
        said = [self.document.restore(self._said(turns[0].reply, prefix)) for prefix in (*prefixes, whole)]
        policy, document = self.plan.recovery.repairs, self.source.text
        places = trace_shape(text, step.shape, policy=policy, document=document)
        yield from joined_values(reading.value, places, [len(each) for each in said], document)

    def _merged(self, known: MergedFields, new: MergedFields, *, newer: bool) -> tuple[MergedFields, Validation]:
        """Merge what is new, once it is known which parts of it the user's schema admits."""
        overlaid = {**known, **new}
        judged = self._judge(overlaid)
        if not self._problems(overlaid, judged) and not known:
            return new, judged
        new = refuse(new, _parts_of(self.plan.shape, judged.problems))
        found = merge(known, new, newer=newer)
        if not is_same(found, overlaid):
            judged = self._judge(found)
        if known and self._problems(found, judged) and new.keys() == found.keys():
            # Parts of several answers may contradict each other where one answer alone does not.
            alone = self._judge(new)
            return (found, judged) if self._problems(new, alone) else (new, alone)
        return found, judged

    def _judge(self, found: MergedFields) -> Validation:
        return self._judge_value(self.plan.target.lift(self._together(found), self.plan.dialect))

    def _together(self, found: MergedFields) -> JSON:
        return self.plan.target.without_empty_objects(together(self.plan.shape, found), self.plan.dialect)

    def _judge_value(self, value: JSON) -> Validation:
        try:
            return Validation(value, self.plan.target.validate(value, self.plan.dialect), ())
        except InvalidValue as error:
            return Validation(value, None, error.problems)

    # What is shown has the paths of the user's shape

    def _problems(self, found: MergedFields, judged: Validation) -> tuple[Problem, ...]:
        unread = self._shown((problem for each in found.values() for problem in each.problems), found)
        return tuple(dict.fromkeys((*unread, *judged.problems)))

    def _shown(self, problems: Iterable[Problem], found: MergedFields) -> Iterator[Problem]:
        answer = self._together(found)
        yield from (replace(each, path=self._place(each.path, answer)) for each in problems)

    def _place(self, path: Path, answer: JSON) -> Path:
        return self.plan.target.place(path, answer, self.plan.dialect)

    def _attempts(self, turns: Sequence[Turn]) -> tuple[Attempt, ...]:
        return tuple(
            Attempt(turn.step.kind, turn.step.request, turn.reply, tuple(self._repairs(turn)), turn.problems)
            for turn in turns
        )

    def _repairs(self, turn: Turn) -> Iterator[Repair]:
        answer = turn.reading.value
        yield from (replace(each, path=self._place(each.path, answer)) for each in turn.reading.repairs)

    def _kept_repairs(self, turns: Sequence[Turn]) -> Iterator[Repair]:
        """The repairs of every turn, without those of parts that another turn gave."""
        found = turns[-1].found
        for by in _taken(found):
            turn = turns[by]
            mine = {part for part, each in found.items() if each.by == by}
            for repair, shown in zip(turn.reading.repairs, self._repairs(turn), strict=True):
                if any(part in mine for part in parts_at(turn.step.shape, repair.path)):
                    yield shown

    # Ending

    def extraction(
        self, turns: Sequence[Turn], judged: Validation, problems: tuple[Problem, ...] = (), gone: tuple[Path, ...] = ()
    ) -> Extraction[T]:
        return Extraction(
            value=judged.instance,
            json=judged.value,
            document=self.source,
            raw=_raw(turns),
            repairs=tuple(self._kept_repairs(turns)),
            defaults=self.plan.target.defaults(judged.value),
            attempts=self._attempts(turns),
            model=turns[-1].reply.model,
            seconds=perf_counter() - self.started,
            problems=problems,
            examples=self.plan.shots,
            examples_left_out=self.plan.left_out,
            account=self._account(turns, gone),
        )

    def _account(self, turns: Sequence[Turn], gone: tuple[Path, ...]) -> Provenance | None:
        if not any(turn.reply.tokens for turn in turns):
            return None
        found = turns[-1].found
        plan = self.plan
        answers = tuple(self._answer(turns, by) for by in _taken(found))
        merged = self._together(found)
        return Provenance(answers, merged, gone, plan.target, plan.dialect, plan.recovery.repairs, self.source.text)

    def _answer(self, turns: Sequence[Turn], by: int) -> Answer:
        turn = turns[by]
        text = self._said(turn.reply, turn.written if turn.continued else None)
        parts = frozenset(part for part, each in turns[-1].found.items() if each.by == by)
        return Answer(text, _legs(turns, by), turn.step.shape, parts)

    def give_up(self, turns: Sequence[Turn], cause: EndpointError | None) -> Extraction[T]:
        """Give the partial value, if it was asked for and is one; raise otherwise."""
        found = turns[-1].found
        if not found:
            raise _nothing(turns, self._attempts(turns)) from cause
        judged = turns[-1].judged
        problems = self._problems(found, judged)
        if self.plan.recovery.on_failure == "partial":
            gone = faults(judged.value, judged.problems, lambda value: self._judge_value(value).problems)
            if gone is not None:
                return self.extraction(turns, self._judge_value(without(judged.value, gone)), problems, gone)
        raise InvalidExtraction(
            problems, partial=judged.value, reply=_raw(turns), attempts=self._attempts(turns)
        ) from cause


def _whole(text: str) -> str:
    """Leave out half a letter, which a server would not give back."""
    return text.rstrip("\ufffd")


def _troubles(reading: Reading, reply: Reply) -> tuple[Problem, ...]:
    cut = f"the answer was cut off here (finish reason {reply.finish_reason!r})"
    return (*reading.problems, *(Problem(path, cut) for path in reading.incomplete))


def _by_part(shape: AnswerShape, problems: Sequence[Problem]) -> dict[Part, tuple[Problem, ...]]:
    by_part: dict[Part, tuple[Problem, ...]] = {}
    for problem in problems:
        for part in parts_at(shape, problem.path) if problem.path else ():
            by_part[part] = (*by_part.get(part, ()), problem)
    return by_part


def _parts_of(shape: AnswerShape, problems: Sequence[Problem]) -> frozenset[Part]:
    return frozenset(_by_part(shape, problems))


def _taken(found: MergedFields) -> list[int]:
    """The turns that what was found comes from."""
    return sorted({each.by for each in found.values()})


def _raw(turns: Sequence[Turn]) -> str:
    taken = (turns[by] for by in _taken(turns[-1].found))
    return "\n".join(
        turn.step.request.before + turn.reply.text if turn.continued else turn.reply.text for turn in taken
    )


def _legs(turns: Sequence[Turn], by: int) -> tuple[Segment, ...]:
    """The replies that an answer was written in: only the one right before it is ever gone on from."""
    turn = turns[by]
    if not (turn.continued and turn.step.request.before):
        return (Segment("", turn.reply),)
    return (*_legs(turns, by - 1), Segment(turn.step.request.before, turn.reply))


def _usage(turns: Sequence[Turn]) -> Usage:
    return sum((turn.reply.usage for turn in turns), Usage())


def _nothing(turns: Sequence[Turn], attempts: Sequence[Attempt]) -> ExtractionError:
    reply = turns[-1].reply
    if reply.finish_reason in CUT:
        return ReplyCutShort(reply=reply.text, finish_reason=str(reply.finish_reason), attempts=attempts)
    return NoJSONInReply(reply=reply.text, attempts=attempts)
