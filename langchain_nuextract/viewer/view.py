"""What is to be seen of one document: its text and pages, the values, and where each of them stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from langchain_nuextract.paths import JSON, Path


class Box(NamedTuple):
    """A part of a page, in fractions of what is visible of it, from its upper left corner."""

    page: int
    """Which of the document's `pages`, counted from 0."""
    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class ValueView:
    """What is known of one value besides itself."""

    path: Path
    """Where it stands in the document's `value`."""
    spans: tuple[tuple[int, int], ...] = ()
    """Where the document's text says it: half-open ranges of code points. None if it does not."""
    boxes: tuple[Box, ...] = ()
    """Where on the pages it stands, one for each line."""
    match: str = ""
    """How value and text are alike, if not `exact`: `date`, `similar 93 %`."""
    confidence: float | None = None
    """How sure the model was, from 0 to 1, if that is known."""
    reason: str = ""
    """Why it has no place, if it has none: `not found`."""
    colour: str = ""
    """`c0` to `c7`, if not that of its field."""


@dataclass(frozen=True, slots=True)
class PageView:
    """One page of a document."""

    name: str
    """What to call it: `claim.pdf page 3`."""
    start: int
    """Where its text begins in the document's text, in code points."""
    end: int
    image: str = ""
    """Its picture as a `data:` URL; empty if there is none to show."""


class Note(NamedTuple):
    """What else there is to say of a document: repairs, problems, warnings."""

    title: str
    lines: Sequence[str]


@dataclass(frozen=True, slots=True)
class DocumentView:
    """What is to be seen of one document."""

    name: str
    value: JSON
    """The extracted object; None if there is none."""
    text: str = ""
    values: tuple[ValueView, ...] = ()
    pages: tuple[PageView, ...] = ()
    """Its pages in the order of the text, if it has any."""
    facts: tuple[str, ...] = ()
    """What to say of it in a line: which model, how many calls."""
    notes: tuple[Note, ...] = ()
