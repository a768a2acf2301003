"""Tasks for a project, with what a model found filled in, so that people correct instead of type."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from langchain_nuextract.engine.result import Extraction
from langchain_nuextract.errors import EvaluationError, quote
from langchain_nuextract.evaluation.answer import Answer
from langchain_nuextract.evaluation.evidence import Grounding, ground_in_text, grounding_of
from langchain_nuextract.evaluation.gold_document import GoldDocument
from langchain_nuextract.evaluation.label_studio.config import DOCUMENT, EVIDENCE, WRITTEN, Config
from langchain_nuextract.evaluation.label_studio.controls import (
    Control,
    ControlRows,
    control_name,
    controls,
    each_control,
)
from langchain_nuextract.evaluation.label_studio.pictures import Picture, Pictures
from langchain_nuextract.evaluation.leaf import field_path
from langchain_nuextract.paths import JSON, Path, fields, follow, items, number, text
from langchain_nuextract.schema.target import Target

SPARE_ROWS: Final = 3
"""Rows of a list that are offered beyond those that the model found."""
_BOX: Final = ("x", "y", "width", "height")
_CHOSEN: Final = {"Choices": "choices", "RectangleLabels": "rectanglelabels", "Labels": "labels"}


def task(
    document_id: str, extraction: Extraction[object], schema: object, *, image: Pictures = None, group: str = ""
) -> dict[str, JSON]:
    """Make a task out of an extraction, for a project with the configuration of `label_config`.

        task("claim.pdf", details, Claim, image=pictures(details.document))

    Args:
        document_id: What names the document; it comes back in the export.
        extraction: What the model found.
        schema: Whatever `Target.of` takes.
        image: The document's image, or a list of those of its pages; a task of text if there is none.
        group: What the document has in common with others.
    """
    sure = min((each.mean for each in extraction.confidence), default=None)
    about = _About(document_id, extraction.document.text, group, extraction.model or "unknown", sure)
    return _task(about, extraction.json, grounding_of(extraction), Target.of(schema), image)


def predicted_task(
    document: GoldDocument, answer: Answer, schema: object, *, model: str = "unknown", image: Pictures = None
) -> dict[str, JSON]:
    """Make a task out of a prediction that there is already, as `evaluate` reads them.

    Args:
        document: Its document.
        answer: What the model made of it.
        schema: Whatever `Target.of` takes.
        model: What to call the model.
        image: As of `task`.
    """
    target: Target[object] = Target.of(schema)
    text_ = document.text or ""
    places = answer.grounding if answer.grounding.marks else ground_in_text(answer.value, text_, target)
    about = _About(document.id, text_, document.group, model, min(answer.confidence.values(), default=None))
    return _task(about, answer.value, places, target, image)


class _About(NamedTuple):
    document_id: str
    text: str
    group: str
    model: str
    score: float | None


def _task(about: _About, found: JSON, grounding: Grounding, target: Target[object], image: Pictures) -> dict[str, JSON]:
    pages = image if image is None or isinstance(image, Picture) else [*image]
    data: dict[str, JSON] = {"document_id": about.document_id}
    match pages:
        case None:
            data["text"] = about.text
        case Picture():
            data["image"] = pages.url
        case list():
            data["images"] = [page.url for page in pages]
    # The form was made of what the model is asked, where a map is a list of keys and values.
    value = target.lower(found)
    results: list[JSON] = []
    for part in controls(target.node):
        if isinstance(part, ControlRows):
            rows = items(_at(value, part.path))
            data[part.variable] = [dict[str, JSON]() for _ in range(len(rows) + SPARE_ROWS)]
            results += [
                each
                for number, row in enumerate(rows)
                for column in part.columns
                for each in _result(column, _at(row, column.path[len(part.path) + 1 :]), number)
            ]
        else:
            results += _result(part, _at(value, part.path))
    labels = {each.path: control_name(each.path) for each in each_control(controls(target.node))}
    results += _places(grounding, about.text, pages, labels)
    prediction: dict[str, JSON] = {"model_version": about.model, "result": results}
    if about.score is not None:
        prediction["score"] = about.score
    made: dict[str, JSON] = {"data": data, "predictions": [prediction]}
    if about.group:
        made["meta"] = {"group": about.group}
    return made


def least_sure_first(tasks: Iterable[Mapping[str, JSON]]) -> list[dict[str, JSON]]:
    """Sort tasks by the score of their prediction; those without one come first, since nobody knows."""
    return sorted((dict(each) for each in tasks), key=_score)


def check_tasks(tasks: Sequence[Mapping[str, JSON]], config: Config) -> None:
    """Check tasks against a configuration, which the server does not do.

    Raises:
        EvaluationError: Data is missing, or a prediction answers a control that is not there, chooses what cannot be
            chosen, marks a place outside the page, or has another form than its control takes.
    """
    for at, each in enumerate(tasks, start=1):
        data = fields(each.get("data"))
        where = f"task {at} ({data.get('document_id', data.get('id', 'without an id'))})"
        for _, key in config.objects.values():
            if key and key not in data:
                raise EvaluationError(where, f"its data has no {key!r}, which the configuration shows")
        for prediction in items(each.get("predictions")):
            score = fields(prediction).get("score")
            if score is not None and number(score) is None:
                raise EvaluationError(where, f"its score is no number: {quote(str(score))}")
            for result in items(fields(prediction).get("result")):
                if problem := _problem(fields(result), config):
                    raise EvaluationError(where, problem)


def _score(each: Mapping[str, JSON]) -> float:
    scores = (number(fields(prediction).get("score")) for prediction in items(each.get("predictions")))
    return min((-1.0 if score is None else score for score in scores), default=-1.0)


def _at(value: JSON, path: Path) -> JSON:
    try:
        return follow(value, path)
    except LookupError:
        return None


def _result(control: Control, value: JSON, row: int | None = None) -> Iterator[JSON]:
    """What a control is filled in with; nothing where the model found nothing."""
    if value in (None, "", [], {}):
        return
    name = control.name if row is None else control.name.replace("{{i}}", str(row))
    filled: JSON = value
    if control.kind == "json":
        filled = [json.dumps(value, ensure_ascii=False, indent=1)]
    elif control.widget.key not in {"number", "datetime"}:
        chosen = items(value) or [value]
        filled = [each if isinstance(each, str) else json.dumps(each, ensure_ascii=False) for each in chosen]
    yield _answer(f"f_{name}", name, control.widget.answer_type, {control.widget.key: filled})


def _places(
    grounding: Grounding, text_: str, pages: Picture | list[Picture] | None, labels: Mapping[Path, str]
) -> Iterator[JSON]:
    """The places of the values: stretches of text, or boxes on images; with the names of labels by field."""
    for at, (place, marks) in enumerate(grounding.marks.items()):
        path = field_path(place)
        # An item of a list that is one control has the label of the list.
        label = next(labels[path[:length]] for length in range(len(path), -1, -1) if path[:length] in labels)
        stretch = next((text_[mark.start : mark.end] for mark in marks if mark.start is not None), "")
        if pages is None:
            first = next((mark for mark in marks if mark.start is not None), None)
            if first is not None:
                span: dict[str, JSON] = {"start": first.start, "end": first.end, "text": stretch}
                yield _answer(f"e{at}", EVIDENCE, "labels", {**span, "labels": [label]})
            continue
        boxed = [(mark.page or 1, mark.box) for mark in marks if mark.box is not None]
        for box_at, (page, box) in enumerate(boxed):
            # There may be fewer pictures than pages: a box can be marked only where there is one.
            if page > len(known := [pages] if isinstance(pages, Picture) else pages):
                continue
            about: dict[str, JSON] = {} if isinstance(pages, Picture) else {"item_index": page - 1}
            if known[page - 1].width:
                size = {"original_width": known[page - 1].width, "original_height": known[page - 1].height}
                about |= {**size, "image_rotation": 0}
            sides = (box[0], box[1], box[2] - box[0], box[3] - box[1])
            where: dict[str, JSON] = {name: round(100 * side, 4) for name, side in zip(_BOX, sides, strict=True)}
            where["rotation"] = 0
            name = f"e{at}_{box_at}"
            yield _answer(name, EVIDENCE, "rectanglelabels", {**where, "rectanglelabels": [label]}) | about
            # Once, or a value on three lines would be typed three times.
            if box_at == 0 and stretch:
                yield _answer(name, WRITTEN, "textarea", {**where, "text": [stretch]}) | about


def _answer(name: str, control: str, kind: str, value: Mapping[str, JSON]) -> dict[str, JSON]:
    return {"id": name, "from_name": control, "to_name": DOCUMENT, "type": kind, "value": dict(value)}


def _problem(result: Mapping[str, JSON], config: Config) -> str:
    """What is wrong with an answer of a prediction; empty if nothing is."""
    name, value = text(result.get("from_name")), fields(result.get("value"))
    if result.get("type") == "relation":
        return ""
    known = config.find(name)
    if known is None:
        return f"it answers {name!r}, which is not in the configuration"
    tag, about = config.controls[known]
    if result.get("to_name") != about:
        return f"{name} is about {about!r}, not about {result.get('to_name')!r}"
    if tag == "TextArea" and not all(isinstance(each, str) for each in items(value.get("text")) or [None]):
        return f"{name} takes a list of texts, and has {quote(json.dumps(value.get('text')))}"
    for each in items(value.get(_CHOSEN.get(tag, ""))):
        if each not in config.options.get(known, ()):
            return f"{name} has no choice {each!r}: there are {', '.join(config.options.get(known, ()))}"
    return _outside(name, value)


def _outside(name: str, value: Mapping[str, JSON]) -> str:
    x, y, width, height = (number(value.get(side)) for side in _BOX)
    if x is None or y is None or width is None or height is None:
        return ""
    if min(x, y, width, height) < 0 or max(x + width, y + height) > 100.01:  # noqa: PLR2004  # per cent, and rounding
        return f"{name} marks a box outside the page: {x}, {y}, {width} wide, {height} high, in per cent"
    return ""
