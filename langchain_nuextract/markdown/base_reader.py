"""What readers of pages and of HTML share: a model, its settings, and three views of what is read."""

import asyncio
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeAlias, TypeVar, cast

from langchain_core.callbacks import AsyncCallbackManagerForChainRun as AsyncRun
from langchain_core.callbacks import CallbackManagerForChainRun as Run
from langchain_core.document_loaders import BaseBlobParser
from langchain_core.documents import Document
from langchain_core.documents.base import Blob
from langchain_core.language_models import BaseChatModel
from langchain_core.runnables import Runnable, RunnableConfig, RunnableSerializable
from langchain_core.runnables.config import patch_config
from pydantic import ConfigDict, Field, PrivateAttr, SecretStr, SkipValidation

from langchain_nuextract.batch.protocols import Input
from langchain_nuextract.client.served_models import NAME_IT
from langchain_nuextract.dialects.reader import ReaderDialect
from langchain_nuextract.dialects.readers import reader_for
from langchain_nuextract.engine.caller import Caller
from langchain_nuextract.errors import UnsupportedTask
from langchain_nuextract.markdown.drivers import Slots, Watch, arun_all, run_all
from langchain_nuextract.markdown.reading import HTMLReading, PageReading, WrittenMarkdown
from langchain_nuextract.markdown.writing import Writing
from langchain_nuextract.runnables.any_model import model_name
from langchain_nuextract.runnables.callers import TracedCaller
from langchain_nuextract.runnables.chat_model import ChatNuExtract
from langchain_nuextract.runnables.direct_caller import direct_caller

Reading = TypeVar("Reading", PageReading, HTMLReading)
View: TypeAlias = Literal["markdown", "reading", "documents"]


@dataclass(frozen=True, slots=True)
class ReadingPlan(Generic[Reading]):
    """What a document asks of the model, and what becomes of the answers."""

    jobs: Sequence[tuple[Writing, Watch]]
    finish: Callable[[Sequence[WrittenMarkdown]], Reading]


def chat_model(
    llm: BaseChatModel | None, model: str | None, base_url: str | None, api_key: SecretStr | str | None
) -> BaseChatModel:
    """Make the chat model of its settings, unless there is one.

    Raises:
        TypeError: Both are given.
    """
    given = {"model": model, "base_url": base_url, "api_key": api_key}
    connection = {name: value for name, value in given.items() if value is not None}
    if llm is None:
        return ChatNuExtract.model_validate(connection)
    if connection:
        raise TypeError(f"{', '.join(connection)} belong to the chat model, and one is given: set them there")
    return llm


class BaseReader(RunnableSerializable[Input, str], BaseBlobParser, Generic[Reading]):
    """A Runnable that gives the Markdown of a document."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    llm: SkipValidation[BaseChatModel | None] = Field(default=None, repr=False)
    dialect: str | None = None
    """The model's own name as a reader, where the one at the server does not tell."""
    thinking: bool = False
    max_calls: int = 4
    """Calls for one page or piece at the most: cut answers are gone on with, loops are tried again."""
    max_requests: int = 8
    """Requests on their way at once, over all documents of a batch."""

    _slots: Slots = PrivateAttr()

    def model_post_init(self, _: object, /) -> None:
        """Make what bounds the requests."""
        self._slots = Slots(self.max_requests)

    @abstractmethod
    def plan(self, document: object) -> "ReadingPlan[Reading]":
        """Read a document as far as no model is needed."""

    @abstractmethod
    def documents_of(self, reading: Reading, source: str | None) -> list[Document]:
        """Make LangChain's documents of what was read."""

    @property
    def detailed(self) -> "Runnable[Input, Reading]":
        """The same, giving all that is known: what was noticed, tokens, loops, places."""
        return ReadingView[Reading](reader=self, view="reading")

    @property
    def documents(self) -> Runnable[Input, list[Document]]:
        """The same, giving LangChain documents with metadata."""
        return ReadingView[list[Document]](reader=self, view="documents")

    def lazy_parse(self, blob: Blob) -> Iterator[Document]:
        """Read a blob: a page of HTML as one document, a file as one for each of its pages."""
        yield from self.documents.invoke(blob)

    def invoke(self, input: object, config: RunnableConfig | None = None, **kwargs: Any) -> str:
        """Give the Markdown of a document.

        Args:
            input: The document.
            config: Callbacks, tags, metadata and the like.
            kwargs: Settings of the model that hold for this call, such as `temperature`.
        """

        def markdown(document: object, run_manager: Run, config: RunnableConfig, **settings: object) -> str:
            return self.read(document, run_manager, config, settings).markdown

        return self._call_with_config(markdown, input, config, **kwargs)

    async def ainvoke(self, input: object, config: RunnableConfig | None = None, **kwargs: Any) -> str:
        """Give the Markdown of a document; see `invoke`."""

        async def markdown(document: object, run_manager: AsyncRun, config: RunnableConfig, **settings: object) -> str:
            return (await self.aread(document, run_manager, config, settings)).markdown

        return await self._acall_with_config(markdown, input, config, **kwargs)

    def read(
        self,
        document: object,
        run_manager: Run,
        config: RunnableConfig,
        settings: Mapping[str, object],
    ) -> Reading:
        """Read a document, within a run."""
        plan = self.plan(document)
        caller = self._caller(run_manager, config, settings) if plan.jobs else None
        return plan.finish(run_all(plan.jobs, caller, self._slots, config) if caller else ())

    async def aread(
        self,
        document: object,
        run_manager: AsyncRun,
        config: RunnableConfig,
        settings: Mapping[str, object],
    ) -> Reading:
        """Do the same on an event loop."""
        # Files are read and pages of HTML converted here, which takes longer than others on the loop may wait.
        plan = await asyncio.to_thread(self.plan, document)
        caller = self._caller(run_manager, config, settings) if plan.jobs else None
        return plan.finish(await arun_all(plan.jobs, caller, self._slots) if caller else ())

    def reader_dialect(self) -> ReaderDialect:
        """Find how the model is asked.

        Raises:
            UnsupportedTask: Its name does not tell, or it cannot think as it is asked to.
        """
        name = model_name(self.llm) if self.llm else ""
        if isinstance(self.llm, ChatNuExtract) and not name:
            raise UnsupportedTask(type(self).__name__, f"no model is named. {NAME_IT}.")
        found = reader_for(name, self.dialect)
        if self.thinking and not (found.thinks or found.always_thinks):
            raise UnsupportedTask(found.name, "it cannot think before it answers. Leave thinking off.")
        return found

    def _caller(
        self,
        run_manager: Run | AsyncRun,
        config: RunnableConfig,
        settings: Mapping[str, object],
    ) -> Caller:
        llm = self.llm
        if llm is None:
            raise UnsupportedTask(type(self).__name__, "no model is set")
        if settings:
            if not isinstance(llm, ChatNuExtract):
                raise TypeError(
                    f"{type(llm).__name__} cannot be given {', '.join(settings)} here: set them on the model"
                )
            llm = llm.with_settings(settings)
        child = patch_config(config, callbacks=run_manager.get_child())
        return direct_caller(llm, child) or TracedCaller(llm, child)


Out = TypeVar("Out")


class ReadingView(RunnableSerializable[Input, Out], Generic[Out]):
    """A reader that gives something else than text; made by `detailed` and `documents`."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    reader: SkipValidation[BaseReader[Any]]
    view: View

    def invoke(self, input: object, config: RunnableConfig | None = None, **kwargs: Any) -> Out:
        """Read a document; see `BaseReader.invoke`."""

        def read(document: object, run_manager: Run, config: RunnableConfig, **settings: object) -> Out:
            return self._shown(self.reader.read(document, run_manager, config, settings), document)

        return self._call_with_config(read, input, config, **kwargs)

    async def ainvoke(self, input: object, config: RunnableConfig | None = None, **kwargs: Any) -> Out:
        """Read a document; see `BaseReader.invoke`."""

        async def read(document: object, run_manager: AsyncRun, config: RunnableConfig, **settings: object) -> Out:
            return self._shown(await self.reader.aread(document, run_manager, config, settings), document)

        return await self._acall_with_config(read, input, config, **kwargs)

    def _shown(self, reading: PageReading | HTMLReading, document: object) -> Out:
        shown = reading if self.view == "reading" else self.reader.documents_of(reading, source_of(document))
        return cast("Out", shown)


def source_of(document: object) -> str | None:
    """Say where a document is from, as LangChain's metadata have it."""
    match document:
        case Document():
            found = document.metadata.get("source")
            return str(found) if found is not None else None
        case _ if hasattr(document, "__fspath__"):
            return str(document)
        case _:
            found = getattr(document, "source", None)
            return found if isinstance(found, str) else None
