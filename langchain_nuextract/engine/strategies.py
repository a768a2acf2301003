"""The ways to ask again, the cheapest first: each rung looks at what came so far and gives the next step, or none."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from langchain_nuextract.dialects.dialect import resume
from langchain_nuextract.dialects.messages import Reply, Request
from langchain_nuextract.documents.source import Source
from langchain_nuextract.engine.continuation import resume_point
from langchain_nuextract.engine.fields import narrowed
from langchain_nuextract.engine.merge import MergedFields, Validation
from langchain_nuextract.engine.plan import Plan
from langchain_nuextract.engine.recovery import has_ended, is_runaway, warmer
from langchain_nuextract.engine.result import AttemptKind
from langchain_nuextract.errors import Problem
from langchain_nuextract.parsing import Reading
from langchain_nuextract.paths import JSON
from langchain_nuextract.schema.answer_shape import RecordShape, types, words

_LOGPROBS: Final[dict[str, JSON]] = {"logprobs": True, "top_logprobs": 1}
"""Only the token that was written counts; unless told how many others to name, llama.cpp names twenty."""


@dataclass(frozen=True, slots=True)
class Step:
    """One way to ask."""

    kind: AttemptKind
    shape: RecordShape
    """What is asked for."""
    request: Request
    base: Request
    """The request whose answer is continued; the same as `request` if none is."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A step and what came of it."""

    step: Step
    reply: Reply
    written: str
    """All that the model wrote of this answer, earlier pieces included."""
    continued: bool
    """Whether the endpoint did what was asked: it may know no continuing, and begin anew."""
    reading: Reading
    found: MergedFields
    """What is known after this turn."""
    judged: Validation
    """What that is in the user's shape."""
    problems: tuple[Problem, ...]
    """What is wrong with it."""


@dataclass(frozen=True, slots=True)
class Ladder:
    """The rungs for one document."""

    plan: Plan[Any]
    source: Source
    """The document, its control marks neutralised."""

    def first(self) -> Step:
        """Ask for everything."""
        return self._ask(self.plan.first, self.plan.shape)

    def next(self, turns: Sequence[Turn], tried: Sequence[Step]) -> Step | None:
        """Say what to try next.

        Args:
            turns: What came so far; at least one.
            tried: All steps that were taken, also those that the endpoint refused.
        """
        rungs = (self._continued, self._narrowed, self._constrained, self._resampled)
        return next(filter(None, (rung(turns, tried) for rung in rungs)), None)

    def _ask(self, kind: AttemptKind, shape: RecordShape, *, held: bool = False) -> Step:
        task = self.plan.task(self.source, "constrained" if held else kind, shape)
        request = self.plan.dialect.phrase(task)
        if self.plan.logprobs:
            request = replace(request, body={**request.body, **_LOGPROBS})
        if task.answer_schema and (echoes := self._echoes(shape)):
            request = replace(request, vllm_only={"bad_words": echoes})
        return Step(kind, shape, request, request)

    def _echoes(self, shape: RecordShape) -> list[JSON]:
        """The type names that an answer cannot have but as an echo of the template, since the document has none."""
        if self.source.images:
            return []
        elsewhere = " ".join((self.source.text, *words(shape)))
        return [name for name in sorted(set(types(shape))) if name not in elsewhere]

    def _continued(self, turns: Sequence[Turn], tried: Sequence[Step]) -> Step | None:
        """Ask for the rest of an answer that was cut off."""
        last = turns[-1]
        if last.step is not tried[-1] or last.reply.finish_reason != "length" or not last.reading.incomplete:
            return None
        continued = all(turn.continued for turn in turns) and last.written and _is_more(last) and _is_answer(last)
        if not continued or has_ended(last.written) or is_runaway(last.reply, last.written):
            return None
        written = resume_point(last.written, last.step.request.before)
        if not written:
            return None
        request = resume(last.step.base, written)
        return Step("continued", last.step.shape, request, last.step.base)

    def _narrowed(self, turns: Sequence[Turn], tried: Sequence[Step]) -> Step | None:
        """Ask for the parts that failed, as long as others did not."""
        shape = self._failed(turns[-1])
        if shape is self.plan.shape or any(step.shape == shape for step in tried):
            return None
        return self._ask("narrowed", shape, held=_was_held(turns))

    def _constrained(self, turns: Sequence[Turn], tried: Sequence[Step]) -> Step | None:
        """Ask for what failed with the decoding held to its schema."""
        if self.plan.dialect.constrained or any(step.kind == "constrained" for step in tried):
            return None
        return self._ask("constrained", self._failed(turns[-1]))

    def _resampled(self, turns: Sequence[Turn], tried: Sequence[Step]) -> Step | None:
        """Ask for what failed once more, with another seed and a higher temperature."""
        if any(step.kind == "resampled" for step in tried):
            return None
        step = self._ask("resampled", self._failed(turns[-1]), held=_was_held(turns))
        request = warmer(step.request, len(tried))
        return Step("resampled", step.shape, request, request)

    def _failed(self, turn: Turn) -> RecordShape:
        """The form of what is not good yet; that of everything if no single part is to blame."""
        bad = {part for part, each in turn.found.items() if not each.is_good}
        if not bad or len(bad) == len(turn.found):
            return self.plan.shape
        return narrowed(self.plan.shape, bad)


def _was_held(turns: Sequence[Turn]) -> bool:
    """Whether there was need to constrain the decoding; then there still is."""
    return any(turn.step.kind == "constrained" for turn in turns)


def _is_answer(turn: Turn) -> bool:
    """Whether an answer has anything to do with what was asked."""
    strange = any(repair.kind == "unknown-key" for repair in turn.reading.repairs)
    return not strange or any(each.present for each in turn.found.values())


def _is_more(turn: Turn) -> bool:
    return bool(turn.reply.text.strip() or turn.reply.reasoning.strip())
