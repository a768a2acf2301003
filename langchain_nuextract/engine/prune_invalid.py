"""Leaving out what is wrong with a value, so that the rest can be had."""

from collections.abc import Callable, Collection, Iterable
from copy import deepcopy
from typing import Final

from langchain_nuextract.errors import Problem
from langchain_nuextract.paths import JSON, Path, child, fields, follow, items

_ROUNDS: Final = 16
"""Leaving one thing out may show that what held it is incomplete; no schema goes on like this for long."""


def without_faults(value: JSON, problems: Iterable[Problem], judge: Callable[[JSON], Iterable[Problem]]) -> JSON | None:
    """Leave out what is wrong until the rest is right; see `faults`.

    Returns:
        What remains, or None if nothing does.
    """
    places = faults(value, problems, judge)
    return None if places is None else without(value, places)


def faults(
    value: JSON, problems: Iterable[Problem], judge: Callable[[JSON], Iterable[Problem]]
) -> tuple[Path, ...] | None:
    """Tell what is to be left out of a value for the rest to be right.

    Args:
        value: A value in the user's shape; it is not changed.
        problems: What is wrong with it. It is left out where it stands; where something is missing, that which misses
            it is left out.
        judge: Says what is wrong with what remains.

    Returns:
        Places to be left out one after the other; None if nothing would remain.
    """
    value = deepcopy(value)

    def places_of(problems: Iterable[Problem]) -> set[Path]:
        return {_existing(value, problem.path) for problem in problems}

    return _leave_out(value, places_of(problems), lambda _: places_of(judge(value)))


def drop_fields(
    value: JSON,
    unread: Iterable[Problem],
    problems: Iterable[Problem],
    judge: Callable[[JSON], Iterable[Problem]],
) -> tuple[JSON, tuple[Path, ...]] | None:
    """Leave out the fields that are wrong until the rest is right; lists stay whole or go as a whole.

    Args:
        value: A value in the user's shape; it is not changed.
        unread: What could not be read, or was not finished. What is missing or null already needs no leaving out.
        problems: Why the user's schema does not admit it.
        judge: Says what is wrong with what remains.

    Returns:
        What remains, with null where a field must be there but may be null, and what was left out; None if a required
        field is wrong.
    """
    said = [path for path in (each.path for each in unread) if _existing(value, path) == path]
    places = {_field_of(value, path) for path in said if follow(value, path) is not None}
    places |= {_field_of(value, each.path) for each in problems}
    value = deepcopy(value)

    def still_wrong(left_out: Collection[Path]) -> set[Path]:
        # A field that must be there and may be null is null: `"total": null`.
        missing = [each.path for each in judge(value) if each.path in left_out]
        for place in missing:
            fields(follow(value, place[:-1]))[str(place[-1])] = None
        return {_field_of(value, problem.path) for problem in judge(value)}

    left_out = _leave_out(value, places, still_wrong)
    return None if left_out is None else (value, left_out)


def without(value: JSON, places: Iterable[Path]) -> JSON:
    """Leave places out of a value, one after the other; it is not changed itself."""
    value = deepcopy(value)
    for place in places:
        _take_out(value, place)
    return value


def after_removal(path: Path, places: Iterable[Path]) -> Path | None:
    """Tell where a path leads when places were left out one after the other; None if it was among them.

    Of a list without its second item, the third is the second.
    """
    for place in places:
        size = len(place)
        if path[:size] == place:
            return None
        if len(path) >= size and path[: size - 1] == place[:-1]:
            step, gone = path[size - 1], place[-1]
            if isinstance(step, int) and isinstance(gone, int) and step > gone:
                path = (*path[: size - 1], step - 1, *path[size:])
    return path


def _leave_out(
    value: JSON, places: Collection[Path], still_wrong: Callable[[Collection[Path]], Collection[Path]]
) -> tuple[Path, ...] | None:
    """Take places out of a value, and whatever is still wrong then, until nothing is; None if nothing would remain."""
    left_out: list[Path] = []
    for _ in range(_ROUNDS):
        if () in places:
            return None
        for place in _outermost(places):
            _take_out(value, place)
            left_out.append(place)
        places = still_wrong(left_out)
        if not places:
            return tuple(left_out)
    return None


def _existing(value: JSON, path: Path) -> Path:
    """As much of a path as there is."""
    for length, step in enumerate(path):
        try:
            value = child(value, step)
        except LookupError:
            return path[:length]
    return path


def _outermost(places: Collection[Path]) -> list[Path]:
    """The places that stand in no other one, which goes with all that is in it; from behind."""
    outer = [place for place in places if not any(place[:size] in places for size in range(len(place)))]
    # Taking out an item of a list leaves those before it in their places.
    return sorted(outer, key=lambda place: [(isinstance(step, int), step) for step in place], reverse=True)


def _field_of(value: JSON, path: Path) -> Path:
    """The innermost field of an object that a place stands in: its list as a whole, if it is an item."""
    path = _existing(value, path)
    return path[: next((size for size in range(len(path), 0, -1) if isinstance(path[size - 1], str)), 0)]


def _take_out(value: JSON, place: Path) -> None:
    holder = follow(value, place[:-1])
    match place[-1]:
        case str() as key:
            del fields(holder)[key]
        case index:
            del items(holder)[index]
