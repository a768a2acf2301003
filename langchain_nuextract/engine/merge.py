"""What several answers to one task say together: every valid part of each of them is kept."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from langchain_nuextract.engine.fields import Part, apart, assembled
from langchain_nuextract.errors import Problem
from langchain_nuextract.paths import JSON, leaves
from langchain_nuextract.schema.answer_shape import RecordShape


@dataclass(frozen=True, slots=True)
class FieldResult:
    """What one answer says of one part."""

    value: JSON
    present: bool
    """Whether it says anything; null says that the document does not have it."""
    by: int
    """Which answer it is, counted from 0."""
    problems: tuple[Problem, ...] = ()
    """What could not be read, or was not finished."""
    refused: bool = False
    """Whether the user's schema does not admit it."""

    @property
    def is_good(self) -> bool:
        """Whether it is complete and valid."""
        return not self.problems and not self.refused

    @property
    def rank(self) -> tuple[bool, bool, int, int]:
        """The greater the better: valid, present, with fewer problems; of what is not valid, the longer."""
        values = 0 if self.is_good else sum(1 for _ in leaves(self.value))
        return self.is_good, self.present, -len(self.problems), values


@dataclass(frozen=True, slots=True)
class Validation:
    """What all parts together are in the user's shape."""

    value: JSON
    instance: Any
    """The validated object; None where there are problems."""
    problems: tuple[Problem, ...]
    """Why the user's schema does not admit the value."""


MergedFields: TypeAlias = Mapping[Part, FieldResult]


def said(
    answer: JSON, shape: RecordShape, problems: Mapping[Part, tuple[Problem, ...]], *, by: int
) -> dict[Part, FieldResult]:
    """Take an answer apart."""
    return {part: FieldResult(value, there, by, problems.get(part, ())) for part, value, there in apart(answer, shape)}


def merge(old: MergedFields, new: MergedFields, *, newer: bool = False) -> dict[Part, FieldResult]:
    """Keep the better of what two answers say of each part.

    Args:
        old: What was known.
        new: What another answer says.
        newer: Of two that are as good, keep the new one; otherwise the old one.
    """
    better = {
        part: each
        for part, each in new.items()
        if part not in old or each.rank > old[part].rank or (newer and each.rank == old[part].rank)
    }
    return {**old, **better}


def is_same(one: MergedFields, other: MergedFields) -> bool:
    """Whether all parts come from the same answers."""
    return all(other[part].by == each.by for part, each in one.items())


def refuse(found: MergedFields, refused: frozenset[Part]) -> dict[Part, FieldResult]:
    """Note which parts the user's schema does not admit."""
    return {part: replace(each, refused=part in refused) for part, each in found.items()}


def together(shape: RecordShape, found: MergedFields) -> dict[str, JSON]:
    """Build the answer of all that was found."""
    return assembled(shape, {part: each.value for part, each in found.items() if each.present})
