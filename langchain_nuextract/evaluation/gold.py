"""What people say is right: documents with the values that should come out of them."""

import json
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from itertools import pairwise
from os import PathLike
from pathlib import Path
from typing import Generic, Self, TypeVar, cast, overload

from langchain_nuextract.errors import EvaluationError
from langchain_nuextract.evaluation.dataframe import DataFrame, rows_of
from langchain_nuextract.evaluation.gold_document import GoldDocument, OnConflict, gold_document, json_lines
from langchain_nuextract.paths import JSON
from langchain_nuextract.schema.target import Target

T_co = TypeVar("T_co", covariant=True)


class Gold(Generic[T_co]):
    """Documents with what should come out of them. It is read anew each time it is iterated over, not held.

        gold = Gold.from_jsonl("gold.jsonl", Cheque)

    Each line has an `id`, the document as `text` or `image`, `images`, `file` or `files` (relative to the file of
    lines) or `image_url`, and the values as `expected` or `output`; `group`, `annotator` and `evidence` if wanted. All
    else is kept as `meta`.

    Args:
        target: The schema: whatever `Target.of` takes.
        documents: The documents; an iterable that can be iterated over more than once.
        name: What to call it in messages.

    Raises:
        EvaluationError: There is no document, an id comes twice, or a value does not satisfy the schema.
    """

    def __init__(self, target: object, documents: Iterable[GoldDocument], *, name: str = "gold") -> None:
        """Read all of it once, to find what is wrong before any model is asked."""
        self.target: Target[T_co] = Target.of(target)
        self.name = name
        self._documents = documents
        ids, hashed = self._read_once()
        self.ids: Sequence[str] = ids
        """The documents' ids, in order."""
        self.sha256 = hashed
        """Of ids, groups and values: two evaluations can be compared where it is the same."""
        if not self.ids:
            raise EvaluationError(name, "there is no document in it")

    @classmethod
    def from_jsonl(cls, path: str | PathLike[str], schema: object, *, group_by: str = "group") -> Self:
        """Take it from a file of JSON lines; see the class for what a line has, `group_by` for the key of its group.

        Raises:
            EvaluationError: A line is not JSON, lacks something, or its value does not satisfy the schema.
            OSError: The file cannot be read.
        """
        if not isinstance(cast("object", path), str | PathLike):
            raise TypeError(f"from_jsonl takes a file and then a schema, and got {path!r} for the file")
        file = Path(path)
        if file.exists() and not (file.is_file() or file.is_dir()):
            raise EvaluationError(str(file), "it is a pipe or a device, and a gold is read more than once. Name a file")
        return cls.from_rows(_JSONLines(file, group_by), schema, folder=file.parent, name=str(file))

    @classmethod
    def from_rows(
        cls,
        rows: Iterable[Mapping[str, object]],
        schema: object,
        *,
        folder: str | PathLike[str] = ".",
        name: str = "gold",
    ) -> Self:
        """Take it from dicts, each what a line of a file would be.

        Args:
            rows: The dicts; an iterable that can be iterated over more than once.
            schema: Whatever `Target.of` takes.
            folder: What relative paths of files are relative to.
            name: What to call it in messages.
        """
        target: Target[T_co] = Target.of(schema)
        return cls(
            target, _Rows(rows, partial(gold_document, target=target, folder=Path(folder), name=name)), name=name
        )

    @classmethod
    def from_dataframe(cls, frame: DataFrame, schema: object, *, folder: str | PathLike[str] = ".") -> Self:
        """Take it from a table with the columns of the lines of a file.

        The values stand in a column `expected`, as dicts or as JSON text, or each in a column of its own that is named
        after a field of the schema. Cells that are NaN are empty.
        """
        target: Target[T_co] = Target.of(schema)
        return cls.from_rows(rows_of(frame, target), target, folder=folder, name="the table")

    @classmethod
    def from_label_studio(
        cls,
        export: str | PathLike[str],
        schema: object,
        *,
        config: str | None = None,
        on_conflict: OnConflict = "error",
        folder: str | PathLike[str] | None = None,
    ) -> Self:
        """Take it from an export of Label Studio in the format JSON.

        Args:
            export: The file.
            schema: Whatever `Target.of` takes.
            config: The project's configuration, as XML, if it is at hand.
            on_conflict: What to do where annotators differ; see `gold_document.OnConflict`.
            folder: Where files that tasks name are; by default beside the export.

        Raises:
            EvaluationError: See `label_studio.read_export`, which also tells how far annotators agree.
            OSError: The file cannot be read.
        """
        from langchain_nuextract.evaluation.label_studio.export import read_export  # noqa: PLC0415 few need it

        read = read_export(export, schema, config=config, on_conflict=on_conflict, folder=folder)
        return cls.from_rows(read.rows, schema, name=str(export))

    def __iter__(self) -> Iterator[GoldDocument]:
        """Read the documents, in order."""
        return iter(self._documents)

    def __len__(self) -> int:
        """Count the documents."""
        return len(self.ids)

    def write_jsonl(self, path: str | PathLike[str]) -> None:
        """Write it to a file of JSON lines, values as they were read."""
        with Path(path).open("w", encoding="utf-8", errors="backslashreplace") as file:
            file.writelines(json.dumps(each.as_json(), ensure_ascii=False) + "\n" for each in self)

    def _read_once(self) -> tuple["_Ids", str]:
        """Read all documents, and give their ids and a hash of all of it; of a document only its id is kept."""
        ids = _Ids()
        contents, hashed = array("q"), sha256()
        for at, each in enumerate(self._documents):
            ids.append(each.id)
            # Texts are left out: a gold whose documents were moved from a file into its lines is the same.
            hashed.update(json.dumps([each.id, each.group, each.output], sort_keys=True).encode())
            # What has no document with it is like no other.
            contents.append(hash(held) if any(held := (each.text, each.files, each.image_urls)) else at)
        for one, _ in _equal_pairs(ids):
            raise EvaluationError(f"{self.name}: {ids[one]}", "this id comes twice; give each document one of its own")
        pairs = sorted(_equal_pairs(contents))
        self.warnings: tuple[str, ...] = tuple(f"{ids[two]} is the same document as {ids[one]}" for one, two in pairs)
        """What is odd about it, and can be lived with: documents that are there twice."""
        return ids, hashed.hexdigest()


class _Ids(Sequence[str]):
    """Ids, one after the other in one array of bytes: a string of each would take three times as much."""

    __slots__ = ("_ends", "_text")

    def __init__(self) -> None:
        self._text = bytearray()
        self._ends = array("Q", [0])

    def append(self, id_: str) -> None:
        self._text += id_.encode("utf-8", "surrogatepass")
        self._ends.append(len(self._text))

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> list[str]: ...
    def __getitem__(self, at: int | slice) -> str | list[str]:
        if isinstance(at, slice):
            return [self[each] for each in range(len(self))[at]]
        place = range(len(self))[at]
        return self._text[self._ends[place] : self._ends[place + 1]].decode("utf-8", "surrogatepass")

    def __len__(self) -> int:
        return len(self._ends) - 1


def _equal_pairs(values: Sequence[str] | Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield the places of values that are equal, by sorting, which takes less memory than a set of them."""
    order = sorted(range(len(values)), key=values.__getitem__)
    return ((one, other) for one, other in pairwise(order) if values[one] == values[other])


@dataclass(frozen=True, slots=True)
class _Rows:
    rows: Iterable[Mapping[str, object]]
    read: Callable[..., GoldDocument]

    def __iter__(self) -> Iterator[GoldDocument]:
        return (self.read(row, at=at) for at, row in enumerate(self.rows, start=1))


@dataclass(frozen=True, slots=True)
class _JSONLines:
    path: Path
    group_by: str

    def __iter__(self) -> Iterator[Mapping[str, JSON]]:
        return ({**row, "group": row.get(self.group_by)} for _, row in json_lines(self.path))
