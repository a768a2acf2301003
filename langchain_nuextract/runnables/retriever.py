"""A retriever that extracts from what another one finds."""

from collections.abc import Sequence
from typing import Any, Final, Protocol

from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun as AsyncRetrieverRun
from langchain_core.callbacks import CallbackManagerForRetrieverRun as RetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import patch_config
from pydantic import SkipValidation

_CONFIG: Final = "nuextract_config"
"""The argument by which the config of a call comes along; no retriever has one of its own by this name."""


class Completes(Protocol):
    """An `ExtractionTransformer`, as its retriever sees it."""

    def complete(self, found: Sequence[Document], config: RunnableConfig | None = None) -> list[Document]:
        """Extract from those documents from which nothing was extracted."""
        ...

    async def acomplete(self, found: Sequence[Document], config: RunnableConfig | None = None) -> list[Document]:
        """Do the same on an event loop."""
        ...


class ExtractingRetriever(BaseRetriever):
    """Extract from what another retriever finds; made by `ExtractionTransformer.retriever`.

    What was extracted from before, whole or as a piece, is as it was: see `ExtractionTransformer.complete`. What is
    given to `invoke` beside the query, such as `k`, is handed on to the other retriever.
    """

    retriever: BaseRetriever
    transformer: SkipValidation[Completes]

    def invoke(self, input: str, config: RunnableConfig | None = None, **kwargs: Any) -> list[Document]:
        """Find documents, and extract from them."""
        # Retrievers are told of the config its callbacks only.
        return super().invoke(input, config, **{_CONFIG: config or {}}, **kwargs)

    async def ainvoke(self, input: str, config: RunnableConfig | None = None, **kwargs: Any) -> list[Document]:
        """Find documents, and extract from them."""
        return await super().ainvoke(input, config, **{_CONFIG: config or {}}, **kwargs)

    def _get_relevant_documents(self, query: str, *, run_manager: RetrieverRun, **kwargs: Any) -> list[Document]:
        child = patch_config(kwargs.pop(_CONFIG), callbacks=run_manager.get_child())
        return self.transformer.complete(self.retriever.invoke(query, child, **kwargs), child)

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncRetrieverRun, **kwargs: Any
    ) -> list[Document]:
        child = patch_config(kwargs.pop(_CONFIG), callbacks=run_manager.get_child())
        return await self.transformer.acomplete(await self.retriever.ainvoke(query, child, **kwargs), child)
