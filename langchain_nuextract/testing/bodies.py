"""The bodies that a fake endpoint answers with, in the form of OpenAI's API as vLLM and llama.cpp write it."""

import json
import time
from collections.abc import Iterator

from langchain_nuextract.paths import JSON, fields
from langchain_nuextract.testing.script import FakeReply, Received


def whole_reply(received: Received, reply: FakeReply) -> dict[str, JSON]:
    """Write a whole reply."""
    if received.path == "/v1/completions":
        choice: dict[str, JSON] = {"text": reply.said or ""}
    else:
        thinking = {} if reply.reasoning is None else {reply.reasoning_field: reply.reasoning}
        choice = {"message": {"role": "assistant", "content": reply.said, **thinking}}
    choice |= {"index": 0, "finish_reason": reply.finish_reason, "logprobs": reply.logprobs}
    return {**_about(received, reply), "choices": [choice], "usage": _usage(received, reply)}


def events(received: Received, reply: FakeReply) -> Iterator[JSON]:
    """Write the events of a streamed reply, the last `[DONE]` left out."""
    if reply.events is not None:
        yield from reply.events
        return
    about = _about(received, reply)
    for field, said in ((reply.reasoning_field, reply.reasoning), ("content", reply.said)):
        # At spaces, which begin a piece, as they begin most tokens: "Ada is 7" is "Ada", " is" and " 7".
        for piece in filter(None, (said or "").replace(" ", "\0 ").split("\0")):
            yield {**about, "choices": [{"index": 0, "finish_reason": None, **_part(received, {field: piece})}]}
    last = {"index": 0, "finish_reason": reply.finish_reason, "logprobs": reply.logprobs, **_part(received, {})}
    yield {**about, "choices": [last]}
    if fields(received.body.get("stream_options")).get("include_usage"):
        yield {**about, "choices": [], "usage": _usage(received, reply)}


def _part(received: Received, said: dict[str, JSON]) -> dict[str, JSON]:
    return {"text": said.get("content", "")} if received.path == "/v1/completions" else {"delta": said}


def _about(received: Received, reply: FakeReply) -> dict[str, JSON]:
    kind = "text_completion" if received.path == "/v1/completions" else "chat.completion"
    return {
        "id": "fake",
        "object": kind,
        "created": int(time.time()),
        "model": reply.model or received.body.get("model"),
    }


def _usage(received: Received, reply: FakeReply) -> dict[str, JSON]:
    if reply.usage is not None:
        return dict(reply.usage)
    # A word counts as a token, as in `/tokenize`.
    asked = len(received.text.split())
    answered = len(f"{reply.reasoning or ''} {reply.said or ''}".split())
    return {"prompt_tokens": asked, "completion_tokens": answered, "total_tokens": asked + answered}


def error(status: int, message: str) -> bytes:
    """Write what stands beside an error status."""
    return dump({"error": {"message": message, "type": "Error", "param": None, "code": status}})


def dump(value: JSON) -> bytes:
    """Write JSON as it goes over the wire."""
    return json.dumps(value, ensure_ascii=False).encode()
