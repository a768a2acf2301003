"""What stands beside the user's columns: where a row's values came from, and what went wrong."""

from typing import Final, cast

from langchain_nuextract.batch.result import Result
from langchain_nuextract.batch.tables.cells import LeftOut
from langchain_nuextract.batch.tables.column_types import JSON_TEXT, TEXT, Column, ListOf, Scalar, Struct
from langchain_nuextract.batch.tables.documents import sha256_of
from langchain_nuextract.engine.as_dict import confidence_as_dicts, place_as_dict
from langchain_nuextract.engine.attempt import Attempt
from langchain_nuextract.engine.long.result import LongExtraction
from langchain_nuextract.engine.result import Extraction
from langchain_nuextract.errors import ExtractionError, InvalidExtraction, Problem
from langchain_nuextract.paths import JSON, show

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


def extraction_in(result: Result[object]) -> Extraction[object] | None:
    """Give the extraction of a result; None if it has a plain object, or failed."""
    value = result.value
    return cast("Extraction[object]", value) if isinstance(value, Extraction) else None


def provenance_of(result: Result[object], name: str | None, extractor: str, left_out: tuple[LeftOut, ...]) -> JSON:
    """Give what stands beside a result's values, by the names of `PROVENANCE`; what it does not name is null.

    Args:
        result: The result.
        name: Of the document, if it has one.
        extractor: The extractor's fingerprint.
        left_out: The values that their columns do not hold.
    """
    extraction, error = extraction_in(result), result.error
    problems = error.problems if isinstance(error, InvalidExtraction) else ()
    if extraction:
        problems = _left_out(extraction)
    return {
        **(_about(extraction) if extraction else {}),
        **_failure(error),
        "id": name,
        "problems": [
            *({"path": show(each.path), "message": each.message} for each in problems),
            # The value stands here, since it stands in no column.
            *({"path": show(each.path), "message": each.reason, "value": each.value} for each in left_out),
        ],
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
        "confidence": confidence_as_dicts(extraction.confidence),
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
