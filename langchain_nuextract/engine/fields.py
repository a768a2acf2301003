"""The fields of an answer, and what several answers say of each: every valid field of each answer is kept.

A field here is a value or a whole list, reached through objects only, so that it can be asked for apart from the rest.
The items of a list are no fields: those of two answers cannot be matched with certainty.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias, TypeGuard

from langchain_nuextract import paths
from langchain_nuextract.errors import Problem
from langchain_nuextract.paths import JSON, Path
from langchain_nuextract.schema.answer_shape import AnswerShape, RecordShape

FieldPath: TypeAlias = tuple[str, ...]
"""The keys that lead to a field from the root of the answer."""


@dataclass(frozen=True, slots=True)
class FieldResult:
    """What one answer says of one field."""

    value: JSON
    present: bool
    """Whether it says anything; null says that the document does not have it."""
    attempt: int
    """The attempt whose answer it is, counted from 0."""
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
        # Of two lists that were cut off, `[1, 2` says more than `[1`.
        values = 0 if self.is_good else sum(1 for _ in paths.leaves(self.value))
        return self.is_good, self.present, -len(self.problems), values


MergedFields: TypeAlias = Mapping[FieldPath, FieldResult]


def field_results(
    answer: JSON, shape: RecordShape, problems: Mapping[FieldPath, tuple[Problem, ...]], *, attempt: int
) -> dict[FieldPath, FieldResult]:
    """Split an answer into its fields."""
    return {
        field: FieldResult(value, present, attempt, problems.get(field, ()))
        for field, value, present in split_fields(answer, shape)
    }


def merge_fields(old: MergedFields, new: MergedFields, *, prefer_new: bool = False) -> dict[FieldPath, FieldResult]:
    """Keep the better of what two answers say of each field.

    Args:
        old: What was known.
        new: What another answer says.
        prefer_new: Of two that are as good, keep the new one; otherwise the old one.
    """
    better = {
        field: each
        for field, each in new.items()
        if field not in old or each.rank > old[field].rank or (prefer_new and each.rank == old[field].rank)
    }
    return {**old, **better}


def answer_of_fields(shape: RecordShape, found: MergedFields) -> dict[str, JSON]:
    """Build one answer of the fields that were found."""
    return assembled(shape, {field: each.value for field, each in found.items() if each.present})


def problems_by_field(shape: AnswerShape, problems: Sequence[Problem]) -> dict[FieldPath, tuple[Problem, ...]]:
    """Sort problems by the fields that they may be about."""
    by_field: dict[FieldPath, list[Problem]] = {}
    index = FieldIndex(field_paths(shape))
    for problem in problems:
        for field in index.fields_at(problem.path) if problem.path else ():
            by_field.setdefault(field, []).append(problem)
    return {field: tuple(about) for field, about in by_field.items()}


def _is_split(shape: AnswerShape, at: FieldPath) -> TypeGuard[RecordShape]:
    """Whether the parts of an object are fields of their own: not where a validator of the user's sees it whole."""
    return isinstance(shape, RecordShape) and not (shape.hook and at)


def field_paths(shape: AnswerShape, at: FieldPath = ()) -> Iterator[FieldPath]:
    """Yield the paths of the fields of a shape, in its order."""
    if not _is_split(shape, at):
        yield at
        return
    for name, inner in shape.fields:
        yield from field_paths(inner, (*at, name))


class FieldIndex:
    """Finds the fields that something at a path is about, in time that does not grow with their number.

    Args:
        fields: The paths of the fields.
    """

    def __init__(self, fields: Iterable[FieldPath]) -> None:
        self._below: dict[Path, list[FieldPath]] = {}
        for field in fields:
            for steps in range(len(field) + 1):
                self._below.setdefault(field[:steps], []).append(field)

    def fields_at(self, path: Path) -> Sequence[FieldPath]:
        """Give the fields at a place in the answer, or in the user's value.

        Where the two have different shapes, all fields below the last place that they share are meant.
        """
        # A problem with `seller` is about `seller.name` and `seller.city`, one with `lines[2].price` about `lines`.
        shared = (path[:steps] for steps in range(len(path), -1, -1))
        return next((self._below[place] for place in shared if place in self._below), ())


def narrowed(shape: RecordShape, wanted: Collection[FieldPath]) -> RecordShape:
    """Leave nothing in a shape but some of its fields."""
    kept: list[tuple[str, AnswerShape]] = []
    for name, inner in shape.fields:
        below = {field[1:] for field in wanted if field[:1] == (name,)}
        if () in below:
            kept.append((name, inner))
        elif below and _is_split(inner, (name,)):
            kept.append((name, narrowed(inner, below)))
    return replace(shape, fields=tuple(kept), places=0)


def split_fields(answer: JSON, shape: RecordShape, at: FieldPath = ()) -> Iterator[tuple[FieldPath, JSON, bool]]:
    """Yield the fields of a shape, what an answer says of each, and whether it says anything.

    Null says that the document does not have it; where an answer says nothing, None stands for it.
    """
    members = paths.fields(answer)
    for name, inner in shape.fields:
        if _is_split(inner, (*at, name)):
            yield from split_fields(members.get(name), inner, (*at, name))
        else:
            yield (*at, name), members.get(name), name in members
    if shape.hook:
        asked = dict(shape.fields)
        yield from (((*at, name), value, True) for name, value in members.items() if name not in asked)


def assembled(shape: RecordShape, values: Mapping[FieldPath, JSON], at: FieldPath = ()) -> dict[str, JSON]:
    """Build an answer of the values of its fields, in the order of the shape."""
    answer: dict[str, JSON] = {}
    for name, inner in shape.fields:
        field = (*at, name)
        if _is_split(inner, field):
            if below := assembled(inner, values, field):
                answer[name] = below
        elif field in values:
            answer[name] = values[field]
    if shape.hook:
        answer |= {field[-1]: value for field, value in values.items() if field[:-1] == at and field[-1] not in answer}
    return answer


def restricted(answer: JSON, shape: RecordShape) -> dict[str, JSON]:
    """Leave nothing in an answer but the fields of a shape."""
    return assembled(shape, {field: value for field, value, present in split_fields(answer, shape) if present})
