"""What an earlier run has written to a folder of parts, so that it is not asked about again."""

from array import array
from bisect import bisect_left
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Final, cast

from langchain_nuextract import errors
from langchain_nuextract.batch.tables.arrow import arrow_schema_of
from langchain_nuextract.batch.tables.arrow_protocols import ArrowTable
from langchain_nuextract.batch.tables.column_types import Column
from langchain_nuextract.batch.tables.files import parquet_module
from langchain_nuextract.batch.tables.rows import RowSchema
from langchain_nuextract.batch.whole_files import Aside

RETRIED: Final = sorted(
    name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, errors.EndpointError)
)
"""The errors that are no fate of the document's: it is asked about again."""


class Finished:
    """The rows that are finished, each of which stands for one document that need not be asked about.

    Eight bytes a row: those of an id and the document's hash, sorted.
    """

    def __init__(self, keys: Iterator[int]) -> None:
        self.taken = 0
        """Documents of which `take` told that they are."""
        # Equal documents are rows of their own: of three that are the same, a run that was stopped may have one.
        ordered = sorted(keys)
        self._keys = array("Q", dict.fromkeys(ordered))
        self._left = array("L", [0]) * len(self._keys)
        for key in ordered:
            self._left[bisect_left(self._keys, key)] += 1

    def take(self, name: str, sha256: str | None) -> bool:
        """Tell whether a document is finished; as often as there are rows of it."""
        key = _key(name, sha256)
        at = bisect_left(self._keys, key)
        if at == len(self._keys) or self._keys[at] != key or not self._left[at]:
            return False
        self._left[at] -= 1
        self.taken += 1
        return True


def finished_in(folder: Path, schema: RowSchema, extractor: str) -> Finished:
    """Read what parts have of an extractor, and take out of them the rows that the endpoint is to blame for.

    Raises:
        CheckpointError: There is a part of another schema.
    """
    parts = sorted(folder.glob("*.parquet"))
    for part in parts:
        check_schema(part, schema.columns)
    return Finished(key for part in parts for key in _keys(part, schema.prefix, extractor))


def check_schema(part: Path, columns: tuple[Column, ...]) -> None:
    """Check that a part has the columns that are to be written.

    Raises:
        CheckpointError: It has others, or is no Parquet file.
    """
    try:
        found = parquet_module().read_schema(part)
    except (OSError, ValueError) as error:
        raise errors.CheckpointError(str(part), f"this is no Parquet file: {error}. Name another folder") from error
    if not found.equals(arrow_schema_of(columns)):
        raise errors.CheckpointError(
            str(part), "it has other columns than this schema gives: the schema has changed. Name another folder"
        )


def _keys(part: Path, prefix: str, extractor: str) -> Iterator[int]:
    """Yield the keys of a part's rows that are finished; if there are others, it is written anew without them."""
    parquet = parquet_module()
    names = [f"{prefix}{name}" for name in ("id", "document_sha256", "extractor", "error_type")]
    table: ArrowTable = parquet.read_table(part, columns=names)
    kept = [
        # What another extractor wrote is not ours to take out, whatever failed there.
        made_by != extractor or error not in RETRIED
        for made_by, error in zip(*(table.column(each).to_pylist() for each in names[2:]), strict=True)
    ]
    if not all(kept):
        table = parquet.read_table(part).filter(kept)
        with Aside(part) as anew:
            parquet.write_table(table, anew, compression="zstd")
    for name, sha256, made_by in zip(*(table.column(each).to_pylist() for each in names[:3]), strict=True):
        if made_by == extractor:
            yield _key(str(name), cast("str | None", sha256))


def _key(name: str, sha256: str | None) -> int:
    hashed = blake2b(f"{name}\0{sha256 or ''}".encode("utf-8", "surrogatepass"), digest_size=8)
    return int.from_bytes(hashed.digest(), "big")
