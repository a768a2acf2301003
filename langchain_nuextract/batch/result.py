"""What has become of one document of many, and of the tables that they were written to."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from langchain_nuextract.dialects.messages import Usage

Out_co = TypeVar("Out_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Result(Generic[Out_co]):
    """One document of a batch, with its object or its error.

        for result in extract.extract_many(documents):
            print(result.index, result.error or result.value)

    Nothing of it is kept once it is handed out: 100,000 of them take no more memory than those in flight.
    """

    index: int
    """The document's place among the documents, from 0."""
    document: Any
    """The document, as it was given: its type is the caller's own."""
    value: Out_co | None
    """The object, or the `Extraction` where the detailed form was asked; None if it failed."""
    error: Exception | None = None
    """Why there is no object."""
    reused: bool = False
    """Whether it comes from the checkpoint, and no model was asked in this run."""
    usage: Usage = field(default_factory=Usage)
    """Tokens that the document took, in this run or in the one that the checkpoint has it from."""

    def unwrap(self) -> Out_co:
        """Give the object, or raise the error."""
        # The value may be None for a schema that admits it: the error alone tells.
        if self.error is not None:
            raise self.error
        return self.value  # pyright: ignore[reportReturnType]  # there is one wherever there is no error


@dataclass(frozen=True, slots=True)
class Written:
    """What was written to tables."""

    rows: int
    """Documents, failed ones included."""
    failed: int
    """Those of them that have an error in place of values."""
    reused: int
    """Documents that an earlier run had written, about which nobody was asked."""
    files: tuple[Path, ...]
    """The files, in the order in which they were finished."""
