"""What was found out about an endpoint."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Rating: TypeAlias = Literal["good", "unsure", "bad"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found out."""

    mark: Rating
    what: str
    advice: str = ""
    """What to change; empty if nothing."""

    def __str__(self) -> str:
        return f"{self.mark:>6}: {self.what}" + (f"\n        {self.advice}" if self.advice else "")
