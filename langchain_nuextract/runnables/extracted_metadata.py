"""The metadata that extraction writes: what it signs, what it reads back, and what it leaves alone."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from langchain_core.documents import Document
from pydantic import SecretStr

from langchain_nuextract.engine.result import Extraction
from langchain_nuextract.errors import Problem
from langchain_nuextract.paths import show
from langchain_nuextract.runnables.flatten import EPOCH, SEPARATOR, flat
from langchain_nuextract.runnables.metadata_attributes import Attribute
from langchain_nuextract.runnables.metadata_signature import as_text, fields_as_text, is_signature, signature, text_hash
from langchain_nuextract.schema.value_types import DAYS

if TYPE_CHECKING:
    from langchain_nuextract.engine.example_leakage import Leak

OWN: Final = "nuextract"
"""What the transformer's own metadata begin with."""
MISSING: Final = "missing"
"""The last part of the name that says that a field has no value."""
START: Final = "start_index"
"""Where a piece begins in its document: LangChain's name."""
_OWN_NAMES: Final = (
    "settings",
    "document",
    "hash",
    "content",
    "piece",
    "keys",
    "signature",
    "evidence",
    "warnings",
    "problems",
    "error",
)


@dataclass(frozen=True, slots=True)
class ExtractedMetadata:
    """How metadata are written, and which are one's own; `ExtractionTransformer` tells what they are."""

    settings: str
    """What the extractor was made of, as a hash."""
    attributes: tuple[Attribute, ...] = ()
    """What the schema may give; none if that is not known."""
    metadata_key: str | None = None
    evidence: bool = True
    lists: bool = False
    missing: bool = False
    secret: SecretStr | None = None

    def written(self, document: Document, extraction: Extraction[object], whole: str, offset: int) -> dict[str, object]:
        """Give a document's metadata after an extraction.

        Args:
            document: The document.
            extraction: What was extracted from it, or from several that are one.
            whole: The text that it was extracted from.
            offset: Where in this text the document begins.

        Raises:
            ValueError: A field has the name of metadata that the document has from elsewhere.
        """
        fields = self._fields(extraction)
        foreign = self.foreign(document)
        self.check_clash(foreign, fields)
        of, names = text_hash(whole), as_text([*fields])
        own = {"settings": self.version, "document": of, "keys": names, "signature": self._sign("keys", names, of)}
        own["hash"] = self._hash(self.version, of, fields)
        own["content"] = self._sign("content", own["hash"], document.page_content)
        if self.evidence:
            spans = {show(one.path): [one.span.start, one.span.end] for one in extraction.evidence}
            own["evidence"] = as_text(moved(spans, offset, len(document.page_content)))
        for name, noticed in (("warnings", extraction.warnings), ("problems", extraction.problems)):
            if noticed:
                own[name] = as_text(_by_path(noticed))
        return {**foreign, **fields, **{self.own(name): value for name, value in own.items()}}

    def failed(self, document: Document, error: Exception, whole: str) -> dict[str, object]:
        """Give a document's metadata after an extraction that failed: there is no hash, so that it is tried again."""
        of, names = text_hash(whole), "[]"
        own = {"document": of, "keys": names, "signature": self._sign("keys", names, of)}
        own["error"] = f"{type(error).__name__}: {error}"
        return {**self.foreign(document), **{self.own(name): value for name, value in own.items()}}

    def piece(self, piece: Document, evidence: Mapping[str, object] | None) -> dict[str, object]:
        """Give the metadata of a piece of a document, which has those of the document.

        Args:
            piece: The piece.
            evidence: Where it has the values; None if that is not known.
        """
        metadata = dict(piece.metadata)
        if metadata.pop(self.own("evidence"), None) and evidence is not None:
            metadata[self.own("evidence")] = as_text(evidence)
        if not self.is_of(piece, piece.page_content):
            metadata[self.own("piece")] = True
        if isinstance(signed := metadata.get(self.own("hash")), str):
            metadata[self.own("content")] = self._sign("content", signed, piece.page_content)
        return metadata

    @property
    def version(self) -> str:
        """What decides what is written, as a hash."""
        return text_hash(f"{self.settings} {self.metadata_key} {self.evidence} {self.lists} {self.missing}")

    def foreign(self, document: Document) -> dict[str, object]:
        """Give the metadata that a document has from elsewhere."""
        own = {*self._names(document), *(self.own(name) for name in _OWN_NAMES)}
        return {name: value for name, value in document.metadata.items() if name not in own}

    def check_clash(self, foreign: Iterable[str], fields: Iterable[str] | None = None) -> None:
        """Refuse metadata from elsewhere that have the name of a field.

        Args:
            foreign: The names of what is there.
            fields: The names of what is to be written; by default, of all that may be.

        Raises:
            ValueError: There are such.
        """
        if fields is None:
            names = {each.name for each in self.attributes}
            dates = {f"{each.name}{SEPARATOR}{EPOCH}" for each in self.attributes if each.type in DAYS}
            marks = {f"{name}{SEPARATOR}{MISSING}" for name in names} if self.missing else set[str]()
            fields = names | dates | marks
        if both := sorted({*foreign}.intersection(fields)):
            raise ValueError(
                f"the document has metadata of its own named {', '.join(both)}: set metadata_key; or, if another "
                "process extracted from it before, give both the same secret"
            )

    def is_current(self, document: Document) -> bool:
        """Tell whether what is written is what would be written now: same settings, and content that is signed."""
        return document.metadata.get(self.own("settings")) == self.version and self.is_sound(document)

    def is_of(self, document: Document, whole: str) -> bool:
        """Tell whether a text is what a document was extracted from."""
        return self._document(document) == text_hash(whole)

    def is_piece(self, document: Document) -> bool:
        """Tell whether a document is a piece of one that was extracted from, whatever it was split with."""
        of = self._document(document)
        genuine = self.own("error") in document.metadata or self._is_genuine(document)
        return of is not None and of != text_hash(document.page_content) and genuine

    def is_sound(self, document: Document) -> bool:
        """Tell whether fields and content are as they were written, and so the evidence that of this content."""
        signed = self._sign("content", str(document.metadata.get(self.own("hash"))), document.page_content)
        return self._is_genuine(document) and is_signature(document.metadata.get(self.own("content")), signed)

    def is_signed_by_others(self, document: Document) -> bool:
        """Tell whether what is written is signed by somebody else."""
        return self.own("signature") in document.metadata and self._document(document) is None

    def is_of_whole(self, document: Document) -> bool:
        """Tell whether the evidence of a document may be that of the whole that it is a piece of."""
        return self.own("piece") not in document.metadata

    def evidence_of(self, document: Document) -> dict[str, list[int]]:
        """Give where the values stand, in the content that they were written for."""
        try:
            found = json.loads(document.metadata.get(self.own("evidence")) or "{}")
        except (TypeError, ValueError, RecursionError):
            return {}
        spans = cast("dict[str, object]", found) if isinstance(found, dict) else {}
        return {
            path: cast("list[int]", span)
            for path, span in spans.items()
            if isinstance(span, list) and [type(each) for each in cast("list[object]", span)] == [int, int]
        }

    def own(self, name: str) -> str:
        """Name one of the entries beside the fields."""
        return SEPARATOR.join(filter(None, (OWN, self.metadata_key, name)))

    def _fields(self, extraction: Extraction[object]) -> dict[str, object]:
        types = {each.name: each.type for each in self.attributes if not each.text}
        fields: dict[str, object] = {**flat(extraction.value, self.metadata_key, lists=self.lists, types=types)}
        if not self.missing:
            return fields
        absent = (each.name for each in self.attributes if each.name not in fields)
        return {**fields, **{f"{name}{SEPARATOR}{MISSING}": True for name in absent}}

    def _document(self, document: Document) -> str | None:
        """Give the hash of the text that a document was extracted from, if we wrote it there."""
        names, of = (document.metadata.get(self.own(name)) for name in ("keys", "document"))
        if not (isinstance(names, str) and isinstance(of, str)):
            return None
        return of if is_signature(document.metadata.get(self.own("signature")), self._sign("keys", names, of)) else None

    def _names(self, document: Document) -> list[str]:
        """Give the names of what was written before: none that somebody else has put there."""
        return json.loads(document.metadata[self.own("keys")]) if self._document(document) else []

    def _is_genuine(self, document: Document) -> bool:
        """Tell whether the fields are as they were written."""
        names, of = self._names(document), self._document(document)
        fields = {name: document.metadata[name] for name in names if name in document.metadata}
        version = document.metadata.get(self.own("settings"))
        return of is not None and is_signature(document.metadata.get(self.own("hash")), self._hash(version, of, fields))

    def _hash(self, version: object, of: str, fields: Mapping[str, object]) -> str:
        return self._sign("fields", str(version), of, fields_as_text(fields))

    def _sign(self, *texts: str) -> str:
        return signature(self.secret, *texts)


def moved(spans: Mapping[str, Sequence[int]], offset: int, length: int) -> dict[str, list[int]]:
    """Tell where values stand in a stretch of a text: those that stand wholly in it.

    Args:
        spans: Where they stand in the text, by path.
        offset: Where the stretch begins.
        length: Its code points.
    """
    return {
        path: [start - offset, end - offset]
        for path, (start, end) in spans.items()
        if offset <= start <= end <= offset + length
    }


def _by_path(noticed: "Iterable[Leak | Problem]") -> dict[str, str]:
    """Write what is told of each value; of one value it may be several things."""
    by_path: dict[str, list[str]] = {}
    for each in noticed:
        by_path.setdefault(show(each.path), []).append(each.message)
    return {path: "; ".join(messages) for path, messages in by_path.items()}
