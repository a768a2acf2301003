"""Requests of the API and their bodies: settings laid over each other, and the two routes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from langchain_core.language_models import BaseChatModel

from langchain_nuextract.errors import UnsupportedTask
from langchain_nuextract.paths import JSON, fields, items

if TYPE_CHECKING:
    from langchain_nuextract.client.config import Timeouts
    from langchain_nuextract.dialects.messages import Request

_CONNECT: Final = 10.0
"""Seconds to wait for a connection at the most."""
_OPTIONS: Final = ("timeout", "extra_headers", "extra_query")
_TEMPLATE: Final = "chat_template_kwargs"
_EXTRA: Final = "extra_body"
_TEXT: Final = "prompt_string"
_IMAGES: Final = "multimodal_data"
FOR_VLLM: Final = "for_vllm"
"""An argument of a chat model like others, so that a cache finds an answer whatever was known when it was asked for."""
ROUTE: Final = "route"
SAMPLING: Final = ("temperature", "top_p", "max_tokens", "seed", "presence_penalty", "frequency_penalty")
"""Settings that most chat models have."""


def merged(*bodies: Mapping[str, JSON] | None) -> dict[str, JSON]:
    """Lay bodies over each other, later ones on top; what they tell the chat template stays together, as do extras."""
    merged: dict[str, JSON] = {}
    for body in filter(None, bodies):
        nested = [name for name in (_TEMPLATE, _EXTRA) if name in body]
        both = {name: {**fields(merged.get(name)), **fields(body[name])} for name in nested}
        merged.update(body)
        merged.update((name, kept) for name, kept in both.items() if kept)
    return merged


def arguments(request: "Request", llm: BaseChatModel) -> dict[str, Any]:
    """Say with which arguments a chat model is to be called for a request.

    A dialect's sampling is a default: what the caller has set on the model stays, unless the request is firm about it.
    """
    own = {name: set_ for name in SAMPLING if (set_ := getattr(llm, name, None)) is not None}
    body: dict[str, Any] = {name: value for name, value in request.body.items() if name not in own}
    body |= request.firm
    if "max_tokens" in request.firm and "max_tokens" in own:
        body["max_tokens"] = min(request.firm["max_tokens"], own["max_tokens"])
    if "response_format" in body:
        # As an argument of its own it would ask the chat model for an extraction.
        extra: dict[str, JSON] = {"response_format": body.pop("response_format")}
        body[_EXTRA] = {**(getattr(llm, _EXTRA, None) or {}), **extra}
    return body if request.route == "chat" else {**body, ROUTE: request.route}


def as_completion(body: Mapping[str, JSON]) -> dict[str, JSON]:
    """Make the body of a raw completion of the one message that holds the prompt."""
    completion = {name: value for name, value in body.items() if name not in {"messages", "logprobs", "top_logprobs"}}
    [message] = items(body["messages"])
    if body.get("logprobs"):
        completion["logprobs"] = body.get("top_logprobs", 1)
    # vLLM's completions would stop after 16 tokens; null is all the room that is left, on llama.cpp as well.
    return {"max_tokens": None, **completion, "prompt": _prompt(fields(message)["content"])}


def _prompt(content: JSON) -> JSON:
    """Make the prompt of a raw completion: a text, or with images the form that llama.cpp reads."""
    if not isinstance(content, list):
        return content
    texts, images = [""], list[JSON]()
    for part in map(fields, content):
        if part.get("type") == "image_url":
            url = str(fields(part.get("image_url")).get("url"))
            if not url.startswith("data:"):
                raise UnsupportedTask("a raw prompt", "its images need their data: an address is not fetched for it.")
            images.append(url.partition(",")[2])
            texts.append("")
        else:
            texts[-1] += str(part.get("text", ""))
    return {_TEXT: [*texts], _IMAGES: images} if images else texts[0]


def needs_marker(body: Mapping[str, JSON]) -> bool:
    """Whether the images of a raw prompt still have to be marked in its text."""
    return isinstance(fields(body.get("prompt")).get(_TEXT), list)


def with_marker(body: Mapping[str, JSON], marker: str) -> dict[str, JSON]:
    """Mark where the images stand in a raw prompt, by what the server says that stands for one."""
    prompt = fields(body["prompt"])
    return {**body, "prompt": {**prompt, _TEXT: marker.join(map(str, items(prompt[_TEXT])))}}


@dataclass(frozen=True, slots=True)
class SendOptions:
    """What a caller may say about the sending of one request."""

    timeout: "Timeouts | None" = None
    """None for the endpoint's own."""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    query: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=TYPE_CHECKING, slots=True)
class ApiCall:
    """One request to the endpoint."""

    path: str
    """`/chat/completions`, …, after the endpoint's `/v1`."""
    body: Mapping[str, JSON]
    vllm_only: Mapping[str, JSON] = field(default_factory=dict[str, JSON])
    """Further fields of the body for an endpoint that is known to be vLLM when it is sent; those of the body win."""
    options: SendOptions = field(default_factory=SendOptions)
    """A timeout or headers for this request alone."""
    seconds: float | None = None
    """How long it may take, with all attempts and waits between them; None for as long as the policy allows."""
    constraint: Mapping[str, JSON] = field(default_factory=dict[str, JSON])
    """By what the decoding is constrained, as fields of the body; see `dialects.constraints`."""

    def content(self, *, is_vllm: bool) -> dict[str, JSON]:
        """Give the whole body, for an endpoint that is known to be vLLM or not."""
        return {**(self.vllm_only if is_vllm else {}), **self.body, **self.constraint}


def take_options(body: dict[str, Any]) -> SendOptions:
    """Take those settings out of a body that are about sending it: they have the names that OpenAI's SDK gives them."""
    if body.keys().isdisjoint(_OPTIONS):
        return _NO_OPTIONS
    timeout = timeouts(body.pop("timeout")) if "timeout" in body else None
    headers: dict[str, str] = body.pop("extra_headers", None) or {}
    query: dict[str, Any] = body.pop("extra_query", None) or {}
    return SendOptions(timeout, headers, tuple(query.items()))


def timeouts(given: Any) -> "Timeouts":
    """Take seconds, a pair for connecting and the rest, or the timeout of an HTTP library; None for no limit.

    Raises:
        ValueError: It is none of these, or a number that is not above 0.
    """
    match given:
        case None:
            return (None, None, None, None)
        case int() | float() if given > 0:
            # Whoever waits ten minutes for an answer need not wait as long to learn that nobody is there.
            return (min(given, _CONNECT), given, given, given)
        case (None | int() | float() as connect, None | int() | float() as rest):
            return (connect, rest, rest, rest)
        case _ if all(hasattr(given, name) for name in ("connect", "read", "write", "pool")):
            return (given.connect, given.read, given.write, given.pool)
        case _:
            raise ValueError(
                "timeout must be a number of seconds above 0, a pair of them for connecting and for the rest, an "
                f"httpx2.Timeout, or None for no limit, not {given!r}"
            )


_NO_OPTIONS: Final = SendOptions()
