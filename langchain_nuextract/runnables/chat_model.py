"""`ChatNuExtract`: an extraction model on an OpenAI-compatible server, as a LangChain chat model."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final, Literal

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable

from langchain_nuextract import client
from langchain_nuextract.batch.protocols import Input
from langchain_nuextract.errors import UnsupportedTask
from langchain_nuextract.paths import JSON
from langchain_nuextract.runnables import callbacks
from langchain_nuextract.runnables.api_model import NO_TOOLS, ApiModel
from langchain_nuextract.runnables.callbacks.redacted_runs import with_images
from langchain_nuextract.runnables.extractor import NuExtractor
from langchain_nuextract.runnables.response_format import asks_for_object, single_chunk, unwrapped
from langchain_nuextract.runnables.settings import BuiltSignature

_TOOL_ARGUMENTS: Final = frozenset({"tools", "tool_choice", "parallel_tool_calls", "strict"})
_METHODS: Final = ("json_schema", "function_calling", "json_mode")


class ChatNuExtract(ApiModel):
    """A NuExtract model, or another one to extract with, behind an OpenAI-compatible server such as vLLM.

        llm = ChatNuExtract(model="numind/NuExtract3", base_url="http://localhost:8000/v1")
        llm.invoke("…", chat_template_kwargs={"template": '{"total": "number"}'})

    Most people want `NuExtractor`, or `llm.with_structured_output(schema)`, which know how each model generation is
    asked.

    Settings come from the constructor or from NUEXTRACT_BASE_URL, NUEXTRACT_API_KEY and NUEXTRACT_MODEL, and from
    nowhere else, so that no key and no document can reach another host by accident: `OPENAI_…` variables are not
    read, redirects are not followed. Any field of the server's API may be given to `invoke`, to `bind` or, as
    `extra_body`, to the constructor; their `chat_template_kwargs` are merged, so that a template is not lost. A JSON
    Schema as `response_format`, given to `invoke` or `bind`, becomes a template, and the message's text is JSON that
    fits it; within `extra_body` it is sent as it is.

    Failed requests are sent again `max_retries` times within `retry_seconds`: see `RetryPolicy`. The errors are
    those of `langchain_nuextract.errors`.

    Args:
        model: Its name at the server. Without one, the only model that the server has is taken at the first call.
        base_url: The server's address up to and including `/v1`, which is added to an address without a path.
        api_key: Sent as a bearer token. It is never shown, logged or pickled: an unpickled model reads
            NUEXTRACT_API_KEY again.
        default_headers: Sent with each request; neither shown nor serialised, and those named like credentials are
            not pickled.
        timeout: Seconds to wait for an answer, or an `httpx2.Timeout`.
        stream_chunk_timeout: Seconds of silence that a stream may have; None for the same as `timeout`.
        http_client: An `httpx2.Client` (or `httpx.Client`) of your own for sync calls; not closed here.
        http_async_client: The same for async calls.
        allow_image_urls: Which images by address may be passed on, which the endpoint fetches from where it stands: all
            http(s) addresses (True), none (False), or those of some hosts, `["images.example.com", "*.cdn.example"]`.
            For documents from strangers say False: the addresses in them may lead into the endpoint's own network, and
            a host that is allowed may redirect. Images as data always pass, `file://` and the like never.
        dialect: The model generation, where its name does not tell: "2.0", "3", … .
        direct: Whether an extractor sends its requests without a run of this model where nobody listens to it: no
            callbacks, tracer, cache, rate limiter or subclass. False to call `invoke` and `stream` always.

    Raises:
        ValueError: No base_url or no model is set, or the address is not usable.
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Note that it is derived, so that extractors do not leave its run out."""
        super().__init_subclass__(**kwargs)
        cls.is_derived = True

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,  # noqa: ARG002 part of LangChain's signature
        *,
        image_data: "callbacks.ImageData | None" = None,
        **kwargs: Any,
    ) -> ChatResult:
        messages = with_images(messages, image_data)
        self.resolve_model()
        if asks_for_object(kwargs):
            from langchain_nuextract.runnables.response_format_answer import ResponseFormatAnswer  # noqa: PLC0415 chatting alone does without

            return ResponseFormatAnswer(self, messages, kwargs).answer(partial(self._generate, stop=stop))
        from langchain_nuextract.runnables.raw_template import restored  # noqa: PLC0415 extractors do without

        call, escaped = self._call(messages, stop, kwargs)
        return restored(client.result_of(self.client.post(call), str(call.body["model"])), escaped)

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,  # noqa: ARG002 part of LangChain's signature
        *,
        image_data: "callbacks.ImageData | None" = None,
        **kwargs: Any,
    ) -> ChatResult:
        messages = with_images(messages, image_data)
        await self.aresolve_model()
        if asks_for_object(kwargs):
            from langchain_nuextract.runnables.response_format_answer import ResponseFormatAnswer  # noqa: PLC0415 chatting alone does without

            return await ResponseFormatAnswer(self, messages, kwargs).aanswer(partial(self._agenerate, stop=stop))
        from langchain_nuextract.runnables.raw_template import restored  # noqa: PLC0415 extractors do without

        call, escaped = self._call(messages, stop, kwargs)
        return restored(client.result_of(await self.client.apost(call), str(call.body["model"])), escaped)

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        *,
        image_data: "callbacks.ImageData | None" = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        messages = with_images(messages, image_data)
        self.resolve_model()
        for chunk in self._chunks(messages, stop, kwargs):
            if run_manager:
                run_manager.on_llm_new_token(chunk.text, chunk=chunk)
            yield chunk

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        *,
        image_data: "callbacks.ImageData | None" = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        messages = with_images(messages, image_data)
        await self.aresolve_model()
        async for chunk in self._achunks(messages, stop, kwargs):
            if run_manager:
                await run_manager.on_llm_new_token(chunk.text, chunk=chunk)
            yield chunk

    def _chunks(
        self, messages: list[BaseMessage], stop: list[str] | None, kwargs: Mapping[str, Any]
    ) -> Iterator[ChatGenerationChunk]:
        if asks_for_object(kwargs):
            # The object has to be read and validated as a whole before any of its text is known.
            yield single_chunk(self._generate(messages, stop, **kwargs))
            return
        call, escaped = self._call(messages, stop, kwargs, streaming=True)
        if escaped.marks:
            # A mark of the document may come in several pieces, and which one it is the words around it tell.
            yield single_chunk(self._generate(messages, stop, **kwargs))
            return
        for event in self.client.events(call):
            yield client.chunk_of(event, str(call.body["model"]))

    async def _achunks(
        self, messages: list[BaseMessage], stop: list[str] | None, kwargs: Mapping[str, Any]
    ) -> AsyncIterator[ChatGenerationChunk]:
        if asks_for_object(kwargs):
            yield single_chunk(await self._agenerate(messages, stop, **kwargs))
            return
        call, escaped = self._call(messages, stop, kwargs, streaming=True)
        if escaped.marks:
            yield single_chunk(await self._agenerate(messages, stop, **kwargs))
            return
        async for event in self.client.aevents(call):
            yield client.chunk_of(event, str(call.body["model"]))

    def draft_template(self, document: object) -> JSON:
        """Let the model write a template for a description of what is wanted, or for a sample document.

        Args:
            document: Whatever an extractor takes.

        Raises:
            ValueError: The document is empty.
            UnsupportedTask: This model generation cannot write templates.
            NoJSONInReply: The model answered with something else.
        """
        from langchain_nuextract.runnables.draft_template import draft_template  # noqa: PLC0415  # chatting alone does not need those rooms

        self.resolve_model()
        return draft_template(document, llm=self, model=self.model_name, dialect=self.dialect)

    def with_structured_output(  # pyright: ignore[reportIncompatibleMethodOverride]  # takes more kinds of schemas
        self,
        schema: Any = None,
        *,
        method: Literal["json_schema", "function_calling", "json_mode"] = "json_schema",
        include_raw: bool = False,
        strict: bool | None = None,  # noqa: ARG002 see below
        **kwargs: Any,
    ) -> Runnable[Input, Any]:
        """Make an extractor of this model.

        Args:
            schema: What is wanted: anything that `NuExtractor` takes, or a function or tool in OpenAI's form.
            method: Taken for LangChain's sake and without effect: NuExtract has its own way to be told the schema.
            include_raw: Give `{"raw": AIMessage, "parsed": …, "parsing_error": …}`, also where the answer is unusable.
            strict: The same as for `method`: what is returned always satisfies the schema.
            kwargs: Further settings of `NuExtractor`, such as `examples`; or of this model, such as `temperature`.

        Raises:
            ValueError: There is no such method.
        """
        if method not in _METHODS:
            raise ValueError(f"method must be one of {', '.join(_METHODS)}, not {method!r}")
        self.check_call([*kwargs], *NuExtractor.model_fields, "method", "include_raw", "strict")
        own = {name: kwargs.pop(name) for name in NuExtractor.model_fields if name in kwargs}
        extractor = NuExtractor(unwrapped(schema), llm=self.with_settings(kwargs) if kwargs else self, **own)
        if not include_raw:
            return extractor
        from langchain_nuextract.runnables.include_raw import RawExtractor  # noqa: PLC0415 few ask for it

        return RawExtractor(extractor=extractor)

    def bind_tools(
        self,
        tools: Sequence[object],
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Bind no tools, as agents without tools do.

        Raises:
            UnsupportedTask: There are tools, which an extraction model cannot call.
        """
        if tools:
            raise UnsupportedTask(self.model_name, NO_TOOLS)
        return self.bind(**{name: value for name, value in kwargs.items() if name not in _TOOL_ARGUMENTS})


ChatNuExtract.__signature__ = BuiltSignature()  # pyright: ignore[reportAttributeAccessIssue]  # which gives one
# The extractor is built without knowing this class, and makes one where it is given no model.
NuExtractor.make_model = ChatNuExtract
