"""How `ChatNuExtract` makes calls of the API, of messages or of an extraction's requests; and what tracers are told."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Final, cast

from langchain_core.language_models.base import LangSmithParams
from langchain_core.messages import BaseMessage

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
