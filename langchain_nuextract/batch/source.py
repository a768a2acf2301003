"""The documents of a batch, as they are taken one by one."""

from collections.abc import AsyncGenerator, AsyncIterable, Iterable, Iterator, Mapping
from os import PathLike
from typing import Final, TypeAlias, cast

from pydantic import BaseModel

NumberedDocument: TypeAlias = tuple[int, object]
"""A document's place, and the document."""

_ONE: Final = (str, bytes, BaseModel, Mapping)
"""What is iterable and no more than one document: LangChain's documents and messages are models of Pydantic's."""


def check_are_many(documents: object) -> None:
    """Check that documents are not one.

    Raises:
        TypeError: They are.
    """
    if isinstance(documents, PathLike):
        raise TypeError("expected many documents, and got one path: pass [path], or for a folder path.iterdir()")
    kind = type(documents).__name__
    if isinstance(documents, _ONE) or not (hasattr(documents, "__iter__") or hasattr(documents, "__aiter__")):
        raise TypeError(f"expected many documents, in a list or another iterable, and got one {kind}: pass [document]")


class DocumentSource:
    """The documents of a batch. What breaks them off is raised when all that came before have been seen to.

    Raises:
        TypeError: It is one document.
    """

    def __init__(self, documents: Iterable[object] | AsyncIterable[object]) -> None:
        check_are_many(documents)
        self.taken = 0
        """How many have come so far; all of them once it has ended."""
        self.has_ended = False
        self._documents = documents
        self._failure: Exception | None = None

    def numbered(self) -> Iterator[NumberedDocument]:
        """Yield the documents with their places."""
        try:
            for document in cast("Iterable[object]", self._documents):
                yield self.taken, document
                self.taken += 1
        except Exception as error:  # noqa: BLE001  # raised by `end`
            self._failure = error
        self.has_ended = True

    async def anumbered(self) -> AsyncGenerator[NumberedDocument]:
        """Yield the documents with their places."""
        try:
            if isinstance(self._documents, AsyncIterable):
                async for document in self._documents:
                    yield self.taken, document
                    self.taken += 1
            else:
                for document in self._documents:
                    yield self.taken, document
                    self.taken += 1
        except Exception as error:  # noqa: BLE001  # raised by `end`
            self._failure = error
        self.has_ended = True

    def end(self) -> None:
        """Raise what broke the documents off, if anything did."""
        if self._failure:
            raise self._failure
