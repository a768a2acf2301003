"""One annotation: the value that its answers make, and the places that it marks."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from langchain_nuextract.errors import EvaluationError, quote
from langchain_nuextract.evaluation.label_studio.config import Config
from langchain_nuextract.evaluation.label_studio.controls import Control, control_name
from langchain_nuextract.evaluation.label_studio.known_fields import Fields
from langchain_nuextract.evaluation.label_studio.regions import Region, labels_of, placed, regions_of
from langchain_nuextract.paths import JSON, Path, fields, items, number, text


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
        if labels := labels_of(result):
            unknown += [name for name in labels if not known.find(name)]
            continue
        found = known.find(text(result.get("from_name")))
        if found is None:
            unknown.append(text(result.get("from_name")))
        else:
            answers[found[1]] = _answer(result, found[0], where)
    evidence = _add_regions(answers, [*regions_of(results, data, known, where)], known, where)
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
    return not labels_of(result) and any(
        other is not result and other.get("id") == result.get("id") and labels_of(other) for other in results
    )


def _answer(result: Mapping[str, JSON], control: Control, where: str) -> JSON:
    kind, value = text(result.get("type")), fields(result.get("value"))
    given = value.get({"textarea": "text"}.get(kind, kind))
    if kind == "taxonomy":
        given = list[JSON](items(path)[-1] for path in items(given) if items(path))
    answers = items(given) if isinstance(given, list) else [given]
    if control.kind == "json" and kind == "textarea":
        return _json(answers, control, where)
    if control.widget.takes_several:
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


def _add_regions(
    answers: dict[Path, JSON], regions: Sequence[Region], known: Fields, where: str
) -> dict[Path, list[JSON]]:
    """Add the values of marked places that no control asks for, and tell where each value stands."""
    evidence: dict[Path, list[JSON]] = {}
    asked = set(known.config.controls) if known.config else set[str]()
    for region, path in placed(regions, where):
        evidence.setdefault(path, []).append(region.mark)
        has_control = path in answers or control_name(region.control.path) in asked or region.control.name in asked
        if has_control or region.written is None:
            continue
        if region.control.widget.takes_several:
            answers[path] = [*items(answers.get(path)), region.written]
        else:
            answers[path] = region.written
    return evidence


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
        ordered = [row for _, row in sorted(numbered.items())]
        # A row of a form that nobody filled in has empty answers: {"label": "", "price": None}.
        said = list[JSON](row for row in ordered if any(each not in (None, "", [], {}) for each in row.values()))
        _put(whole, path, said)
    return whole


def _put(whole: dict[str, JSON], path: Path, value: JSON) -> None:
    for step in path[:-1]:
        whole = fields(whole.setdefault(str(step), {}))
    whole[str(path[-1])] = value
