"""The `response_format` that agents give a chat model, and how it is answered."""

from collections.abc import Mapping
from typing import Final, TypeVar, cast

from langchain_core.messages import AIMessageChunk
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from pydantic import TypeAdapter

from langchain_nuextract.paths import JSON, fields

S = TypeVar("S")

FORMAT_SETTINGS: Final = frozenset({"response_format", "strict"})
"""The arguments of a call that say what its answer is to look like."""


def asks_for_object(settings: Mapping[str, object]) -> bool:
    """Whether a call is to be answered with an object of a JSON Schema; other formats are left to the server."""
    return "response_format" in settings and bool(object_schema(settings))


def object_schema(settings: Mapping[str, object]) -> Mapping[str, JSON]:
    """Give the JSON Schema of a call's `response_format`, which may also be a type; empty if it has none."""
    given = settings.get("response_format")
    if isinstance(given, type):
        return TypeAdapter[object](given).json_schema()
    asked = fields(cast("JSON", given))
    return fields(fields(asked.get("json_schema")).get("schema")) if asked.get("type") == "json_schema" else {}


def unwrapped(schema: S) -> S | dict[str, JSON]:
    """Take the JSON Schema out of a function, tool or response format in OpenAI's form; anything else is as it was."""
    given = cast("JSON", schema)
    match given:
        case {"type": "function", "function": function} | {"type": "json_schema", "json_schema": function}:
            return unwrapped(cast("dict[str, JSON]", function))
        case {"name": str(name), "parameters": {"type": "object"} as parameters}:
            return _titled(name, fields(given), parameters)
        case {"name": str(name), "schema": {"type": "object"} as inner}:
            return _titled(name, fields(given), inner)
        case _:
            return schema


def _titled(name: str, function: Mapping[str, JSON], schema: Mapping[str, JSON]) -> dict[str, JSON]:
    about = {"title": name, "description": function.get("description")}
    return {**{key: text for key, text in about.items() if text}, **schema}


def single_chunk(result: ChatResult) -> ChatGenerationChunk:
    """Give a whole answer as a stream of one chunk."""
    (generation,) = result.generations
    return ChatGenerationChunk(message=AIMessageChunk(**generation.message.model_dump(exclude={"type"})))
