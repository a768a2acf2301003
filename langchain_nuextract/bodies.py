"""The bodies of requests: settings laid over each other, and the two routes."""

from collections.abc import Mapping
from typing import Final

from openai._types import RequestOptions

from langchain_nuextract.paths import JSON

_TEMPLATE: Final = "chat_template_kwargs"


def merged(*bodies: Mapping[str, JSON] | None) -> dict[str, JSON]:
    """Lay bodies over each other, later ones on top; what they tell the chat template is kept together."""
    merged: dict[str, JSON] = {}
    for body in filter(None, bodies):
        kwargs = {**merged.get(_TEMPLATE, {}), **body.get(_TEMPLATE, {})}
        merged.update(body)
        if kwargs:
            merged[_TEMPLATE] = kwargs
    return merged


def as_completion(body: Mapping[str, JSON]) -> dict[str, JSON]:
    """Make the body of a raw completion of the one message that holds the prompt."""
    completion = {name: value for name, value in body.items() if name not in {"messages", "logprobs", "top_logprobs"}}
    [message] = body["messages"]
    if body.get("logprobs"):
        completion["logprobs"] = body.get("top_logprobs", 1)
    return {**completion, "prompt": message["content"]}


def take_options(body: dict[str, JSON]) -> RequestOptions:
    """Take those settings out of a body that are about sending it: they have the names that the SDK gives them."""
    options = RequestOptions()
    if "timeout" in body:
        options["timeout"] = body.pop("timeout")
    if extra := body.pop("extra_headers", None):
        options["headers"] = extra
    if extra := body.pop("extra_query", None):
        options["params"] = extra
    return options
