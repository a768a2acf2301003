"""One attempt to get an answer, as it goes on: what the model is asked, what comes of it, and what is kept of that."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Generic, Literal, TypeAlias, TypeVar

from langchain_nuextract.dialects.messages import Reply, Request
from langchain_nuextract.engine.fields import MergedFields, field_results
from langchain_nuextract.errors import Problem
from langchain_nuextract.parsing.read import Reading
from langchain_nuextract.parsing.repairs import Repair
from langchain_nuextract.paths import JSON
from langchain_nuextract.schema.answer_shape import RecordShape

T_co = TypeVar("T_co", covariant=True)

AttemptKind: TypeAlias = Literal["plain", "continued", "narrowed", "constrained", "resampled"]
"""How the model was asked:

- `plain`: as it was trained
- `continued`: for the rest of an answer that was cut off
- `narrowed`: as it was trained, but for some fields only
- `constrained`: with its decoding held to the answer schema, for all fields or some
- `resampled`: once more, with another seed and a higher temperature, for all fields or some
"""


@dataclass(frozen=TYPE_CHECKING, slots=True)
class AttemptRequest:
    """What the model is asked in one attempt."""

    kind: AttemptKind
    shape: RecordShape
    """The fields that are asked for."""
    request: Request
    base: Request
    """The request whose answer is continued; the same as `request` if none is."""
    grammar: str = field(default="", repr=False)
    """The grammar by which the decoding is constrained, beyond the schema."""


@dataclass(frozen=TYPE_CHECKING, slots=True)
class Validation(Generic[T_co]):
    """What all fields together are in the user's shape."""

    value: JSON
    instance: T_co | None
    """The validated object; None where there are problems."""
    problems: tuple[Problem, ...]
    """Why the user's schema does not admit the value."""


@dataclass(frozen=TYPE_CHECKING)
class AttemptResult(Generic[T_co]):
    """What came of one attempt."""

    sent: AttemptRequest
    reply: Reply
    written: str
    """All that the model wrote of this answer, earlier replies included."""
    continued: bool
    """Whether the endpoint did what was asked: it may know no continuing, and begin anew."""
    reading: Reading
    merged: MergedFields | None
    """What is known after this attempt; None where the first answer is whole and valid, and nothing is to be merged."""
    validation: Validation[T_co]
    problems: tuple[Problem, ...]
    """What is wrong with that, by paths of the user's shape; empty if it is whole and valid."""

    @cached_property
    def fields(self) -> MergedFields:
        """What is known after this attempt."""
        return field_results(self.reading.value, self.sent.shape, {}, attempt=0) if self.merged is None else self.merged


@dataclass(frozen=TYPE_CHECKING, slots=True)
class Attempt:
    """One call of the model."""

    kind: AttemptKind
    """How it was asked: `plain`, `continued`, `narrowed`, `constrained` or `resampled`."""
    request: Request
    """What was sent."""
    reply: Reply
    """What came back."""
    repairs: tuple[Repair, ...]
    """What was changed in the reply to read it."""
    problems: tuple[Problem, ...]
    """What was wrong after the repairs with all that was known by then; empty if it was taken. Paths are those of the
    user's shape, as those of the repairs are."""
