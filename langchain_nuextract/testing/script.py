"""What a fake endpoint is told to answer, and what it is asked."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import Literal, TypeAlias, cast

from langchain_nuextract.paths import JSON, fields, items, text

Fault: TypeAlias = Literal["drop", "cut", "stall"]
"""`drop`: close the connection without an answer. `cut`: break it off in the middle of the answer. `stall`: fall silent
in the middle of the answer and keep the connection open."""


@dataclass(frozen=True, slots=True)
class FakeReply:
    """One answer of the server."""

    text: JSON = ""
    """What the model says; anything but a string or None is written as JSON."""
    _: KW_ONLY
    reasoning: str | None = None
    """Its thinking."""
    reasoning_field: Literal["reasoning", "reasoning_content"] = "reasoning"
    """How the server calls it: vLLM since 0.16, or before (and llama.cpp)."""
    finish_reason: str | None = "stop"
    usage: Mapping[str, JSON] | None = None
    """Token counts as the API has them; None to count words."""
    model: str | None = None
    """The model's name in the reply; None for the one that was asked for."""
    logprobs: JSON = None
    status: int = 200
    error: str | None = None
    """What the server says with an error status."""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    """Further headers, such as `Retry-After`."""
    delay: float = 0.0
    """Seconds before the answer, or before each event of a stream."""
    body: str | bytes | None = None
    """Sent as it is instead of all of the above, as `text/html` unless `headers` say otherwise."""
    fault: Fault | None = None
    after: int = 1
    """In a stream: the number of events that are sent before the fault."""
    events: Sequence[JSON] | None = None
    """The events of a stream, instead of those made of `text`."""

    @property
    def said(self) -> str | None:
        """What the model says, as text."""
        return self.text if isinstance(self.text, str | None) else json.dumps(self.text, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Received:
    """One request to the model."""

    path: str
    """`/v1/chat/completions` or `/v1/completions`."""
    headers: Mapping[str, str]
    """With names in lower case."""
    body: Mapping[str, JSON]

    @property
    def text(self) -> str:
        """All text that the model was given: of the messages, or the raw prompt."""
        if "prompt" in self.body:
            return str(self.body["prompt"])
        contents = [fields(message).get("content") for message in items(self.body.get("messages"))]
        return "\n".join(
            "\n".join(text(fields(part).get("text")) for part in content)
            if isinstance(content, list)
            else text(content)
            for content in contents
        )


Scripted: TypeAlias = FakeReply | str | Mapping[str, JSON] | Sequence[JSON] | Callable[[Received], object]
"""What a script may consist of."""


def as_reply(scripted: object, received: Received) -> FakeReply:
    """Make a reply to a request of what a script says."""
    if callable(scripted):
        return as_reply(scripted(received), received)
    return scripted if isinstance(scripted, FakeReply) else FakeReply(text=cast("JSON", scripted))
