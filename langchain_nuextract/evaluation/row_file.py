"""A file of JSON lines that is written record by record, and read again by the place of a record."""

import json
from array import array
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, Self, cast

from langchain_nuextract.paths import JSON


class RowFile:
    """Records of some lines each; eight bytes a record are held in memory. Written within a `with` block."""

    def __init__(self, path: Path) -> None:
        """Name the file; it is made when it is written."""
        self.path = path
        self._offsets = array("Q", [0])
        self._file: BinaryIO | None = None

    def __enter__(self) -> Self:
        self._file = self.path.open("wb")
        return self

    def __exit__(self, *raised: object) -> None:
        if self._file:
            self._file.close()
            self._file = None

    def append(self, rows: Iterable[Mapping[str, JSON]]) -> None:
        """Write a record.

        Raises:
            ValueError: The file is not open.
        """
        if self._file is None:
            raise ValueError(f"{self.path} is not open")
        record = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode("utf-8", "backslashreplace")
        self._file.write(record)
        self._offsets.append(self._offsets[-1] + len(record))

    def read(self, at: int) -> list[dict[str, JSON]]:
        """Read a record by its place, from 0."""
        with self.path.open("rb") as file:
            file.seek(self._offsets[at])
            record = file.read(self._offsets[at + 1] - self._offsets[at])
        return [cast("dict[str, JSON]", json.loads(line)) for line in record.splitlines()]

    def __iter__(self) -> Iterator[dict[str, JSON]]:
        """Read all lines."""
        with self.path.open("rb") as file:
            yield from (cast("dict[str, JSON]", json.loads(line)) for line in file)

    def __len__(self) -> int:
        """Count the records."""
        return len(self._offsets) - 1
