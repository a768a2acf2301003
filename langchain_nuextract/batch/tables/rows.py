"""Results as rows: the user's columns, and beside them those of `provenance`."""

from collections.abc import Iterable
from dataclasses import dataclass

from langchain_nuextract.batch.result import Result
from langchain_nuextract.batch.tables.cell import Cell
from langchain_nuextract.batch.tables.cells import CellMaker, LeftOut
from langchain_nuextract.batch.tables.column_types import (
    Column,
)
from langchain_nuextract.batch.tables.documents import document_name
from langchain_nuextract.batch.tables.mapping import Mapped, map_columns
from langchain_nuextract.batch.tables.provenance import PROVENANCE, extraction_in, provenance_of
from langchain_nuextract.paths import JSON
from langchain_nuextract.schema.target import Target


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
        beside = CellMaker().row(self.provenance, provenance_of(result, name, extractor, left_out))
        return (*cells, *beside)

    def _value(self, result: Result[object]) -> tuple[JSON, tuple[LeftOut, ...]]:
        if result.error is not None or result.value is None:
            return None, ()
        extraction = extraction_in(result)
        try:
            return self.target.as_json(extraction.value if extraction else result.value), ()
        except Exception as error:  # noqa: BLE001  # the user's own code may raise anything; the row says so
            reason = f"{type(error).__name__} when it was written as JSON: {error}"
            if extraction:
                return extraction.json, (LeftOut((), f"{reason}. What is here lacks the schema's defaults", None),)
            return None, (LeftOut((), reason, None),)


def free_prefix(columns: tuple[Column, ...], names: Iterable[str]) -> str:
    """Give as many underscores as it takes for none of some names to be that of a column."""
    # Engines hold names that differ in case alone for the same.
    taken = {column.name.casefold() for column in columns}
    prefix = "_"
    while any(f"{prefix}{name}" in taken for name in names):
        prefix += "_"
    return prefix


def name_of_result(result: Result[object]) -> str:
    """Name the document of a result; see `document_name`."""
    return document_name(result.document, result.index)
