"""Where a document says a value."""

from dataclasses import dataclass
from typing import Literal

from langchain_nuextract.paths import JSON, Path


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open range of code points in the document's text: `text[start:end]` is the quotation."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where one value stands. It says nothing about how sure the model was."""

    path: Path
    """The value's place in the validated object."""
    value: JSON
    """The value, as JSON."""
    span: Span
    quotation: str
    """The text at `span`, unchanged."""
    match: Literal["exact", "folded"]
    """`exact`: the same characters; `folded`: the same but for white space and case."""
