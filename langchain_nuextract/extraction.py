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

AttemptKind: TypeAlias = Literal["plain", "constrained"]
"""How the model was asked: as it was trained, or with its decoding held to the answer schema."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call of the model."""

    kind: AttemptKind
    request: Request
    reply: Reply
    repairs: tuple[Repair, ...]
    problems: tuple[Problem, ...]
    """What was wrong with the answer after its repairs; empty if it was taken."""


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
    """What the model wrote in the attempt that was taken, unchanged."""
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
