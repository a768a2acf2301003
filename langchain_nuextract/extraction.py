"""What comes out: the object, and how it came about."""

from dataclasses import dataclass
from typing import Generic, Literal, TypeAlias, TypeVar

from langchain_nuextract.errors import Problem
from langchain_nuextract.grounding.locate import Evidence
from langchain_nuextract.paths import Path
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


@dataclass(frozen=True, slots=True)
class Extraction(Generic[T]):
    """A validated object with its history."""

    value: T
    """An instance of the user's type; a dict where the schema was a dict."""
    raw: str
    """What the model wrote in the attempt that was taken, unchanged."""
    repairs: tuple[Repair, ...]
    """What was changed in it, in the order in which it was done."""
    evidence: tuple[Evidence, ...]
    """Where the document says each value; values that were not found have none."""
    defaults: tuple[Path, ...]
    """The fields that the model left open and that hold the default of the user's schema."""
    attempts: tuple[Attempt, ...]
    """Every call that was made, in order."""
    model: str
    """The model's name as the endpoint reports it."""
    seconds: float
    """From the first request to the validated object."""

    @property
    def usage(self) -> Usage:
        """Tokens of all attempts together."""
        return sum((attempt.reply.usage for attempt in self.attempts), Usage())
