"""One annotation: the value that its answers make, and the places that it marks."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from langchain_nuextract.errors import EvaluationError, quote
from langchain_nuextract.evaluation.label_studio.config import Config
from langchain_nuextract.evaluation.label_studio.controls import Control, Part, control_name, controls, each_control
from langchain_nuextract.evaluation.label_studio.spans import read_span
from langchain_nuextract.paths import EACH, JSON, Path, fields, integer, items, number, text
from langchain_nuextract.schema.target import Target

_ROW: Final = "row"
"""The name of a control by which a region says which row it is of."""
_SEVERAL: Final = frozenset({"texts", "choices"})


@dataclass(frozen=True, slots=True)
class Annotation:
    """What one person said of one task."""

    value: JSON
    """As it was typed, in the shape of the schema; what was not answered is not there."""
    evidence: Mapping[Path, list[JSON]]
    """The places that were marked, by the path of the value that stands there."""
    annotator: str
    ground_truth: bool
    changed: str
    """When, as ISO 8601."""
    corrected: bool
    """Whether it began with a prediction."""
    seconds: float | None
    unknown: tuple[str, ...] = ()
    """The controls and labels that were answered and that the schema has no field for."""


@dataclass(frozen=True)
class Fields:
    """What the names of controls and labels mean."""

    parts: tuple[Part, ...]
    config: Config | None

    @classmethod
    def of(cls, target: Target[object], config: Config | None) -> "Fields":
        """Read them off a schema."""
        return cls(tuple(controls(target.node)), config)

    @cached_property
    def _by_name(self) -> Mapping[str, Control]:
        return {control_name(each.path): each for each in each_control(self.parts)}

    def find(self, name: str) -> tuple[Control, Path] | None:
        """Tell which field a name means, and where its value goes; None if the schema has none such.

        `items[2].price` is the field `items[].price` in row 2, and `items[].price` the same in a row not yet known.
        """
        if name in self._by_name:
            return self._by_name[name], self._by_name[name].path
        rows = [int(each) for each in re.findall(r"\[(\d{1,6})\]", name)]
        control = self._by_name.get(re.sub(r"\[\d{1,6}\]", "[]", name))
        if control is None or control.path.count(EACH) != len(rows):
            return None
        numbers = iter(rows)
        return control, tuple(next(numbers) if step == EACH else step for step in control.path)


@dataclass(frozen=True, slots=True)
class _Region:
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


def read_annotation(annotation: Mapping[str, JSON], data: Mapping[str, JSON], known: Fields, where: str) -> Annotation:
    """Read an annotation of an export.

    Args:
        annotation: As it stands there.
        data: The data of its task.
        known: What names mean.
        where: What to call it in a message.

    Raises:
        EvaluationError: A control is not in the configuration, an answer is not of its control's kind, a stretch does
            not fit the text, or cells of a table do not say which row they are of.
    """
    results = [fields(each) for each in items(annotation.get("result"))]
    _check_names(results, known.config, where)
    answers: dict[Path, JSON] = {}
    unknown: list[str] = []
    for result in results:
        if "value" not in result or _is_about_region(result, results):
            continue
        if labels := _labels(result):
            unknown += [name for name in labels if not known.find(name)]
            continue
        found = known.find(text(result.get("from_name")))
        if found is None:
            unknown.append(text(result.get("from_name")))
        else:
            answers[found[1]] = _answer(result, found[0], where)
    evidence = _add_regions(answers, [*_regions(results, data, known, where)], known, where)
    return Annotation(
        _nested(answers),
        evidence,
        str(annotation.get("completed_by", "")),
        bool(annotation.get("ground_truth")),
        text(annotation.get("updated_at")),
        annotation.get("parent_prediction") is not None,
        number(annotation.get("lead_time")),
        tuple(unknown),
    )


def _check_names(results: Sequence[Mapping[str, JSON]], config: Config | None, where: str) -> None:
    if config is None:
        return
    for result in results:
        name = text(result.get("from_name"))
        if name and config.find(name) is None:
            raise EvaluationError(where, f"it answers {name!r}, which is not in the configuration")


def _is_about_region(result: Mapping[str, JSON], results: Sequence[Mapping[str, JSON]]) -> bool:
    """Whether an answer says something of a marked place: it has the place's id."""
    return not _labels(result) and any(
        other is not result and other.get("id") == result.get("id") and _labels(other) for other in results
    )


def _labels(result: Mapping[str, JSON]) -> list[str]:
    """The labels of a marked place; none if the result is something else."""
    kind = text(result.get("type"))
    return [text(each) for each in items(fields(result.get("value")).get(kind))] if kind.endswith("labels") else []


def _answer(result: Mapping[str, JSON], control: Control, where: str) -> JSON:
    kind, value = text(result.get("type")), fields(result.get("value"))
    given = value.get({"textarea": "text"}.get(kind, kind))
    if kind == "taxonomy":
        given = list[JSON](items(path)[-1] for path in items(given) if items(path))
    answers = items(given) if isinstance(given, list) else [given]
    if control.kind == "json" and kind == "textarea":
        return _json(answers, control, where)
    if control.kind in _SEVERAL:
        return [*answers]
    if len(answers) > 1:
        raise EvaluationError(where, f"{control.name} has {len(answers)} answers, and the schema takes one")
    return answers[0] if answers else None


def _json(answers: Sequence[JSON], control: Control, where: str) -> JSON:
    written = text(answers[0]) if answers else ""
    try:
        return json.loads(written) if written.strip() else None
    except (ValueError, RecursionError) as error:
        raise EvaluationError(where, f"{control.name} takes JSON, and has {quote(written)}: {error}") from error


def _regions(
    results: Sequence[Mapping[str, JSON]], data: Mapping[str, JSON], known: Fields, where: str
) -> Iterator[_Region]:
    said: dict[str, list[Mapping[str, JSON]]] = {}
    for result in results:
        said.setdefault(text(result.get("id")), []).append(result)
    linked = _linked(results)
    for result in results:
        for label in _labels(result):
            found = known.find(label)
            if found is None:
                continue
            own = said[text(result.get("id"))]
            value = fields(result.get("value"))
            written = next((_first_text(each) for each in own if each.get("type") == "textarea"), None)
            row = next(
                (integer(fields(each.get("value")).get("number")) for each in own if each.get("from_name") == _ROW),
                None,
            )
            mark, quoted, order = _mark(value, integer(result.get("item_index")), _text_of(result, data, known), where)
            row = linked.get(text(result.get("id"))) if row is None else row
            yield _Region(
                text(result.get("id")), found[0], mark, written if written is not None else quoted, row, order
            )


def _linked(results: Sequence[Mapping[str, JSON]]) -> dict[str, int]:
    """Number the groups of regions that relations link, in the order in which the first of each group stands."""
    groups: dict[str, set[str]] = {}
    for result in results:
        if result.get("type") == "relation":
            first, second = text(result.get("from_id")), text(result.get("to_id"))
            joined = groups.get(first, {first}) | groups.get(second, {second})
            groups.update(dict.fromkeys(joined, joined))
    order = list(dict.fromkeys(text(each.get("id")) for each in results if text(each.get("id")) in groups))
    numbers: dict[int, int] = {}
    return {name: numbers.setdefault(id(groups[name]), len(numbers)) for name in order}


def _text_of(result: Mapping[str, JSON], data: Mapping[str, JSON], known: Fields) -> str:
    name = text(result.get("to_name"))
    _, key = known.config.objects.get(name, ("", name)) if known.config else ("", name)
    return text(data.get(key)) or text(data.get("text"))


def _first_text(result: Mapping[str, JSON]) -> str | None:
    return next((text(each) for each in items(fields(result.get("value")).get("text"))), None)


def _mark(
    value: Mapping[str, JSON], page: int | None, document: str, where: str
) -> tuple[JSON, str | None, tuple[float, ...]]:
    """A place as a gold has it, the text that stands there if that is known, and its rank in reading order."""
    offsets = fields(value.get("globalOffsets")) or value
    start, end = integer(offsets.get("start")), integer(offsets.get("end"))
    if start is not None and end is not None:
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


def _add_regions(
    answers: dict[Path, JSON], regions: Sequence[_Region], known: Fields, where: str
) -> dict[Path, list[JSON]]:
    """Add the values of marked places that no control asks for, and tell where each value stands."""
    evidence: dict[Path, list[JSON]] = {}
    asked = set(known.config.controls) if known.config else set[str]()
    for region, path in _placed(regions, where):
        evidence.setdefault(path, []).append(region.mark)
        has_control = path in answers or control_name(region.control.path) in asked or region.control.name in asked
        if has_control or region.written is None:
            continue
        if region.control.kind in _SEVERAL:
            answers[path] = [*items(answers.get(path)), region.written]
        else:
            answers[path] = region.written
    return evidence


def _placed(regions: Sequence[_Region], where: str) -> Iterator[tuple[_Region, Path]]:
    """Each region with the path of its value; cells get the number of their row."""
    cells = [each for each in regions if EACH in each.control.path]
    yield from ((each, each.control.path) for each in regions if EACH not in each.control.path)
    for name in dict.fromkeys(each.control.path[: each.control.path.index(EACH)] for each in cells):
        mine = [each for each in cells if each.control.path[: len(name)] == name]
        for each, row in _rows(mine, where):
            yield each, tuple(row if step == EACH else step for step in each.control.path)


def _rows(cells: Sequence[_Region], where: str) -> Iterator[tuple[_Region, int]]:
    """Each cell with the number of its row; rows count from 0, in reading order."""
    rows: dict[object, list[_Region]] = {}
    columns: dict[Path, list[_Region]] = {}
    for each in sorted(cells, key=lambda each: each.order):
        if each.row is None:
            columns.setdefault(each.control.path, []).append(each)
            rows.setdefault(("unlinked", len(columns[each.control.path])), []).append(each)
        else:
            rows.setdefault(each.row, []).append(each)
    counts = {control_name(path): len(each) for path, each in columns.items()}
    is_linked = any(each.row is not None for each in cells)
    if len(counts) > 1 and (is_linked or len(set(counts.values())) > 1):
        listed = ", ".join(f"{name} {count}" for name, count in counts.items())
        raise EvaluationError(
            where,
            f"which cells are of one row is not said ({listed} without). Link those of a row by a relation, or give "
            "each a number in a control called row",
        )
    for place, row in enumerate(sorted(rows.values(), key=lambda row: min(each.order for each in row))):
        yield from ((each, place) for each in row)


def _nested(answers: Mapping[Path, JSON]) -> JSON:
    """The object that has these values at these paths; rows that nothing is said of are left out."""
    if () in answers:
        return answers[()]
    whole: dict[str, JSON] = {}
    rows: dict[Path, dict[int, dict[str, JSON]]] = {}
    for path, value in answers.items():
        at = next((n for n, step in enumerate(path) if isinstance(step, int)), None)
        if at is None:
            _put(whole, path, value)
        else:
            row = rows.setdefault(path[:at], {}).setdefault(int(path[at]), {})
            _put(row, path[at + 1 :], value)
    for path, numbered in rows.items():
        _put(whole, path, [row for _, row in sorted(numbered.items()) if any(_is_said(each) for each in row.values())])
    return whole


def _is_said(value: JSON) -> bool:
    return value not in (None, "", [], {})


def _put(whole: dict[str, JSON], path: Path, value: JSON) -> None:
    for step in path[:-1]:
        whole = fields(whole.setdefault(str(step), {}))
    whole[str(path[-1])] = value
