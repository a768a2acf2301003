"""Documents or results in, rows out, one by one and in batches."""

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import chain, islice
from typing import TypeAlias, cast

from langchain_nuextract.batch.options import BATCH_ROWS, NameOf
from langchain_nuextract.batch.result import Result
from langchain_nuextract.batch.source import check_are_many
from langchain_nuextract.batch.tables.arrow import record_batch_of
from langchain_nuextract.batch.tables.arrow_protocols import ArrowTable
from langchain_nuextract.batch.tables.cell import Cell
from langchain_nuextract.batch.tables.documents import document_name, sha256_of
from langchain_nuextract.batch.tables.finished import Finished
from langchain_nuextract.batch.tables.rows import RowSchema
from langchain_nuextract.engine.result import Extraction

Extract: TypeAlias = Callable[[Iterable[object]], Generator[Result[object]]]
"""Extracts from documents: one result for each."""


@dataclass(frozen=True, slots=True)
class RowMaker:
    """Makes the rows of documents."""

    schema: RowSchema
    extractor: str
    """The extractor's fingerprint."""
    extract: Extract
    name: NameOf | None = None
    """Names a document, for the column `_id`; by default, see `rows.document_name`."""

    def batches(self, given: Iterable[object], size: int = BATCH_ROWS) -> Generator[ArrowTable]:
        """Yield record batches of documents, or of results that there are already; none where there is nothing."""
        for rows in in_batches((row for row, _ in self.rows(given)), size):
            yield record_batch_of(self.schema.columns, rows)

    def rows(
        self, given: Iterable[object], finished: Finished | None = None
    ) -> Iterator[tuple[tuple[Cell, ...], Result[object]]]:
        """Yield the row of each document, and the result that it is made of.

        Args:
            given: Documents; or results, or extractions.
            finished: The documents that are left out.
        """
        first, given = _first(given)
        if isinstance(first, Result | Extraction):
            for index, each in enumerate(cast("Iterable[Result[object] | Extraction[object]]", given)):
                is_result = isinstance(each, Result)
                result = each if is_result else Result(index, each.document, each, usage=each.usage)
                name = self._name(result.document, result.index)
                if finished is None or not finished.take(name, sha256_of(result.document)):
                    yield self.schema.row(result, name, self.extractor), result
        else:
            # Those that are under way: results come with the place among the documents that are not left out.
            names: dict[int, str] = {}
            check_are_many(given)
            documents = given if finished is None else self._others(given, finished, names)
            with closing(self.extract(documents)) as results:
                for result in results:
                    name = names.pop(result.index, None)
                    name = self._name(result.document, result.index) if name is None else name
                    yield self.schema.row(result, name, self.extractor), result

    def _others(self, documents: Iterable[object], finished: Finished, names: dict[int, str]) -> Iterator[object]:
        """Yield the documents that are not finished, and note their names by their place among those."""
        place = 0
        for index, document in enumerate(documents):
            name = self._name(document, index)
            if not finished.take(name, sha256_of(document)):
                names[place] = name
                place += 1
                yield document

    def _name(self, document: object, index: int) -> str:
        return self.name(document) if self.name else document_name(document, index)


def in_batches(rows: Iterable[tuple[Cell, ...]], size: int) -> Iterator[list[tuple[Cell, ...]]]:
    """Yield rows so many at a time."""
    left = iter(rows)
    while batch := list(islice(left, size)):
        yield batch


def _first(given: Iterable[object]) -> tuple[object, Iterable[object]]:
    """Look at the first of some things, if they can be looked at without taking them away."""
    if isinstance(given, list | tuple):
        return next(iter(given), None), given
    if isinstance(given, Iterator):
        # An iterator is looked at by taking its first, which is put back before the others.
        seen = list(islice(given, 1))
        return (seen[0] if seen else None), chain(seen, given)
    return None, given
