"""How `ChatNuExtract` makes calls of the API, of messages or of an extraction's requests; and what tracers are told.

Where nobody listens, an extraction's requests go to the client without a run: one of LangChain's costs several times
what sending a request and reading its reply cost.
"""

import os
from collections.abc import AsyncGenerator, Callable, Generator, Mapping, Sequence
from contextlib import aclosing, closing
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import cache
from time import perf_counter
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeAlias, cast

from langchain_core.callbacks import BaseCallbackManager, CallbackManager
from langchain_core.globals import get_debug, get_llm_cache
from langchain_core.language_models.base import LangSmithParams, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.runnables.config import var_child_runnable_config
from langchain_core.utils.env import env_var_is_set

from langchain_nuextract import client, dialects
from langchain_nuextract.client.deadline import allowed_seconds
from langchain_nuextract.client.image_urls import check_image_urls
from langchain_nuextract.client.request_body import (
    FOR_VLLM,
    ROUTE,
    arguments,
    as_completion,
    merged,
    take_options,
)
from langchain_nuextract.errors import NotAChatReply, RequestRefused, UnknownModel, UnsupportedTask
from langchain_nuextract.paths import JSON, fields, items
from langchain_nuextract.runnables.callbacks.redacted_runs import IMAGES
from langchain_nuextract.runnables.model_settings import ModelSettings
from langchain_nuextract.runnables.openai_messages import openai_messages

if TYPE_CHECKING:
    from langchain_nuextract.dialects.messages import Piece, Reply
    from langchain_nuextract.documents.escape import EscapedSource

NO_TOOLS: Final = (
    "an extraction model cannot call tools. Let another model drive the agent, and give it an extractor as a tool."
)
_PATHS: Final = {"chat": "/chat/completions", "completions": "/completions"}
_NOT_SENT: Final = frozenset(
    {"tools", "tool_choice", "parallel_tool_calls", "strict", "stream", "stream_usage", "extra_body"}
    | {ROUTE, FOR_VLLM, "allow_image_urls"}
)
"""vLLM refuses an empty list of tools; whether to stream is for the method that sends the body to say. The
last three are fields of the call."""
_NOT_SHOWN: Final = frozenset({"tools", IMAGES})
"""Arguments of a call that listeners are not shown: there may be credentials in tools, which are refused besides."""


class ApiModel(ModelSettings):
    """The half of `ChatNuExtract` that extractors call directly."""

    is_derived: ClassVar[bool] = False
    """Whether it is a user's own class, derived from `ChatNuExtract`: its run may do anything."""

    def call_for(self, request: "dialects.Request", *, streaming: bool = False) -> "client.ApiCall":
        """Make the call that a request of an extraction is, as `invoke` or `stream` would."""
        # What one document's request says beside its text, the next one's says too: it is made of the settings once.
        given = (request.body, request.firm, request.route, streaming)
        known, settled = vars(self).get("_settled", (None, None))
        if settled is None or known != given:
            settled = self._settled_call(arguments(request, self), streaming=streaming)
            vars(self)["_settled"] = (given, settled)
        messages = cast("list[JSON]", [*request.messages])
        for message in request.messages:
            if not isinstance(message["content"], str):
                check_image_urls([cast("JSON", message)], self.allow_image_urls)
        body: dict[str, JSON] = {**settled.body, "messages": messages}
        return client.ApiCall(
            settled.path,
            as_completion(body) if request.route == "completions" else body,
            request.vllm_only,
            settled.options,
            request.seconds,
            settled.constraint,
        )

    def _call(
        self, messages: list[BaseMessage], stop: list[str] | None, kwargs: Mapping[str, Any], *, streaming: bool = False
    ) -> "tuple[client.ApiCall, EscapedSource]":
        """Make a call of messages, with what restores the answer to it."""
        from langchain_nuextract.runnables.raw_template import escape_documents  # noqa: PLC0415 extracting does without

        self.check_call([*kwargs])
        given = kwargs if stop is None else {**kwargs, "stop": stop}
        template = merged(self.extra_body, kwargs, kwargs.get("extra_body"))
        sent, escaped = escape_documents(
            openai_messages(messages), template, model=str(given.get("model") or self.model_name), dialect=self.dialect
        )
        check_image_urls(sent, kwargs.get("allow_image_urls", self.allow_image_urls))
        call = self._settled_call(given, streaming=streaming)
        body = {**call.body, "messages": sent}
        body = as_completion(body) if call.path == _PATHS["completions"] else body
        return replace(call, body=body, seconds=allowed_seconds()), escaped

    def _settled_call(self, given: Mapping[str, Any], *, streaming: bool) -> "client.ApiCall":
        """Make a call without its messages: the settings, the arguments on top, then `extra_body` of both."""
        settings = merged(self.defaults, {**given, "extra_body": None}, self.extra_body, given.get("extra_body"))
        if settings.get("tools"):
            raise UnsupportedTask(self.model_name, NO_TOOLS)
        constraint = {name: value for name, value in settings.items() if name in dialects.CONSTRAINTS}
        body = {name: value for name, value in settings.items() if name not in _NOT_SENT | dialects.CONSTRAINTS}
        if streaming:
            usage = {"include_usage": True} if settings.get("stream_usage", self.stream_usage) else {}
            included = {**usage, **fields(body.get("stream_options"))}
            body |= {"stream": True, **({"stream_options": included} if included else {})}
        options, path = take_options(body), _PATHS[str(settings.get(ROUTE, "chat"))]
        return client.ApiCall(path, body, fields(settings.get(FOR_VLLM)), options, constraint=constraint)

    def get_token_ids(self, text: str) -> list[int]:
        """Ask the endpoint how it splits a text into tokens.

        Raises:
            NotImplementedError: The endpoint does not tell.
        """
        self.resolve_model()
        return cast("list[int]", self._tokens(self.tokenize_call(text)))

    def get_num_tokens_from_messages(
        self,
        messages: Sequence[BaseMessage],
        tools: Sequence[object] | None = None,  # noqa: ARG002 there are none
        *,
        allow_fetching_images: bool = True,  # noqa: ARG002 nothing is fetched here
    ) -> int:
        """Ask the endpoint how many tokens messages have in its chat template.

        Raises:
            NotImplementedError: The endpoint does not tell.
        """
        self.resolve_model()
        body = self._call([*messages], None, {})[0].body
        asked = {key: body[key] for key in ("model", "messages", "chat_template_kwargs") if key in body}
        return len(self._tokens(client.ApiCall("/tokenize", asked)))

    def tokenize_call(self, text: str) -> "client.ApiCall":
        """Make the call that asks the endpoint how it splits a text into tokens."""
        # vLLM reads `prompt`, llama.cpp reads `content`.
        body: dict[str, JSON] = {"prompt": text, "content": text, "add_special_tokens": False}
        return client.ApiCall("/tokenize", {"model": self.model_name, **body})

    def _tokens(self, call: "client.ApiCall") -> list[JSON]:
        try:
            return items(self.client.post(call, holds="tokens")["tokens"])
        except (RequestRefused, UnknownModel, NotAChatReply) as error:
            raise NotImplementedError(f"the endpoint does not count tokens: {error}") from error

    @property
    def _llm_type(self) -> str:
        return "nuextract-chat"

    @property
    def _identifying_params(self) -> Mapping[str, object]:
        extra = {"extra_body": self.extra_body} if self.extra_body else {}
        return {"model_name": self.model_name, **self.defaults, **extra}

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        params = super()._get_ls_params(stop=stop or cast("list[str] | None", self.stop), **kwargs)
        params["ls_provider"] = client.PROVIDER
        return params

    def _get_invocation_params(self, stop: list[str] | None = None, **kwargs: Any) -> dict[str, object]:
        shown = {name: value for name, value in kwargs.items() if name not in _NOT_SHOWN}
        return {**self._identifying_params, "_type": self._llm_type, "stop": stop or self.stop, **shown}


@dataclass(frozen=True, slots=True)
class DirectCaller:
    """Each request goes to the endpoint without a run."""

    llm: ApiModel
    width: int | None = None
    """How many requests may be under way at once, if somebody has said."""

    def send(self, request: "dialects.Request") -> "Reply":
        """Send a request and wait for the reply."""
        started = perf_counter()
        body = self.llm.client.post(self.llm.call_for(request))
        return client.reply_in(body, self.llm.model_name, perf_counter() - started)

    async def asend(self, request: "dialects.Request") -> "Reply":
        """Do the same on an event loop."""
        started = perf_counter()
        body = await self.llm.client.apost(self.llm.call_for(request))
        return client.reply_in(body, self.llm.model_name, perf_counter() - started)

    def stream(self, request: "dialects.Request") -> "Generator[Piece]":
        """Send a request and yield the reply as it comes in."""
        with closing(self.llm.client.events(self.llm.call_for(request, streaming=True))) as events:
            for event in events:
                yield client.piece_in(event, self.llm.model_name)

    async def astream(self, request: "dialects.Request") -> "AsyncGenerator[Piece]":
        """Do the same on an event loop."""
        async with aclosing(self.llm.client.aevents(self.llm.call_for(request, streaming=True))) as events:
            async for event in events:
                yield client.piece_in(event, self.llm.model_name)


def direct_caller(llm: Runnable[LanguageModelInput, AIMessage], config: RunnableConfig | None) -> DirectCaller | None:
    """Make a caller without runs, if nobody would notice that there are none; otherwise None.

    Args:
        llm: The model. One that somebody derived, or that caches, limits its rate or has listeners, needs its runs.
        config: Its callbacks, those of the run that this is called in, and tracers set for all runs are listeners.
    """
    if not isinstance(llm, ApiModel) or llm.is_derived or not llm.direct:
        return None
    if llm.cache or (llm.cache is None and get_llm_cache() is not None):
        return None
    if llm.rate_limiter or llm.callbacks or llm.verbose:
        return None
    if config is not None and not isinstance(config, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]  # a slip
        raise TypeError(
            f"config must be a dict, not {type(config).__name__}. Several documents go to batch, in a list."
        )
    around = var_child_runnable_config.get()
    callbacks = config.get("callbacks") if config else None
    if callbacks is None and around:
        callbacks = around.get("callbacks")
    handlers = callbacks.handlers if isinstance(callbacks, BaseCallbackManager) else callbacks
    if handlers or (_may_be_heard() and CallbackManager.configure().handlers):
        return None
    return DirectCaller(llm, config.get("max_concurrency") if config else None)


def _may_be_heard() -> bool:
    """Tell whether there may be listeners to all runs, without making a manager: it finds them, and takes 30 µs."""
    sources = _sources_of_listeners()
    if sources is None or get_debug():
        return True
    is_traced, hooks = sources
    if is_traced():
        return True
    return any([var.get() is not None or (name and env_var_is_set(name)) for var, _, _, name in hooks])  # noqa: C419  quicker


_Hook: TypeAlias = tuple[ContextVar[object], bool, type | None, str | None]


@cache
def _sources_of_listeners() -> tuple[Callable[[], object], Sequence[_Hook]] | None:
    """Give where LangChain looks for them: its tracer, and the hooks registered; None if it looks elsewhere by now.

    It refuses two variables of old, which are looked for once, as LangSmith does with its own.
    """
    from langchain_core.tracers import context  # noqa: PLC0415  langsmith is large

    if "LANGCHAIN_TRACING" in os.environ or "LANGCHAIN_HANDLER" in os.environ:
        return None
    is_traced: Callable[[], object] | None = getattr(context, "_tracing_v2_is_enabled", None)
    hooks: Sequence[_Hook] | None = getattr(context, "_configure_hooks", None)
    return None if is_traced is None or hooks is None else (is_traced, hooks)
