"""What is said on several pages, as one value: lists are joined in page order, and what contradicts is a problem."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from langchain_nuextract.errors import Problem, quote
from langchain_nuextract.grounding.normalize import fold
from langchain_nuextract.paths import JSON, Path, fields, items, leaves
from langchain_nuextract.schema.answer_shape import AnswerShape, ListShape, MultiEnumShape, RecordShape


@dataclass(slots=True)
class Joined:
    """One value of several."""

    value: JSON = None
    moved: list[dict[Path, Path]] = field(default_factory=list[dict[Path, Path]])
    """For each window, where its leaves are now; those are left out that another window said before."""
    conflicts: list[Problem] = field(default_factory=list[Problem])


def join(values: Sequence[JSON], shape: AnswerShape, names: Sequence[str]) -> Joined:
    """Join what several windows of one document say.

    Args:
        values: The values in the user's shape, in the order of the pages.
        shape: What was asked for: fixed lists are objects in it, whose items are not joined but compared.
        names: What to call the windows in a problem: `page 3`.

    Returns:
        The value, where a contradiction is decided for the page that comes first, and is a problem.
    """
    joined = Joined(moved=[{} for _ in values])
    joined.value = _Joining(joined, names).join([(by, (), value) for by, value in enumerate(values)], shape, ())
    return joined


_At: TypeAlias = tuple[int, Path, JSON]
"""Which window says something, where in its own value, and what."""


@dataclass(frozen=True, slots=True)
class _Joining:
    joined: Joined
    names: Sequence[str]

    def join(self, said: Sequence[_At], shape: AnswerShape | None, at: Path) -> JSON:
        telling = [each for each in said if each[2] is not None and each[2] != ""]
        if not telling:
            return said[0][2] if said else None
        if all(isinstance(value, dict) for _, _, value in telling):
            inner = dict(shape.fields) if isinstance(shape, RecordShape) else {}
            keyed = [(by, path, fields(value)) for by, path, value in telling]
            return {key: self._part(keyed, key, inner.get(key), at) for key in _keys(keyed)}
        if all(isinstance(value, list) for _, _, value in telling):
            return self._list(telling, shape, at)
        return self._first(telling, at)

    def _part(
        self,
        said: Sequence[tuple[int, Path, Mapping[Any, JSON]]],
        key: str | int,
        shape: AnswerShape | None,
        at: Path,
    ) -> JSON:
        return self.join([(by, (*path, key), of[key]) for by, path, of in said if key in of], shape, (*at, key))

    def _list(self, said: Sequence[_At], shape: AnswerShape | None, at: Path) -> list[JSON]:
        if isinstance(shape, RecordShape):
            # A list of fixed items, each of which has a meaning of its own.
            parts = [part for _, part in shape.fields]
            keyed = [(by, path, dict(enumerate(items(value)))) for by, path, value in said]
            shapes = dict(enumerate(parts))
            return [self._part(keyed, index, shapes.get(index), at) for index in sorted(_keys(keyed))]
        item = shape.item if isinstance(shape, ListShape) else None
        joined: list[JSON] = []
        for by, path, values in said:
            for index, value in enumerate(items(values)):
                if not (isinstance(shape, MultiEnumShape) and value in joined):
                    joined.append(self.join([(by, (*path, index), value)], item, (*at, len(joined))))
        return joined

    def _first(self, said: Sequence[_At], at: Path) -> JSON:
        by, path, value = said[0]
        self.joined.moved[by].update(((*path, *below), (*at, *below)) for below, _ in leaves(value))
        others = [other for other in said[1:] if not _is_same(value, other[2])]
        if others:
            candidates = [f"{self.names[one]} says {quote(str(each))}" for one, _, each in (said[0], *others)]
            self.joined.conflicts.append(Problem(at, f"the pages differ: {', '.join(dict.fromkeys(candidates))}"))
        return value


def _is_same(one: JSON, other: JSON) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        return fold(one) == fold(other)
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def _keys(said: Iterable[tuple[int, Path, Mapping[Any, JSON]]]) -> list[Any]:
    return [*dict.fromkeys(key for _, _, of in said for key in of)]
