"""What it means that the server refused: a reply with an error status, or an error within a 200.

| what the server answers                         | becomes               |
|-------------------------------------------------|-----------------------|
| 401, 403                                        | `AccessDenied`        |
| 404 for the model                               | `UnknownModel`        |
| a request that is longer than the context       | `ContextOverflow`     |
| 408, 409, 425, 429, 5xx                         | `EndpointBusy`        |
| 500 for a request with a grammar                | `RequestRefused`      |
| any other 3xx or 4xx                            | `RequestRefused`      |
| an error object within a 200 that names no kind | `NotAChatReply`       |

`error_mapping` has what fails without a refusal.
"""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Final, cast

from langchain_nuextract.client.error_mapping import WHERE, ErrorContext
from langchain_nuextract.client.served_models import ServedModel, context_size
from langchain_nuextract.errors import (
    AccessDenied,
    ContextOverflow,
    EndpointBusy,
    EndpointError,
    NotAChatReply,
    RequestRefused,
    UnknownModel,
    quote,
)
from langchain_nuextract.paths import JSON, fields, integer, items

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
        models: What the endpoint serves; only needed for a 404, and where `refusal.too_long`.
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
    redirected = f"it redirects to {quote(target)}, which is not followed. {WHERE}." if target else ""
    return RequestRefused(url, status, redirected or quote(refusal.words))


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the server asks to wait: `Retry-After` as a number of seconds or as an HTTP date."""
    asked = headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(asked):
        return float(asked)
    try:
        return max(parsedate_to_datetime(asked).timestamp() - time.time(), 0.0)
    except (ValueError, TypeError, OverflowError):
        return None


def first(listed: JSON) -> JSON:
    """Give the first of a list, and anything else as it is."""
    return next(iter(items(listed)), None) if isinstance(listed, list) else listed


def _overflow(refusal: Refusal, place: ErrorContext, models: tuple[ServedModel, ...]) -> ContextOverflow:
    limit = integer(refusal.error.get("n_ctx")) or context_size(place.model, models)
    size = integer(refusal.error.get("n_prompt_tokens"))
    if not size:
        found = next((match for pattern in _SIZES if (match := pattern.search(refusal.words))), None)
        size = int(found[1]) if found else None
    allowed = f"the model takes {limit} tokens" if limit else "the model does not take as many tokens"
    asked = f"the request has {size}" if size else "the request has more"
    advice = "Split the document as `extract.long()` does, or serve the model with a longer context."
    if limit and size and size < limit:
        # The prompt fits; it is the room for the answer that does not.
        advice = f"Lower max_tokens to {limit - size} at the most. " + advice
    elif _MAX_TOKENS.search(refusal.words):
        advice = "Lower max_tokens. " + advice
    reason = f"{allowed}, {asked}: {quote(refusal.words)}. {advice}"
    return ContextOverflow(place.url, refusal.status, reason, limit=limit, size=size)


def _not_found(refusal: Refusal, place: ErrorContext, models: tuple[ServedModel, ...]) -> EndpointError:
    names = tuple(model.id for model in models)
    if place.model in names or not (names or "model" in refusal.words.lower()):
        return RequestRefused(place.url, 404, f"{quote(refusal.words)}. {WHERE}.")
    served = f"It serves {', '.join(map(repr, names))}" if names else "It does not list its models"
    reason = f"it does not serve {place.model!r}. {served}."
    return UnknownModel(place.url, 404, reason, model=place.model, models=names)
