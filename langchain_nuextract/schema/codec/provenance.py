"""From where in an answer each value comes that is lifted out of it: the codec, followed path by path."""

from collections.abc import Iterator
from typing import TypeAlias

from langchain_nuextract.paths import JSON, Path, fields, text
from langchain_nuextract.schema.codec.containers import Codec, ListCodec, MapCodec, Part, RecordCodec, is_empty
from langchain_nuextract.schema.codec.unions import TupleCodec, UnionCodec
from langchain_nuextract.schema.json_types import is_list, is_object

Origin: TypeAlias = tuple[Path, Path]
"""Where something stands in the value, and where in the answer it comes from."""

_HERE: Origin = ((), ())


def origins(codec: Codec, answer: JSON) -> Iterator[Origin]:
    """Yield the paths of `codec.lift(answer)`, each with the path in the answer that it comes from.

    A value that has no parts of its own in the answer, as JSON written as text, is one place with all below it. What
    the codec puts in without asking has no origin. The paths may go on where there is nothing in the value.
    """
    match codec:
        case RecordCodec():
            yield from _record(codec, answer)
        case ListCodec():
            yield from _list(codec, answer)
        case MapCodec():
            yield from _map(codec, answer)
        case TupleCodec():
            yield from _tuple(codec, answer)
        case UnionCodec():
            yield from _split(codec, answer)
        case _:
            yield _HERE


def within(codec: Codec, answer: JSON, at: Path, of: Path) -> Iterator[Origin]:
    """Yield the same for a value that stands at one place and comes from another."""
    for place, origin in origins(codec, answer):
        yield (*at, *place), (*of, *origin)


def _record(codec: RecordCodec, answer: JSON) -> Iterator[Origin]:
    if not is_object(answer):
        if not codec.blank(answer):
            yield _HERE
            return
        answer = {}
    for part in codec.parts:
        yield from _part(part, answer)
    if codec.others:
        name, others = codec.others
        found = answer.get(name)
        yield from within(others, found, (), (name,)) if is_object(others.lift(found)) else [((name,), (name,))]
    elif codec.open or codec.keeps:
        known = {part.name for part in codec.parts}
        yield from (((key,), (key,)) for key in answer if key not in known)


def _part(part: Part, answer: dict[str, JSON]) -> Iterator[Origin]:
    said, at = answer.get(part.name), (part.name,)
    if part.constant:
        return
    if part.codec.blank(said) and part.nullable:
        yield at, at
    else:
        yield from within(part.codec, said, at, at)


def _list(codec: ListCodec, answer: JSON) -> Iterator[Origin]:
    if not is_list(answer):
        yield _HERE
        return
    blank = [codec.item.blank(child) for child in answer]
    kept = [index for index, gap in enumerate(blank) if codec.gaps or not gap]
    for at, of in enumerate(kept):
        yield from [((at,), (of,))] if blank[of] else within(codec.item, answer[of], (at,), (of,))


def _map(codec: MapCodec, answer: JSON) -> Iterator[Origin]:
    if not is_list(answer):
        yield _HERE
        return
    entries = [(of, entry) for of, entry in enumerate(answer) if not is_empty(entry)]
    if not is_object(codec.lift(answer)):
        yield from (((at,), (of,)) for at, (of, _) in enumerate(entries))
        return
    seen: set[str] = set()
    for of, child in entries:
        entry = fields(child)
        key = text(entry[codec.key])
        inner = entry.get(codec.at) if codec.at is not None else {k: v for k, v in entry.items() if k != codec.key}
        blank = codec.inner.blank(inner)
        if key not in seen and (not blank or codec.gaps or codec.stands):
            seen.add(key)
            there: Path = (of,) if codec.at is None else (of, codec.at)
            yield from [((key,), there)] if blank and codec.gaps else within(codec.inner, inner, (key,), there)


def _tuple(codec: TupleCodec, answer: JSON) -> Iterator[Origin]:
    if not is_object(answer):
        yield _HERE
        return
    for index, part in enumerate(codec.parts):
        said, of = answer.get(part.name), (part.name,)
        yield from [((index,), of)] if part.codec.blank(said) else within(part.codec, said, (index,), of)
    if codec.rest:
        name, rest = codec.rest
        for place, origin in origins(rest, answer.get(name)):
            first, *others = place or (0,)
            yield (len(codec.parts) + int(first), *others), (name, *origin)


def _split(codec: UnionCodec, answer: JSON) -> Iterator[Origin]:
    """Follow the first part that is filled; a part that is not has nothing to follow."""
    if not is_object(answer):
        shape = codec.items if is_list(answer) else codec.value
        yield from origins(shape[1], answer) if shape else [_HERE]
        return
    if codec.value and not codec.value[1].blank(answer.get(codec.value[0])):
        yield from within(codec.value[1], answer[codec.value[0]], (), (codec.value[0],))
        return
    items = answer.get(codec.items[0]) if codec.items else None
    if codec.items and not is_empty(items):
        yield from within(codec.items[1], items, (), (codec.items[0],))
    elif codec.record:
        of = () if codec.within is None else (codec.within,)
        yield from within(codec.record, codec.record_of(answer), (), of)
