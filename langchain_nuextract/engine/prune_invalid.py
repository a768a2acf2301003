"""Leaving out what is wrong with a value, so that the rest can be had."""

from collections.abc import Callable, Iterable
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
    value, wrong = deepcopy(value), tuple(problems)
    left_out: list[Path] = []
    for _ in range(_ROUNDS):
        places = {_last_on(value, problem.path) for problem in wrong}
        if () in places:
            return None
        for place in sorted(places, key=_in_order, reverse=True):
            _take_out(value, place)
            left_out.append(place)
        wrong = tuple(judge(value))
        if not wrong:
            return tuple(left_out)
    return None


def without(value: JSON, places: Iterable[Path]) -> JSON:
    """Leave places out of a value, one after the other; it is not changed itself."""
    value = deepcopy(value)
    for place in places:
        _take_out(value, place)
    return value


def _last_on(value: JSON, path: Path) -> Path:
    """As much of a path as there is."""
    for length, step in enumerate(path):
        try:
            value = child(value, step)
        except LookupError:
            return path[:length]
    return path


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
