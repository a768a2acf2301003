"""What callbacks and tracers are shown in place of images: what kind of image, how large, and a hash of it.

LangChain hands them the inputs of a run as they are, and a page is megabytes of base64 that nobody reads. So the data
of an image travels through runs behind a text that tells about it, and is put back when a request is written.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Any, Final, Self, cast

from langchain_core.documents import Document
from langchain_core.messages import BaseMessage

from langchain_nuextract.documents.blocks import part_of
from langchain_nuextract.documents.read import read
from langchain_nuextract.documents.source import Image, Part, Source
from langchain_nuextract.errors import quote
from langchain_nuextract.extraction import Attempt, Extraction
from langchain_nuextract.paths import JSON

_DATA: Final = "data:"
_HASH: Final = 16
"""Hexadecimal digits of the hash by which images are told apart, in caches too."""


class Veiled(str):
    """A `data:` URL that shows no data: `data:image/png;base64,(48213 characters, sha256 9f86d081884c7d65)`."""

    __slots__ = ("whole",)

    whole: str

    @classmethod
    def of(cls, url: str) -> Self:
        """Veil a `data:` URL."""
        kind, _, data = url.partition(",")
        veiled = cls(f"{kind},({len(data)} characters, sha256 {sha256(data.encode()).hexdigest()[:_HASH]})")
        veiled.whole = url
        return veiled


def veiled(messages: Iterable[BaseMessage]) -> list[BaseMessage]:
    """Veil the images in messages, in the form that OpenAI's API has for them."""
    return [
        message
        if isinstance(content := content_of(message), str)
        else message.model_copy(update={"content": _blocks(content)})
        for message in messages
    ]


def content_of(message: BaseMessage) -> str | list[Any]:
    """Give a message's content; LangChain's own has no types."""
    return cast("str | list[Any]", message.content)  # pyright: ignore[reportUnknownMemberType]


def unveiled(value: JSON) -> JSON:
    """Put the data back, wherever it is veiled in a value."""
    match value:
        case Veiled():
            return value.whole
        case list():
            return [unveiled(each) for each in cast("list[JSON]", value)]
        case dict():
            return {name: unveiled(each) for name, each in cast("dict[str, JSON]", value).items()}
        case _:
            return value


def shown(document: Any) -> Any:
    """Give what to show of an extractor's input: itself, unless it has images."""
    if isinstance(document, Document) or (isinstance(document, str) and not document.lstrip().startswith(_DATA)):
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
    return Image(_veiled(part.url)) if isinstance(part, Image) else part


def _attempt(attempt: Attempt) -> Attempt:
    messages = tuple({**message, "content": _blocks(message["content"])} for message in attempt.request.messages)
    return replace(attempt, request=replace(attempt.request, messages=messages))


def _blocks(content: Any) -> Any:
    return content if isinstance(content, str) else [_block(each) for each in content]


def _block(block: Any) -> Any:
    match block:
        case {"type": "image_url", "image_url": {"url": str(url)} as image}:
            return {**block, "image_url": {**image, "url": _veiled(url)}}
        case {"type": "image_url", "image_url": str(url)}:
            return {**block, "image_url": _veiled(url)}
        case {"type": "image"}:
            return _image(block)
        case _:
            return block


def _image(block: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        part = part_of(block)
    except ValueError:
        # What it is, is for the endpoint to say.
        return block
    if not isinstance(part, Image) or not part.url.startswith(_DATA):
        return block
    return {"type": "image_url", "image_url": {"url": _veiled(part.url)}}


def _veiled(url: str) -> str:
    return Veiled.of(url) if url.startswith(_DATA) and not isinstance(url, Veiled) else url
