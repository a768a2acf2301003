"""Results as rows: the user's columns, and beside them where each value came from and what went wrong."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import file_digest, sha256
from pathlib import Path as FilePath
from typing import Final, cast

from langchain_core.documents import Document

from langchain_nuextract.batch.result import Result
from langchain_nuextract.batch.tables.cell import Cell
from langchain_nuextract.batch.tables.cells import CellMaker, LeftOut
from langchain_nuextract.batch.tables.column_types import (
    JSON_TEXT,
    TEXT,
    Column,
    ListOf,
    Scalar,
    Struct,
)
from langchain_nuextract.batch.tables.mapping import Mapped, map_columns
from langchain_nuextract.engine.as_dict import confidence_as_dicts, place_as_dict
from langchain_nuextract.engine.long.result import LongExtraction
from langchain_nuextract.engine.result import Attempt, Extraction
from langchain_nuextract.errors import ExtractionError, InvalidExtraction, Problem
from langchain_nuextract.paths import JSON, show
from langchain_nuextract.schema.target import Target

_WHOLE: Final = Scalar("integer")
_SHARE: Final = Scalar("number")


def _list_of(**types: Scalar) -> ListOf:
    return ListOf(Struct(tuple(Column(name, type_, name) for name, type_ in types.items())))


PROVENANCE: Final = {
    "id": TEXT,
    "error": TEXT,
    "error_type": TEXT,
    "partial": JSON_TEXT,
    "problems": _list_of(path=TEXT, message=TEXT, value=JSON_TEXT),
    "repairs": _list_of(path=TEXT, rule=TEXT, before=JSON_TEXT, after=JSON_TEXT),
    "defaults": ListOf(TEXT),
    "warnings": ListOf(TEXT),
    "evidence": _list_of(
        path=TEXT, start=_WHOLE, end=_WHOLE, quotation=TEXT, match=TEXT, similarity=_SHARE, page=_WHOLE, file=TEXT
    ),
    "confidence": _list_of(path=TEXT, mean=_SHARE, joint=_SHARE),
    "model": TEXT,
    "extractor": TEXT,
    "calls": _WHOLE,
    "input_tokens": _WHOLE,
    "output_tokens": _WHOLE,
    "document_sha256": TEXT,
}
"""The columns beside the user's, less the underscore that their names begin with."""


@dataclass(frozen=True, slots=True)
class RowSchema:
    """The columns of all rows of a schema, known before the first document. Make one with `RowSchema.of`."""

    target: Target[object]
    mapped: Mapped
    prefix: str
    """What the names of the columns beside the user's begin with: as many underscores as none of the user's do."""

    @staticmethod
    def of(target: Target[object]) -> "RowSchema":
        """Work out the columns."""
        mapped = map_columns(target)
        return RowSchema(target, mapped, free_prefix(mapped.columns, PROVENANCE))

    @property
    def columns(self) -> tuple[Column, ...]:
        """All columns, the user's first."""
        return (*self.mapped.columns, *self.provenance)

    @property
    def provenance(self) -> tuple[Column, ...]:
        """The columns beside the user's."""
        return tuple(Column(f"{self.prefix}{name}", type_, name) for name, type_ in PROVENANCE.items())

    def row(self, result: Result[object], name: str | None, extractor: str) -> tuple[Cell, ...]:
        """Make the row of a result; never raises for what is in it.

        Args:
            result: With an `Extraction`, or with a plain object, of which the provenance is not known.
            name: Of the document, if it has one.
            extractor: The extractor's fingerprint.
        """
        maker = CellMaker()
        value, failed = self._value(result)
        cells = maker.row(self.mapped.columns, value if self.mapped.is_object else {"value": value})
        left_out = (*maker.left_out, *failed)
        beside = CellMaker().row(self.provenance, _provenance(result, name, extractor, left_out))
        return (*cells, *beside)

    def _value(self, result: Result[object]) -> tuple[JSON, tuple[LeftOut, ...]]:
        if result.error is not None or result.value is None:
            return None, ()
        extraction = _extraction_of(result)
        try:
            return self.target.as_json(extraction.value if extraction else result.value), ()
        except Exception as error:  # noqa: BLE001  # the user's own code may raise anything; the row says so
            reason = f"{type(error).__name__} when it was written as JSON: {error}"
            if extraction:
                return extraction.json, (LeftOut((), f"{reason}. What is here lacks the schema's defaults", None),)
            return None, (LeftOut((), reason, None),)


def _extraction_of(result: Result[object]) -> Extraction[object] | None:
    value = result.value
    return cast("Extraction[object]", value) if isinstance(value, Extraction) else None


def _provenance(result: Result[object], name: str | None, extractor: str, left_out: tuple[LeftOut, ...]) -> JSON:
    extraction, error = _extraction_of(result), result.error
    problems = _left_out(extraction) if extraction else _problems(error)
    return {
        **(_about(extraction) if extraction else {}),
        **_failure(error),
        "id": name,
        "problems": [*map(_problem, problems), *map(_misfit, left_out)],
        "extractor": extractor,
        "input_tokens": result.usage.input_tokens,
        "output_tokens": result.usage.output_tokens,
        "document_sha256": sha256_of(result.document),
    }


def _about(extraction: Extraction[object]) -> dict[str, JSON]:
    return {
        "repairs": [
            {"path": show(each.path), "rule": each.rule, "before": each.before, "after": each.after}
            for each in extraction.repairs
        ],
        "defaults": [*map(show, extraction.defaults)],
        "warnings": [*map(str, extraction.warnings), *extraction.document.warnings],
        "evidence": [{"path": show(each.path), **place_as_dict(each)} for each in extraction.evidence],
        "confidence": confidence_as_dicts(extraction),
        "model": extraction.model,
        "calls": len(extraction.attempts),
    }


def _failure(error: Exception | None) -> dict[str, JSON]:
    if error is None:
        return {}
    attempts = cast("tuple[Attempt, ...]", error.attempts) if isinstance(error, ExtractionError) else ()
    return {
        "error": str(error),
        "error_type": type(error).__name__,
        "partial": error.partial if isinstance(error, InvalidExtraction) else None,
        "model": attempts[-1].reply.model if attempts else None,
        "calls": len(attempts),
    }


def _left_out(extraction: Extraction[object]) -> tuple[Problem, ...]:
    """What is not in the value, or was decided about it."""
    if not isinstance(extraction, LongExtraction):
        return extraction.problems
    return (
        *extraction.problems,
        *(Problem(each.path, f"chunks differ: {each}") for each in extraction.conflicts),
        *(
            Problem((), f"no record was found in characters {each.start} to {each.end}")
            for each in extraction.uncovered
        ),
    )


def _problems(error: Exception | None) -> tuple[Problem, ...]:
    return error.problems if isinstance(error, InvalidExtraction) else ()


def _problem(problem: Problem) -> JSON:
    return {"path": show(problem.path), "message": problem.message}


def _misfit(left_out: LeftOut) -> JSON:
    return {"path": show(left_out.path), "message": left_out.reason, "value": left_out.value}


def free_prefix(columns: tuple[Column, ...], names: Iterable[str]) -> str:
    """Give as many underscores as it takes for none of some names to be that of a column."""
    # Engines hold names that differ in case alone for the same.
    taken = {column.name.casefold() for column in columns}
    prefix = "_"
    while any(f"{prefix}{name}" in taken for name in names):
        prefix += "_"
    return prefix


def name_of(result: Result[object]) -> str:
    """Name the document of a result; see `document_name`."""
    return document_name(result.document, result.index)


def document_name(document: object, index: int) -> str:
    """Name a document: a file by its path, LangChain's by its id, anything else by its place among the documents."""
    match document:
        case FilePath():
            return str(document)
        case Document(id=str(name)) if name:
            return name
        case _:
            return str(index)


def sha256_of(document: object) -> str | None:
    """Hash a file's bytes, or a text's in UTF-8; None for what is neither, or cannot be read."""
    match document:
        case FilePath():
            try:
                with document.open("rb") as file:
                    return file_digest(file, "sha256").hexdigest()
            except OSError:
                return None
        case bytes():
            return sha256(document).hexdigest()
        case str():
            return sha256(document.encode("utf-8", "surrogatepass")).hexdigest()
        case Document():
            return sha256_of(document.page_content)
        case _:
            return None
