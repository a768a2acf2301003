"""Where a place in an answer is in the user's shape: the lens, followed down a path."""

from collections.abc import Sequence

from langchain_nuextract.paths import JSON, Path, fields, items
from langchain_nuextract.schema.codec.containers import Lens, ListLens, MapLens, RecordLens
from langchain_nuextract.schema.codec.unions import SplitLens, TupleLens


def place(lens: Lens, path: Path, answer: JSON, at: Path = ()) -> Path:
    """Give the place in the user's shape, or the nearest one above it where there is no single counterpart.

    Args:
        lens: Of the answer.
        path: A place in the answer; there need be nothing there.
        answer: It shows the keys of maps, and which items of a list are left out for being blank.
        at: Where the lens stands in the user's shape.
    """
    found = at
    match lens:
        case RecordLens() if path:
            found = _in_record(lens, path, answer, at)
        case ListLens() if path:
            found = _in_list(lens, path, answer, at)
        case MapLens() if path:
            found = _in_map(lens, path, answer, at)
        case TupleLens() if path:
            found = _in_tuple(lens, path, answer, at)
        case SplitLens() if path:
            found = _in_split(lens, path, answer, at)
        case _:
            pass
    return found


def _in_record(lens: RecordLens, path: Path, answer: JSON, at: Path) -> Path:
    name, *rest = path
    inner = fields(answer).get(str(name))
    if lens.others and name == lens.others[0]:
        return place(lens.others[1], tuple(rest), inner, at)
    part = next((part for part in lens.parts if part.name == name and not part.constant), None)
    return place(part.lens, tuple(rest), inner, (*at, name)) if part else (*at, *path)


def _in_list(lens: ListLens, path: Path, answer: JSON, at: Path) -> Path:
    index, *rest = path
    if not isinstance(index, int):
        return at
    before, after = items(answer)[:index], items(answer)[index:]
    left_out = 0 if lens.gaps else sum(lens.item.blank(child) for child in before)
    return place(lens.item, tuple(rest), _first(after), (*at, index - left_out))


def _in_map(lens: MapLens, path: Path, answer: JSON, at: Path) -> Path:
    index, *rest = path
    entry = fields(_first(items(answer)[index:])) if isinstance(index, int) else {}
    key = entry.get(lens.key)
    if not isinstance(key, str):
        return at
    if lens.at is None:
        inner = [] if rest[:1] == [lens.key] else rest
        return place(lens.inner, tuple(inner), entry, (*at, key))
    return place(lens.inner, tuple(rest[1:]), entry.get(lens.at), (*at, key))


def _in_tuple(lens: TupleLens, path: Path, answer: JSON, at: Path) -> Path:
    name, *rest = path
    inner = fields(answer).get(str(name))
    if lens.rest and name == lens.rest[0]:
        first, *others = place(lens.rest[1], tuple(rest), inner) or (None,)
        return (*at, len(lens.parts) + first, *others) if isinstance(first, int) else at
    index = next((index for index, part in enumerate(lens.parts) if part.name == name), None)
    return at if index is None else place(lens.parts[index].lens, tuple(rest), inner, (*at, index))


def _in_split(lens: SplitLens, path: Path, answer: JSON, at: Path) -> Path:
    name, *rest = path
    named = [each for each in (lens.value, lens.items) if each]
    if lens.within is not None and lens.record:
        named.append((lens.within, lens.record))
    inner = next((inner for each, inner in named if each == name), None)
    if inner:
        return place(inner, tuple(rest), fields(answer).get(str(name)), at)
    return place(lens.record, path, answer, at) if lens.record and lens.within is None else at


def _first(answers: Sequence[JSON]) -> JSON:
    return answers[0] if answers else None
