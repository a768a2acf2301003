"""What all extractors share: asking about one document."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from langchain_core import documents as lc_documents
from langchain_core.callbacks import AsyncCallbackManagerForChainRun as AsyncRun
from langchain_core.callbacks import CallbackManagerForChainRun as Run
from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage, AnyMessage
from langchain_core.prompt_values import ChatPromptValueConcrete, StringPromptValue
from langchain_core.runnables import Runnable, RunnableConfig, RunnableSerializable
from pydantic import ConfigDict

from langchain_nuextract import engine
from langchain_nuextract.batch.protocols import Extractor, Input, Replies
from langchain_nuextract.client.closing import Closing
from langchain_nuextract.runnables import callbacks
from langchain_nuextract.runnables.api_model import ApiModel
from langchain_nuextract.runnables.direct_caller import direct_caller
from langchain_nuextract.runnables.wrapped import Wrappable

Out = TypeVar("Out")

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableSerializable as _Serializable

    from langchain_nuextract.runnables.callers import TracedCaller
    from langchain_nuextract.runnables.executor import Executor
else:

    class _Serializable(RunnableSerializable[Input, Any]):
        # What Pydantic builds of a class takes its time; this leaves it until the first extractor is made.
        model_config = ConfigDict(arbitrary_types_allowed=True, defer_build=True)

        def __class_getitem__(cls, types: object) -> type:
            """Stay the same class where types are named: no field has them, and Pydantic would make one for each."""
            return cls


class BaseExtractor(Closing, Wrappable[Out], _Serializable[Input, Out]):
    """A runnable that extracts from documents."""

    if TYPE_CHECKING:
        # A field of `NuExtractor`, and a property of what is made of one.
        @property
        def llm(self) -> Runnable[LanguageModelInput, AIMessage]:
            """The chat model that is asked."""
            ...

    @property
    @abstractmethod
    def _base(self) -> Extractor:
        """The extractor that decides what is asked."""

    @property
    @abstractmethod
    def executor(self) -> "Executor[object]":
        """What is asked about each document."""

    def select_output(self, extraction: "engine.Extraction[object]") -> Out:
        """Take what is to be handed out: the object, unless a class says otherwise."""
        return cast("Out", extraction.value)

    @abstractmethod
    def with_settings(self, settings: Mapping[str, object]) -> Self:
        """Give the same, with what a call says on top of the model's own settings."""

    @abstractmethod
    async def aready(self) -> None:
        """Do what has to be done before the first document; see `WithExecutor.ready`."""

    def bind(self, **kwargs: Any) -> Self:
        """Give the same, with settings of the model that hold for each of its calls.

        Raises:
            TypeError: There is no such setting; it names the nearest that there is.
        """
        return self.with_settings(kwargs) if kwargs else self

    def close(self) -> None:
        """Close the connections of its model, if it has any that can be closed; they are opened again when needed."""
        if close := getattr(self.llm, "close", None):
            close()

    async def aclose(self) -> None:
        """Do the same on an event loop."""
        if aclose := getattr(self.llm, "aclose", None):
            await aclose()

    @property
    def InputType(self) -> Any:
        """What a document may be."""
        return str | lc_documents.Document | StringPromptValue | ChatPromptValueConcrete | list[AnyMessage]

    def invoke(self, input: Input, config: RunnableConfig | None = None, **kwargs: Any) -> Out:
        """Extract one object from one document.

        Args:
            input: The document.
            config: Callbacks, tags, metadata and the like.
            kwargs: Settings of the model that hold for this call, such as `temperature`; those that `bind` binds.

        Raises:
            ValueError: The document is empty.
            UnsupportedTask: The model generation cannot be given this document.
            EndpointError: The endpoint did not give a usable reply.
            ExtractionError: The model's answer is not what was asked for.
        """
        if kwargs:
            return self.with_settings(kwargs).invoke(input, config)
        if caller := direct_caller(self.llm, config):
            return self._extract(input, caller)
        outputs: list[Out] = []

        def extract(_: object, run_manager: Run, config: RunnableConfig) -> Out:
            outputs.append(self._extract(input, self._traced_caller(config), partial(callbacks.notify, run_manager)))
            return cast("Out", callbacks.display_output(outputs[0]))

        # What LangChain is given of document and output is what callbacks see of them: no images.
        self._call_with_config(extract, callbacks.display_input(input), config)
        return outputs[0]

    async def ainvoke(self, input: Input, config: RunnableConfig | None = None, **kwargs: Any) -> Out:
        """Extract one object from one document; see `invoke`."""
        if kwargs:
            return await self.with_settings(kwargs).ainvoke(input, config)
        await self.aready()
        if caller := direct_caller(self.llm, config):
            return await self._aextract(input, caller)
        outputs: list[Out] = []

        async def extract(_: object, run_manager: AsyncRun, config: RunnableConfig) -> Out:
            on_attempts = partial(callbacks.anotify, run_manager)
            outputs.append(await self._aextract(input, self._traced_caller(config), on_attempts))
            return cast("Out", callbacks.display_output(outputs[0]))

        await self._acall_with_config(extract, callbacks.display_input(input), config)
        return outputs[0]

    def _extract(
        self, document: Input, caller: "engine.Caller", on_attempts: "callbacks.OnAttempts | None" = None
    ) -> Out:
        return self.select_output(self.executor.extract(document, caller, on_attempts))

    async def _aextract(
        self, document: Input, caller: "engine.Caller", on_attempts: "callbacks.AOnAttempts | None" = None
    ) -> Out:
        return self.select_output(await self.executor.aextract(document, caller, on_attempts))

    def _traced_caller(self, config: RunnableConfig) -> "TracedCaller":
        from langchain_nuextract.runnables.callers import TracedCaller  # noqa: PLC0415 needed where somebody listens

        return TracedCaller(self.llm, config, self.executor.ls_arguments, self._base.allow_image_urls)


class WithExecutor(BaseExtractor[Out]):
    """An extractor that asks by an executor of its own: `NuExtractor`, and its `long()` form."""

    @property
    def executor(self) -> "Executor[object]":
        """What is asked about each document; made by the constructor, or at the first call if no model is named."""
        if "executor" not in vars(self):
            self.ready()
        return vars(self)["executor"]

    @abstractmethod
    def ready(self) -> None:
        """Make the executor, if there is none yet: whatever can be done before the first document."""

    @property
    def api_model(self) -> ApiModel | None:
        """The model that is asked, if it is a `ChatNuExtract` with nothing around it."""
        return self.llm if isinstance(self.llm, ApiModel) else None

    def with_replies(self, replies: Replies) -> Self:
        """Give the same, with the replies about parts of documents kept somewhere, and looked up there first."""
        same = self.model_copy()
        vars(same)["executor"] = replace(self.executor, replies=replies)
        return same

    def flow(self, document: Input) -> "engine.Flow[object]":
        """Say what is asked about a document, as a generator of requests that is sent replies."""
        return self.executor.flow(document)

    async def aflow(self, document: Input) -> "engine.Flow[object]":
        """Say what is asked about a document; see `flow`."""
        await self.aready()
        return await self.executor.aflow(document)
