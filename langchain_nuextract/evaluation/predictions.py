"""Answers that were predicted before: from a file of JSON lines, from dicts, from a dict by document."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Literal, TypeAlias, cast

from langchain_nuextract.dialects.messages import Usage
from langchain_nuextract.errors import EvaluationError
from langchain_nuextract.evaluation.answer import Answer, ReadingMode, answer_of_output, answer_of_text, answer_of_value
from langchain_nuextract.evaluation.gold import Gold
from langchain_nuextract.evaluation.gold_document import GoldDocument, json_lines
from langchain_nuextract.evaluation.leaf import read_path
from langchain_nuextract.paths import JSON, fields, integer, number
from langchain_nuextract.paths import Path as JSONPath
from langchain_nuextract.schema.target import FULL, Target
from langchain_nuextract.schema.vocabulary import Speaks

Missing: TypeAlias = Literal["fail", "zero", "skip"]
"""What to do with documents that there is no prediction of: refuse, count as unreadable, or leave them out."""


@dataclass(frozen=True, slots=True)
class Predictions:
    """Predictions by the ids of documents.

    Each has the model's text as `output`, or an object as `value`, or `error`; `confidence` by field or path,
    `seconds`, `calls` and `usage` if wanted. They may come in any order; those in the gold's order are not held.
    """

    rows: Iterable[tuple[str, Mapping[str, JSON]]]
    """Each with where it stands, for messages."""
    name: str

    @classmethod
    def of(cls, given: object) -> "Predictions | None":
        """Take a file of JSON lines, dicts, or a dict of values by document; None if it is none of these."""
        match given:
            case str() | Path():
                path = Path(given)
                return cls(_Lines(path), str(path))
            case Mapping():
                by_id = cast("Mapping[str, JSON]", given)
                rows = [(f"predictions[{id_!r}]", {"id": id_, "value": value}) for id_, value in by_id.items()]
                return cls(rows, "predictions")
            case list() | tuple():
                rows = cast("list[Mapping[str, JSON]]", given)
                return cls([(f"prediction {at}", row) for at, row in enumerate(rows, start=1)], "predictions")
            case _:
                return None

    def in_order_of(
        self, gold: Gold[object], missing: Missing
    ) -> Iterator[tuple[GoldDocument, Mapping[str, JSON] | None]]:
        """Yield each document of a gold with its prediction, None for those that are missing.

        Raises:
            EvaluationError: A prediction has no id, comes twice, is of no document, or is missing.
        """
        waiting: dict[str, Mapping[str, JSON]] = {}
        rest = iter(self.rows)
        ids = _PredictedIds(gold.ids)
        for document in gold:
            # Predictions in the gold's order are never held; of others only those that came too early are.
            while document.id not in waiting and (found := next(rest, None)):
                waiting[ids.check(*found)] = found[1]
            row = waiting.pop(document.id, None)
            if row is None and missing == "fail":
                raise EvaluationError(
                    f"{self.name}: {document.id}", "there is no prediction of this document; missing='zero' counts it "
                    "as unreadable, missing='skip' leaves it out"
                )  # fmt: skip
            if row is not None or missing == "zero":
                yield document, row
        # Ids of no document are found out only at the end: of 10,000 predictions all may be of another gold.
        for found in rest:
            ids.check(*found)


@dataclass(slots=True)
class _PredictedIds:
    """Which documents have been predicted, a byte each."""

    ids: Sequence[str]
    seen: bytearray = field(default_factory=bytearray)
    _places: dict[str, int] = field(default_factory=dict[str, int])
    _next: Iterator[int] = field(default_factory=count)

    def check(self, where: str, row: Mapping[str, JSON]) -> str:
        """Give the id of a prediction, if it is one that may come now."""
        if not isinstance(row.get("id"), str | int):
            raise EvaluationError(where, "it has no `id` of a document")
        id_ = str(row["id"])
        at = self._place(id_)
        if at is None:
            raise EvaluationError(f"{where} ({id_})", "there is no document of this id in the gold")
        if self.seen[at]:
            raise EvaluationError(f"{where} ({id_})", "this document is predicted twice")
        self.seen[at] = 1
        return id_

    def _place(self, id_: str) -> int | None:
        if not self.seen:
            self.seen = bytearray(len(self.ids))
        at = next(self._next)
        if at < len(self.ids) and self.ids[at] == id_:
            return at
        # Out of order: from here on ids are looked up, which takes memory that the usual case does without.
        self._places = self._places or {known: place for place, known in enumerate(self.ids)}
        return self._places.get(id_)


@dataclass(frozen=True, slots=True)
class _Lines:
    path: Path

    def __iter__(self) -> Iterator[tuple[str, Mapping[str, JSON]]]:
        return ((f"{self.path} line {at}", row) for at, row in json_lines(self.path))


def answer_of_row(
    row: Mapping[str, JSON],
    gold: GoldDocument,
    target: Target[object],
    *,
    reading: ReadingMode = "repaired",
    dialect: Speaks = FULL,
) -> Answer:
    """Read one prediction.

    Raises:
        EvaluationError: It has neither `output`, `value` nor `error`, or more than one, or a confidence outside 0 to 1.
    """
    where = f"the prediction of {gold.id}"
    given = [key for key in ("output", "value", "error") if row.get(key) is not None]
    if len(given) != 1:
        raise EvaluationError(where, f"expected one of output, value and error, found {' and '.join(given) or 'none'}")
    content = row[given[0]]
    if given == ["error"]:
        answer = Answer(problem=str(content), failed=True)
    elif not isinstance(content, str):
        # Rows that are no file's may have objects of the user's own types.
        answer = answer_of_output(content, gold, target)
    elif given == ["output"]:
        answer = answer_of_text(content, gold, target, reading=reading, dialect=dialect)
    else:
        answer = answer_of_value(content, target)
    return Answer(
        answer.value,
        answer.raw,
        answer.as_written,
        answer.repairs,
        integer(row.get("calls")) or 1,
        answer.problem,
        answer.failed,
        _confidence(row.get("confidence"), where),
        seconds=number(row.get("seconds")),
        usage=_usage(fields(row.get("usage"))),
    )


def _confidence(written: JSON, where: str) -> dict[JSONPath, float]:
    found: dict[JSONPath, float] = {}
    for path, value in fields(written).items():
        sure = number(value)
        if value is not None and (sure is None or not 0 <= sure <= 1):
            raise EvaluationError(where, f"the confidence of {path} must be a number from 0 to 1, not {value!r}")
        if sure is not None:
            # A field's name goes before a path, for it may have dots in it.
            found[read_path(path) if path.startswith("$") else (path,)] = sure
    return found


def _usage(usage: dict[str, JSON]) -> Usage | None:
    if not usage:
        return None
    return Usage(integer(usage.get("input_tokens")) or 0, integer(usage.get("output_tokens")) or 0)
