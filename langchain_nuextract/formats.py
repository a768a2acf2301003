"""The `response_format` that agents bind to a chat model, until somebody looks at it."""

from collections.abc import Mapping
from typing import Any, Final

from langchain_core.messages import AIMessageChunk
from langchain_core.outputs import ChatGenerationChunk, ChatResult

from langchain_nuextract.loose import fields

SCHEMA: Final = "answer_schema"
"""The argument that holds the schema on its way from `bind` to the model; the server never sees it."""


def with_schema(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Turn the JSON Schema of a `response_format` into the argument that this room knows; leave other formats."""
    asked = fields(settings.get("response_format"))
    schema = fields(fields(asked.get("json_schema")).get("schema"))
    if asked.get("type") != "json_schema" or not schema:
        return dict(settings)
    kept = {name: value for name, value in settings.items() if name not in {"response_format", "strict"}}
    return {**kept, SCHEMA: schema}


def whole(result: ChatResult) -> ChatGenerationChunk:
    """Give a whole answer as a stream of one chunk."""
    (generation,) = result.generations
    return ChatGenerationChunk(message=AIMessageChunk(**generation.message.model_dump(exclude={"type"})))
