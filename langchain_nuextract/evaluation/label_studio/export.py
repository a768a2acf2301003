"""What people said, out of an export: one line of a gold for each task."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from os import PathLike
from pathlib import Path as FilePath
from statistics import fmean
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

from langchain_nuextract.documents.bounded import read_text
from langchain_nuextract.errors import EvaluationError
from langchain_nuextract.evaluation.gold_document import OnConflict
from langchain_nuextract.evaluation.label_studio.annotation import read_annotation
from langchain_nuextract.evaluation.label_studio.config import Config
from langchain_nuextract.evaluation.label_studio.known_fields import Fields
from langchain_nuextract.evaluation.leaf import field_path
from langchain_nuextract.paths import JSON, fields, items, leaves, show, text
from langchain_nuextract.schema.target import Target

_ONLY_JSON: Final = (
    "export it as JSON: JSON_MIN, CSV and the other formats lose which place has which text, overwrite the document's "
    "id and leave out skipped tasks"
)
_IDS: Final = ("document_id", "id")
_LARGEST: Final = 2**30
"""Bytes of an export; the pictures may be in it."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far annotators of the same tasks agree on a field."""

    pairs: int
    """Pairs of annotations of one task that were compared."""
    equal: float
    """The share of pairs that say the same."""
    kappa: float | None
    """Cohen's kappa: 1 if they always agree, 0 if no more than by chance; None if there was but one answer."""


@dataclass(frozen=True, slots=True)
class Export:
    """What is in an export."""

    rows: tuple[dict[str, JSON], ...]
    """The lines of a gold, as `Gold[object].from_rows` takes them."""
    skipped: int
    """Tasks that people skipped."""
    open: int
    """Tasks without an annotation."""
    drafts: int
    """Drafts, which are not taken."""
    disagreeing: tuple[str, ...]
    """The documents that were left out because their annotations differ."""
    unknown: Mapping[str, int]
    """Answers to controls and labels that the schema has no field for, by their names; they were left out."""
    agreement: Mapping[str, Agreement]
    """By field, where tasks have several annotations."""
    seconds_typed: float | None
    """Mean time of annotations that began empty."""
    seconds_corrected: float | None
    """Mean time of annotations that began with a prediction."""


def read_export(
    export: str | PathLike[str] | Sequence[Mapping[str, JSON]],
    schema: object,
    *,
    config: Config | str | None = None,
    on_conflict: OnConflict = "error",
    folder: str | PathLike[str] | None = None,
) -> Export:
    """Read an export in the format JSON.

    Args:
        export: The file, or what is in it.
        schema: Whatever `Target.of` takes.
        config: The project's configuration, if it is at hand: answers to controls that it lacks are refused, and it
            says which key of a task holds the document.
        on_conflict: What to do where annotators differ.
        folder: Where files that tasks name are; by default beside the export.

    Raises:
        EvaluationError: It is of another format, an annotation does not fit its text or the configuration, annotators
            differ, or no task has an annotation.
        OSError: The file cannot be read.
    """
    target: Target[object] = Target.of(schema)
    known = Config.parse(config) if isinstance(config, str) else config
    name = "the export" if not isinstance(export, str | PathLike) else str(export)
    tasks = _tasks(export, name) if isinstance(export, str | PathLike) else [dict(each) for each in export]
    if folder is None and isinstance(export, str | PathLike):
        folder = FilePath(export).parent
    reader = Fields.of(target, known)
    read = [_Task(fields(task), reader, name) for task in tasks]
    done = [task for task in read if task.annotations]
    if not done:
        raise EvaluationError(name, "no task in it has an annotation that was not skipped")
    disagreeing = tuple(task.id for task in done if on_conflict == "agree" and not task.agrees)
    rows = tuple(task.row(on_conflict, FilePath(folder or "."), known) for task in done if task.id not in disagreeing)
    every = [annotation for task in done for annotation in task.annotations]
    return Export(
        rows=rows,
        skipped=sum(task.skipped for task in read),
        open=sum(not task.annotations and not task.skipped for task in read),
        drafts=sum(task.drafts for task in read),
        disagreeing=disagreeing,
        unknown=Counter(name for each in every for name in each.unknown),
        agreement=_agreement(done),
        seconds_typed=_mean(each.seconds for each in every if not each.corrected),
        seconds_corrected=_mean(each.seconds for each in every if each.corrected),
    )


def _tasks(path: str | PathLike[str], name: str) -> list[dict[str, JSON]]:
    file = FilePath(path)
    if file.suffix.lower() in {".csv", ".tsv"}:
        raise EvaluationError(name, _ONLY_JSON)
    try:
        found = json.loads(read_text(file, _LARGEST))
    except (ValueError, RecursionError) as error:
        raise EvaluationError(name, f"this is not JSON ({error}): {_ONLY_JSON}") from error
    tasks = [fields(each) for each in items(found)]
    if not tasks or not all("data" in task and "annotations" in task for task in tasks):
        raise EvaluationError(name, f"this is no list of tasks with annotations: {_ONLY_JSON}")
    return tasks


class _Task:
    """A task of an export, its annotations read."""

    def __init__(self, task: dict[str, JSON], reader: Fields, name: str) -> None:
        self.data, self.meta = fields(task.get("data")), fields(task.get("meta"))
        named = next((self.data[key] for key in _IDS if isinstance(self.data.get(key), str | int)), None)
        self.id = f"task-{task.get('id')}" if named is None else str(named)
        self.where = f"{name}: task {task.get('id')} ({self.id})"
        given = [fields(each) for each in items(task.get("annotations"))]
        self.skipped = any(each.get("was_cancelled") for each in given)
        self.drafts = len(items(task.get("drafts")))
        self.annotations = [
            read_annotation(each, self.data, reader, self.where) for each in given if not each.get("was_cancelled")
        ]

    @property
    def agrees(self) -> bool:
        return any(each.ground_truth for each in self.annotations) or all(
            each.value == self.annotations[0].value for each in self.annotations
        )

    def row(self, on_conflict: OnConflict, folder: FilePath, config: Config | None) -> dict[str, JSON]:
        """Make the line of a gold."""
        if not self.agrees and on_conflict == "error":
            raise EvaluationError(
                self.where,
                f"its {len(self.annotations)} annotations differ. Mark the right one as ground truth, or choose "
                'on_conflict="latest" or "agree"',
            )
        true = [each for each in self.annotations if each.ground_truth] or self.annotations
        chosen = max(true, key=lambda each: each.changed)
        row: dict[str, JSON] = {"id": self.id, "expected": chosen.value, "group": self.meta.get("group")}
        row |= {
            "annotator": chosen.annotator,
            "evidence": {show(path): marks for path, marks in chosen.evidence.items()},
        }
        row |= _document(self.data, folder, config)
        return {key: value for key, value in row.items() if value not in (None, "", {})} | {"expected": chosen.value}


def _document(data: Mapping[str, JSON], folder: FilePath, config: Config | None) -> dict[str, JSON]:
    """The document of a task: its text, or the file that it names, if that is here."""
    objects = config.objects.values() if config else (("Text", "text"), ("Image", "image"), ("Image", "images"))
    for tag, key in objects:
        value = data.get(key)
        if tag in {"Text", "HyperText", "Paragraphs"} and isinstance(value, str):
            return {"text": value}
        urls = [text(each) for each in (items(value) or [value]) if text(each)]
        files = [str(file) for url in urls if (file := _file(url, folder))]
        if urls and len(files) == len(urls):
            return {"files": list[JSON](files)}
        if urls:
            # A path of the server's own is no document to anybody else; it is kept to say which it was.
            usable = all(url.startswith(("data:", "http://", "https://")) for url in urls)
            return {"image_url" if usable else "path_at_server": list[JSON](urls)}
    return {}


def _file(url: str, folder: FilePath) -> FilePath | None:
    """The file that an address means, relative to the folder; None if it is not there."""
    if url.startswith("data:"):
        return None
    parsed = urlsplit(url)
    local = parse_qs(parsed.query).get("d", [""])[0] if parsed.path.endswith("/local-files/") else ""
    named = unquote(local or parsed.path)
    candidates = (named.lstrip("/"), FilePath(named).name)
    return next(
        (FilePath(each).resolve() for each in map(folder.joinpath, candidates) if each.name and each.is_file()), None
    )


def _agreement(tasks: Iterable[_Task]) -> dict[str, Agreement]:
    pairs: dict[str, list[tuple[str, str]]] = {}
    for task in tasks:
        for first, second in combinations(sorted(task.annotations, key=lambda each: each.annotator), 2):
            one, other = dict(leaves(first.value)), dict(leaves(second.value))
            for path in {**one, **other}:
                both = json.dumps(one.get(path), sort_keys=True), json.dumps(other.get(path), sort_keys=True)
                pairs.setdefault(show(field_path(path)), []).append(both)
    return {
        field: Agreement(len(each), sum(a == b for a, b in each) / len(each), _kappa(each))
        for field, each in pairs.items()
    }


def _kappa(pairs: Sequence[tuple[str, str]]) -> float | None:
    firsts, seconds = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    total = len(pairs)
    chance = sum(firsts[each] * seconds[each] for each in firsts) / total**2
    agreed = sum(a == b for a, b in pairs) / total
    return None if chance == 1 else (agreed - chance) / (1 - chance)


def _mean(seconds: Iterable[float | None]) -> float | None:
    known = [each for each in seconds if each is not None]
    return fmean(known) if known else None
