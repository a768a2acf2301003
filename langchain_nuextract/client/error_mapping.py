"""What a failed exchange with the endpoint means: every foreign error becomes one of ours, here and nowhere else.

| what happened                                   | becomes               |
|-------------------------------------------------|-----------------------|
| nothing listens, unknown host, broken TLS       | `EndpointUnreachable` |
| the connection broke, the stream was cut        | `EndpointUnreachable` |
| no answer in time, the stream stalled           | `ReplyTimeout`        |
| 401, 403                                        | `AccessDenied`        |
| 404 for the model                               | `UnknownModel`        |
| a request that is longer than the context       | `ContextOverflow`     |
| 408, 409, 425, 429, 5xx                         | `EndpointBusy`        |
| any other 3xx or 4xx, a request that cannot go  | `RequestRefused`      |
| 500 for a request with a grammar                | `RequestRefused`      |
| 200 without a model's answer in it              | `NotAChatReply`       |
"""

import errno
import re
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Final, TypeAlias, cast

from langchain_nuextract.errors import (
    AccessDenied,
    ContextOverflow,
    EndpointBusy,
    EndpointError,
    EndpointUnreachable,
    NotAChatReply,
    ReplyTimeout,
    RequestRefused,
    UnknownModel,
    quote,
)
from langchain_nuextract.paths import JSON, fields, integer, items

NOBODY: Final = (
    "Start the server, or `nuextract serve` for an endpoint on this machine, and name its address by base_url or "
    "NUEXTRACT_BASE_URL"
)
NAME_IT: Final = "Name one by model or NUEXTRACT_MODEL"
_WHERE: Final = "Is base_url right? It is the address up to and including /v1"
_BROKEN_GRAMMAR: Final = 500
"""What vLLM answers where its engine cannot compile a grammar, which it could not the next time either."""
WRAPPERS: Final = ("error", "errors", "detail", "fault")
"""Where a body may have its error object, one within the other."""
_LONGEST: Final = 8000
"""Characters of a server's words: a page of a gateway may have millions, and each expression here reads them all."""
_TRY_LATER: Final = frozenset({408, 409, 425, 429})

_TOO_LONG = re.compile(
    r"context length|available context size|context window|maximum model length|max_model_len|maximum prompt length"
    r"|`inputs` tokens \+ |`inputs` must have less than|session_len|maximum input length|max_num_tokens|model capacity"
    r"|max_tokens must be at least 1, got -|input is too long|prompt is too long|prompt too long|too many tokens"
    r"|input token count|maximum number of tokens allowed",
    re.IGNORECASE,
)
_TOO_LONG_CODE: Final = "context_length_exceeded"
"""OpenAI's, which gateways and other vendors keep whatever their words are."""
_SECONDS = re.compile(r"[0-9]+(\.[0-9]+)?")
_SIZES = (
    re.compile(r"prompt contains (?:at least )?(\d{1,12}) (?:input )?tokens", re.IGNORECASE),  # vLLM, and Mistral
    re.compile(r"\((\d{1,12}) (?:in the messages|in your prompt|of text input)"),  # OpenRouter
    re.compile(r"request (?:prompt )?(?:has|contains) (\d{1,12}) (?:input )?tokens", re.IGNORECASE),  # xAI, MLC
    re.compile(r"(?:prompt|input) \((?:total )?(?:length )?(\d{1,12})(?: tokens)?\)", re.IGNORECASE),  # and SGLang
    re.compile(r"(?<!maximum )(?:prompt|input) length(?: of)? \(?(\d{1,12})\b", re.IGNORECASE),  # TensorRT-LLM
    re.compile(r"input token (?:count|length) \(?(\d{1,12})\b", re.IGNORECASE),  # Gemini, LMDeploy
    re.compile(r"too long: (\d{1,12})\b", re.IGNORECASE),  # Anthropic, Fireworks
    re.compile(r"(?:current length is|received) (\d{1,12})\b", re.IGNORECASE),  # Cerebras, Cohere
    re.compile(r"keep the first (\d{1,12})\b", re.IGNORECASE),  # LM Studio
    re.compile(r"(\d{1,12}) tokens from the input messages"),  # SGLang
    re.compile(r"request \((\d{1,12}) tokens\)"),  # llama.cpp
    re.compile(r"requested tokens \((\d{1,12})\)", re.IGNORECASE),  # llama-cpp-python, and so Xinference
    re.compile(r"given: (\d{1,12})(?: `inputs` tokens|$|\.)", re.IGNORECASE),  # TGI
    re.compile(r"messages resulted in (\d{1,12}) tokens"),  # OpenAI
)
"""How servers tell the size of a request; the limit is never read from these sentences, for some state a wrong one."""
_MAX_TOKENS = re.compile(
    r"max_(?:completion_)?tokens\b[^.:]{0,60} (?:is too large|cannot be greater than)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class ServedModel:
    """A model in the endpoint's list."""

    id: str
    context: int | None = None
    """Tokens that prompt and answer may have together; None if the endpoint does not say."""
    parent: str = ""
    """The model that it adapts, as vLLM tells of a LoRA; empty if it is none."""
    root: str = ""
    """Where its weights are, as vLLM tells: a name on a hub, or a folder."""


@dataclass(frozen=True, slots=True)
class ErrorContext:
    """Where a request went, for messages."""

    url: str
    model: str
    has_grammar: bool = False
    """Whether the request has a grammar that the server may not be able to read."""
    is_new: bool = False
    """Whether the endpoint has given no answer so far: its address may be wrong."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A reply with an error status, or an error within a 200, with the status it stands for."""

    status: int
    error: Mapping[str, JSON]
    """The error object of the body; its `message` is there whatever the server sent."""
    headers: Mapping[str, str]

    @property
    def words(self) -> str:
        """What the server says, up to a length at which nobody reads on."""
        return str(self.error["message"])[:_LONGEST]

    @property
    def too_long(self) -> bool:
        """Whether the request did not fit into the context."""
        by_code = self.error.get("code") == _TOO_LONG_CODE
        return self.status in {400, 413, 422, 500} and (by_code or _TOO_LONG.search(self.words) is not None)

    @property
    def asks_for_models(self) -> bool:
        """Whether the endpoint's list of models would help to explain it."""
        return self.status == 404 or self.too_long  # noqa: PLR2004  # the number is the name


def refusal_of(status: int, body: object, headers: Mapping[str, str] | None = None) -> Refusal:
    """Read the body of an error reply: OpenAI's form, FastAPI's `detail`, older vLLM's flat form, or plain text.

    Gateways have lists of them, and other names for the words.
    """
    error = first(cast("JSON", body))
    for key in WRAPPERS:
        error = first(fields(error).get(key)) or error
    if not fields(error).get("message"):
        found = (fields(error).get(name) for name in ("msg", "Message", "error_description", "title", "faultstring"))
        words = error if isinstance(error, str) and error else next(filter(None, found), "no reason given")
        error = {**fields(error), "message": words}
    return Refusal(status, fields(error), headers or {})


def explain_refusal(refusal: Refusal, place: ErrorContext, models: tuple[ServedModel, ...]) -> EndpointError:
    """Say what an error status means.

    Args:
        refusal: The status and what the server said.
        place: The URL and the model that were asked.
        models: What the endpoint serves; only needed where `refusal.asks_for_models`.
    """
    url, status = place.url, refusal.status
    if status < 300:  # noqa: PLR2004  # the range is the name
        return NotAChatReply(url, status, f"an error instead of an answer: {quote(refusal.words)}")
    if refusal.too_long:
        return _overflow(refusal, place, models)
    if status in {401, 403}:
        hint = "Pass a key that it accepts as api_key, or set NUEXTRACT_API_KEY to it"
        return AccessDenied(url, status, f"{quote(refusal.words)}. {hint}.")
    if status == 404:  # noqa: PLR2004  # the number is the name
        return _not_found(refusal, place, models)
    is_broken_grammar = status == _BROKEN_GRAMMAR and place.has_grammar
    if status in _TRY_LATER or (status >= 500 and not is_broken_grammar):  # noqa: PLR2004  # the range is the name
        return EndpointBusy(url, status, quote(refusal.words), retry_after=retry_after(refusal.headers))
    target = refusal.headers.get("location") if status < 400 else None  # noqa: PLR2004  # the range is the name
    redirected = f"it redirects to {quote(target)}, which is not followed. {_WHERE}." if target else ""
    return RequestRefused(url, status, redirected or quote(refusal.words))


def explain(error: Exception, place: ErrorContext, hide: Callable[[str], str] = str) -> EndpointError:
    """Say what a foreign error without a status means: the connection, the timeout or the body failed.

    Args:
        error: What an HTTP library raised.
        place: The URL and the model that were asked.
        hide: Takes secrets out of its words.
    """
    cause = hide(str(error) or type(error).__name__)
    if getattr(error, "errno", None) in {errno.EMFILE, errno.ENFILE}:
        return EndpointUnreachable(place.url, None, _NO_FILES)
    # By name, as httpx2 and the older httpx, which users may still hand in, have the same tree of errors.
    for name in (kind.__name__ for kind in type(error).__mro__):
        if name in _CAUSES:
            kind, sentence = _CAUSES[name]
            if place.url.startswith("https:") and _NO_TLS.search(cause):
                kind, sentence = _UNCONNECTED, "the server does not speak TLS: write http:// in base_url ({cause})."
            elif (kind, sentence) == _BROKEN and place.is_new and place.url.startswith("http:"):
                sentence += ". If the server speaks TLS, write https:// in base_url."
            return kind(place.url, None, sentence.format(cause=cause))
    return EndpointUnreachable(place.url, None, f"the connection failed: {cause}")


_Maker: TypeAlias = Callable[[str, int | None, str], EndpointError]

_NO_TLS: Final = re.compile(r"WRONG_VERSION_NUMBER|RECORD_LAYER_FAILURE|PACKET_LENGTH_TOO_LONG|UNKNOWN_PROTOCOL")
"""What the versions of OpenSSL call an answer in plain text."""
_UNCONNECTED: Final = partial(EndpointUnreachable, connected=False)
_NO_CONNECTION: Final = (_UNCONNECTED, "no connection in time. " + NOBODY + ".")
_NOTHING_THERE: Final = (_UNCONNECTED, "nothing answers here ({cause}). " + NOBODY + ".")
_TOO_SLOW: Final = (ReplyTimeout, "no answer within the timeout. Raise `timeout`, or lower the concurrency.")
_NO_FILES: Final = (
    "no file is left for a connection. Lower the concurrency, or raise the limit of open files (ulimit -n)."
)
_PROXY: Final = (_UNCONNECTED, "the proxy failed: {cause}")
_NOT_DECODED: Final = (NotAChatReply, "the body could not be decompressed: {cause}")
_NO_ADDRESS: Final = (RequestRefused, "this address cannot be asked: {cause}")
_BROKEN: Final = (EndpointUnreachable, "the connection broke before the answer was complete: {cause}")

_CAUSES: Final[Mapping[str, tuple[_Maker, str]]] = {
    # httpx2 and httpx
    "ConnectTimeout": _NO_CONNECTION,
    "ConnectError": _NOTHING_THERE,
    "PoolTimeout": (ReplyTimeout, "no free connection within the timeout. Lower the concurrency or raise the timeout."),
    "TimeoutException": _TOO_SLOW,
    "ProxyError": _PROXY,
    "DecodingError": _NOT_DECODED,
    "UnsupportedProtocol": _NO_ADDRESS,
    "LocalProtocolError": (RequestRefused, "the request could not be sent: {cause}"),
    "TooManyRedirects": (RequestRefused, "it redirects in a circle. " + _WHERE + "."),
    "RequestError": _BROKEN,
    # aiohttp
    "ConnectionTimeoutError": _NO_CONNECTION,
    "ClientConnectorError": _NOTHING_THERE,
    "ServerTimeoutError": _TOO_SLOW,
    "ClientProxyConnectionError": _PROXY,
    "ClientHttpProxyError": _PROXY,
    "ContentEncodingError": _NOT_DECODED,
    "InvalidURL": _NO_ADDRESS,
    "ClientError": _BROKEN,
    # asyncio: the deadline over all of it
    "TimeoutError": _TOO_SLOW,
}
"""Errors of the HTTP libraries by the name of their class; the nearest base decides."""


def broken_connections() -> tuple[type[Exception], ...]:
    """List what sending and reading may raise, the older httpx's errors included if it is in use."""
    import aiohttp  # noqa: PLC0415  nothing breaks before the first request
    import httpx2  # noqa: PLC0415

    legacy = sys.modules.get("httpx")
    older: tuple[type[Exception], ...] = (legacy.RequestError,) if legacy else ()
    backend = sys.modules.get("anyio")
    broken: tuple[type[Exception], ...] = (backend.EndOfStream,) if backend else ()
    return (aiohttp.ClientError, httpx2.RequestError, OSError, *older, *broken)


def not_a_reply(place: ErrorContext, content: bytes) -> NotAChatReply:
    """Describe a body that came with a 200 but holds no answer."""
    words = content[:2000].decode("utf-8", "replace").strip()
    found = f"found {quote(words)}" if words else "the body is empty"
    return NotAChatReply(place.url, 200, f"no model's answer in the reply: {found}. {_WHERE}.")


def cut_off(place: ErrorContext) -> EndpointUnreachable:
    """Describe a stream that ended before the server said that it was done."""
    return EndpointUnreachable(place.url, None, "the stream ended before the answer was complete")


def context_of(model: str, models: tuple[ServedModel, ...]) -> int | None:
    """Find how many tokens a model takes; a server of one model may call it by another name than ours."""
    by_name = {served.id: served.context for served in models}
    return by_name.get(model) or (models[0].context if len(models) == 1 else None)


def only_model(models: tuple[ServedModel, ...], url: str) -> str:
    """Give the one model of a list.

    Raises:
        UnknownModel: There are several, or none.
    """
    names = tuple(model.id for model in models)
    if len(names) == 1:
        return names[0]
    served = f"there are {', '.join(map(repr, names))}" if names else "the endpoint lists none"
    raise UnknownModel(url, None, f"no model is named, and {served}. {NAME_IT}.", model="", models=names)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the server asks to wait: `Retry-After` as a number of seconds or as an HTTP date."""
    asked = headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(asked):
        return float(asked)
    try:
        return max(parsedate_to_datetime(asked).timestamp() - time.time(), 0.0)
    except (ValueError, TypeError, OverflowError):
        return None


def _overflow(refusal: Refusal, place: ErrorContext, models: tuple[ServedModel, ...]) -> ContextOverflow:
    limit = integer(refusal.error.get("n_ctx")) or context_of(place.model, models)
    size = integer(refusal.error.get("n_prompt_tokens")) or _size_in(refusal.words)
    told = f"the model takes {limit} tokens" if limit else "the model does not take as many tokens"
    asked = f"the request has {size}" if size else "the request has more"
    advice = "Split the document as `extract.long()` does, or serve the model with a longer context."
    if limit and size and size < limit:
        # The prompt fits; it is the room for the answer that does not.
        advice = f"Lower max_tokens to {limit - size} at the most. " + advice
    elif _MAX_TOKENS.search(refusal.words):
        advice = "Lower max_tokens. " + advice
    reason = f"{told}, {asked}: {quote(refusal.words)}. {advice}"
    return ContextOverflow(place.url, refusal.status, reason, limit=limit, size=size)


def _not_found(refusal: Refusal, place: ErrorContext, models: tuple[ServedModel, ...]) -> EndpointError:
    names = tuple(model.id for model in models)
    if place.model in names or not (names or "model" in refusal.words.lower()):
        return RequestRefused(place.url, 404, f"{quote(refusal.words)}. {_WHERE}.")
    served = f"It serves {', '.join(map(repr, names))}" if names else "It does not list its models"
    reason = f"it does not serve {place.model!r}. {served}."
    return UnknownModel(place.url, 404, reason, model=place.model, models=names)


def first(listed: JSON) -> JSON:
    """Give the first of a list, and anything else as it is."""
    return next(iter(items(listed)), None) if isinstance(listed, list) else listed


def _size_in(words: str) -> int | None:
    found = next((match for pattern in _SIZES if (match := pattern.search(words))), None)
    return int(found[1]) if found else None
