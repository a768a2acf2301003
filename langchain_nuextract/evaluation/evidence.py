"""Where documents say what was predicted, as far as that can be told."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from langchain_nuextract.engine.result import Extraction
from langchain_nuextract.evaluation.leaf import Mark
from langchain_nuextract.grounding import ground
from langchain_nuextract.grounding.places import Place
from langchain_nuextract.paths import JSON, Path, leaves
from langchain_nuextract.schema.target import Target


@dataclass(frozen=True, slots=True)
class Grounding:
    """What a document says of a value."""

    marks: Mapping[Path, tuple[Mark, ...]] = field(default_factory=dict[Path, tuple[Mark, ...]])
    """Where it says each leaf that it says."""
    missing: frozenset[Path] = frozenset()
    """The leaves that it should say, and does not; all others were chosen, or stand where no text is."""

    def says(self, path: Path) -> bool | None:
        """Whether the document says a leaf; None if that cannot be told."""
        return True if path in self.marks else False if path in self.missing else None


def grounding_of(extraction: Extraction[object]) -> Grounding:
    """Take the evidence of an extraction."""
    marks = {
        each.path: (*(Mark(start, end) for start, end in each.spans), *_boxes(each.places))
        for each in extraction.evidence
    }
    missing = frozenset(each.path for each in extraction.unplaced if each.reason == "not found")
    return Grounding(marks, missing)


def ground_in_text(value: JSON, text: str, target: Target[object]) -> Grounding:
    """Look a value's leaves up in the text of its document."""
    wordings = dict(target.wordings(value))
    marks = {each.path: tuple(Mark(start, end) for start, end in each.spans) for each in ground(value, text, wordings)}
    sought = (path for path, leaf in leaves(value) if leaf not in (None, "") and not isinstance(leaf, bool))
    return Grounding(marks, frozenset(path for path in sought if path not in marks and path not in wordings))


def _boxes(places: tuple[Place, ...]) -> Iterator[Mark]:
    for place in places:
        for box in place.boxes or (None,):
            yield Mark(page=place.page, box=None if box is None else (box.left, box.top, box.right, box.bottom))
