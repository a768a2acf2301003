"""Tables of what an extractor finds: as Arrow, Parquet, DataFrames and CSV."""

import os
from collections.abc import Generator, Iterable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar, Unpack

from langchain_nuextract import batch, schema
from langchain_nuextract.batch.options import BATCH_ROWS, PART_ROWS, ManyOptions, NameOf
from langchain_nuextract.errors import MissingExtra
from langchain_nuextract.runnables.base_extractor import BaseExtractor
from langchain_nuextract.runnables.setting_names import check_names

if TYPE_CHECKING:
    from langchain_nuextract.batch.tables.documents_to_rows import RowMaker

Out = TypeVar("Out")


class WithTables(BaseExtractor[Out]):
    """An extractor that writes tables: the same ones in its plain and in its detailed form.

    All tables of a schema have the same columns, known before the first document: a column for each part of the schema,
    and beside them `_id`, `_error`, `_problems`, `_repairs`, `_evidence` and more, as `batch.tables.rows` lists them.
    A document that failed is a row without values; a value that its column cannot hold is null, and in `_problems`.

    Documents may be given as results of `extract_many`, or as extractions, as well: nothing is asked about these.
    """

    @property
    def arrow_schema(self) -> Any:
        """The `pyarrow.Schema` of all its tables.

        Raises:
            MissingExtra: pyarrow is not installed.
        """
        from langchain_nuextract.batch.tables import arrow_schema  # noqa: PLC0415 few need it

        return arrow_schema(self.executor.plan.target)

    @property
    def arrow_losses(self) -> "tuple[schema.Loss, ...]":
        """What the columns cannot hold as it is, by path: what is JSON text in them, or dates that are text."""
        from langchain_nuextract.batch.tables.rows import RowSchema  # noqa: PLC0415 few need it

        return RowSchema.of(self.executor.plan.target).mapped.losses

    def to_arrow(
        self,
        documents: Iterable[object],
        *,
        batch_rows: int = BATCH_ROWS,
        id: NameOf | None = None,  # noqa: A002  # it names the column
        **options: Unpack[ManyOptions],
    ) -> Generator[Any]:
        """Yield what is found in documents as `pyarrow.RecordBatch`es, while it is found.

            reader = pa.RecordBatchReader.from_batches(extract.arrow_schema, extract.detailed.to_arrow(documents))

        Args:
            documents: Any number of them, or results.
            batch_rows: Rows of a batch.
            id: Names a document, for the column `_id`; by default its path, or its own id, or its place.
            options: Those of `extract_many`.

        Raises:
            MissingExtra: pyarrow is not installed.
        """
        _ = self.arrow_schema
        return self._rows(id, options, "to_arrow", "batch_rows").batches(documents, batch_rows)

    def to_pandas(
        self,
        documents: Iterable[object],
        *,
        id: NameOf | None = None,  # noqa: A002  # it names the column
        **options: Unpack[ManyOptions],
    ) -> Any:
        """Give what is found in documents as a `pandas.DataFrame`.

        Columns keep their types: those of Arrow, and categories for choices.

        Args:
            documents: Any number of them, or results.
            id: Names a document, for the column `_id`; by default its path, or its own id, or its place.
            options: Those of `extract_many`.

        Raises:
            MissingExtra: pandas or pyarrow is not installed.
        """
        schema = self.arrow_schema
        try:
            pandas = import_module("pandas")
        except ImportError as error:
            raise MissingExtra("to_pandas", "a DataFrame", extra="pandas") from error
        batches = self._rows(id, options, "to_pandas").batches(documents)
        arrow = import_module("pyarrow")

        def dtype(type_: object) -> object:
            # A dictionary becomes what pandas has for one: a categorical, which sorts and has texts.
            return None if arrow.types.is_dictionary(type_) else pandas.ArrowDtype(type_)

        return arrow.Table.from_batches(batches, schema=schema).to_pandas(types_mapper=dtype)

    def to_parquet(
        self,
        documents: Iterable[object],
        path: str | os.PathLike[str],
        *,
        explode: Sequence[str] = (),
        part_rows: int = PART_ROWS,
        id: NameOf | None = None,  # noqa: A002  # it names the column
        **options: Unpack[ManyOptions],
    ) -> "batch.Written":
        """Write what is found in documents to a folder of Parquet files, or to one file.

            written = extract.detailed.to_parquet(documents, "out/", explode=("items",))

        A folder has a part for each `part_rows` documents, which is there when it is whole. A run that was stopped,
        killed even, is begun again with the same documents: those that are in finished parts of the same extractor are
        left out, known by their ids and the hash of their content. So are those that failed, unless it was the
        endpoint's fault. One run at a time may write to a folder. One file is there when all of it is.

        Args:
            documents: Any number of them, or results.
            path: A folder, made if it is not there; or a file, if its name ends with `.parquet`.
            explode: Lists whose items are to be rows of tables of their own, each with the `_id` of its document, its
                place `_item` and its `_evidence`. The tables are folders then, `out/documents` and `out/items`; or the
                files `out.parquet` and `out.items.parquet`.
            part_rows: Documents of a part; it is also what a run that is killed may lose. See `checkpoint` for less.
            id: Names a document, for the column `_id`; by default its path, or its own id, or its place.
            options: Those of `extract_many`.

        Returns:
            What was written.

        Raises:
            MissingExtra: pyarrow is not installed.
            ValueError: There is no such list to explode, or parts would have no rows.
            CheckpointError: The folder has parts of another schema, or `checkpoint` cannot be used.
        """
        from langchain_nuextract.batch.tables.write import write_parquet  # noqa: PLC0415 few need it

        rows = self._rows(id, options, "to_parquet", "explode", "part_rows")
        return write_parquet(rows, documents, path, explode, part_rows)

    def to_csv(
        self,
        documents: Iterable[object],
        path: str | os.PathLike[str],
        *,
        explode: Sequence[str] = (),
        bom: bool = False,
        id: NameOf | None = None,  # noqa: A002  # it names the column
        **options: Unpack[ManyOptions],
    ) -> "batch.Written":
        """Write what is found in documents to a file of comma-separated values, which is there when all of it is.

        Objects have a column for each of their parts, `seller.name`; lists are JSON text. Texts that a spreadsheet
        would run as a formula have an apostrophe before them. See `batch.tables.csv_text`.

        Args:
            documents: Any number of them, or results.
            path: The file.
            explode: Lists whose items are to be rows of files of their own: `out.items.csv`.
            bom: Begin with the mark by which Excel knows that it is UTF-8.
            id: Names a document, for the column `_id`; by default its path, or its own id, or its place.
            options: Those of `extract_many`.

        Returns:
            What was written.

        Raises:
            ValueError: There is no such list to explode.
        """
        from langchain_nuextract.batch.tables.write import write_csv  # noqa: PLC0415 few need it

        return write_csv(self._rows(id, options, "to_csv", "explode", "bom"), documents, path, explode, bom=bom)

    def _rows(self, name: NameOf | None, options: ManyOptions, method: str, *own: str) -> "RowMaker":
        from langchain_nuextract.batch.run import batch_of  # noqa: PLC0415 few need it
        from langchain_nuextract.batch.tables.documents_to_rows import RowMaker  # noqa: PLC0415
        from langchain_nuextract.batch.tables.rows import RowSchema  # noqa: PLC0415

        check_names(options, {*ManyOptions.__annotations__, "id", *own}, method)
        batch = batch_of(self._base, lambda extraction: extraction, options)
        return RowMaker(RowSchema.of(self.executor.plan.target), self._base.fingerprint, batch.run, name)
