"""Where a document says a value."""

from collections.abc import Sequence
from typing import Literal, NamedTuple, TypeAlias

from langchain_nuextract.paths import JSON, Path

Match: TypeAlias = Literal["exact", "folded", "number"]
"""How alike a value and its quotation are:

- `exact`: the same characters
- `folded`: the same but for white space, case and forms of a letter that Unicode holds equal
- `number`: the same number, written otherwise
"""


class Span(NamedTuple):
    """A half-open range of code points in the document's text: `text[start:end]` is the quotation."""

    start: int
    end: int


Spans: TypeAlias = Sequence[tuple[int, int]]
"""Where places begin and end, in the order of the text: spans to be."""


class Evidence(NamedTuple):
    """Where one value stands. It says nothing about how sure the model was."""

    path: Path
    """The value's place in the validated object."""
    value: JSON
    """The value, as JSON."""
    span: Span
    quotation: str
    """The text at `span`, unchanged."""
    match: Match
