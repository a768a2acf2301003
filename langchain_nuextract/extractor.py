"""The extractor: a schema and a model as one Runnable, from documents to validated objects."""

import os
from abc import abstractmethod
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Generator,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import aclosing
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Final, Generic, Literal, TypeAlias, TypedDict, TypeVar, Unpack, cast, overload

from langchain_core.callbacks import AsyncCallbackManagerForChainRun, CallbackManagerForChainRun
from langchain_core.documents import Document
from langchain_core.example_selectors.base import BaseExampleSelector
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AnyMessage
from langchain_core.prompt_values import ChatPromptValueConcrete, StringPromptValue
from langchain_core.runnables import RunnableConfig, RunnableSerializable
from langchain_core.runnables.config import get_config_list, patch_config
from langchain_core.tools import ToolException
from pydantic import ConfigDict, Field, PrivateAttr, SecretStr, SkipValidation

from langchain_nuextract.asking import InRuns, straight
from langchain_nuextract.chat_model import ChatNuExtract
from langchain_nuextract.dialect import Dialect
from langchain_nuextract.dialects import dialect_for, dialect_named
from langchain_nuextract.documents.read import read
from langchain_nuextract.driving import Asking, Streamed, adrive, agrow, drive, grow
from langchain_nuextract.errors import InvalidExtraction
from langchain_nuextract.events import atell, tell
from langchain_nuextract.extraction import Attempt, Extraction
from langchain_nuextract.flow import Flow, extract
from langchain_nuextract.looping import as_completed, iterate, run
from langchain_nuextract.plan import Plan
from langchain_nuextract.recovery import DEFAULT, RecoveryPolicy
from langchain_nuextract.schema.target import Target
from langchain_nuextract.selection import Selection, aplan_for_document, plan_for_document, planned
from langchain_nuextract.task import Example

if TYPE_CHECKING:
    from langchain_nuextract.batch.options import ManyOptions
    from langchain_nuextract.batch.result import Result
    from langchain_nuextract.tools import ExtractionTool
    from langchain_nuextract.transformers import ExtractionTransformer

T = TypeVar("T")
Out = TypeVar("Out")

DEFAULT_CONCURRENCY = 64
"""Documents that a batch has in flight, unless `config["max_concurrency"]` says otherwise."""

_ASKED: Final = ("examples", "max_example_tokens", "instructions", "thinking", "recovery", "logprobs")
"""The settings that make the plan, by which every document is asked about."""

Input: TypeAlias = Any
"""A document: text, a LangChain document, a message or messages, a prompt value, an image."""


class Settings(TypedDict, total=False):
    """What `NuExtractor` takes beside the schema; it documents them."""

    model: str | None
    base_url: str | None
    api_key: SecretStr | str | None
    llm: BaseChatModel | None
    dialect: Dialect | str | None
    examples: Sequence[Example] | BaseExampleSelector
    max_example_tokens: int | None
    instructions: str
    thinking: bool
    recovery: RecoveryPolicy
    logprobs: bool


class _Extracting(RunnableSerializable[Input, Out]):
    """What the extractor and its detailed form share: bounded batches and the types of their input."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    @property
    def InputType(self) -> Any:
        """What a document may be."""
        return str | Document | StringPromptValue | ChatPromptValueConcrete | list[AnyMessage]

    def batch(
        self, inputs: list[Input], config: Any = None, *, return_exceptions: bool = False, **kwargs: Any
    ) -> list[Out]:
        """Extract from each document, in order, `DEFAULT_CONCURRENCY` at a time unless the config says otherwise.

        All run on one event loop, which is kept for further batches. Where one fails, the others are cancelled.
        """
        if _is_async(self._llm):
            return run(self.abatch(inputs, config, return_exceptions=return_exceptions, **kwargs))
        return super().batch(inputs, _bounded(config), return_exceptions=return_exceptions, **kwargs)

    async def abatch(
        self, inputs: list[Input], config: Any = None, *, return_exceptions: bool = False, **kwargs: Any
    ) -> list[Out]:
        """Extract from each document; see `batch`."""
        async with aclosing(self._outcomes(inputs, config, return_exceptions=return_exceptions, **kwargs)) as outcomes:
            given = {number: outcome async for number, outcome in outcomes}
        return [given[number] for number in range(len(inputs))]

    def batch_as_completed(
        self, inputs: Sequence[Input], config: Any = None, *, return_exceptions: bool = False, **kwargs: Any
    ) -> Iterator[tuple[int, Any]]:
        """Yield the index and object of each document as they complete."""
        if _is_async(self._llm):
            return iterate(self._outcomes(inputs, config, return_exceptions=return_exceptions, **kwargs))
        return super().batch_as_completed(inputs, _bounded(config), return_exceptions=return_exceptions, **kwargs)

    def abatch_as_completed(
        self, inputs: Sequence[Input], config: Any = None, *, return_exceptions: bool = False, **kwargs: Any
    ) -> AsyncIterator[tuple[int, Any]]:
        """Yield the index and object of each document as they complete."""
        return self._outcomes(inputs, config, return_exceptions=return_exceptions, **kwargs)

    async def _outcomes(
        self, inputs: Sequence[Input], config: Any, *, return_exceptions: bool, **kwargs: Any
    ) -> AsyncGenerator[tuple[int, Any]]:
        configs = get_config_list(_bounded(config), len(inputs))

        async def ask(number: int) -> Out:
            return await self.ainvoke(inputs[number], configs[number], **kwargs)

        width = configs[0].get("max_concurrency") if configs else None
        async with aclosing(as_completed(ask, len(inputs), width=width or DEFAULT_CONCURRENCY)) as outcomes:
            async for number, outcome in outcomes:
                if isinstance(outcome, Exception) and not return_exceptions:
                    raise outcome
                yield number, outcome

    @property
    @abstractmethod
    def _llm(self) -> BaseChatModel:
        """The chat model that is asked."""

    def extract_many(self, documents: Iterable[Input], **options: Unpack["ManyOptions"]) -> Generator["Result[Out]"]:
        """Extract from any number of documents, in constant memory; failures are results too.

            for result in extract.extract_many(documents, checkpoint="run.db", progress=True):
                print(result.index, result.error or result.value)

        Args:
            documents: An iterable of any length. They are taken as there is room, in the caller's thread.
            options: `checkpoint`, `progress`, `on_error`, `endpoints`, `max_concurrency`, `in_order` and `config`: see
                `langchain_nuextract.batch.options.ManyOptions`.

        Yields:
            A `Result` for each document. To stop, close the iterator: what is under way is cancelled.

        Raises:
            CheckpointError: The checkpoint cannot be used.
        """
        from langchain_nuextract.batch.many import batch_of  # noqa: PLC0415 few need it

        return batch_of(self, options).run(documents)

    def aextract_many(
        self, documents: Iterable[Input] | AsyncIterable[Input], **options: Unpack["ManyOptions"]
    ) -> AsyncGenerator["Result[Out]"]:
        """Extract from any number of documents on the running event loop; see `extract_many`.

        Args:
            documents: An iterable or async iterable of any length.
            options: The same as for `extract_many`.
        """
        from langchain_nuextract.batch.many import batch_of  # noqa: PLC0415 few need it

        return batch_of(self, options).arun(documents)

    def to_batch_file(self, documents: Iterable[Input], path: str | os.PathLike[str]) -> int:
        """Write a file of requests in OpenAI's batch format, as `vllm run-batch` runs it without a server.

        Args:
            documents: Those that cannot be asked about are left out; `from_batch_results` says why.
            path: Where to write.

        Returns:
            How many requests were written.

        Raises:
            UnsupportedTask: The model is not asked by chat, or is no `ChatNuExtract`.
        """
        from langchain_nuextract.batch.files import write_requests  # noqa: PLC0415 few need it

        return write_requests(self, documents, path)

    def from_batch_results(self, path: str | os.PathLike[str], documents: Iterable[Input]) -> Generator["Result[Out]"]:
        """Read the file of replies to what `to_batch_file` wrote; no model is asked, also where an answer is invalid.

        Args:
            path: The replies, in any order.
            documents: The same documents in the same order as for `to_batch_file`.

        Yields:
            A `Result` for each document, in order, with an error where there is no usable reply.
        """
        from langchain_nuextract.batch.files import read_replies  # noqa: PLC0415 few need it

        return read_replies(self, path, documents)


class NuExtractor(_Extracting[T], Generic[T]):
    """Turn documents into validated objects of a schema.

        extract = NuExtractor(Invoice, model="numind/NuExtract3", base_url="http://localhost:8000/v1")
        invoice = extract.invoke(text)                  # an Invoice
        details = extract.detailed.invoke(text)         # an Extraction[Invoice]

    Args:
        schema: What is wanted: a Pydantic model, dataclass, TypedDict, JSON Schema, NuExtract template or `Target`.
        llm: The model to ask. Without it, one is made of `model`, `base_url` and `api_key`, or of the environment
            variables NUEXTRACT_MODEL, NUEXTRACT_BASE_URL and NUEXTRACT_API_KEY.
        examples: Few-shot examples, the same for every document; or a LangChain example selector that chooses them for
            each by its text, among dicts with the keys `input` and `output` (see `langchain_nuextract.selection`).
        max_example_tokens: The tokens that the examples for one document may be, counted at two bytes each, which is
            rather too many than too few. Those that do not fit are left out; `Extraction.examples` has the others.
        instructions: What to heed, in words, for the models that take instructions. The descriptions of the schema's
            fields are sent as well.
        dialect: The model generation, where the model's name does not tell it: "1", "1.5", "2.0", "3", "instruct", …
        thinking: Let the model think first, where it can.
        recovery: How far to go where an answer is cut off or invalid: see `RecoveryPolicy`.
        logprobs: Ask for the probabilities of the tokens, for `Extraction.confidence`. Off, since replies are about ten
            times as long with them.

    Raises:
        UnsupportedSchema: The schema has no NuExtract form.
        UnsupportedTask: The model's name tells no generation, or the generation lacks what was asked for.
        InvalidValue: The output of an example does not satisfy the schema.
    """

    target: SkipValidation[Target[Any]]
    llm: BaseChatModel
    dialect: SkipValidation[Dialect] = Field(repr=False)
    examples: tuple[Example, ...] | SkipValidation[BaseExampleSelector] = ()
    max_example_tokens: int | None = None
    instructions: str = ""
    thinking: bool = False
    recovery: RecoveryPolicy = DEFAULT
    logprobs: bool = False

    _plan: Plan[Any] = PrivateAttr()
    _selection: Selection[Any] | None = PrivateAttr()

    @overload
    def __init__(self, schema: type[T] | Target[T], **settings: Unpack[Settings]) -> None: ...
    @overload
    def __init__(
        self: "NuExtractor[dict[str, Any]]", schema: Mapping[str, Any], **settings: Unpack[Settings]
    ) -> None: ...
    @overload
    def __init__(self, *, target: Target[T], **settings: Unpack[Settings]) -> None: ...
    def __init__(self, schema: Any = None, **settings: Any) -> None:
        """Compile the schema for the model; see the class for the settings."""
        connection = {name: settings.pop(name, None) for name in ("model", "base_url", "api_key")}
        llm = settings.pop("llm", None) or _chat_model(**connection)
        target: Target[Any] = settings.pop("target", None) or Target.of(schema)
        dialect = _dialect(settings.pop("dialect", None), llm)
        asked = {name: settings.pop(name) for name in _ASKED if name in settings}
        # Not in a validator of Pydantic's, which would wrap what is raised.
        plan, selection = planned(target, dialect, **asked)
        fields: dict[str, Any] = {"target": target, "llm": llm, "dialect": dialect, **asked, **settings}
        super().__init__(**fields)
        self._plan, self._selection = plan, selection

    @property
    def _llm(self) -> BaseChatModel:
        """The chat model that is asked."""
        return self.llm

    @property
    def OutputType(self) -> Any:
        """The user's own type."""
        return self.target.type

    @property
    def detailed(self) -> "DetailedExtractor[T]":
        """The same extractor, giving the whole `Extraction`: the object with its history."""
        return DetailedExtractor(extractor=self)

    def as_tool(  # pyright: ignore[reportIncompatibleMethodOverride]  # its argument is always the document's text
        self,
        *,
        name: str | None = None,
        description: str | None = None,
        handle_tool_error: bool | str | Callable[[ToolException], str] = True,
    ) -> "ExtractionTool":
        """Make a tool for agents: JSON for the model that drives them, the whole `Extraction` as the artifact.

        Args:
            name: By default `extract_` and the schema's name.
            description: For the driving model to know when to use it; by default the schema's fields.
            handle_tool_error: What to tell the driving model when a document cannot be read; False to raise.
        """
        from langchain_nuextract.tools import ExtractionTool, description_of, name_for  # noqa: PLC0415 few need it

        return ExtractionTool(
            name=name or name_for(self.target),
            description=description or description_of(self.target),
            detailed=self.detailed,
            handle_tool_error=handle_tool_error,
        )

    def document_transformer(
        self,
        metadata_key: str | None = None,
        *,
        evidence: bool = True,
        lists: bool = False,
        on_error: Literal["keep", "raise"] = "keep",
    ) -> "ExtractionTransformer":
        """Write what is extracted from documents into their metadata, flat, for filters of vector stores.

        Args:
            metadata_key: What the names of all metadata begin with; without it the fields keep their own.
            evidence: Tell where the values stand.
            lists: Keep lists, for stores that take them, rather than write them as JSON text.
            on_error: Keep a document that failed, with the error in its metadata, or raise.
        """
        from langchain_nuextract.transformers import ExtractionTransformer  # noqa: PLC0415 few need it

        return ExtractionTransformer(
            detailed=self.detailed,
            settings=self.fingerprint,
            metadata_key=metadata_key,
            evidence=evidence,
            lists=lists,
            on_error=on_error,
        )

    def flow(self, document: Input) -> Flow[T]:
        """Say what is asked about a document, as a generator of requests that is sent replies."""
        source = read(document)
        return extract(plan_for_document(self._plan, self._selection, source), source)

    async def aflow(self, document: Input) -> Flow[T]:
        """Say what is asked about a document; see `flow`."""
        source = read(document)
        return extract(await aplan_for_document(self._plan, self._selection, source), source)

    @property
    def fingerprint(self) -> str:
        """A hash of everything that decides what the model is asked."""
        from langchain_nuextract.fingerprint import fingerprint  # noqa: PLC0415 few need it

        return fingerprint(self._plan, str(getattr(self.llm, "model_name", "")), self._selection)

    def invoke(self, input: Input, config: RunnableConfig | None = None, **kwargs: Any) -> T:
        """Extract one object from one document.

        Raises:
            ValueError: The document is empty.
            UnsupportedTask: The model generation cannot be given this document.
            EndpointError: The endpoint did not give a usable reply.
            ExtractionError: The model's answer is not what was asked for.
        """
        if asking := straight(self.llm, config):
            return self.extraction_by(asking, input, **kwargs).value
        return self._call_with_config(self._value, input, config, **kwargs)

    async def ainvoke(self, input: Input, config: RunnableConfig | None = None, **kwargs: Any) -> T:
        """Extract one object from one document; see `invoke`."""
        if asking := straight(self.llm, config):
            return (await self.aextraction_by(asking, input, **kwargs)).value
        return await self._acall_with_config(self._avalue, input, config, **kwargs)

    def _value(self, document: Input, run_manager: CallbackManagerForChainRun, config: RunnableConfig) -> T:
        return self.extraction(document, run_manager, config).value

    async def _avalue(self, document: Input, run_manager: AsyncCallbackManagerForChainRun, config: RunnableConfig) -> T:
        return (await self.aextraction(document, run_manager, config)).value

    def extraction(
        self, document: Input, run_manager: CallbackManagerForChainRun, config: RunnableConfig
    ) -> Extraction[T]:
        """Extract within a run that is under way."""
        try:
            extraction = self.extraction_by(self._in_runs(run_manager, config), document)
        except InvalidExtraction as error:
            tell(run_manager, error.attempts)
            raise
        tell(run_manager, extraction.attempts)
        return extraction

    async def aextraction(
        self, document: Input, run_manager: AsyncCallbackManagerForChainRun, config: RunnableConfig
    ) -> Extraction[T]:
        """Extract within a run that is under way."""
        try:
            extraction = await self.aextraction_by(self._in_runs(run_manager, config), document)
        except InvalidExtraction as error:
            await atell(run_manager, error.attempts)
            raise
        await atell(run_manager, extraction.attempts)
        return extraction

    def extraction_by(self, asking: Asking, document: Input) -> Extraction[T]:
        """Extract by a way of asking the model."""
        return drive(self.flow(document), asking.ask)

    async def aextraction_by(self, asking: Asking, document: Input) -> Extraction[T]:
        """Extract by a way of asking the model; see `extraction_by`."""
        return await adrive(await self.aflow(document), asking.aask)

    def _in_runs(
        self, run_manager: CallbackManagerForChainRun | AsyncCallbackManagerForChainRun, config: RunnableConfig
    ) -> InRuns:
        # Tracers are told the schema, as LangChain's own structured output does.
        child = patch_config(config, callbacks=run_manager.get_child())
        return InRuns(self.llm, child, self._told if run_manager.handlers else {})

    def stream(self, input: Input, config: RunnableConfig | None = None, **kwargs: Any) -> Iterator[Any]:
        """Yield the object while it grows; the last one is validated.

        Each value appears when the model has completed it, the items of lists one by one; from 100 values on, several
        may come at once. Partial objects are dicts, or where the schema is a Pydantic model `Invoice`, instances of a
        model `PartialInvoice` with the fields that have come. Schemas whose values are neither, and answers in broken
        JSON, show nothing before they are complete. A model that runs in circles is stopped.

        Raises:
            Everything that `invoke` raises, possibly after partial objects.
        """
        if asking := straight(self.llm, config):
            yield from self._growing(input, asking, **kwargs)
        else:
            yield from self._transform_stream_with_config(iter([input]), self._grow, config, **kwargs)

    async def astream(self, input: Input, config: RunnableConfig | None = None, **kwargs: Any) -> AsyncIterator[Any]:
        """Yield the object while it grows; see `stream`."""

        async def one() -> AsyncIterator[Input]:
            yield input

        if asking := straight(self.llm, config):
            growing = self._agrowing(input, asking, **kwargs)
        else:
            growing = self._atransform_stream_with_config(one(), self._agrow, config, **kwargs)
        async for grown in growing:
            yield grown

    def _grow(
        self, inputs: Iterator[Input], run_manager: CallbackManagerForChainRun, config: RunnableConfig
    ) -> Iterator[Any]:
        for document in inputs:
            yield from self._growing(document, self._in_runs(run_manager, config), partial(tell, run_manager))

    async def _agrow(
        self, inputs: AsyncIterator[Input], run_manager: AsyncCallbackManagerForChainRun, config: RunnableConfig
    ) -> AsyncIterator[Any]:
        async for document in inputs:
            async for grown in self._agrowing(
                document, self._in_runs(run_manager, config), partial(atell, run_manager)
            ):
                yield grown

    def _growing(
        self, document: Input, asking: Asking, tell: Callable[[Sequence[Attempt]], None] | None = None
    ) -> Iterator[Any]:
        source = read(document)
        streamed = Streamed(plan_for_document(self._plan, self._selection, source), source)
        yield from grow(streamed, asking)
        if tell:
            tell(streamed.attempts)
        yield streamed.value

    async def _agrowing(
        self, document: Input, asking: Asking, tell: Callable[[Sequence[Attempt]], Awaitable[None]] | None = None
    ) -> AsyncIterator[Any]:
        source = read(document)
        streamed = Streamed(await aplan_for_document(self._plan, self._selection, source), source)
        async for grown in agrow(streamed, asking):
            yield grown
        if tell:
            await tell(streamed.attempts)
        yield streamed.value

    @cached_property
    def _told(self) -> dict[str, Any]:
        from langchain_nuextract.structured import told  # noqa: PLC0415 few need it

        return told(self.target)


class DetailedExtractor(_Extracting[Extraction[T]], Generic[T]):
    """An extractor that gives the whole `Extraction`; made by `NuExtractor.detailed`."""

    extractor: NuExtractor[T]

    @property
    def _llm(self) -> BaseChatModel:
        """The chat model that is asked."""
        return self.extractor.llm

    @property
    def OutputType(self) -> Any:
        """`Extraction` of the user's own type."""
        return Extraction[self.extractor.OutputType]

    def invoke(self, input: Input, config: RunnableConfig | None = None, **kwargs: Any) -> Extraction[T]:
        """Extract from one document; see `NuExtractor.invoke`."""
        if asking := straight(self.extractor.llm, config):
            return self.extractor.extraction_by(asking, input, **kwargs)
        return self._call_with_config(self.extractor.extraction, input, config, **kwargs)

    async def ainvoke(self, input: Input, config: RunnableConfig | None = None, **kwargs: Any) -> Extraction[T]:
        """Extract from one document; see `NuExtractor.invoke`."""
        if asking := straight(self.extractor.llm, config):
            return await self.extractor.aextraction_by(asking, input, **kwargs)
        return await self._acall_with_config(self.extractor.aextraction, input, config, **kwargs)


def _is_async(llm: BaseChatModel) -> bool:
    """Tell whether a model can be asked on an event loop; those that cannot would be asked by a few threads only."""
    return type(llm)._agenerate is not BaseChatModel._agenerate  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # LangChain asks the same


def _chat_model(**settings: Any) -> ChatNuExtract:
    return ChatNuExtract(**{name: value for name, value in settings.items() if value is not None})


def _dialect(named: Dialect | str | None, llm: BaseChatModel) -> Dialect:
    match named or getattr(llm, "dialect", None):
        case Dialect() as dialect:
            return dialect
        case str() as name:
            return dialect_named(name)
        case _:
            return dialect_for(str(getattr(llm, "model_name", "")))


def _bounded(config: Any) -> Any:
    if isinstance(config, Sequence):
        return [_bounded(each) for each in cast("Sequence[Any]", config)]
    given: RunnableConfig = config or {}
    return given if given.get("max_concurrency") else {**given, "max_concurrency": DEFAULT_CONCURRENCY}
