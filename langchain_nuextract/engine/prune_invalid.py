"""Leaving out what is wrong with a value, so that the rest can be had."""

from collections.abc import Callable, Collection, Iterable
from copy import deepcopy
from typing import Any, Final

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
    return _left_out(value, {_existing(value, problem.path) for problem in problems}, judge, _existing)


def drop_fields(
    value: JSON,
    unread: Iterable[Problem],
    problems: Iterable[Problem],
    judge: Callable[[JSON], Iterable[Problem]],
) -> tuple[Path, ...] | None:
    """Tell which fields are to be left out of a value for the rest to be right; lists stay whole or go as a whole.

    Args:
        value: A value in the user's shape; it is not changed.
        unread: What could not be read, or was not finished. What is not in the value needs no leaving out.
        problems: Why the user's schema does not admit it.
        judge: Says what is wrong with what remains.

    Returns:
        Places to be left out one after the other; None if a required field is among them.
    """
    places = {_field_of(value, each.path) for each in unread if _existing(value, each.path) == each.path}
    return _left_out(value, places | {_field_of(value, each.path) for each in problems}, judge, _field_of)


def _left_out(
    value: JSON,
    places: Collection[Path],
    judge: Callable[[JSON], Iterable[Problem]],
    place_of: Callable[[JSON, Path], Path],
) -> tuple[Path, ...] | None:
    value, left_out = deepcopy(value), list[Path]()
    for _ in range(_ROUNDS):
        if () in places:
            return None
        # What stands within another place goes with it.
        outer = [place for place in places if not any(place[:size] in places for size in range(len(place)))]
        for place in sorted(outer, key=_in_order, reverse=True):
            _take_out(value, place)
            left_out.append(place)
        places = {place_of(value, problem.path) for problem in judge(value)}
        if not places:
            return tuple(left_out)
    return None


def without(value: JSON, places: Iterable[Path]) -> JSON:
    """Leave places out of a value, one after the other; it is not changed itself."""
    value = deepcopy(value)
    for place in places:
        _take_out(value, place)
    return value


def _existing(value: JSON, path: Path) -> Path:
    """As much of a path as there is."""
    for length, step in enumerate(path):
        try:
            value = child(value, step)
        except LookupError:
            return path[:length]
    return path


def _field_of(value: JSON, path: Path) -> Path:
    """The innermost field of an object that a place stands in: its list as a whole, if it is an item."""
    path = _existing(value, path)
    return path[: next((size for size in range(len(path), 0, -1) if isinstance(path[size - 1], str)), 0)]


def _in_order(path: Path) -> list[tuple[bool, Any]]:
    """From behind, taking out an item of a list leaves the others in their places."""
    return [(isinstance(step, int), step) for step in path]


def _take_out(value: JSON, place: Path) -> None:
    holder = follow(value, place[:-1])
    match place[-1]:
        case str() as key:
            del fields(holder)[key]
        case index:
            del items(holder)[index]
