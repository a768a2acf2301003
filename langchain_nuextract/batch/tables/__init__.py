"""Results as tables: one schema for all rows, known before the first document; and the files they are written to.

Knows extractions and their schemas, and what columns hold. Must not know how documents are extracted from, nor any
engine that may do it on other machines.

    schema = arrow_schema(target)
    batch = record_batch(results, target)       # a row for each result, failures too; batch.schema == schema
"""

from collections.abc import Callable, Iterable
from typing import Any

from langchain_nuextract.batch.result import Result
from langchain_nuextract.batch.tables.arrow import arrow_schema_of, record_batch_of
from langchain_nuextract.batch.tables.rows import RowSchema, name_of_result
from langchain_nuextract.schema.target import Target


def arrow_schema(target: Target[object]) -> Any:
    """Give the `pyarrow.Schema` of all tables of a schema.

    Raises:
        MissingExtra: pyarrow is not installed.
    """
    return arrow_schema_of(RowSchema.of(target).columns)


def record_batch(
    results: Iterable[Result[object]],
    target: Target[object],
    *,
    extractor: str = "",
    name: Callable[[Result[object]], str | None] = name_of_result,
) -> Any:
    """Make a `pyarrow.RecordBatch`: a row for each result, in order.

    A failed document is a row as well, with `_error`, and without values. A value that its column cannot hold is null
    and stands in `_problems`; nothing about a result raises.

    Args:
        results: With an `Extraction` each, or with plain objects, of which the provenance is not known.
        target: The schema that they are of.
        extractor: The extractor's fingerprint, for the column `_extractor`.
        name: Names a result's document, for the column `_id`.

    Returns:
        The batch, of the schema that `arrow_schema(target)` gives, also where there are no results.

    Raises:
        MissingExtra: pyarrow is not installed.
    """
    schema = RowSchema.of(target)
    return record_batch_of(schema.columns, [schema.row(result, name(result), extractor) for result in results])
