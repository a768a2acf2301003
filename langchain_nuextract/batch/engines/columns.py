"""Extraction as a function of columns, for engines that hand over tables: Ray Data, Spark, Daft, Dask, plain processes.

    columns = extract.columns(text="body", id="doc_id")
    table = columns(table)                                   # of the same kind, with more columns
    dataset.map_batches(columns.actor, batch_format="pyarrow", compute=ray.data.ActorPoolStrategy(size=2))
    frame.mapInArrow(columns.batches, from_arrow_schema(columns.schema(to_arrow_schema(frame.schema))))

No engine is imported here, and none is needed.
"""

import os
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, ClassVar, Final, TypeVar, cast
from uuid import uuid4

from langchain_nuextract.batch.engines.frames import beside, column_names, documents_in, plain_schema, values_in
from langchain_nuextract.batch.engines.offline import ENGINES_OWN, request_row, result_of_row, template_arguments
from langchain_nuextract.batch.options import Options
from langchain_nuextract.batch.protocols import Extractor
from langchain_nuextract.batch.result import Result
from langchain_nuextract.batch.session import Session
from langchain_nuextract.batch.tables import arrow_schema, record_batch
from langchain_nuextract.batch.tables.arrow import pyarrow
from langchain_nuextract.batch.tables.arrow_protocols import ArrowSchema, ArrowTable
from langchain_nuextract.batch.tables.finished import RETRIED
from langchain_nuextract.batch.tables.rows import RowSchema
from langchain_nuextract.client import background_loop
from langchain_nuextract.engine.result import Extraction
from langchain_nuextract.paths import JSON
from langchain_nuextract.schema.target import Target

Batch = TypeVar("Batch")

_KEPT: Final = 8
"""How many callables a process keeps connections for; those that were not called for longest are let go."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Takes a batch of rows, and gives it back with columns for what was extracted; made by `NuExtractor.columns`.

    Batches are tables or record batches of pyarrow, data frames of pandas, or dicts of columns. As many rows come out
    as went in, in order, with all columns that they had. The columns that are put beside them are the same for every
    batch, an empty one too: `schema` tells them before the first document. They are those of all tables, but for
    choices, which are texts rather than dictionaries.

    It can be pickled where a `ChatNuExtract` is asked. Its copies in a process, as engines make one for each task,
    share their connections and what is known of the endpoint, from one batch to the next.

    Raises:
        ValueError: By a call, before the first document: a column is missing, or there is one by the name of ours.
        TypeError: The same: it is no table, or the documents are neither text nor bytes.
        EndpointError: The key is denied, the model is unknown, or the endpoint was gone for longer than the model's
            `patience`: what would befall every document. What befalls one is in its row.
    """

    extractor: Extractor = field(compare=False)
    target: Target[object] = field(compare=False, repr=False)
    text: str = field(compare=False)
    """The column of the documents: texts, or the bytes of files."""
    id: str | None = field(compare=False, default=None)
    """The column that tells rows apart, for `_id`; without one, `_id` is null."""
    prefix: str = field(compare=False, default="")
    """What the names of our columns begin with."""
    options: Options = field(compare=False, default=Options())
    key: str = field(repr=False, default_factory=lambda: uuid4().hex)
    """Tells copies of this one, in any process, from all others."""

    def __call__(self, batch: Batch) -> Batch:
        """Extract from the documents of a batch; see the class for what it raises."""
        documents = self._documents(batch)
        return self._joined(batch, background_loop.run(_session(self, os.getpid()).results(documents)))

    async def acall(self, batch: Batch) -> Batch:
        """Do the same on an event loop; with several batches at a time, requests are no more than with one."""
        documents = self._documents(batch)
        return self._joined(batch, await background_loop.arun(_session(self, os.getpid()).results(documents)))

    def batches(self, batches: Iterable[Batch]) -> Iterator[Batch]:
        """Do the same with one batch after another, as Spark's `mapInArrow` hands them over."""
        yield from map(self, batches)

    def schema(self, given: object) -> Any:
        """Tell the schema of what comes out, a `pyarrow.Schema`, by that of what goes in.

        Raises:
            ValueError: A column is missing, or there is one by the name of ours.
        """
        before = cast("ArrowSchema", given)
        self._check(before.names)
        return pyarrow().schema([*before, *_own_schema(self)], metadata=before.metadata)

    def finished(self, table: Batch) -> Batch:
        """Of an output, as a table or record batch of pyarrow, keep the rows that need not be asked about again.

        They come of the same extractor, and did not fail for the endpoint's sake: a run over what is not among them
        goes on where an earlier one was stopped. What the endpoint refused is asked about again, an invalid answer is
        not, as with a checkpoint.
        """
        pa = pyarrow()
        own = f"{self.prefix}{RowSchema.of(self.target).prefix}"
        errors = pa.array(RETRIED, type=pa.string())
        compute = pa.compute
        rows = cast("ArrowTable", table)
        of_endpoint = compute.is_in(rows.column(f"{own}error_type"), value_set=errors)
        same = compute.equal(rows.column(f"{own}extractor"), self.fingerprint)
        return cast("Batch", rows.filter(compute.and_(same, compute.invert(of_endpoint))))

    @property
    def fingerprint(self) -> str:
        """What stands in the column `_extractor`: a hash of everything that decides what the model is asked."""
        return self.extractor.fingerprint

    @property
    def chat_template_kwargs(self) -> Mapping[str, JSON]:
        """What an engine that runs the model itself is to tell the chat template, for all rows."""
        return template_arguments(self.extractor)

    def request(self, row: Mapping[str, object]) -> dict[str, object]:
        """Say what an engine that runs the model itself is to be asked about a row; see `offline`.

        Raises:
            ValueError: A column is missing, or there is one by the name of ours or of the engine's.
            UnsupportedTask: An engine cannot be asked so.
        """
        self._check([*row])
        if clash := sorted(ENGINES_OWN.intersection(row)):
            raise ValueError(f"the engine has columns of its own by the names {clash}: rename the table's")
        (document,) = documents_in({self.text: [row[self.text]]}, self.text)
        return request_row(self.extractor, document, self.chat_template_kwargs)

    def reply(self, row: Mapping[str, object]) -> dict[str, object]:
        """Read what the engine said about a row, and give the row as a call of this would, without the engine's own."""
        given = {name: [value] for name, value in row.items() if name not in ENGINES_OWN}
        (document,) = self._documents(given)
        columns = self._joined(given, [result_of_row(self.extractor, document, row)])
        return {name: values[0] for name, values in columns.items()}

    @property
    def actor(self) -> type["Actor"]:
        """A class without arguments, for Ray Data's `map_batches`: one batch at a time in each actor."""
        return type("ExtractionActor", (Actor,), {"columns": self})

    @property
    def async_actor(self) -> type["AsyncActor"]:
        """The same as an async generator: several batches at a time in each actor."""
        return type("AsyncExtractionActor", (AsyncActor,), {"columns": self})

    def _documents(self, batch: object) -> list[object]:
        self._check(column_names(batch))
        return documents_in(batch, self.text)

    def _check(self, given: Sequence[str]) -> None:
        for needed in (self.text, self.id):
            if needed is not None and given.count(needed) != 1:
                raise ValueError(
                    f"there must be one column {needed!r}, and the columns are {', '.join(map(repr, given))}"
                )
        # Engines hold names that differ in case alone for the same.
        taken = {name.casefold() for name in given}
        if clash := [name for name in _own_schema(self).names if name.casefold() in taken]:
            raise ValueError(
                f"the table has columns by the names of those that are put beside them: {', '.join(map(repr, clash))}. "
                'Rename them, or have ours begin with something: columns(…, prefix="found_")'
            )

    def _joined(self, batch: Batch, results: Sequence[Result[Extraction[object]]]) -> Batch:
        ids = values_in(batch, self.id) if self.id else [None] * len(results)
        names = [None if each is None else str(each) for each in ids]
        own = _own_schema(self)
        ours: ArrowTable = record_batch(
            results, self.target, extractor=self.fingerprint, name=lambda result: names[result.index]
        )
        return beside(batch, ours.rename_columns(own.names).cast(own))


class Actor:
    """Extracts from a batch at a time; see `Columns.actor`."""

    columns: ClassVar[Columns]

    def __call__(self, batch: Batch) -> Batch:
        """Extract from a batch."""
        return self.columns(batch)


class AsyncActor:
    """Extracts from several batches at a time; see `Columns.async_actor`."""

    columns: ClassVar[Columns]

    async def __call__(self, batch: Batch) -> AsyncGenerator[Batch]:
        """Extract from a batch, and yield it."""
        yield await self.columns.acall(batch)


@lru_cache(maxsize=_KEPT)
def _own_schema(columns: Columns) -> ArrowSchema:
    # Of a large schema it takes longer than a small batch does.
    schema = plain_schema(arrow_schema(columns.target))
    return pyarrow().schema([each.with_name(f"{columns.prefix}{each.name}") for each in schema])


@lru_cache(maxsize=_KEPT)
def _session(columns: Columns, _process: int) -> Session:
    # By process: what a fork has copied belongs to the parent's event loop.
    return Session(columns.extractor, columns.options)
