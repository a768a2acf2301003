"""Documents split by any of LangChain's text splitters, and where in the document each piece stands."""

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Protocol, TypeAlias, runtime_checkable

from langchain_core.documents import BaseDocumentTransformer, Document

from langchain_nuextract.runnables.extracted_metadata import START, moved

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


AnySplitter: TypeAlias = SplitsDocuments | SplitsText | BaseDocumentTransformer


@dataclass(frozen=True, slots=True)
class DocumentPiece:
    """A piece of a document."""

    document: Document
    """With the metadata of the whole and those that the splitter gave it."""
    start: int | None
    """Where in the document it begins, in code points; None if it is not there as it stands."""
    evidence: dict[str, list[int]] | None
    """Where in the piece the values stand; None if its place is not known."""


def pieces(document: Document, splitter: AnySplitter, evidence: Mapping[str, Sequence[int]]) -> Iterator[DocumentPiece]:
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
    whole, behind, misses = _Letters(document.page_content), 0, 0
    values = _Values(evidence)
    for piece in _split(document, splitter) or [document]:  # blank text has no pieces, and is to be kept
        own = _Letters(piece.page_content)
        start = _verbatim(whole.text, piece, behind)
        if start is not None:
            near = values.between(start, start + len(own.text))
            found = DocumentPiece(piece, start, moved(near, start, len(own.text)))
        elif misses < _MISSES and (at := _loosely(whole, own, behind)) is not None:
            near = values.between(whole.places[at], whole.places[at + len(own.places) - 1] + 1)
            found = DocumentPiece(piece, whole.places[at], dict(_moved_loosely(near, whole, own, at)))
        else:
            found = DocumentPiece(piece, None, None)
        misses = misses + 1 if found.start is None else 0
        behind = behind if found.start is None else found.start + 1
        yield found


def _split(document: Document, splitter: AnySplitter) -> Sequence[Document]:
    match splitter:
        case SplitsDocuments():
            return splitter.split_documents([document])
        case BaseDocumentTransformer():
            return splitter.transform_documents([document])
        case SplitsText():
            above = dict(document.metadata)
            made = (
                Document(piece) if isinstance(piece, str) else piece
                for piece in splitter.split_text(document.page_content)
            )
            return [Document(piece.page_content, metadata={**above, **piece.metadata}) for piece in made]
        case _:
            raise TypeError(f"expected one of LangChain's text splitters, got {type(splitter).__name__}")


class _Values:
    """Where values stand, in order: a long table has thousands, and as many pieces."""

    def __init__(self, evidence: Mapping[str, Sequence[int]]) -> None:
        self.ordered = sorted(evidence.items(), key=lambda each: each[1][0])
        self.starts = [start for _, (start, _) in self.ordered]

    def between(self, start: int, end: int) -> dict[str, Sequence[int]]:
        """Give those that begin between two places."""
        return dict(self.ordered[bisect_left(self.starts, start) : bisect_left(self.starts, end)])


@dataclass(frozen=True)
class _Letters:
    """A text without its white space."""

    text: str

    @cached_property
    def letters(self) -> str:
        return "".join(self.text.split())

    @cached_property
    def places(self) -> "array[int]":
        """Where in the text each letter stands."""
        return array("q", (at for at, letter in enumerate(self.text) if not letter.isspace()))


def _verbatim(text: str, piece: Document, behind: int) -> int | None:
    """Give where a piece begins, if it stands in the text as it is.

    Pieces come in order, and each begins behind the beginning of the one before, which it may overlap.
    """
    content, start = piece.page_content, piece.metadata.get(START)
    if not content:
        return None
    if isinstance(start, int) and start >= 0 and text.startswith(content, start):
        return start
    found = text.find(content, behind)
    found = text.find(content) if found < 0 else found
    return found if found >= 0 else None


def _loosely(whole: _Letters, own: _Letters, behind: int) -> int | None:
    """Give the number of the letter with which a piece begins, if it stands in the text but for white space."""
    if not own.letters:
        return None
    found = whole.letters.find(own.letters, bisect_left(whole.places, behind))
    found = whole.letters.find(own.letters) if found < 0 else found
    return found if found >= 0 else None


def _moved_loosely(
    evidence: Mapping[str, Sequence[int]], whole: _Letters, own: _Letters, at: int
) -> Iterator[tuple[str, list[int]]]:
    for path, (start, end) in evidence.items():
        first, last = (bisect_left(whole.places, place) - at for place in (start, end))
        if 0 <= first < last <= len(own.places):
            yield path, [own.places[first], own.places[last - 1] + 1]
