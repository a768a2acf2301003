"""Documents with what was extracted from them as their metadata, for filters of vector stores."""

import hmac
import json
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from secrets import token_hex
from typing import Any, Final, Literal, TypeAlias

from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun as AsyncRetrieverRun
from langchain_core.callbacks import CallbackManagerForRetrieverRun as RetrieverRun
from langchain_core.documents import BaseDocumentTransformer, Document
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import Runnable, RunnableConfig, RunnableSerializable
from langchain_core.runnables.config import patch_config
from pydantic import ConfigDict, Field, SecretStr

from langchain_nuextract.engine.example_leakage import Leak
from langchain_nuextract.engine.result import Extraction
from langchain_nuextract.errors import Problem
from langchain_nuextract.paths import JSON, show
from langchain_nuextract.runnables.flatten import SEPARATOR, flat

OnError: TypeAlias = Literal["keep", "raise"]
Outcome: TypeAlias = Extraction[Any] | Exception

OWN: Final = "nuextract"
"""What the transformer's own metadata begin with."""
_SECRET: Final = SecretStr(token_hex(32))
"""Signs what is written where no secret is given."""
_OWN_NAMES: Final = ("hash", "keys", "signature", "evidence", "warnings", "problems", "error")


class ExtractionTransformer(RunnableSerializable[Sequence[Document], list[Document]], BaseDocumentTransformer):
    """Write what is extracted from documents into their metadata; made by `NuExtractor.document_transformer`.

    The documents that come out are copies with the same content, id and metadata, in the same order, and with flat
    metadata of scalars, as `langchain_nuextract.runnables.flatten` tells. Beside those stand, under keys that begin
    with `nuextract__` (and the `metadata_key`, if there is one):

    - `hash`: of content, settings and what was written; a document whose hash is the same is not extracted from again;
    - `keys`: the names of what was written, as JSON text, for them to be replaced when the content has changed;
    - `signature`: of these names. A file may bring metadata of any name along: hash and names count only if they are
      signed with the `secret`, which is another one in each process unless it is given;
    - `evidence`: where each value stands, as JSON text: `{"$.total": [10, 15]}`, in code points of the content;
    - `warnings`, only where there are any: which values the model may have copied from a few-shot example, and why, as
      JSON text: `{"$.total": "12.5 is not in the document but in example 1: …"}`;
    - `problems`, only where the extractor gives partial values and had to: what is not in it, and why, as JSON text;
    - `error`: why nothing could be extracted. There is no hash then, so that the document is tried again next time.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True, defer_build=True)

    detailed: Runnable[Any, Extraction[Any]] = Field(repr=False)
    """An extractor's detailed form."""
    settings: str = Field(repr=False)
    """What the extractor was made of, as a hash."""
    metadata_key: str | None = None
    """What the names of all metadata begin with; without it the fields keep their own."""
    evidence: bool = True
    """Tell where the values stand."""
    lists: bool = False
    """Keep lists, for stores that take them, rather than write them as JSON text."""
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
            ValueError: A field has the name of metadata that the document has from elsewhere: set `metadata_key`. This
                and all else that may befall a document is raised only if `on_error` is "raise".
        """
        return self._call_with_config(self._transform, _listed(input), config, **kwargs)

    async def ainvoke(
        self, input: Sequence[Document], config: RunnableConfig | None = None, **kwargs: Any
    ) -> list[Document]:
        """Extract from each document whose content or settings have changed; see `invoke`."""
        return await self._acall_with_config(self._atransform, _listed(input), config, **kwargs)

    def transform_documents(self, documents: Sequence[Document], **kwargs: Any) -> list[Document]:
        """Extract from each document; see `invoke`."""
        return self.invoke(documents, **kwargs)

    async def atransform_documents(self, documents: Sequence[Document], **kwargs: Any) -> list[Document]:
        """Extract from each document; see `invoke`."""
        return await self.ainvoke(documents, **kwargs)

    def retriever(self, retriever: BaseRetriever) -> "ExtractingRetriever":
        """Make a retriever that extracts from what another one finds."""
        return ExtractingRetriever(retriever=retriever, transformer=self)

    def _transform(self, documents: Sequence[Document], run_manager: Any, config: RunnableConfig) -> list[Document]:
        child = patch_config(config, callbacks=run_manager.get_child())
        changed = self._changed(documents)
        outcomes = self.detailed.batch(changed, child, return_exceptions=self.on_error == "keep")
        return self._written(documents, outcomes)

    async def _atransform(
        self, documents: Sequence[Document], run_manager: Any, config: RunnableConfig
    ) -> list[Document]:
        child = patch_config(config, callbacks=run_manager.get_child())
        changed = self._changed(documents)
        outcomes = await self.detailed.abatch(changed, child, return_exceptions=self.on_error == "keep")
        return self._written(documents, outcomes)

    def _changed(self, documents: Sequence[Document]) -> list[Document]:
        return [document for document in documents if not self._is_current(document)]

    def _is_current(self, document: Document) -> bool:
        names = self._names(document)
        fields = {name: document.metadata[name] for name in names if name in document.metadata}
        return _is_same(document.metadata.get(self._own("hash")), self._hash(document, fields))

    def _written(self, documents: Sequence[Document], outcomes: Sequence[Outcome]) -> list[Document]:
        changed = {id(document): outcome for document, outcome in zip(self._changed(documents), outcomes, strict=True)}
        return [
            self._with(document, changed[id(document)]) if id(document) in changed else document
            for document in documents
        ]

    def _with(self, document: Document, outcome: Outcome) -> Document:
        foreign = self._foreign(document)
        try:
            if isinstance(outcome, Exception):
                written = self._failed(outcome)
            else:
                written = self._metadata(document, outcome, taken=foreign.keys())
        except ValueError as error:
            if self.on_error == "raise":
                raise
            written = self._failed(error)
        return document.model_copy(update={"metadata": {**foreign, **written}})

    def _failed(self, error: Exception) -> dict[str, Any]:
        return {self._own("error"): f"{type(error).__name__}: {error}"}

    def _metadata(self, document: Document, extraction: Extraction[Any], *, taken: AbstractSet[str]) -> dict[str, Any]:
        fields = flat(extraction.value, self.metadata_key, lists=self.lists)
        if both := sorted(taken & fields.keys()):
            raise ValueError(
                f"the document has metadata of its own named {', '.join(both)}: set metadata_key; or, if another "
                "process extracted from it before, give both the same secret"
            )
        names = _text([*fields])
        own = {"hash": self._hash(document, fields), "keys": names, "signature": self._signature(names)}
        if self.evidence:
            own["evidence"] = _text({show(one.path): [one.span.start, one.span.end] for one in extraction.evidence})
        for name, told in (("warnings", extraction.warnings), ("problems", extraction.problems)):
            if told:
                own[name] = _text({**_by_path(told)})
        return {**fields, **{self._own(name): value for name, value in own.items()}}

    def _foreign(self, document: Document) -> dict[str, Any]:
        own = {self._own(name) for name in _OWN_NAMES}
        own.update(self._names(document))
        return {name: value for name, value in document.metadata.items() if name not in own}

    def _own(self, name: str) -> str:
        return SEPARATOR.join(filter(None, (OWN, self.metadata_key, name)))

    def _names(self, document: Document) -> list[str]:
        """Give the names of what was written before: none that somebody else has put there."""
        names = document.metadata.get(self._own("keys"))
        signature = document.metadata.get(self._own("signature"))
        return json.loads(names) if isinstance(names, str) and _is_same(signature, self._signature(names)) else []

    def _hash(self, document: Document, fields: Mapping[str, Any]) -> str:
        options = f"{self.settings} {self.metadata_key} {self.evidence} {self.lists}"
        return self._signature(_text([options, document.page_content, {**fields}]))

    def _signature(self, text: str) -> str:
        key = (self.secret or _SECRET).get_secret_value().encode()
        return hmac.new(key, text.encode("utf-8", "surrogatepass"), "sha256").hexdigest()


def _is_same(given: object, signature: str) -> bool:
    return isinstance(given, str) and hmac.compare_digest(given.encode("utf-8", "replace"), signature.encode())


def _listed(given: Iterable[Any]) -> list[Document]:
    # A document is iterable itself, over its fields.
    documents = [given] if isinstance(given, Document) else [*given]
    if isinstance(given, Document) or not all(isinstance(each, Document) for each in documents):
        kinds = ", ".join(sorted({type(each).__name__ for each in documents}))
        raise TypeError(f"expected a list of LangChain documents, or another iterable of them, got: {kinds}")
    return documents


def _by_path(told: Iterable[Leak | Problem]) -> dict[str, str]:
    """Write what is told of each value; of one value it may be several things."""
    by_path: dict[str, list[str]] = {}
    for each in told:
        by_path.setdefault(show(each.path), []).append(each.message)
    return {path: "; ".join(messages) for path, messages in by_path.items()}


def _text(value: JSON) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


class ExtractingRetriever(BaseRetriever):
    """Extract from what another retriever finds; made by `ExtractionTransformer.retriever`.

    What is given to `invoke` beside the query, such as `k`, is handed on to the other retriever.
    """

    retriever: BaseRetriever
    transformer: ExtractionTransformer

    def invoke(self, input: str, config: RunnableConfig | None = None, **kwargs: Any) -> list[Document]:
        """Find documents, and extract from them."""
        # Retrievers are told of the config its callbacks only.
        return super().invoke(input, config, within=config or {}, **kwargs)

    async def ainvoke(self, input: str, config: RunnableConfig | None = None, **kwargs: Any) -> list[Document]:
        """Find documents, and extract from them."""
        return await super().ainvoke(input, config, within=config or {}, **kwargs)

    def _get_relevant_documents(self, query: str, *, run_manager: RetrieverRun, **kwargs: Any) -> list[Document]:
        child = patch_config(kwargs.pop("within"), callbacks=run_manager.get_child())
        return self.transformer.invoke(self.retriever.invoke(query, child, **kwargs), child)

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncRetrieverRun, **kwargs: Any
    ) -> list[Document]:
        child = patch_config(kwargs.pop("within"), callbacks=run_manager.get_child())
        return await self.transformer.ainvoke(await self.retriever.ainvoke(query, child, **kwargs), child)
