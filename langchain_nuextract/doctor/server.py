"""An endpoint as the doctor speaks to it: plain requests, and what was answered or why nothing was."""

from collections.abc import Mapping

import httpx2

from langchain_nuextract.client.response import decode_json
from langchain_nuextract.dialects.messages import Request
from langchain_nuextract.errors import quote
from langchain_nuextract.paths import JSON, fields, items


class Server:
    """Sends requests as careless clients do: nothing is mended, and nothing sent again."""

    def __init__(self, client: httpx2.Client, url: str) -> None:
        self.client = client
        self.url = url
        self.root = url.removesuffix("/v1")

    def version(self) -> str:
        """Give the version that vLLM tells; empty if the server tells none."""
        try:
            return str(fields(json_body(self.client.get(f"{self.root}/version"))).get("version"))
        except httpx2.HTTPError:
            return ""

    def said(self, request: Request, model: str, body: Mapping[str, JSON]) -> tuple[dict[str, JSON], str]:
        """Give the message that the model wrote to a request with this body, or why there is none."""
        sent: dict[str, JSON] = {"max_tokens": 64, **body, "model": model}
        if request.route == "completions":
            reply, refusal = self.asked("/v1/completions", sent | {"prompt": request.messages[0]["content"]})
            return fields(next(iter(items(reply.get("choices"))), None)), refusal
        sent["messages"] = [dict(message) for message in request.messages]
        reply, refusal = self.asked("/v1/chat/completions", sent)
        return fields(fields(next(iter(items(reply.get("choices"))), None)).get("message")), refusal

    def asked(self, path: str, body: Mapping[str, JSON]) -> tuple[dict[str, JSON], str]:
        """Give what the endpoint said, or why it said nothing."""
        try:
            response = self.client.post(self.root + path, json=dict(body))
        except httpx2.HTTPError as error:
            return {}, f"{type(error).__name__} {error}"
        told = fields(json_body(response))
        return told, "" if told else f"status {response.status_code}, {quote(response.text)}"

    def makes_one_prompt_of(self, first: Mapping[str, JSON], second: Mapping[str, JSON]) -> bool | None:
        """Tell whether two bodies of requests become the same prompt; None if the server does not tell."""
        # llama.cpp gives the prompt itself, vLLM the number of its tokens.
        for path, answer in (("/apply-template", "prompt"), ("/tokenize", "count")):
            one, other = (self.asked(path, body)[0].get(answer) for body in (first, second))
            if one is not None and other is not None:
                return one == other
        return None


def thinking(message: Mapping[str, JSON]) -> str:
    """Give what a reasoning parser took for thinking."""
    return str(message.get("reasoning") or message.get("reasoning_content") or "")


def answer_text(message: Mapping[str, JSON]) -> str:
    """Give what the model wrote: the content of a message, or the text of a raw completion."""
    return str(message.get("content") or message.get("text") or "")


def json_body(response: httpx2.Response) -> JSON:
    """Read the JSON of a good answer; None if it is neither."""
    try:
        return decode_json(response.content) if response.is_success else None
    except ValueError:
        return None
