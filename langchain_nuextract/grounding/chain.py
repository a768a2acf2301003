"""One place for each item of a list, so that they come one after the other in the text, as the items do in the list."""

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

Option: TypeAlias = tuple[int, int]
"""A place that an item can have, and how much speaks for it."""


class _Link(NamedTuple):
    score: int
    item: int
    place: int
    before: "_Link | None"


def increasing_chain(options: Sequence[Sequence[Option]]) -> Sequence[int | None]:
    """Choose a place for as many items as possible, each behind that of the item before it.

    Args:
        options: The places that each item can have.

    Returns:
        The place of each item in the choice for which most speaks; None where an item has none in it. Takes time
        n log n in the number of all options.
    """
    places = sorted({place for item in options for place, _ in item})
    rank = {place: index for index, place in enumerate(places, start=1)}
    best: list[_Link | None] = [None] * (len(places) + 1)
    for item, choices in enumerate(options):
        # All of an item's options are weighed before one is noted, for an item has one place only.
        links = [
            _Link((before.score if before else 0) + weight, item, place, before)
            for place, weight in choices
            for before in [_best(best, rank[place] - 1)]
        ]
        for link in links:
            _note(best, rank[link.place], link)
    chosen: list[int | None] = [None] * len(options)
    link = _best(best, len(places))
    while link:
        chosen[link.item] = link.place
        link = link.before
    return chosen


# The links are kept in a Fenwick tree, by the rank of their places: `best[i]` is the best of the last `i & -i` up to i.
def _best(best: Sequence[_Link | None], upto: int) -> _Link | None:
    found: _Link | None = None
    while upto:
        link = best[upto]
        if link and (not found or link.score > found.score):
            found = link
        upto -= upto & -upto
    return found


def _note(best: list[_Link | None], at: int, link: _Link) -> None:
    while at < len(best):
        known = best[at]
        if not known or link.score > known.score:
            best[at] = link
        at += at & -at
