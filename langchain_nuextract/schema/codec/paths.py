"""Where a place in an answer is in the user's shape: the codec, followed down a path."""

from collections.abc import Sequence

from langchain_nuextract.paths import JSON, Path, fields, items
from langchain_nuextract.schema.codec.containers import Codec, ListCodec, MapCodec, RecordCodec
from langchain_nuextract.schema.codec.unions import TupleCodec, UnionCodec


def place(codec: Codec, path: Path, answer: JSON, at: Path = ()) -> Path:
    """Give the place in the user's shape, or the nearest one above it where there is no single counterpart.

    Args:
        codec: Of the answer.
        path: A place in the answer; there need be nothing there.
        answer: It shows the keys of maps, and which items of a list are left out for being blank.
        at: Where the codec stands in the user's shape.
    """
    found = at
    match codec:
        case RecordCodec() if path:
            found = _in_record(codec, path, answer, at)
        case ListCodec() if path:
            found = _in_list(codec, path, answer, at)
        case MapCodec() if path:
            found = _in_map(codec, path, answer, at)
        case TupleCodec() if path:
            found = _in_tuple(codec, path, answer, at)
        case UnionCodec() if path:
            found = _in_split(codec, path, answer, at)
        case _:
            pass
    return found


def _in_record(codec: RecordCodec, path: Path, answer: JSON, at: Path) -> Path:
    name, *rest = path
    inner = fields(answer).get(str(name))
    if codec.others and name == codec.others[0]:
        return place(codec.others[1], tuple(rest), inner, at)
    part = codec.asked.get(str(name))
    return place(part.codec, tuple(rest), inner, (*at, name)) if part else (*at, *path)


def _in_list(codec: ListCodec, path: Path, answer: JSON, at: Path) -> Path:
    index, *rest = path
    if not isinstance(index, int):
        return at
    before, after = items(answer)[:index], items(answer)[index:]
    left_out = 0 if codec.gaps else sum(codec.item.blank(child) for child in before)
    return place(codec.item, tuple(rest), _first(after), (*at, index - left_out))


def _in_map(codec: MapCodec, path: Path, answer: JSON, at: Path) -> Path:
    index, *rest = path
    entry = fields(_first(items(answer)[index:])) if isinstance(index, int) else {}
    key = entry.get(codec.key)
    if not isinstance(key, str):
        return at
    if codec.at is None:
        inner = [] if rest[:1] == [codec.key] else rest
        return place(codec.inner, tuple(inner), entry, (*at, key))
    return place(codec.inner, tuple(rest[1:]), entry.get(codec.at), (*at, key))


def _in_tuple(codec: TupleCodec, path: Path, answer: JSON, at: Path) -> Path:
    name, *rest = path
    inner = fields(answer).get(str(name))
    if codec.rest and name == codec.rest[0]:
        first, *others = place(codec.rest[1], tuple(rest), inner) or (None,)
        return (*at, len(codec.parts) + first, *others) if isinstance(first, int) else at
    index = next((index for index, part in enumerate(codec.parts) if part.name == name), None)
    return at if index is None else place(codec.parts[index].codec, tuple(rest), inner, (*at, index))


def _in_split(codec: UnionCodec, path: Path, answer: JSON, at: Path) -> Path:
    name, *rest = path
    named = [each for each in (codec.value, codec.items) if each]
    if codec.within is not None and codec.record:
        named.append((codec.within, codec.record))
    inner = next((inner for each, inner in named if each == name), None)
    if inner:
        return place(inner, tuple(rest), fields(answer).get(str(name)), at)
    return place(codec.record, path, answer, at) if codec.record and codec.within is None else at


def _first(answers: Sequence[JSON]) -> JSON:
    return answers[0] if answers else None
