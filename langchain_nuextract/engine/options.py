"""How documents are asked about, as a caller says it: each setting once, with its default and its check."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from langchain_nuextract import dialects
from langchain_nuextract.engine.recovery import DEFAULT, RecoveryPolicy


@dataclass(frozen=True, slots=True)
class ExtractionOptions:
    """How documents are asked about; `NuExtractor` takes each by its name, and documents it.

    Raises:
        TypeError: One is of another type; it says what to write instead.
    """

    examples: "Sequence[dialects.Example]" = ()
    """Those that are the same for every document."""
    max_example_tokens: int | None = None
    instructions: str = ""
    thinking: bool = False
    logprobs: bool = False
    recovery: RecoveryPolicy = DEFAULT

    def __post_init__(self) -> None:
        for name, (kind, instead) in _KINDS.items():
            if not isinstance(given := getattr(self, name), kind):
                raise TypeError(f"{name} must be {instead}, not {given!r}")


_KINDS: Final[Mapping[str, tuple[type, str]]] = {
    "recovery": (RecoveryPolicy, 'a RecoveryPolicy, such as RecoveryPolicy(on_failure="drop")'),
    "instructions": (str, "one text"),
}
OPTIONS: Final = ExtractionOptions()
"""Each as it is where a caller says nothing."""
