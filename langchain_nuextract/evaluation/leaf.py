"""One row of an evaluation: a leaf of a document, what it should be, what a model made of it."""

from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, TypeAlias

from langchain_nuextract.paths import EACH, JSON, Path, show

Outcome: TypeAlias = Literal["correct", "wrong", "missed", "hallucinated", "absent"]
"""What became of a leaf:

- `correct`: there is a value in both, and it is right
- `wrong`: there is a value in both, and it is not right
- `missed`: there is a value in the gold alone
- `hallucinated`: there is a value in the prediction alone
- `absent`: there is a value in neither

Null, a missing key, an empty text, list or object are no values; `False` and `0` are.
"""

OUTCOMES: Final[tuple[Outcome, ...]] = ("correct", "wrong", "missed", "hallucinated", "absent")


class Mark(NamedTuple):
    """A place of a document where it says a value: a stretch of its text, a box on one of its pages, or both."""

    start: int | None = None
    """In code points of the document's text."""
    end: int | None = None
    page: int | None = None
    """Counted from 1."""
    box: tuple[float, float, float, float] | None = None
    """Left, top, right, bottom in fractions of the page, from its upper left corner."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """What became of one leaf of one document."""

    document: str
    """The document's id."""
    model: str
    """The name of what predicted it."""
    path: Path
    """Where it stands in the gold; in the prediction, where the gold has no such item."""
    outcome: Outcome
    """By strict equality."""
    gold: JSON
    predicted: JSON
    group: str = ""
    predicted_path: Path = ()
    """Where it stands in the prediction: items of lists are compared with those they are most like."""
    rule: str = "normalised"
    """By which rule `passed` was decided: `normalised`, `levenshtein`, `tolerance`, …"""
    passed: bool = False
    """Whether it is right by its rule; two absent values are."""
    similarity: float = 0.0
    """How alike gold and prediction are, from 0 to 1, by its rule."""
    confidence: float | None = None
    """How sure the model was, from 0 to 1; None if that is not known."""
    evidence: tuple[Mark, ...] = ()
    """Where the document says what was predicted; empty if it does not, or if it was not looked up."""
    gold_evidence: tuple[Mark, ...] = ()
    """Where the document says what is right, if the gold tells."""
    grounded: bool | None = None
    """Whether the document says what was predicted; None where that cannot be told, as of images and choices."""
    repairs: tuple[str, ...] = ()
    """The rules by which this value was repaired."""
    readable: bool = True
    """Whether the model's answer could be read at all."""
    exact_as_written: bool | None = None
    """Whether it counts for the exact match if no answer is repaired; None if it is not known what the model wrote."""

    @property
    def field(self) -> str:
        """The path without indexes, the same for all items of a list: `$.items[].price`."""
        return show(tuple(EACH if isinstance(step, int) else step for step in self.path))

    @property
    def is_exact(self) -> bool:
        """Whether it counts for the exact match: equal, or absent from both; nothing of an unreadable answer does."""
        return self.readable and self.outcome in {"correct", "absent"}

    def as_json(self) -> dict[str, JSON]:
        """Give the row as JSON, as it stands in `leaves.jsonl`; paths are written as people read them."""
        return {
            "document": self.document,
            "group": self.group,
            "model": self.model,
            "path": show(self.path),
            "predicted_path": show(self.predicted_path or self.path),
            "field": self.field,
            "outcome": self.outcome,
            "gold": self.gold,
            "predicted": self.predicted,
            "rule": self.rule,
            "passed": self.passed,
            "similarity": self.similarity,
            "confidence": self.confidence,
            "grounded": self.grounded,
            "evidence": [_mark(each) for each in self.evidence],
            "gold_evidence": [_mark(each) for each in self.gold_evidence],
            "repairs": list(self.repairs),
            "readable": self.readable,
            "exact_as_written": self.exact_as_written,
        }


def _mark(mark: Mark) -> dict[str, JSON]:
    known: dict[str, JSON] = {"start": mark.start, "end": mark.end, "page": mark.page}
    box: dict[str, JSON] = {"box": list(mark.box)} if mark.box else {}
    return {name: value for name, value in known.items() if value is not None} | box
