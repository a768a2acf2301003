"""One row of an evaluation: a leaf of a document, what it should be, what a model made of it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias, cast

from langchain_nuextract.errors import UnsupportedSchema
from langchain_nuextract.paths import EACH, JSON, Path, fields, integer, items, number, show, text

Outcome: TypeAlias = Literal["correct", "wrong", "missed", "hallucinated", "absent"]
"""What became of a leaf:

- `correct`: there is a value in both, and it is right
- `wrong`: there is a value in both, and it is not right
- `missed`: there is a value in the gold alone
- `hallucinated`: there is a value in the prediction alone
- `absent`: there is a value in neither

Null, a missing key, an empty text, list or object are no values; `False` and `0` are.
"""


class Mark(NamedTuple):
    """A place of a document where it says a value: a stretch of its text, a box on one of its pages, or both."""

    start: int | None = None
    """In code points of the document's text."""
    end: int | None = None
    """Behind its last code point."""
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
    """Where it stands in the gold; items that the gold does not have are counted on behind its own."""
    outcome: Outcome
    """By strict equality."""
    gold: JSON
    """What is right; null if it is absent."""
    predicted: JSON
    """What was predicted; null if it is absent."""
    group: str = ""
    """The group of the document, if it has one."""
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
        return field_of(self.path)

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

    @classmethod
    def from_json(cls, row: Mapping[str, JSON]) -> "Leaf":
        """Read a row as `as_json` writes it."""
        path, predicted_path = read_path(text(row["path"])), read_path(text(row["predicted_path"]))
        confidence, as_written = number(row["confidence"]), row["exact_as_written"]
        return cls(
            document=text(row["document"]),
            model=text(row["model"]),
            path=path,
            outcome=cast("Outcome", row["outcome"]),
            gold=row["gold"],
            predicted=row["predicted"],
            group=text(row["group"]),
            predicted_path=predicted_path,
            rule=text(row["rule"]),
            passed=row["passed"] is True,
            similarity=number(row["similarity"]) or 0.0,
            confidence=confidence,
            evidence=tuple(mark_of(fields(mark)) for mark in items(row["evidence"])),
            gold_evidence=tuple(mark_of(fields(mark)) for mark in items(row["gold_evidence"])),
            grounded=row["grounded"] if isinstance(row["grounded"], bool) else None,
            repairs=tuple(map(text, items(row["repairs"]))),
            readable=row["readable"] is True,
            exact_as_written=as_written if isinstance(as_written, bool) else None,
        )


def field_path(path: Path) -> Path:
    """Give the path of the field that a leaf is of, the same for all items of a list: `EACH` stands for indexes."""
    return tuple(EACH if isinstance(step, int) else step for step in path)


def field_of(path: Path) -> str:
    """Write the path of a field: `$.items[].price`."""
    return show(field_path(path))


def mark_of(place: Mapping[str, JSON]) -> Mark:
    """Read a place as rows and gold files have it; what is missing or of another kind is None."""
    match [number(each) for each in items(place.get("box"))]:
        case [float() | int() as left, float() | int() as top, float() | int() as right, float() | int() as bottom]:
            box = left, top, right, bottom
        case _:
            box = None
    return Mark(integer(place.get("start")), integer(place.get("end")), integer(place.get("page")), box)


def _mark(mark: Mark) -> dict[str, JSON]:
    known: dict[str, JSON] = {"start": mark.start, "end": mark.end, "page": mark.page}
    box: dict[str, JSON] = {"box": list(mark.box)} if mark.box else {}
    return {name: value for name, value in known.items() if value is not None} | box


_STEP = re.compile(r'\.([^\W\d][\w-]*)|\[(\d*|\*)\]|\["(.*?)"\](?=[.\[]|\Z)', re.DOTALL)


def read_path(written: str) -> Path:
    """Read a path as `paths.show` writes it; `[]` and `[*]` stand for each item, and the `$` may be left out.

    Raises:
        UnsupportedSchema: It is no path.
    """
    rest = written.removeprefix("$")
    # `total` and `$.total` are one path.
    rest = rest if rest == "" or rest[0] in ".[" else f".{rest}"
    path: list[str | int] = []
    at = 0
    while at < len(rest):
        match = _STEP.match(rest, at)
        if match is None:
            raise UnsupportedSchema((), f"{written!r} is no path; write it as $.items[].price")
        name, index, odd = match.groups()
        path.append(odd if odd is not None else name if name is not None else int(index) if index.isdigit() else EACH)
        at = match.end()
    return tuple(path)
