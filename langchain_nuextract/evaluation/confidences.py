"""How sure a model was of each leaf, and whether it was right: what calibration is made of."""

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final, NamedTuple

from langchain_nuextract.evaluation.leaf import Leaf

KEPT: Final = 200_000
"""Leaves that are kept one by one, with all digits of their confidence; of more, it is rounded to `_STEPS` values."""
_STEPS: Final = 10_000


class Sure(NamedTuple):
    """Leaves of the same confidence: one, or many where there are too many to keep."""

    confidence: float
    leaves: int
    right: int


@dataclass(slots=True)
class Confidences:
    """The leaves of which it is known how sure the model was; those of unreadable answers are not among them."""

    documents: "array[int]" = field(default_factory=lambda: array("I"))
    values: "array[float]" = field(default_factory=lambda: array("d"))
    right: bytearray = field(default_factory=bytearray)
    rounded: dict[tuple[int, bool], tuple[int, int]] = field(default_factory=dict[tuple[int, bool], tuple[int, int]])
    """Leaves and right ones by the confidence in steps, those that are held out apart; empty up to `KEPT` leaves."""
    _held_out: set[int] = field(default_factory=set[int])

    def add(self, place: int, leaves: Iterable[Leaf]) -> None:
        """Add the leaves of a document of the gold."""
        for leaf in leaves:
            if leaf.confidence is None:
                continue
            if is_held_out(leaf.document):
                self._held_out.add(place)
            self.documents.append(place)
            self.values.append(leaf.confidence)
            self.right.append(leaf.is_exact)
        if len(self.values) > KEPT:
            self._round()

    def _round(self) -> None:
        for place, value, right in zip(self.documents, self.values, self.right, strict=True):
            key = round(value * _STEPS), place in self._held_out
            leaves, so_far = self.rounded.get(key, (0, 0))
            self.rounded[key] = leaves + 1, so_far + right
        self.documents, self.values, self.right = array("I"), array("d"), bytearray()
        self._held_out = set()

    def all(self, ids: Sequence[str], *, held_out: bool | None = None) -> list[Sure]:
        """Give all leaves, the surest first; of those as sure as each other by the ids of their documents.

        Args:
            ids: Of the documents of the gold.
            held_out: Only those that a threshold is chosen by (False), or only those that it is tried on (True).
        """
        pairs = zip(self.documents, self.values, self.right, strict=True)
        single = [
            (-value, ids[place], right)
            for place, value, right in pairs
            if held_out is None or held_out == (place in self._held_out)
        ]
        # By document, not by right or wrong, which would flatter or slander the model.
        single.sort(key=lambda each: each[:2])
        many = [
            Sure(step / _STEPS, leaves, right)
            for (step, apart), (leaves, right) in self.rounded.items()
            if held_out is None or held_out == apart
        ]
        merged = [*many, *(Sure(-negative, 1, right) for negative, _, right in single)]
        return sorted(merged, key=lambda each: -each.confidence) if many else merged

    def __len__(self) -> int:
        """Count the leaves."""
        return len(self.values) + sum(leaves for leaves, _ in self.rounded.values())


def is_held_out(document: str) -> bool:
    """Whether a document is of the half that a threshold is tried on; by its id, so that more documents change none."""
    # By the id, so that a document is on the same side in every evaluation, of any model.
    return sha256(document.encode(errors="backslashreplace")).digest()[0] % 2 == 1
