"""Whether two readings are of one record: which of their values agree, and which contradict."""

from collections.abc import Mapping
from typing import NamedTuple

from langchain_nuextract.grounding.normalize import fold
from langchain_nuextract.paths import JSON, Path, leaves


class Likeness(NamedTuple):
    """How alike two values are, leaf by leaf."""

    agreed: int
    contradicted: int
    only_one: int
    """Leaves that the first has and the second has not."""
    only_other: int

    @property
    def share(self) -> float:
        """Which part of the leaves that both have agree; 0 if there are none."""
        both = self.agreed + self.contradicted
        return self.agreed / both if both else 0.0


def same_scalar(one: JSON, other: JSON) -> bool:
    """Tell whether two scalars mean the same: texts but for case and blanks, numbers by their value."""
    if isinstance(one, str) and isinstance(other, str):
        return fold(one) == fold(other)
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def filled(value: JSON, *, nested: bool = True) -> dict[Path, JSON]:
    """Give the leaves of a value that say something; without those of lists in it if not `nested`."""
    return {
        path: leaf
        for path, leaf in leaves(value)
        if leaf is not None and leaf != "" and (nested or not any(isinstance(step, int) for step in path))
    }


def likeness(one: Mapping[Path, JSON], other: Mapping[Path, JSON]) -> Likeness:
    """Compare the filled leaves of two values. A text that is the beginning of the other agrees: it was cut."""
    both = one.keys() & other.keys()
    agreed = sum(same_scalar(one[path], other[path]) or _is_cut(one[path], other[path]) for path in both)
    return Likeness(agreed, len(both) - agreed, len(one.keys() - other.keys()), len(other.keys() - one.keys()))


def is_within(part: Mapping[Path, JSON], whole: Mapping[Path, JSON]) -> bool:
    """Tell whether all that a fragment of a record says is said by the whole record, in the same fields."""
    for path, leaf in part.items():
        there = whole.get(path)
        is_fragment = isinstance(leaf, str) and isinstance(there, str) and fold(leaf) in fold(there)
        if path not in whole or not (is_fragment or same_scalar(leaf, there)):
            return False
    return bool(part)


def _is_cut(one: JSON, other: JSON) -> bool:
    if not (isinstance(one, str) and isinstance(other, str)):
        return False
    short, long = sorted((fold(one), fold(other)), key=len)
    return bool(short) and long.startswith(short)
