"""Which documents are extracted from, and what each of them is afterwards: `ExtractionTransformer` less its model."""

import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias
from uuid import NAMESPACE_OID, uuid5

from langchain_core.documents import Document

from langchain_nuextract.batch.options import OnError
from langchain_nuextract.engine.result import Extraction
from langchain_nuextract.runnables.extracted_metadata import START, ExtractedMetadata, moved
from langchain_nuextract.runnables.joined_documents import BETWEEN, JoinedDocument, joined_documents
from langchain_nuextract.runnables.pieces import AnySplitter, pieces

DocumentOutcome: TypeAlias = Extraction[object] | Exception

_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ToDo:
    """What is to be extracted from."""

    wholes: tuple[JoinedDocument, ...]
    clashes: tuple[ValueError | None, ...]
    """Of each, why nothing may be asked about it: a field has the name of metadata that it has from elsewhere."""

    @property
    def asked(self) -> list[Document]:
        """The documents that the model is asked about."""
        return [whole.document for whole, clash in zip(self.wholes, self.clashes, strict=True) if not clash]


@dataclass(frozen=True, slots=True)
class ExtractedDocuments:
    """Documents with their fields in their metadata, as `ExtractionTransformer` tells."""

    metadata: ExtractedMetadata
    group_by: str | None
    on_error: OnError

    def to_do(self, documents: Sequence[Document], *, found: bool) -> ToDo:
        """Tell what is to be extracted from, and why some of it is not.

        Args:
            documents: The documents.
            found: Whether a store gave them, which has pieces of documents too.

        Raises:
            ValueError: There is a clash, and `on_error` is "raise".
        """
        groups = joined_documents(documents, None if found else self.group_by)
        parted = [(whole, [documents[at] for at in whole.places]) for whole in groups]
        clashing = [
            (whole, self._clash(parts)) for whole, parts in parted if not self._is_done(parts, whole, found=found)
        ]
        if found:
            # Fields of another process, which has another secret: they are not ours to replace, nor to take away.
            is_signed_by_others = self.metadata.is_signed_by_others
            known = [(whole, clash) for whole, clash in clashing if not (clash and is_signed_by_others(whole.document))]
            if others := len(clashing) - len(known):
                _log.warning("%d documents were extracted from with another secret: give both the same", others)
            clashing = known
        if clashes := [clash for _, clash in clashing if clash]:
            if self.on_error == "raise":
                raise clashes[0]
            _log.warning("nothing is extracted from %d of %d documents: %s", len(clashes), len(groups), clashes[0])
        return ToDo(tuple(whole for whole, _ in clashing), tuple(clash for _, clash in clashing))

    def _is_done(self, parts: Sequence[Document], whole: JoinedDocument, *, found: bool) -> bool:
        metadata = self.metadata
        if all(metadata.is_piece(part) and (found or START in part.metadata) for part in parts):
            return True
        # Each page of a file may be as it was, and the file have one page more.
        same = found or not self.group_by or all(metadata.is_of(part, whole.document.page_content) for part in parts)
        return same and all(metadata.is_current(part) for part in parts)

    def _clash(self, parts: Sequence[Document]) -> ValueError | None:
        try:
            for part in parts:
                self.metadata.check_clash(self.metadata.foreign(part))
        except ValueError as error:
            return error
        return None

    def written(self, documents: Sequence[Document], todo: ToDo, outcomes: Sequence[DocumentOutcome]) -> list[Document]:
        """Give copies of all documents: those that were extracted from with what came of it, the others as they were.

        Args:
            documents: All of them.
            todo: What was to be extracted from.
            outcomes: What came of those that the model was asked about.

        Raises:
            ValueError: A field has the name of metadata from elsewhere, and `on_error` is "raise".
        """
        written, answers = [*map(self._with_own_evidence, documents)], iter(outcomes)
        for whole, clash in zip(todo.wholes, todo.clashes, strict=True):
            outcome, offset = clash or next(answers), 0
            for at in whole.places:
                written[at] = self._with(documents[at], outcome, whole.document.page_content, offset)
                offset += len(documents[at].page_content) + len(BETWEEN)
        return written

    def _with(self, document: Document, outcome: DocumentOutcome, whole: str, offset: int) -> Document:
        try:
            if isinstance(outcome, Exception):
                metadata = self.metadata.failed(document, outcome, whole)
            else:
                metadata = self.metadata.written(document, outcome, whole, offset)
        except ValueError as error:
            if self.on_error == "raise":
                raise
            metadata = self.metadata.failed(document, error, whole)
        return document.model_copy(update={"metadata": metadata})

    def _with_own_evidence(self, document: Document) -> Document:
        """Make the evidence of a piece that somebody else split off that of its own content."""
        metadata = self.metadata
        if not metadata.is_piece(document) or metadata.is_sound(document):
            return document
        evidence: dict[str, list[int]] | None = None
        match document.metadata.get(START):
            case int(start) if start >= 0 and metadata.is_of_whole(document):
                evidence = moved(metadata.evidence_of(document), start, len(document.page_content))
            case _:
                pass  # nobody knows where the piece stands; or it was one before, and was shortened or split again
        return document.model_copy(update={"metadata": metadata.piece(document, evidence)})

    def pieces(self, document: Document, splitter: AnySplitter) -> Iterator[Document]:
        """Split a document that was extracted from; see `ExtractionTransformer.extract_and_split`."""
        metadata = self.metadata
        known = document.id or [metadata.foreign(document), document.page_content]
        # The same ids in every run, so that a store replaces the pieces rather than keeping both.
        own_id = uuid5(NAMESPACE_OID, json.dumps(known, default=str))
        for number, piece in enumerate(pieces(document, splitter, metadata.evidence_of(document))):
            own = metadata.piece(piece.document, piece.evidence)
            place = {} if piece.start is None else {START: piece.start}
            yield Document(
                piece.document.page_content,
                id=str(uuid5(own_id, str(number))),
                metadata={**{name: each for name, each in own.items() if name != START}, **place},
            )
