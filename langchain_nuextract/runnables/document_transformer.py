"""Documents with what was extracted from them as their metadata, for filters of vector stores."""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, TypedDict, cast

from langchain_core.callbacks import AsyncCallbackManagerForChainRun, CallbackManagerForChainRun
from langchain_core.documents import BaseDocumentTransformer, Document
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import Runnable, RunnableConfig, RunnableSerializable
from langchain_core.runnables.config import patch_config
from pydantic import ConfigDict, Field, SecretStr

from langchain_nuextract.batch.options import OnError
from langchain_nuextract.engine.result import Extraction
from langchain_nuextract.runnables.extracted_documents import ExtractedDocuments
from langchain_nuextract.runnables.extracted_metadata import ExtractedMetadata
from langchain_nuextract.runnables.metadata_attributes import Attribute, attribute_info
from langchain_nuextract.runnables.pieces import AnySplitter
from langchain_nuextract.runnables.retriever import ExtractingRetriever


class TransformerOptions(TypedDict, total=False):
    """What `NuExtractor.document_transformer` takes."""

    group_by: str | None
    """Metadata whose values tell which documents are one: with `source`, the pages that a loader makes of a file are
    extracted from as one document, and each gets the fields."""
    evidence: bool
    """Tell where the values stand; on, unless it is said otherwise."""
    lists: bool
    """Keep lists, for stores that take them, rather than write them as JSON text."""
    missing: bool
    """Mark what has no value, by a `due__missing` that is true: few stores filter by what is not there."""
    on_error: OnError
    """Keep a document that failed, with the error in its metadata, or raise; kept, unless it is said otherwise."""


class ExtractionTransformer(RunnableSerializable[Sequence[Document], list[Document]], BaseDocumentTransformer):
    """Write what is extracted from documents into their metadata; made by `NuExtractor.document_transformer`.

    The documents that come out are copies with the same content, id and metadata, in the same order, and with flat
    metadata of scalars, as `langchain_nuextract.runnables.flatten` tells. Beside those stand, under keys that begin
    with `nuextract__` (and the `metadata_key`, if there is one):

    - `evidence`: where each value stands, as JSON text: `{"$.total": [10, 15]}`, in code points of the content;
    - `warnings`, only where there are any: which values the model may have copied from a few-shot example, and why, as
      JSON text: `{"$.total": "12.5 is not in the document but in example 1: …"}`;
    - `problems`, only where the extractor gives partial values and had to: what is not in it, and why, as JSON text;
    - `error`: why nothing could be extracted. There is no hash then, so that the document is tried again next time;
    - `settings` and `document`: hashes of what the extractor was made of, and of the text that it read;
    - `hash` and `content`: of what was written, and of the content that it is true of. A document for which both are
      right, and the settings the same, is not extracted from again; nor is a `piece` of one;
    - `keys`: the names of what was written, as JSON text, for them to be replaced when the content has changed;
    - `signature`: of these names. A file may bring metadata of any name along: they count only if they are signed with
      the `secret`, which is another one in each process unless it is given.

    Documents are to be extracted from whole, and split afterwards: `extract_and_split` does both, and so that the
    evidence of each piece is that of its own content.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True, defer_build=True)

    detailed: Runnable[Document, Extraction[object]] = Field(repr=False)
    """An extractor's detailed form."""
    settings: str = Field(repr=False)
    """What the extractor was made of, as a hash."""
    attributes: tuple[Attribute, ...] = Field(default=(), repr=False)
    """Which metadata there may be, if that is known."""
    metadata_key: str | None = None
    """What the names of all metadata begin with; without it the fields keep their own."""
    group_by: str | None = None
    """Metadata whose values tell which documents are one, such as `source` for the pages of files."""
    evidence: bool = True
    """Tell where the values stand."""
    lists: bool = False
    """Keep lists, for stores that take them, rather than write them as JSON text."""
    missing: bool = False
    """Mark what has no value, by a `due__missing` that is true."""
    on_error: OnError = "keep"
    """Keep a document that failed, with the error in its metadata, or raise."""
    secret: SecretStr | None = Field(default=None, exclude=True)
    """Signs what is written: the same one for all processes that share a store; by default one of this process."""

    def invoke(self, input: Sequence[Document], config: RunnableConfig | None = None, **kwargs: Any) -> list[Document]:
        """Extract from each document whose content or settings have changed.

        Args:
            input: The documents, of an iterator too.
            config: Callbacks, tags, and how many documents may be in flight.
            kwargs: None are taken.

        Raises:
            TypeError: It is something else than documents.
            ValueError: A field has the name of metadata that a document has from elsewhere: set `metadata_key`. Nothing
                is asked about such a document. This and all else that may befall a document is raised only if
                `on_error` is "raise".
        """
        return self._call_with_config(
            partial(self._transform, found=False), _checked_documents(input), config, **kwargs
        )

    async def ainvoke(
        self, input: Sequence[Document], config: RunnableConfig | None = None, **kwargs: Any
    ) -> list[Document]:
        """Extract from each document whose content or settings have changed; see `invoke`."""
        return await self._acall_with_config(
            partial(self._atransform, found=False), _checked_documents(input), config, **kwargs
        )

    def transform_documents(self, documents: Sequence[Document], **kwargs: Any) -> list[Document]:
        """Extract from each document; see `invoke`."""
        return self.invoke(documents, **kwargs)

    async def atransform_documents(self, documents: Sequence[Document], **kwargs: Any) -> list[Document]:
        """Extract from each document; see `invoke`."""
        return await self.ainvoke(documents, **kwargs)

    def extract_and_split(
        self, documents: Sequence[Document], splitter: AnySplitter, config: RunnableConfig | None = None
    ) -> list[Document]:
        """Extract from whole documents, and split them: each piece has the fields of its document.

            chunks = transformer.extract_and_split(documents, RecursiveCharacterTextSplitter(chunk_size=1000))
            store.add_documents(chunks)

        The evidence of a piece is what stands wholly in it, in code points of its content; `start_index` tells where
        the piece begins in its document. Each piece has an id that is the same next time, so that stores replace it.

        Args:
            documents: The documents.
            splitter: Any of LangChain's text splitters, or another transformer of documents.
            config: Callbacks, tags, and how many documents may be in flight.

        Raises:
            TypeError: It is no splitter.
        """
        return [
            piece for document in self.invoke(documents, config) for piece in self._writer.pieces(document, splitter)
        ]

    async def aextract_and_split(
        self, documents: Sequence[Document], splitter: AnySplitter, config: RunnableConfig | None = None
    ) -> list[Document]:
        """Extract from whole documents, and split them; see `extract_and_split`."""
        extracted = await self.ainvoke(documents, config)
        return [piece for document in extracted for piece in self._writer.pieces(document, splitter)]

    def complete(self, found: Sequence[Document], config: RunnableConfig | None = None) -> list[Document]:
        """Extract from those documents of a store from which nothing was extracted; `retriever` does so.

        A piece of a document that was extracted from keeps the fields of the whole, whatever it was split with, and
        also if a compressor has shortened it. Its evidence is that of its own content if it tells its `start_index`;
        otherwise it is left out, since nobody knows where in the whole the piece stands. Documents with the fields of
        a process that has another `secret` are left as they are.

        Args:
            found: What a store gave.
            config: Callbacks, tags, and how many documents may be in flight.
        """
        return self._call_with_config(partial(self._transform, found=True), _checked_documents(found), config)

    async def acomplete(self, found: Sequence[Document], config: RunnableConfig | None = None) -> list[Document]:
        """Extract from those documents of a store from which nothing was extracted; see `complete`."""
        return await self._acall_with_config(partial(self._atransform, found=True), _checked_documents(found), config)

    def retriever(self, retriever: BaseRetriever) -> ExtractingRetriever:
        """Make a retriever that extracts from what another one finds, unless it was extracted from before."""
        return ExtractingRetriever(retriever=retriever, transformer=self)

    def attribute_info(self) -> list[Any]:
        """Describe the fields for LangChain's self-query retrievers, by the schema's own descriptions.

        Returns:
            `AttributeInfo`s if `langchain-classic` is installed, otherwise dicts with the same keys: `name`,
            `description` and `type`. Dates are there as text and as a number, since few stores compare text.
        """
        return attribute_info(self.attributes)

    def _transform(
        self,
        documents: Sequence[Document],
        run_manager: CallbackManagerForChainRun,
        config: RunnableConfig,
        *,
        found: bool,
    ) -> list[Document]:
        child = patch_config(config, callbacks=run_manager.get_child())
        todo = self._writer.to_do(documents, found=found)
        outcomes = self.detailed.batch(todo.asked, child, return_exceptions=self.on_error == "keep")
        return self._writer.written(documents, todo, outcomes)

    async def _atransform(
        self,
        documents: Sequence[Document],
        run_manager: AsyncCallbackManagerForChainRun,
        config: RunnableConfig,
        *,
        found: bool,
    ) -> list[Document]:
        child = patch_config(config, callbacks=run_manager.get_child())
        todo = self._writer.to_do(documents, found=found)
        outcomes = await self.detailed.abatch(todo.asked, child, return_exceptions=self.on_error == "keep")
        return self._writer.written(documents, todo, outcomes)

    @property
    def _writer(self) -> ExtractedDocuments:
        metadata = ExtractedMetadata(
            settings=self.settings,
            attributes=self.attributes,
            metadata_key=self.metadata_key,
            evidence=self.evidence,
            lists=self.lists,
            missing=self.missing,
            secret=self.secret,
        )
        return ExtractedDocuments(metadata, self.group_by, self.on_error)


def _checked_documents(given: object) -> list[Document]:
    # A document is iterable itself, over its fields.
    is_many = isinstance(given, Iterable) and not isinstance(given, Document)
    documents: list[object] = [*cast("Iterable[object]", given)] if is_many else [cast("object", given)]
    if not is_many or not all(isinstance(each, Document) for each in documents):
        kinds = ", ".join(sorted({type(each).__name__ for each in documents}))
        raise TypeError(f"expected a list of LangChain documents, or another iterable of them, got: {kinds}")
    return cast("list[Document]", documents)
