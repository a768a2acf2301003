"""Marked places: which field each is of, which row, what stands there, and where that is."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from langchain_nuextract.errors import EvaluationError
from langchain_nuextract.evaluation.label_studio.controls import Control, control_name
from langchain_nuextract.evaluation.label_studio.known_fields import Fields
from langchain_nuextract.evaluation.label_studio.spans import read_span
from langchain_nuextract.paths import EACH, JSON, Path, fields, integer, items, number, text

_ROW: Final = "row"
"""The name of a control by which a region says which row it is of."""


@dataclass(frozen=True, slots=True)
class Region:
    """A marked place."""

    id: str
    control: Control
    mark: JSON
    written: str | None
    """What stands there."""
    row: int | None
    """Which row it is of, by its number or by what it is linked to, if that was said."""
    order: tuple[float, ...] = field(default=())
    """Where it comes among the others, in reading order."""


def labels_of(result: Mapping[str, JSON]) -> list[str]:
    """Give the labels of a marked place; none if the result is something else."""
    kind = text(result.get("type"))
    return [text(each) for each in items(fields(result.get("value")).get(kind))] if kind.endswith("labels") else []


def regions_of(
    results: Sequence[Mapping[str, JSON]], data: Mapping[str, JSON], known: Fields, where: str
) -> Iterator[Region]:
    """Read the places that an annotation marks, as far as the schema has fields for them.

    Args:
        results: Of the annotation.
        data: Of its task.
        known: What names mean.
        where: What to call the annotation in a message.

    Raises:
        EvaluationError: A stretch does not fit the text.
    """
    said: dict[str, list[Mapping[str, JSON]]] = {}
    for result in results:
        said.setdefault(text(result.get("id")), []).append(result)
    linked = _linked(results)
    for result in results:
        for label in labels_of(result):
            found = known.find(label)
            if found is None:
                continue
            own = said[text(result.get("id"))]
            value = fields(result.get("value"))
            areas = (items(fields(each.get("value")).get("text")) for each in own if each.get("type") == "textarea")
            written = next((text(area[0]) if area else None for area in areas), None)
            row = next(
                (integer(fields(each.get("value")).get("number")) for each in own if each.get("from_name") == _ROW),
                None,
            )
            mark, quoted, order = _mark(value, integer(result.get("item_index")), _text_of(result, data, known), where)
            row = linked.get(text(result.get("id"))) if row is None else row
            yield Region(text(result.get("id")), found[0], mark, written if written is not None else quoted, row, order)


def _linked(results: Sequence[Mapping[str, JSON]]) -> dict[str, int]:
    """Number the groups of regions that relations link, in the order in which the first of each group stands."""
    groups: dict[str, set[str]] = {}
    for result in results:
        if result.get("type") == "relation":
            first, second = text(result.get("from_id")), text(result.get("to_id"))
            # Whoever links a to b and b to c means all three, whichever relation was drawn first.
            joined = groups.get(first, {first}) | groups.get(second, {second})
            groups.update(dict.fromkeys(joined, joined))
    order = list(dict.fromkeys(text(each.get("id")) for each in results if text(each.get("id")) in groups))
    numbers: dict[int, int] = {}
    return {name: numbers.setdefault(id(groups[name]), len(numbers)) for name in order}


def _text_of(result: Mapping[str, JSON], data: Mapping[str, JSON], known: Fields) -> str:
    name = text(result.get("to_name"))
    _, key = known.config.objects.get(name, ("", name)) if known.config else ("", name)
    return text(data.get(key)) or text(data.get("text"))


def _mark(
    value: Mapping[str, JSON], page: int | None, document: str, where: str
) -> tuple[JSON, str | None, tuple[float, ...]]:
    """A place as a gold has it, the text that stands there if that is known, and its rank in reading order."""
    offsets = fields(value.get("globalOffsets")) or value
    start, end = integer(offsets.get("start")), integer(offsets.get("end"))
    if start is not None and end is not None:
        # Label Studio counts in UTF-16 where a text has emojis; what it quotes tells which of both was meant.
        quoted = value.get("text")
        start, end = read_span(document, start, end, quoted if isinstance(quoted, str) else None, where)
        return {"start": start, "end": end}, document[start:end] or None, (start,)
    sides = [number(value.get(key)) for key in ("x", "y", "width", "height")]
    at = (page or 0) + 1
    match sides:
        case [float() | int() as x, float() | int() as y, float() | int() as width, float() | int() as height]:
            box = list[JSON](round(side / 100, 6) for side in (x, y, x + width, y + height))
            # A box that is turned has no sides of its own to say.
            return ({"page": at} if number(value.get("rotation")) else {"page": at, "box": box}), None, (at, y, x)
        case _:
            return {"page": at}, None, (at,)


def placed(regions: Sequence[Region], where: str) -> Iterator[tuple[Region, Path]]:
    """Yield each region with the path of its value; cells get the number of their row.

    Raises:
        EvaluationError: Cells do not say which row they are of.
    """
    cells = [each for each in regions if EACH in each.control.path]
    yield from ((each, each.control.path) for each in regions if EACH not in each.control.path)
    for name in dict.fromkeys(each.control.path[: each.control.path.index(EACH)] for each in cells):
        mine = [each for each in cells if each.control.path[: len(name)] == name]
        for each, row in _rows(mine, where):
            yield each, tuple(row if step == EACH else step for step in each.control.path)


def _rows(cells: Sequence[Region], where: str) -> Iterator[tuple[Region, int]]:
    """Each cell with the number of its row; rows count from 0, in reading order."""
    rows: dict[object, list[Region]] = {}
    columns: dict[Path, list[Region]] = {}
    for each in sorted(cells, key=lambda each: each.order):
        if each.row is None:
            columns.setdefault(each.control.path, []).append(each)
            # The first price and the first label are of one row, unless somebody says otherwise.
            rows.setdefault(("unlinked", len(columns[each.control.path])), []).append(each)
        else:
            rows.setdefault(each.row, []).append(each)
    counts = {control_name(path): len(each) for path, each in columns.items()}
    is_linked = any(each.row is not None for each in cells)
    # Three labels and two prices: which label has none is not to be guessed.
    if len(counts) > 1 and (is_linked or len(set(counts.values())) > 1):
        listed = ", ".join(f"{name} {count}" for name, count in counts.items())
        raise EvaluationError(
            where,
            f"which cells are of one row is not said ({listed} without). Link those of a row by a relation, or give "
            "each a number in a control called row",
        )
    for place, row in enumerate(sorted(rows.values(), key=lambda row: min(each.order for each in row))):
        yield from ((each, place) for each in row)
