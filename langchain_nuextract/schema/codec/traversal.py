"""A codec, followed: where values come from, where a place in an answer leads to, and what is said of each.

Each codec tells its own fragments (`layout`), the way down a path (`toward`) and what is below it in the template
(`below`), so that what follows it need not know of which kind it is.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import combinations
from typing import TypeAlias

from langchain_nuextract.paths import EACH, JSON, Path
from langchain_nuextract.schema.codec.maps import MapCodec
from langchain_nuextract.schema.codec.protocol import Codec, Fragment, Move

Origin: TypeAlias = tuple[Path, Path]
"""Where something stands in the value, and where in the answer it comes from."""


def origins(codec: Codec, answer: JSON, at: Path = (), of: Path = ()) -> Iterator[Origin]:
    """Yield the paths of `codec.lift(answer)`, each with the path in the answer that it comes from.

    A value that has no parts of its own in the answer, as JSON written as text, is one place with all below it. What
    the codec puts in without asking has no origin.

    Args:
        codec: Of the answer.
        answer: In the shape of the codec, or not.
        at: Where the value stands in a greater one.
        of: Where the answer stands in a greater one.
    """
    fragments: Iterable[tuple[Path, Fragment]]
    match codec.layout(answer):
        case None:
            yield at, of
            return
        case dict() as named:
            fragments = (((key,), fragment) for key, fragment in named.items())
        case list() as listed:
            fragments = (((index,), fragment) for index, fragment in enumerate(listed))
        case alone:
            fragments = [((), alone)]
    for step, (way, inner, child) in fragments:
        if way is None:
            continue
        if inner is None:
            yield (*at, *step), (*of, *way)
        else:
            yield from origins(inner, child, (*at, *step), (*of, *way))


def placer(codec: Codec, answer: JSON) -> Callable[[Path], Path]:
    """Give what tells of a place in an answer, where there need be nothing, which place it is in the user's shape.

    That is the nearest one above it where there is no single counterpart. The items of a list are counted once, not for
    each of the places in it.

    Args:
        codec: Of the answer.
        answer: It shows the keys of maps, and which items of a list are left out for being blank.
    """
    moves: dict[Path, Callable[[Path], Move]] = {}

    def place(path: Path) -> Path:
        found, rest, here = (), path, answer
        inner: Codec | None = codec
        while rest and inner:
            at = path[: len(path) - len(rest)]
            move = moves.get(at) or moves.setdefault(at, inner.toward(here))
            steps, inner, here, rest = move(rest)
            found += steps
        return found

    return place


def notes(codec: Codec, at: Path = ()) -> Iterator[tuple[Path, str]]:
    """Yield the descriptions of a codec and of all below it, each with its place in the template."""
    if codec.note:
        yield at, codec.note
    if isinstance(codec, MapCodec) and codec.key_note:
        yield (*at, EACH, codec.key), codec.key_note
    for step, inner in codec.below:
        yield from notes(inner, (*at, *step))


def distinct(described: Iterable[tuple[Path, str]]) -> Iterator[tuple[Path, str]]:
    """Leave out the descriptions that only repeat because a recursion is unrolled."""
    given: set[tuple[Path, str]] = set()
    for path, note in described:
        # `$.parent.parent.name` and `$.parent.name` are `$.name` without steps that come several times on end.
        ends = combinations(range(len(path) + 1), 2)
        shorter = [path, *(path[:start] + path[end:] for start, end in ends)]
        if not any((each, note) in given for each in shorter):
            given.add((path, note))
            yield path, note
