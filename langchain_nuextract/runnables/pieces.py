"""Documents split by any of LangChain's text splitters, and where in the document each piece stands."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Protocol, TypeAlias, runtime_checkable

from langchain_core.documents import BaseDocumentTransformer, Document

from langchain_nuextract.runnables.extracted_metadata import START

_MISSES: Final = 32
"""Pieces in a row that are nowhere in the document, after which no further one is looked for."""


@runtime_checkable
class SplitsDocuments(Protocol):
    """A `TextSplitter`, or what splits documents as one does."""

    def split_documents(self, documents: list[Document]) -> Sequence[Document]:
        """Split documents."""
        ...


@runtime_checkable
class SplitsText(Protocol):
    """A splitter of texts, such as `MarkdownHeaderTextSplitter`."""

    def split_text(self, text: str) -> Sequence[str | Document]:
        """Split a text."""
        ...


Splitter: TypeAlias = SplitsDocuments | SplitsText | BaseDocumentTransformer


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a document."""

    document: Document
    """With the metadata of the whole and those that the splitter gave it."""
    start: int | None
    """Where in the document it begins, in code points; None if it is not there as it stands."""
    evidence: dict[str, list[int]] | None
    """Where in the piece the values stand; None if its place is not known."""


def pieces(document: Document, splitter: Splitter, evidence: Mapping[str, Sequence[int]]) -> Iterator[Piece]:
    """Split a document, and find out where the pieces stand in it.

    A splitter may have changed the white space: `MarkdownHeaderTextSplitter`, for one, strips every line. A piece that
    differs otherwise has no place.

    Args:
        document: The document.
        splitter: What splits it.
        evidence: Where in the document the values stand, by path.

    Raises:
        TypeError: It is no splitter.
    """
    whole, previous, misses = _Letters(document.page_content), -1, 0
    for piece in _split(document, splitter) or [document]:  # blank text has no pieces, and is to be kept
        own = _Letters(piece.page_content)
        at = _place(whole, own, piece, previous) if misses < _MISSES else None
        if at is None:
            misses += 1
            yield Piece(piece, None, None)
            continue
        previous, misses = at, 0
        yield Piece(piece, _start(whole, own, at), dict(_moved(evidence, whole, own, at)))


def _split(document: Document, splitter: Splitter) -> Sequence[Document]:
    match splitter:
        case SplitsDocuments():
            return splitter.split_documents([document])
        case BaseDocumentTransformer():
            return splitter.transform_documents([document])
        case SplitsText():
            made = [_made(each) for each in splitter.split_text(document.page_content)]
            above = dict(document.metadata)
            return [Document(text, metadata={**above, **metadata}) for text, metadata in made]
        case _:
            raise TypeError(f"expected one of LangChain's text splitters, got {type(splitter).__name__}")


def _made(piece: str | Document) -> tuple[str, dict[str, Any]]:
    return (piece, {}) if isinstance(piece, str) else (piece.page_content, dict(piece.metadata))


@dataclass(frozen=True)
class _Letters:
    """A text without its white space."""

    text: str

    @cached_property
    def letters(self) -> str:
        return "".join(self.text.split())

    @cached_property
    def places(self) -> list[int]:
        """Where in the text each letter stands."""
        return [at for at, letter in enumerate(self.text) if not letter.isspace()]


def _place(whole: _Letters, own: _Letters, piece: Document, previous: int) -> int | None:
    """Give the number of the letter with which a piece begins.

    Pieces come in order, and each begins behind the beginning of the one before, which it may overlap.
    """
    if not own.letters:
        return None
    told, behind = piece.metadata.get(START), whole.places[previous] + 1 if previous >= 0 else 0
    if isinstance(told, int) and told >= 0 and whole.text.startswith(own.text, told):
        return bisect_left(whole.places, told)
    found = whole.text.find(own.text, behind)
    found = whole.text.find(own.text) if found < 0 else found
    if found >= 0:
        return bisect_left(whole.places, found)
    found = whole.letters.find(own.letters, previous + 1)
    found = whole.letters.find(own.letters) if found < 0 else found
    return found if found >= 0 else None


def _start(whole: _Letters, own: _Letters, at: int) -> int:
    """Give where a piece begins, with the white space before its first letter if the document has the same."""
    start = whole.places[at] - own.places[0]
    return start if start >= 0 and whole.text.startswith(own.text, start) else whole.places[at]


def _moved(
    evidence: Mapping[str, Sequence[int]], whole: _Letters, own: _Letters, at: int
) -> Iterator[tuple[str, list[int]]]:
    for path, (start, end) in evidence.items():
        first, last = (bisect_left(whole.places, place) - at for place in (start, end))
        if 0 <= first < last <= len(own.places):
            yield path, [own.places[first], own.places[last - 1] + 1]
