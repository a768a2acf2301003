"""One document with what should come out of it, and the line of a file that it is read from."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import TextIOWrapper
from itertools import count
from pathlib import Path
from typing import Final, Literal, TypeAlias, cast

from langchain_nuextract.documents.encodings import marked
from langchain_nuextract.documents.source import Image, Source
from langchain_nuextract.errors import EvaluationError, InvalidValue, quote
from langchain_nuextract.evaluation.gold_reading import read_gold
from langchain_nuextract.evaluation.leaf import Mark, mark_of
from langchain_nuextract.parsing.repairs import Repair
from langchain_nuextract.paths import JSON, fields, items, number, show
from langchain_nuextract.schema.json_types import refuse_constant
from langchain_nuextract.schema.target import Target

OnConflict: TypeAlias = Literal["error", "latest", "agree"]
"""Which of several annotations of one task is right, where none is marked as ground truth:

- `error`: nobody knows, and the export is refused
- `latest`: the one that was changed last
- `agree`: those tasks alone are taken on which they agree
"""

_LONGEST: Final = 2**27
"""Letters of a line at the most; pages may stand in it, as `data:` URLs."""
_HEAD: Final = 400
"""Bytes in which an encoding is looked for."""
_FILES: Final = ("image", "images", "file", "files", "path")
OUTPUTS: Final = ("expected", "output", "value")
"""The keys under which a line may have the values."""
_KNOWN: Final = frozenset(
    {"id", "text", "document", "group", "annotator", "evidence", "boxes_percent", "image_url", *_FILES, *OUTPUTS}
)


@dataclass(frozen=True, slots=True)
class GoldDocument:
    """One document with what should come out of it."""

    id: str
    """By which predictions are matched with it; no two documents of a gold have the same."""
    output: JSON
    """What is right, as JSON of the user's shape; a key that is missing is as good as null."""
    text: str | None = None
    """The document, if it is text."""
    files: tuple[Path, ...] = ()
    """The document, if it is one file or several."""
    image_urls: tuple[str, ...] = ()
    """The document, if it is images with an address: `data:` URLs, or http(s) ones that the endpoint fetches itself."""
    group: str = ""
    """What it has in common with others: a bank, a form, a writer. Groups are resampled whole."""
    annotator: str = ""
    """Who said what is right."""
    evidence: Mapping[str, tuple[Mark, ...]] = field(default_factory=dict[str, tuple[Mark, ...]])
    """Where the document says the values, by their path: `$.items[0].price`."""
    repairs: tuple[Repair, ...] = ()
    """What was read as something else than it was typed as."""
    meta: Mapping[str, JSON] = field(default_factory=dict[str, JSON])
    """All else that its line has."""

    @property
    def document(self) -> str | Source | Path | list[Path]:
        """The document as an extractor takes it: text, a path, a list of paths, or images.

        Raises:
            EvaluationError: It has neither text nor files nor images.
        """
        if self.text is not None:
            return self.text
        if self.image_urls:
            return Source(tuple(map(Image, self.image_urls)))
        if not self.files:
            raise EvaluationError(self.id, "it has neither a text nor a file to extract from: pass predictions instead")
        return self.files[0] if len(self.files) == 1 else list(self.files)

    def as_json(self) -> dict[str, JSON]:
        """Give the line of a gold file; paths of files are absolute."""
        line: dict[str, JSON] = {"id": self.id, "expected": self.output, "group": self.group or None}
        line |= {"text": self.text, "files": [str(path.resolve()) for path in self.files] or None}
        line |= {"image_url": list[JSON](self.image_urls) or None, "annotator": self.annotator or None}
        line |= {"evidence": _evidence_json(self.evidence) or None}
        return {name: value for name, value in line.items() if value is not None} | dict(self.meta)


def json_lines(path: Path) -> Iterator[tuple[int, dict[str, JSON]]]:
    """Read a file of JSON lines: the number of each line that is not blank, from 1, and its object.

    Raises:
        EvaluationError: A line is no JSON object.
        OSError: The file cannot be read.
    """
    with path.open("rb") as file:
        # PowerShell writes what is redirected to a file in UTF-16.
        encoding = marked(file.peek(_HEAD)[:_HEAD]) or "utf-8"
        lines = TextIOWrapper(file, encoding)
        for at in count(1):
            try:
                line = lines.readline(_LONGEST + 1)
            except UnicodeDecodeError as error:
                raise EvaluationError(f"{path} line {at}", f"this is not {encoding}. Save it as UTF-8") from error
            if not line:
                return
            if len(line) > _LONGEST:
                raise EvaluationError(
                    f"{path} line {at}", f"it has more than {_LONGEST:,} letters: is this JSON lines?"
                )
            if line.strip():
                yield at, _object(line, f"{path} line {at}")


def _object(line: str, where: str) -> dict[str, JSON]:
    try:
        value = json.loads(line, parse_constant=refuse_constant)
    except (ValueError, RecursionError) as error:
        raise EvaluationError(where, f"this is not JSON ({error}): {quote(line.strip())}") from error
    if not isinstance(value, dict):
        raise EvaluationError(where, f"expected a JSON object, got {quote(line.strip())}")
    return cast("dict[str, JSON]", value)


def gold_document(
    row: Mapping[str, JSON], *, target: Target[object], folder: Path, name: str = "gold", at: int = 0
) -> GoldDocument:
    """Read one document of a gold from a dict.

    Raises:
        EvaluationError: It has no id or no value, its file is not there, or its value does not satisfy the schema.
    """
    where = f"{name} line {at}" if at else name
    if not isinstance(cast("object", row), Mapping):
        raise EvaluationError(where, f"expected a dict with `id`, `text` and `expected`, got {quote(repr(row))}")
    if not isinstance(row.get("id"), str | int) or row["id"] == "":
        raise EvaluationError(where, "it has no `id`, a text or whole number that names the document")
    where = f"{where} ({row['id']})"
    outputs = [row[key] for key in OUTPUTS if key in row]
    if len(outputs) != 1:
        raise EvaluationError(where, f"expected the values under one of {', '.join(OUTPUTS)}, found {len(outputs)}")
    document = row.get("text", row.get("document"))
    if document is not None and not isinstance(document, str):
        raise EvaluationError(where, "its `text` is no text")
    try:
        output, repairs = read_gold(outputs[0], target, document or "")
    except InvalidValue as error:
        listed = "".join(f"\n  {problem}" for problem in error.problems)
        raise EvaluationError(where, f"its values do not satisfy the schema:{listed}") from error
    return GoldDocument(
        id=str(row["id"]),
        output=output,
        text=document,
        files=tuple(_files(row, folder, where)),
        image_urls=tuple(_image_urls(row.get("image_url"), where)),
        group=str(row.get("group") or ""),
        annotator=str(row.get("annotator") or ""),
        evidence={**_boxes_of(row.get("boxes_percent")), **evidence_of(row.get("evidence"))},
        repairs=repairs,
        meta={key: value for key, value in row.items() if key not in _KNOWN},
    )


def _files(row: Mapping[str, JSON], folder: Path, where: str) -> Iterator[Path]:
    for key in _FILES:
        named = row.get(key)
        for each in named if isinstance(named, list) else [named] if named else []:
            path = folder / str(each)
            if not path.is_file():
                raise EvaluationError(where, f"there is no file {str(path)!r}")
            yield path


def _image_urls(written: JSON, where: str) -> Iterator[str]:
    for each in items(written) or [written] if written else []:
        if not isinstance(each, str) or not each.startswith(("data:", "http://", "https://")):
            raise EvaluationError(where, f"its `image_url` is no data:, http: or https: address: {quote(str(each))}")
        yield each


def evidence_of(written: JSON) -> dict[str, tuple[Mark, ...]]:
    """Read the places where a document says its values, as `evidence` of a line has them.

    Args:
        written: By path, one place or a list of them: `{"$.total": {"start": 3, "end": 8}}`, with `page` (from 1) and
            `box` (left, top, right, bottom in fractions of the page) for places on pages.
    """
    found: dict[str, tuple[Mark, ...]] = {}
    for path, places in fields(written).items():
        marks = [mark_of(fields(place)) for place in (items(places) or [places])]
        found[path if path.startswith("$") else show((path,))] = tuple(marks)
    return found


def _boxes_of(written: JSON) -> dict[str, tuple[Mark, ...]]:
    """Read boxes on the first page as annotation tools have them: left, top, width and height in percent of it."""
    found: dict[str, tuple[Mark, ...]] = {}
    for path, box in fields(written).items():
        match [number(each) for each in items(box)]:
            case [float() | int() as left, float() | int() as top, float() | int() as width, float() | int() as height]:
                corners = left / 100, top / 100, (left + width) / 100, (top + height) / 100
                found[path if path.startswith("$") else show((path,))] = (Mark(page=1, box=corners),)
            case _:
                pass
    return found


def _evidence_json(evidence: Mapping[str, tuple[Mark, ...]]) -> dict[str, JSON]:
    def place(mark: Mark) -> JSON:
        known: dict[str, JSON] = {**mark._asdict(), "box": list(mark.box) if mark.box else None}
        return {name: value for name, value in known.items() if value is not None}

    return {path: [place(mark) for mark in marks] for path, marks in evidence.items()}
