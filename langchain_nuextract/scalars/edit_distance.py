"""Which name was meant by a misspelt one."""

from collections.abc import Hashable, Mapping
from typing import Final, TypeVar

SHORTEST: Final = 4
"""Letters a word must have; in a shorter one a single wrong letter makes it another word."""
LONGEST: Final = 60
"""Letters beyond which a name is not compared."""
SHARE: Final = 4
"""One letter in so many may differ."""

T = TypeVar("T", bound=Hashable)


def distance(one: str, other: str, most: int) -> int:
    """Count the letters to insert, drop, replace or swap with their neighbour; `most + 1` if there are more."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for at, letter in enumerate(one, start=1):
        last, before, row = before, row, [at]
        for to, mark in enumerate(other, start=1):
            step = min(before[to] + 1, row[to - 1] + 1, before[to - 1] + (letter != mark))
            if at > 1 and to > 1 and letter == other[to - 2] and one[at - 2] == mark:
                step = min(step, last[to - 2] + 1)
            row.append(step)
        if min(row) > most:
            return most + 1
    return row[-1]


def nearest_name(word: str, names: Mapping[T, str]) -> T | None:
    """The name that is clearly the nearest: few letters off, and any other at least two letters farther."""
    if not SHORTEST <= len(word) <= LONGEST:
        return None
    most = max(1, len(word) // SHARE)
    ranked = sorted(((distance(word, name, most + 1), at) for at, name in enumerate(names.values())))[:2]
    if not ranked or ranked[0][0] > most:
        return None
    if len(ranked) > 1 and ranked[1][0] < ranked[0][0] + 2:
        return None
    return list(names)[ranked[0][1]]
