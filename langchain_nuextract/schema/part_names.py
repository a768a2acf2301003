"""Names of parts that the user's schema has no name for."""

from collections.abc import Sequence

_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")


def ordinal(index: int) -> str:
    """Name the place of a tuple that has no name of its own, counted from 0."""
    return _ORDINALS[index] if index < len(_ORDINALS) else f"item_{index + 1}"


def unused(wanted: tuple[str, ...], taken: Sequence[str]) -> str:
    """Give the first of some names that is not taken, or the first with underscores until it is not."""
    free = next((name for name in wanted if name not in taken), None)
    name = wanted[0]
    while free is None:
        name += "_"
        free = None if name in taken else name
    return free
