"""From where in an answer each value comes that is lifted out of it: the lens, followed path by path."""

from collections.abc import Iterator
from typing import TypeAlias

from langchain_nuextract.paths import JSON, Path
from langchain_nuextract.schema.codec.containers import Lens, ListLens, MapLens, Part, RecordLens, hollow
from langchain_nuextract.schema.codec.unions import SplitLens, TupleLens
from langchain_nuextract.schema.json_types import is_list, is_object

Origin: TypeAlias = tuple[Path, Path]
"""Where something stands in the value, and where in the answer it comes from."""

_HERE: Origin = ((), ())


def origins(lens: Lens, answer: JSON) -> Iterator[Origin]:
    """Yield the paths of `lens.lift(answer)`, each with the path in the answer that it comes from.

    A value that has no parts of its own in the answer, as JSON written as text, is one place with all below it. What
    the lens puts in without asking has no origin. The paths may go on where there is nothing in the value.
    """
    match lens:
        case RecordLens():
            yield from _record(lens, answer)
        case ListLens():
            yield from _list(lens, answer)
        case MapLens():
            yield from _map(lens, answer)
        case TupleLens():
            yield from _tuple(lens, answer)
        case SplitLens():
            yield from _split(lens, answer)
        case _:
            yield _HERE


def within(lens: Lens, answer: JSON, at: Path, of: Path) -> Iterator[Origin]:
    """Yield the same for a value that stands at one place and comes from another."""
    for place, origin in origins(lens, answer):
        yield (*at, *place), (*of, *origin)


def _record(lens: RecordLens, answer: JSON) -> Iterator[Origin]:
    if not is_object(answer):
        if not lens.blank(answer):
            yield _HERE
            return
        answer = {}
    for part in lens.parts:
        yield from _part(part, answer)
    if lens.others:
        name, others = lens.others
        found = answer.get(name)
        yield from within(others, found, (), (name,)) if is_object(others.lift(found)) else [((name,), (name,))]
    elif lens.open:
        known = {part.name for part in lens.parts}
        yield from (((key,), (key,)) for key in answer if key not in known)


def _part(part: Part, answer: dict[str, JSON]) -> Iterator[Origin]:
    said, at = answer.get(part.name), (part.name,)
    if part.constant:
        return
    if part.lens.blank(said) and part.nullable:
        yield at, at
    else:
        yield from within(part.lens, said, at, at)


def _list(lens: ListLens, answer: JSON) -> Iterator[Origin]:
    if not is_list(answer):
        yield _HERE
        return
    blank = [lens.item.blank(child) for child in answer]
    kept = [index for index, gap in enumerate(blank) if lens.gaps or not gap]
    for at, of in enumerate(kept):
        yield from [((at,), (of,))] if blank[of] else within(lens.item, answer[of], (at,), (of,))


def _map(lens: MapLens, answer: JSON) -> Iterator[Origin]:
    if not is_list(answer):
        yield _HERE
        return
    entries = [(of, entry) for of, entry in enumerate(answer) if not hollow(entry)]
    if not is_object(lens.lift(answer)):
        yield from (((at,), (of,)) for at, (of, _) in enumerate(entries))
        return
    seen: set[str] = set()
    for of, entry in entries:
        key: str = entry[lens.key]
        inner = entry.get(lens.at) if lens.at is not None else {k: v for k, v in entry.items() if k != lens.key}
        blank = lens.inner.blank(inner)
        if key not in seen and (not blank or lens.gaps or lens.stands):
            seen.add(key)
            there: Path = (of,) if lens.at is None else (of, lens.at)
            yield from [((key,), there)] if blank and lens.gaps else within(lens.inner, inner, (key,), there)


def _tuple(lens: TupleLens, answer: JSON) -> Iterator[Origin]:
    if not is_object(answer):
        yield _HERE
        return
    for index, part in enumerate(lens.parts):
        said, of = answer.get(part.name), (part.name,)
        yield from [((index,), of)] if part.lens.blank(said) else within(part.lens, said, (index,), of)
    if lens.rest:
        name, rest = lens.rest
        for place, origin in origins(rest, answer.get(name)):
            first, *others = place or (0,)
            yield (len(lens.parts) + int(first), *others), (name, *origin)


def _split(lens: SplitLens, answer: JSON) -> Iterator[Origin]:
    """Follow the first part that is filled; a part that is not has nothing to follow."""
    if not is_object(answer):
        shape = lens.items if is_list(answer) else lens.value
        yield from origins(shape[1], answer) if shape else [_HERE]
        return
    if lens.value and not lens.value[1].blank(answer.get(lens.value[0])):
        yield from within(lens.value[1], answer[lens.value[0]], (), (lens.value[0],))
        return
    items = answer.get(lens.items[0]) if lens.items else None
    if lens.items and not hollow(items):
        yield from within(lens.items[1], items, (), (lens.items[0],))
    elif lens.record:
        of = () if lens.within is None else (lens.within,)
        yield from within(lens.record, lens.record_of(answer), (), of)
