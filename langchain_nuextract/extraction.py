"""What comes out: the object, and how it came about."""

from dataclasses import dataclass
from functools import cached_property
from typing import Generic, Literal, TypeAlias, TypeVar

from langchain_nuextract.documents.source import Source
from langchain_nuextract.errors import Problem
from langchain_nuextract.grounding import ground
from langchain_nuextract.grounding.locate import Evidence
from langchain_nuextract.paths import JSON, Path
from langchain_nuextract.repair.ledger import Repair
from langchain_nuextract.task import Reply, Request, Usage

T = TypeVar("T")

AttemptKind: TypeAlias = Literal["plain", "continued", "narrowed", "constrained", "resampled"]
"""How the model was asked:

- `plain`: as it was trained
- `continued`: for the rest of an answer that was cut off
- `narrowed`: as it was trained, but for some fields only
- `constrained`: with its decoding held to the answer schema, for all fields or some
- `resampled`: once more, with another seed and a higher temperature, for all fields or some
"""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call of the model."""

    kind: AttemptKind
    request: Request
    reply: Reply
    repairs: tuple[Repair, ...]
    problems: tuple[Problem, ...]
    """What was wrong after the repairs with all that was known by then; empty if it was taken. Paths are those of the
    user's shape, except for what could not be read at all."""


@dataclass(frozen=True)
class Extraction(Generic[T]):
    """A validated object with its history."""

    value: T
    """An instance of the user's type; a dict where the schema was a dict."""
    json: JSON
    """What was extracted, as JSON of the user's shape, before the schema's defaults were filled in."""
    document: Source
    """The document it came from."""
    raw: str
    """What the model wrote, unchanged: a continued answer as one text; where some fields were asked for again, all
    answers that the value was made of, one after the other on lines of their own."""
    repairs: tuple[Repair, ...]
    """What was changed in it, in the order in which it was done."""
    defaults: tuple[Path, ...]
    """The fields that the model left open and that hold the default of the user's schema."""
    attempts: tuple[Attempt, ...]
    """Every call that was made, in order."""
    model: str
    """The model's name as the endpoint reports it."""
    seconds: float
    """From the first request to the validated object."""
    problems: tuple[Problem, ...] = ()
    """What is not in the value because it was invalid or not finished; empty unless a partial value was asked for."""

    @cached_property
    def evidence(self) -> tuple[Evidence, ...]:
        """Where the document's text says each value; values that were not found have none.

        Spans count code points of `document.text`. Looked up when first asked for.
        """
        return ground(self.json, self.document.text)

    @property
    def usage(self) -> Usage:
        """Tokens of all attempts together."""
        return sum((attempt.reply.usage for attempt in self.attempts), Usage())
