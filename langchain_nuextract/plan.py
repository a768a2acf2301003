"""What is the same for every document: compiled once, when an extractor is built."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from langchain_nuextract.dialect import Dialect, check, dumps
from langchain_nuextract.documents.neutralise import neutralise, neutralise_text
from langchain_nuextract.documents.read import read
from langchain_nuextract.documents.source import Source, Text
from langchain_nuextract.errors import InvalidValue, Problem
from langchain_nuextract.extraction import AttemptKind
from langchain_nuextract.paths import JSON
from langchain_nuextract.schema.target import Target
from langchain_nuextract.task import Example, Shot, Task

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Plan(Generic[T]):
    """All that is asked of every document."""

    target: Target[T]
    dialect: Dialect
    template: JSON
    answer_schema: Mapping[str, JSON]
    instructions: str
    shots: tuple[Shot, ...]
    thinking: bool
    kinds: tuple[AttemptKind, ...]
    """The ways to ask, in the order in which they are tried."""

    def task(self, source: Source, kind: AttemptKind) -> Task:
        """One document to read; its control marks must have been neutralised."""
        constrained = kind == "constrained"
        return Task(
            source=source,
            template=self.template,
            instructions=self.instructions,
            shots=self.shots,
            answer_schema=self.answer_schema if constrained else None,
            thinking=self.thinking and not constrained,
        )


def plan_for(
    target: Target[T],
    dialect: Dialect,
    *,
    instructions: str = "",
    examples: Sequence[Example] = (),
    thinking: bool = False,
) -> Plan[T]:
    """Compile a target for a dialect.

    The descriptions of the schema's fields are sent as instructions where the dialect takes any; where it does not,
    they are left out, while `instructions` of the caller's own are refused.

    Raises:
        UnsupportedTask: The dialect does not take instructions, examples, their images, or thinking.
        InvalidValue: The output of an example does not satisfy the schema.
    """
    plan = Plan(
        target=target,
        dialect=dialect,
        template=target.template(dialect),
        answer_schema=target.answer_schema_for(dialect),
        instructions=_instructions(target, dialect, instructions),
        shots=tuple(_shot(target, dialect, example, number) for number, example in enumerate(examples, start=1)),
        thinking=thinking,
        kinds=("constrained",) if dialect.constrained else ("plain", "constrained"),
    )
    check(plan.task(Source((Text("…"),)), plan.kinds[0]), dialect)
    return plan


def _instructions(target: Target[Any], dialect: Dialect, own: str) -> str:
    derived = target.instructions if dialect.takes_instructions else ""
    lines = "\n".join(filter(None, (own.strip(), derived)))
    return neutralise_text(lines, dialect.marks)


def _shot(target: Target[T], dialect: Dialect, example: Example, number: int) -> Shot:
    try:
        value = _output(example.output)
        answer = target.lower(value, dialect)
        target.validate(target.lift(answer, dialect))
    except InvalidValue as error:
        error.add_note(f"in the output of example {number}")
        raise
    source = neutralise(read(example.input), dialect.marks).source
    return Shot(source, neutralise_text(dumps(answer, indent=None), dialect.marks))


def _output(output: object) -> object:
    if not isinstance(output, str):
        return output
    try:
        return json.loads(output)
    except json.JSONDecodeError as error:
        raise InvalidValue([Problem((), f"expected JSON text, got {output[:80]!r} ({error})")]) from error
