"""What LangChain expects of structured output: `include_raw`, and tracers that are told the schema."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from langchain_core.messages import AIMessage
from langchain_core.runnables import Runnable, RunnableConfig, RunnableLambda
from langchain_core.utils.function_calling import convert_to_json_schema

from langchain_nuextract.endpoint.replies import message_of
from langchain_nuextract.errors import ExtractionError
from langchain_nuextract.extraction import Attempt, Extraction
from langchain_nuextract.schema.target import Target
from langchain_nuextract.task import Reply, Usage


def told(target: Target[Any]) -> dict[str, Any]:
    """Give the argument of a call by which LangChain tells tracers what is asked for."""
    try:
        schema = convert_to_json_schema(_described(target))
    except ValueError:
        # LangChain cannot describe it: it has no name, or stands in itself.
        schema = {"title": target.name, **target.answer_schema}
    return {"ls_structured_output_format": {"kwargs": {"method": "json_schema"}, "schema": schema}}


def _described(target: Target[Any]) -> Any:
    return target.schema if target.source == "python" else json.loads(target.schema)


def with_raw(detailed: Runnable[Any, Extraction[Any]]) -> Runnable[Any, dict[str, Any]]:
    """Give `{"raw", "parsed", "parsing_error"}`; only the endpoint's errors and unusable documents are raised.

    Args:
        detailed: An extractor's detailed form.
    """

    def run(document: Any, config: RunnableConfig) -> dict[str, Any]:
        try:
            return _parsed(detailed.invoke(document, config))
        except ExtractionError as error:
            return _unparsed(error)

    async def arun(document: Any, config: RunnableConfig) -> dict[str, Any]:
        try:
            return _parsed(await detailed.ainvoke(document, config))
        except ExtractionError as error:
            return _unparsed(error)

    return RunnableLambda(run, afunc=arun, name="with_raw")


def _parsed(extraction: Extraction[Any]) -> dict[str, Any]:
    raw = _raw(extraction.raw, extraction.attempts)
    return {"raw": raw, "parsed": extraction.value, "parsing_error": None}


def _unparsed(error: ExtractionError) -> dict[str, Any]:
    attempts: Sequence[Attempt] = getattr(error, "attempts", ())
    return {"raw": _raw(error.reply, attempts), "parsed": None, "parsing_error": error}


def _raw(text: str, attempts: Sequence[Attempt]) -> AIMessage:
    """Find the reply that holds the text, for the message to tell where it comes from."""
    reply = next((attempt.reply for attempt in reversed(attempts) if attempt.reply.text == text), Reply(text))
    return message_of(replace(reply, usage=sum((attempt.reply.usage for attempt in attempts), Usage())))
