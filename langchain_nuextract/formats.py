"""The `response_format` that agents give a chat model, and how it is answered."""

from collections.abc import Mapping
from typing import Any, Final

from langchain_core.messages import AIMessageChunk
from langchain_core.outputs import ChatGenerationChunk, ChatResult

from langchain_nuextract.loose import fields
from langchain_nuextract.paths import JSON

FORMAT_SETTINGS: Final = frozenset({"response_format", "strict"})
"""The arguments of a call that say what its answer is to look like."""


def asks_for_object(settings: Mapping[str, Any]) -> bool:
    """Whether a call is to be answered with an object of a JSON Schema; other formats are left to the server."""
    return "response_format" in settings and bool(schema_of(settings))


def schema_of(settings: Mapping[str, Any]) -> Mapping[str, JSON]:
    """Give the JSON Schema of a call's `response_format`; empty if it has none."""
    asked = fields(settings.get("response_format"))
    return fields(fields(asked.get("json_schema")).get("schema")) if asked.get("type") == "json_schema" else {}


def whole(result: ChatResult) -> ChatGenerationChunk:
    """Give a whole answer as a stream of one chunk."""
    (generation,) = result.generations
    return ChatGenerationChunk(message=AIMessageChunk(**generation.message.model_dump(exclude={"type"})))
