"""What callbacks and tracers are shown of an extractor's input and outcome: all but images."""

from dataclasses import replace
from typing import Any, cast

from langchain_core.documents import Document

from langchain_nuextract.documents.read import read
from langchain_nuextract.documents.source import Image, Part, Source
from langchain_nuextract.engine.result import Attempt, Extraction
from langchain_nuextract.errors import quote
from langchain_nuextract.runnables.veiling import blocks_of, is_data, veil


def shown(document: Any) -> Any:
    """Give what to show of an extractor's input: itself, unless it has images."""
    if isinstance(document, Document) or (isinstance(document, str) and not is_data(document.lstrip())):
        return document
    try:
        source = read(document)
    except (ValueError, TypeError, OSError):
        # Nobody knows what is in it; the error says more.
        return quote(str(document))
    return _source(source) if source.images else document


def shown_outcome(outcome: Any) -> Any:
    """Give what to show of what an extractor gives: itself, unless it is an extraction with images."""
    if not isinstance(outcome, Extraction):
        return outcome
    extraction = cast("Extraction[Any]", outcome)
    if not (extraction.document.images or any(shot.source.images for shot in extraction.examples)):
        return extraction
    return replace(
        extraction,
        document=_source(extraction.document),
        attempts=tuple(map(_attempt, extraction.attempts)),
        examples=tuple(replace(shot, source=_source(shot.source)) for shot in extraction.examples),
    )


def _source(source: Source) -> Source:
    return Source(tuple(map(_part, source.parts)))


def _part(part: Part) -> Part:
    return Image(veil(part.url)) if isinstance(part, Image) else part


def _attempt(attempt: Attempt) -> Attempt:
    messages = tuple({**message, "content": blocks_of(message["content"])} for message in attempt.request.messages)
    return replace(attempt, request=replace(attempt.request, messages=messages))
