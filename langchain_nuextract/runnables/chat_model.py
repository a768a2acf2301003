"""`ChatNuExtract`: an extraction model on an OpenAI-compatible server, as a LangChain chat model."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from types import MappingProxyType
from typing import Any, Final, Literal, NoReturn, Self, cast

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.globals import get_llm_cache
from langchain_core.language_models import LanguageModelInput, ModelProfile
from langchain_core.language_models.base import LangSmithParams
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langchain_core.utils import from_env, secret_from_env
from langchain_openai.chat_models.base import BaseChatOpenAI
from pydantic import ConfigDict, Field, PrivateAttr, SecretStr, model_validator

from langchain_nuextract.client.client import ApiCall, Client
from langchain_nuextract.client.config import Endpoint, normal_url
from langchain_nuextract.client.error_mapping import NOBODY, ServedModel
from langchain_nuextract.client.request_body import (
    arguments,
    as_completion,
    merged,
    settled,
    take_options,
    timeouts,
)
from langchain_nuextract.client.response import PROVIDER, chunk_of, reply_of, result_of
from langchain_nuextract.client.retry import RetryPolicy
from langchain_nuextract.dialects.messages import Request
from langchain_nuextract.errors import NotAChatReply, RequestRefused, UnknownModel, UnsupportedTask
from langchain_nuextract.paths import JSON, fields, items
from langchain_nuextract.runnables.callbacks.redact import ImageData
from langchain_nuextract.runnables.callbacks.redacted_runs import IMAGES, RedactedRuns, whole
from langchain_nuextract.runnables.model_profile import Profile, profile_of
from langchain_nuextract.runnables.response_format import asks_for_object, single_chunk, unwrapped

__all__ = ["ChatNuExtract", "reply_of"]

_PATHS: Final = {"chat": "/chat/completions", "completions": "/completions"}
_KEY_FROM_ENV: Final = secret_from_env("NUEXTRACT_API_KEY", default=None)
_TOOL_SETTINGS: Final = frozenset({"tools", "tool_choice", "parallel_tool_calls", "strict"})
_NOT_SENT: Final = frozenset({"tools", "tool_choice", "parallel_tool_calls", "stream"})
_METHODS: Final = ("json_schema", "function_calling", "json_mode")
_NO_TOOLS: Final = (
    "an extraction model cannot call tools. Let another model drive the agent, and give it an extractor as a tool."
)
_CREDENTIALS: Final = ("auth", "key", "token", "secret", "cookie", "password")
"""Parts of the names of headers that are not pickled."""


class ChatNuExtract(RedactedRuns, BaseChatOpenAI):
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
        model: Its name at the server.
        base_url: The server's address up to and including `/v1`, which is added to an address without a path.
        api_key: Sent as a bearer token. It is never shown, logged or pickled: an unpickled model reads
            NUEXTRACT_API_KEY again.
        default_headers: Sent with each request; neither shown nor serialised, and those named like credentials are
            not pickled.
        timeout: Seconds to wait for an answer, or an `httpx2.Timeout`.
        stream_chunk_timeout: Seconds of silence that a stream may have; None for the same as `timeout`.
        http_client: An `httpx2.Client` (or `httpx.Client`) of your own for sync calls; not closed here.
        http_async_client: The same for async calls.
        dialect: The model generation, where its name does not tell: "2.0", "3", … .
        direct: Whether an extractor sends its requests without a run of this model where nobody listens to it: no
            callbacks, tracer, cache, rate limiter or subclass. False to call `invoke` and `stream` always.

    Raises:
        ValueError: No base_url or no model is set, or the address is not usable.
    """

    model_config = ConfigDict(populate_by_name=True, hide_input_in_errors=True)

    model_name: str = Field(default_factory=from_env("NUEXTRACT_MODEL", default=""), alias="model")
    openai_api_base: str | None = Field(default_factory=from_env("NUEXTRACT_BASE_URL", default=None), alias="base_url")
    # The base takes functions too, whose keys could be neither hidden nor read again after unpickling.
    openai_api_key: SecretStr | None = Field(default_factory=_KEY_FROM_ENV, alias="api_key")  # pyright: ignore[reportIncompatibleVariableOverride]
    openai_proxy: str | None = None
    default_headers: Mapping[str, str] | None = Field(default=None, exclude=True, repr=False)
    request_timeout: float | tuple[float, float] | Any | None = Field(default=600.0, alias="timeout")
    stream_chunk_timeout: float | None = None
    stream_usage: bool | None = True
    max_retries: int | None = 3
    retry_seconds: float = 300.0
    """No further attempt is begun after this many seconds."""
    use_responses_api: Literal[False] = False  # pyright: ignore[reportIncompatibleVariableOverride]
    dialect: str | None = None
    direct: bool = True

    _client: Client | None = PrivateAttr(default=None)

    @model_validator(mode="before")
    @classmethod
    def validate_temperature(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Take any temperature; stands in for the base's validator, which changes it for models with certain names."""
        return values

    @model_validator(mode="before")
    @classmethod
    def _own_profile(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Leave out another model's profile, which `configurable_fields` hands on with its settings."""
        foreign = isinstance(values.get("profile"), Profile)
        return {name: value for name, value in values.items() if name != "profile"} if foreign else values

    @model_validator(mode="after")
    def validate_environment(self) -> Self:
        """Check the settings; stands in for the base's validator, which reads `OPENAI_…` and makes clients."""
        if not self.openai_api_base:
            raise ValueError(f"no endpoint is set. {NOBODY}")
        if not self.model_name:
            raise ValueError("no model is set. Name it by model or NUEXTRACT_MODEL")
        if self.n is not None and (self.n < 1 or (self.n > 1 and self.streaming)):
            raise ValueError("n must be at least 1, and 1 when streaming")
        self.openai_api_base = normal_url(self.openai_api_base)
        # Made here, though it opens nothing yet: copies with other settings than the endpoint's will share it.
        self._client = Client.to(self._endpoint())
        return self

    @property
    def wire(self) -> Client:
        """The connection to the endpoint, made when first needed."""
        if self._client is None:
            self._client = Client.to(self._endpoint())
        return self._client

    @property
    def is_bare(self) -> bool:
        """Whether its own run would do no more than send the request, so that extractors may do without the run."""
        caches = self.cache or (self.cache is None and get_llm_cache() is not None)
        special = caches or self.rate_limiter or self.callbacks or self.verbose
        return type(self) is ChatNuExtract and self.direct and not special

    def models(self) -> tuple[ServedModel, ...]:
        """List the models that the endpoint serves, asked for once; empty if it does not tell."""
        return self.wire.models()

    @property
    def context_length(self) -> int | None:
        """Tokens that a prompt and its answer may have together, as the endpoint tells; None if it does not."""
        return self.wire.context_of(self.model_name)

    @cached_property
    def defaults(self) -> Mapping[str, JSON]:
        """The body of a request, as far as the settings make it."""
        return {**self._get_request_payload([])}

    @cached_property
    def _parameters(self) -> Mapping[str, Any]:
        """What listeners are told about every call, as far as the settings make it."""
        return super()._get_invocation_params()

    def _endpoint(self) -> Endpoint:
        return Endpoint(
            url=str(self.openai_api_base),
            key=self.openai_api_key,
            timeout=timeouts(self.request_timeout),
            silence=self.stream_chunk_timeout,
            headers=tuple((self.default_headers or {}).items()),
            query=tuple(self.default_query.items()) if self.default_query else (),
            policy=RetryPolicy(retries=self.max_retries or 0, total=self.retry_seconds),
            proxy=self.openai_proxy,
            http_client=self.http_client,
            http_async_client=self.http_async_client,
        )

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,  # noqa: ARG002 part of LangChain's signature
        *,
        image_data: ImageData | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        messages = whole(messages, image_data)
        if asks_for_object(kwargs):
            from langchain_nuextract.runnables.response_format_answer import ResponseFormatAnswer  # noqa: PLC0415 chatting alone does without

            return ResponseFormatAnswer(self, messages, kwargs).answer(partial(self._ask, stop))
        call = self._call(messages, stop, kwargs)
        return result_of(self.wire.post(call), str(call.body["model"]))

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,  # noqa: ARG002 part of LangChain's signature
        *,
        image_data: ImageData | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        messages = whole(messages, image_data)
        if asks_for_object(kwargs):
            from langchain_nuextract.runnables.response_format_answer import ResponseFormatAnswer  # noqa: PLC0415 chatting alone does without

            return await ResponseFormatAnswer(self, messages, kwargs).aanswer(partial(self._aask, stop))
        call = self._call(messages, stop, kwargs)
        return result_of(await self.wire.apost(call), str(call.body["model"]))

    def _ask(self, stop: list[str] | None, messages: list[BaseMessage], body: dict[str, Any]) -> ChatResult:
        return self._generate(messages, stop, **body)

    async def _aask(self, stop: list[str] | None, messages: list[BaseMessage], body: dict[str, Any]) -> ChatResult:
        return await self._agenerate(messages, stop, **body)

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        *,
        stream_usage: bool | None = None,
        image_data: ImageData | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        messages = whole(messages, image_data)
        for chunk in self._chunks(messages, stop, kwargs, self._streaming(kwargs, usage=stream_usage)):
            if run_manager:
                run_manager.on_llm_new_token(chunk.text, chunk=chunk)
            yield chunk

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        *,
        stream_usage: bool | None = None,
        image_data: ImageData | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        messages = whole(messages, image_data)
        async for chunk in self._achunks(messages, stop, kwargs, self._streaming(kwargs, usage=stream_usage)):
            if run_manager:
                await run_manager.on_llm_new_token(chunk.text, chunk=chunk)
            yield chunk

    def _chunks(
        self, messages: list[BaseMessage], stop: list[str] | None, kwargs: Any, streaming: Mapping[str, JSON]
    ) -> Iterator[ChatGenerationChunk]:
        if asks_for_object(kwargs):
            # The object has to be read and validated as a whole before any of its text is known.
            yield single_chunk(self._generate(messages, stop, **kwargs))
            return
        call = self._call(messages, stop, kwargs, streaming)
        for event in self.wire.events(call):
            yield chunk_of(event, str(call.body["model"]))

    async def _achunks(
        self, messages: list[BaseMessage], stop: list[str] | None, kwargs: Any, streaming: Mapping[str, JSON]
    ) -> AsyncIterator[ChatGenerationChunk]:
        if asks_for_object(kwargs):
            yield single_chunk(await self._agenerate(messages, stop, **kwargs))
            return
        call = self._call(messages, stop, kwargs, streaming)
        async for event in self.wire.aevents(call):
            yield chunk_of(event, str(call.body["model"]))

    def _call(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None,
        kwargs: Mapping[str, Any],
        streaming: Mapping[str, JSON] = MappingProxyType({}),
    ) -> ApiCall:
        body = {**self._get_request_payload(messages, stop=stop, **kwargs), **streaming}
        body = settled(body, is_vllm=self.wire.is_vllm)
        route, options = body.pop("route", "chat"), take_options(body)
        return ApiCall(_PATHS[str(route)], body if route == "chat" else as_completion(body), options)

    def call_for(self, request: Request, *, stream: bool = False) -> ApiCall:
        """Make the call that a request of an extraction is, as `invoke` or `stream` would."""
        given = arguments(request, self)
        streaming = self._streaming(given, usage=None) if stream else {}
        extra = fields(given.pop("extra_body", None))
        settings = settled(merged(self.defaults, given, extra), is_vllm=self.wire.is_vllm)
        body: dict[str, Any] = {**settings, **streaming, "messages": [dict(message) for message in request.messages]}
        return ApiCall(_PATHS[request.route], body if body.pop("route", "chat") == "chat" else as_completion(body))

    def _streaming(self, kwargs: Mapping[str, Any], *, usage: bool | None) -> dict[str, JSON]:
        asked: dict[str, JSON] = kwargs.get("stream_options", {})
        if self._should_stream_usage(usage, **kwargs):
            return {"stream": True, "stream_options": {"include_usage": True, **asked}}
        return {"stream": True}

    def _get_request_payload(
        self, input_: LanguageModelInput, *, stop: list[str] | None = None, **kwargs: Any
    ) -> dict[str, Any]:
        # LangChain's `dict` has no types for its keys.
        defaults = cast("dict[str, Any]", super()._get_request_payload(input_))  # pyright: ignore[reportUnknownMemberType]
        given: dict[str, Any] = kwargs if stop is None else {**kwargs, "stop": stop}
        extras = (defaults.pop("extra_body", None), given.pop("extra_body", None))
        body = merged(defaults, given, *extras)
        if body.get("tools"):
            raise UnsupportedTask(self.model_name, _NO_TOOLS)
        # vLLM refuses an empty list of tools; whether to stream is for the method that sends the body to say.
        return {name: value for name, value in body.items() if name not in _NOT_SENT}

    def draft_template(self, document: Any) -> JSON:
        """Let the model write a template for a description of what is wanted, or for a sample document.

        Args:
            document: Whatever an extractor takes.

        Raises:
            ValueError: The document is empty.
            UnsupportedTask: This model generation cannot write templates.
            NoJSONInReply: The model answered with something else.
        """
        from langchain_nuextract.runnables.draft_template import draft  # noqa: PLC0415  # chatting alone does not need those rooms

        return draft(document, llm=self, model=self.model_name, dialect=self.dialect)

    def with_structured_output(  # pyright: ignore[reportIncompatibleMethodOverride]  # takes more kinds of schemas
        self,
        schema: Any = None,
        *,
        method: Literal["json_schema", "function_calling", "json_mode"] = "json_schema",
        include_raw: bool = False,
        strict: bool | None = None,  # noqa: ARG002 see below
        **kwargs: Any,
    ) -> Runnable[Any, Any]:
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
        # The extractor is built upon this module, so it cannot be imported above.
        from langchain_nuextract.runnables.extractor import NuExtractor, Settings  # noqa: PLC0415
        from langchain_nuextract.runnables.include_raw import RawExtractor  # noqa: PLC0415

        if method not in _METHODS:
            raise ValueError(f"method must be one of {', '.join(_METHODS)}, not {method!r}")
        own = {name: kwargs.pop(name) for name in Settings.__annotations__ if name in kwargs}
        extractor = NuExtractor(unwrapped(schema), llm=self.given(**kwargs) if kwargs else self, **own)
        return RawExtractor(extractor=extractor) if include_raw else extractor

    def given(self, **settings: Any) -> Self:
        """Give a copy with what a call says on top of its own settings.

        Args:
            settings: Fields of this class, or of the server's API, which are added to `extra_body`.
        """
        fields = type(self).model_fields
        names = {name: name for name in fields} | {str(field.alias): name for name, field in fields.items()}
        known = {names[name]: value for name, value in settings.items() if name in names and name != "extra_body"}
        others = {name: value for name, value in settings.items() if name not in names}
        extra = merged(self.extra_body, settings.get("extra_body"), others)
        return self.model_copy(update={**known, "extra_body": extra or None})

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Bind no tools, as agents without tools do.

        Raises:
            UnsupportedTask: There are tools, which an extraction model cannot call.
        """
        if tools:
            raise UnsupportedTask(self.model_name, _NO_TOOLS)
        return self.bind(**{name: value for name, value in kwargs.items() if name not in _TOOL_SETTINGS})

    def get_token_ids(self, text: str) -> list[int]:
        """Ask the endpoint how it splits a text into tokens.

        Raises:
            NotImplementedError: The endpoint does not tell.
        """
        # vLLM reads `prompt`, llama.cpp reads `content`.
        asked = {"model": self.model_name, "prompt": text, "content": text, "add_special_tokens": False}
        return cast("list[int]", self._tokenize(asked)["tokens"])

    def get_num_tokens_from_messages(
        self,
        messages: Sequence[BaseMessage],
        tools: Sequence[Any] | None = None,  # noqa: ARG002 there are none
        *,
        allow_fetching_images: bool = True,  # noqa: ARG002 nothing is fetched here
    ) -> int:
        """Ask the endpoint how many tokens messages have in its chat template.

        Raises:
            NotImplementedError: The endpoint does not tell.
        """
        body = self._get_request_payload([*messages])
        asked = {key: body[key] for key in ("model", "messages", "chat_template_kwargs") if key in body}
        return len(items(self._tokenize(asked)["tokens"]))

    def _tokenize(self, body: Mapping[str, JSON]) -> Mapping[str, JSON]:
        try:
            return self.wire.post(ApiCall("/tokenize", body), holds="tokens")
        except (RequestRefused, UnknownModel, NotAChatReply) as error:
            raise NotImplementedError(f"the endpoint does not count tokens: {error}") from error

    def _get_encoding_model(self) -> NoReturn:
        raise NotImplementedError("tokens are counted by the endpoint, not by a tokenizer of OpenAI's")

    @property
    def _llm_type(self) -> str:
        return "nuextract-chat"

    @property
    def lc_secrets(self) -> dict[str, str]:
        """Name the variable that the key is read from where this is loaded."""
        return {"openai_api_key": "NUEXTRACT_API_KEY"}

    @classmethod
    def is_lc_serializable(cls) -> bool:
        """Tell that `langchain_core.load.dumps` may write this."""
        return True

    @classmethod
    def get_lc_namespace(cls) -> list[str]:
        """Tell where `langchain_core.load.load` finds this class."""
        return ["langchain_nuextract"]

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        params = super()._get_ls_params(stop=stop, **kwargs)
        params["ls_provider"] = PROVIDER
        return params

    def _get_invocation_params(self, stop: list[str] | None = None, **kwargs: Any) -> dict[str, Any]:
        kwargs.pop(IMAGES, None)
        if kwargs.get("tools"):
            # There are credentials in some, which the base leaves out.
            return super()._get_invocation_params(stop=stop, **kwargs)
        return {**self._parameters, "stop": stop, **kwargs}

    def _use_responses_api(self, payload: dict[str, Any]) -> bool:  # noqa: ARG002 never
        return False

    def _resolve_model_profile(self) -> ModelProfile | None:
        return profile_of(self)

    def __setattr__(self, name: str, value: Any) -> None:
        """Forget the connection when a setting changes."""
        super().__setattr__(name, value)
        if name in type(self).model_fields:
            self._forget()

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Copy with other settings, and a connection of its own."""
        copied = super().model_copy(update=update, deep=deep)
        copied._forget()  # noqa: SLF001 its own class
        if isinstance(self.profile, Profile):
            copied.profile = copied._resolve_model_profile()  # noqa: SLF001 its own class
        return copied

    def _forget(self) -> None:
        """Drop what was made of the settings."""
        self._client = None
        for name in ("defaults", "_parameters"):
            vars(self).pop(name, None)

    def __getstate__(self) -> dict[Any, Any]:
        """Leave out the key, headers named like credentials, and what cannot travel: clients and connections."""
        state = super().__getstate__()
        fields = {name: value for name, value in state["__dict__"].items() if name in type(self).model_fields}
        fields |= dict.fromkeys(("openai_api_key", "http_client", "http_async_client"))
        fields["default_headers"] = _harmless(self.default_headers)
        return {**state, "__dict__": fields, "__pydantic_private__": {"_client": None}}

    def __setstate__(self, state: dict[Any, Any]) -> None:
        """Read the key again from where this process has it."""
        super().__setstate__({**state, "__dict__": {**state["__dict__"], "openai_api_key": _KEY_FROM_ENV()}})
        self._client = Client.to(self._endpoint())


def _harmless(headers: Mapping[str, str] | None) -> dict[str, str] | None:
    if headers is None:
        return None
    return {name: value for name, value in headers.items() if not any(part in name.lower() for part in _CREDENTIALS)}
