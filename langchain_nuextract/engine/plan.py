"""What is the same for every document: compiled once, when an extractor is built."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Generic, TypeAlias, TypeVar, cast

from langchain_nuextract.dialects.dialect import Dialect, check, dumps
from langchain_nuextract.dialects.messages import Example, Shot, Task
from langchain_nuextract.documents.escape import escape_source, escape_text
from langchain_nuextract.documents.read import read
from langchain_nuextract.documents.source import Source, Text
from langchain_nuextract.engine.example_leakage import telling
from langchain_nuextract.engine.fields import only
from langchain_nuextract.engine.recovery import DEFAULT, RecoveryPolicy
from langchain_nuextract.engine.result import AttemptKind
from langchain_nuextract.errors import InvalidValue, Problem
from langchain_nuextract.grounding.normalize import fold
from langchain_nuextract.paths import JSON
from langchain_nuextract.schema import render as answers
from langchain_nuextract.schema.answer_shape import AnswerShape, RecordShape
from langchain_nuextract.schema.target import Target

T = TypeVar("T")

_Asked: TypeAlias = tuple[JSON, Mapping[str, JSON], tuple[Shot, ...]]
"""A template, the schema of its answers, and examples of them."""


@dataclass(frozen=True)
class Plan(Generic[T]):
    """All that is asked of every document."""

    target: Target[T]
    dialect: Dialect
    shape: RecordShape
    """The shape of a whole answer."""
    template: JSON
    answer_schema: Mapping[str, JSON]
    """What decoding is held to where it is."""
    instructions: str
    """What to heed: the caller's words, and the descriptions of all fields."""
    shots: tuple[Shot, ...]
    thinking: bool
    recovery: RecoveryPolicy
    own: str = ""
    """The caller's own instructions."""
    left_out: int = 0
    """Examples that were not shown, for they would have been too many tokens."""
    logprobs: bool = False
    """Whether the probabilities of the tokens are asked for."""

    @property
    def first(self) -> AttemptKind:
        """How to ask at first."""
        return "constrained" if self.dialect.constrained else "plain"

    def task(self, source: Source, kind: AttemptKind, shape: RecordShape | None = None) -> Task:
        """One document to read.

        Args:
            source: The document, its control marks neutralised.
            kind: How to ask.
            shape: What to ask for; everything if not given.
        """
        held = self.dialect.constrained or kind == "constrained"
        if shape is None or shape is self.shape:
            instructions, (template, schema, shots) = self.instructions, self._whole()
            text = self._template_text
        else:
            instructions = _instructions(self.target, self.dialect, self.own, shape)
            template, schema, shots = self._only(shape)
            text = ""
        return Task(
            source=source,
            template=template,
            instructions=instructions,
            shots=shots,
            answer_schema=schema if held else None,
            thinking=self.thinking and not held,
            template_text=text,
        )

    @cached_property
    def _template_text(self) -> str:
        return dumps(self.template)

    def _whole(self) -> _Asked:
        return self.template, self.answer_schema, self.shots

    def _only(self, shape: RecordShape) -> _Asked:
        shots = tuple(replace(shot, answer=_narrowed(shot.answer, shape)) for shot in self.shots)
        return answers.template(shape), answers.answer_schema(shape), shots


def plan_for(  # noqa: PLR0913  # it is all that there is to say
    target: Target[T],
    dialect: Dialect,
    *,
    instructions: str = "",
    examples: Sequence[Example] = (),
    thinking: bool = False,
    recovery: RecoveryPolicy = DEFAULT,
    logprobs: bool = False,
) -> Plan[T]:
    """Compile a target for a dialect.

    The descriptions of the schema's fields are sent as instructions where the dialect takes any; where it does not,
    they are left out, while `instructions` of the caller's own are refused.

    Raises:
        UnsupportedTask: The dialect does not take instructions, examples, their images, or thinking.
        InvalidValue: The output of an example does not satisfy the schema.
    """
    shape = _record(target.shape(dialect))
    plan = Plan(
        target=target,
        dialect=dialect,
        shape=shape,
        template=answers.template(shape),
        answer_schema=answers.answer_schema(shape),
        instructions=_instructions(target, dialect, instructions, shape),
        shots=tuple(shot_of(each, target, dialect, f"example {at}") for at, each in enumerate(examples, start=1)),
        thinking=thinking,
        recovery=recovery,
        logprobs=logprobs,
        own=instructions,
    )
    check(plan.task(Source((Text("…"),)), plan.first), dialect)
    return plan


def shot_of(example: Example, target: Target[T], dialect: Dialect, named: str) -> Shot:
    """Make an example ready.

    Args:
        example: As the user gives it.
        target: What is wanted.
        dialect: In whose vocabulary to write the answer.
        named: What to call it in an error.

    Raises:
        InvalidValue: Its output does not satisfy the schema.
    """
    try:
        answer = target.lower(cast("JSON", _output(example.output)), dialect)
        value = target.lift(answer, dialect)
        target.validate(value, dialect)
    except InvalidValue as error:
        error.add_note(f"in the output of {named}")
        raise
    source = escape_source(read(example.input), dialect.marks).source
    written = escape_text(dumps(answer, indent=None), dialect.marks)
    choices = frozenset(fold(str(choice)) for choice in target.choices)
    return Shot(source, written, telling(target.spoken(value)), choices)


def _record(shape: AnswerShape) -> RecordShape:
    # A target puts what is no object under a name.
    assert isinstance(shape, RecordShape)  # noqa: S101  # it cannot happen
    return shape


def _narrowed(answer: str, shape: RecordShape) -> str:
    return dumps(only(json.loads(answer), shape), indent=None)


def _instructions(target: Target[Any], dialect: Dialect, own: str, shape: RecordShape) -> str:
    derived = target.instructions_for(shape) if dialect.takes_instructions else ""
    lines = "\n".join(filter(None, (own.strip(), derived)))
    return escape_text(lines, dialect.marks)


def _output(output: object) -> object:
    if not isinstance(output, str):
        return output
    try:
        return json.loads(output)
    except json.JSONDecodeError as error:
        raise InvalidValue([Problem((), f"expected JSON text, got {output[:80]!r} ({error})")]) from error
