"""What LangChain calls `include_raw`: the model's message beside the object, and errors as values."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypedDict, cast

from langchain_core.messages import AIMessage

from langchain_nuextract.client.langchain_messages import message_of
from langchain_nuextract.dialects.messages import Reply, Usage
from langchain_nuextract.engine.attempt import Attempt
from langchain_nuextract.engine.caller import Caller
from langchain_nuextract.engine.result import Extraction
from langchain_nuextract.errors import ExtractionError
from langchain_nuextract.runnables.callbacks.events import AOnAttempts, OnAttempts
from langchain_nuextract.runnables.mapped_extractor import MappedExtractor


class Raw(TypedDict):
    """What comes of a document."""

    raw: AIMessage
    """The model's answer, with the tokens of all calls."""
    parsed: object
    """The object; None if there is none."""
    parsing_error: ExtractionError | None
    """Why there is no object."""


class RawExtractor(MappedExtractor[Raw]):
    """An extractor that gives `{"raw", "parsed", "parsing_error"}`; made by `ChatNuExtract.with_structured_output`.

    Only the endpoint's errors and unusable documents are raised.
    """

    @property
    def OutputType(self) -> Any:
        """The dict, whose values no schema can tell."""
        return dict[str, object]

    def select_output(self, extraction: Extraction[object]) -> Raw:
        """Take the object, and the reply that it was read from."""
        raw = _message(extraction.raw, extraction.attempts)
        return {"raw": raw, "parsed": extraction.value, "parsing_error": None}

    def _extract(self, document: object, caller: Caller, on_attempts: OnAttempts | None = None) -> Raw:
        try:
            return super()._extract(document, caller, on_attempts)
        except ExtractionError as error:
            return _unparsed(error)

    async def _aextract(self, document: object, caller: Caller, on_attempts: AOnAttempts | None = None) -> Raw:
        try:
            return await super()._aextract(document, caller, on_attempts)
        except ExtractionError as error:
            return _unparsed(error)


def _unparsed(error: ExtractionError) -> Raw:
    raw = _message(error.reply, cast("Sequence[Attempt]", error.attempts))
    return {"raw": raw, "parsed": None, "parsing_error": error}


def _message(text: str, attempts: Sequence[Attempt]) -> AIMessage:
    """Make a message of the reply that holds the text, or of the last of those that it was put together of."""
    replies = [attempt.reply for attempt in reversed(attempts)]
    reply = next((each for each in replies if each.text == text), next(iter(replies), Reply("")))
    return message_of(replace(reply, text=text, usage=sum((each.usage for each in replies), Usage())))
