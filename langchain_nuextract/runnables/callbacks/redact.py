"""What callbacks and tracers are shown of documents, messages and outcomes: all but the data of images.

LangChain hands listeners the inputs of runs as they are, and a page is megabytes of base64 that nobody reads. They are
shown its kind, its size and a hash instead: `data:image/png;base64,(48213 characters, sha256 9f86d081884c7d65)`.
"""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Final, cast

from langchain_core.documents import Document
from langchain_core.documents.base import Blob
from langchain_core.messages import BaseMessage

from langchain_nuextract.documents.blocks import part_of
from langchain_nuextract.documents.page import Page
from langchain_nuextract.documents.source import Image, Part, Source, Text
from langchain_nuextract.engine.attempt import Attempt
from langchain_nuextract.engine.result import Extraction
from langchain_nuextract.errors import quote
from langchain_nuextract.paths import JSON, fields, items
from langchain_nuextract.runnables.openai_messages import content_blocks

_DATA: Final = "data:"
_HASH: Final = 16
"""Hexadecimal digits of the hash by which images are told apart, in caches too."""


@dataclass(frozen=True, slots=True)
class ImageData:
    """The images of a call whose messages show placeholders; it travels to the model beside them.

    It has no representation of its own, for LangChain's cache writes the arguments of a call into its keys, and the
    placeholders in the messages already tell one image from another.
    """

    urls: Mapping[str, str] = field(repr=False)
    """The whole `data:` URLs by their placeholders."""

    def restore(self, messages: Iterable[BaseMessage]) -> list[BaseMessage]:
        """Put the images back into messages."""
        return [_with_urls(message, self.urls) for message in messages]


def redact(messages: Iterable[BaseMessage]) -> tuple[list[BaseMessage], ImageData | None]:
    """Put placeholders for the images in messages, in the form that OpenAI's API has for them.

    Args:
        messages: They are not changed.

    Returns:
        The messages to show, and the images; None if there are none.
    """
    messages = list(messages)
    blocks = [block for message in messages for block in content_blocks(message)]
    urls = {placeholder(url): url for url in map(_data_url, blocks) if url}
    if not urls:
        return messages, None
    return [_with_urls(message, {url: shown for shown, url in urls.items()}) for message in messages], ImageData(urls)


def placeholder(url: str) -> str:
    """Describe a `data:` URL without its data."""
    kind, _, data = url.partition(",")
    digest = sha256(data.encode("utf-8", "surrogatepass")).hexdigest()[:_HASH]
    return f"{kind},({len(data)} characters, sha256 {digest})"


def display_input(document: object) -> object:
    """Give what to show of an extractor's input: itself, unless it has images."""
    if isinstance(document, Document) or (isinstance(document, str) and not _is_data(document.lstrip())):
        return document
    if isinstance(document, Source):
        return _display_source(document) if document.images or document.pages else document
    if isinstance(document, bytes | os.PathLike | Blob):
        # Not read for this: a file of many pages takes its time.
        return _display_file(cast("bytes | os.PathLike[str] | Blob", document))
    from langchain_nuextract.documents.read import read  # noqa: PLC0415  only what is neither text nor file is read

    try:
        source = read(document)
    except (ValueError, TypeError, OSError):
        # Nobody knows what is in it; the error says more.
        return quote(str(document))
    return _display_source(source) if source.images or source.pages else document


def display_output(output: object) -> object:
    """Give what to show of what an extractor gives: itself, unless it is an extraction with images."""
    if not isinstance(output, Extraction):
        return output
    extraction = cast("Extraction[object]", output)
    document = extraction.document
    if not (document.images or document.pages or any(shot.source.images for shot in extraction.examples)):
        return extraction
    return replace(
        extraction,
        document=_display_source(document),
        windows=tuple(replace(each, extraction=display_output(each.extraction)) for each in extraction.windows),
        attempts=tuple(map(_attempt, extraction.attempts)),
        examples=tuple(replace(shot, source=_display_source(shot.source)) for shot in extraction.examples),
    )


def _with_urls(message: BaseMessage, urls: Mapping[str, str]) -> BaseMessage:
    """Copy a message with other addresses of its images; itself if there are none."""
    if not any(_data_url(block) in urls for block in content_blocks(message)):
        return message
    return message.model_copy(update={"content": [_with_url(block, urls) for block in content_blocks(message)]})


def _with_url(block: JSON, urls: Mapping[str, str]) -> JSON:
    url = urls.get(_data_url(block))
    if url is None:
        return block
    image = fields(block)
    kept = image if image["type"] == "image_url" else {"type": "image_url"}
    return {**kept, "image_url": {**fields(image.get("image_url")), "url": url}}


def _data_url(block: JSON) -> str:
    """Find the `data:` URL of an image block, of OpenAI's, LangChain's or Anthropic's form; empty if it has none."""
    match block:
        case {"type": "image_url", "image_url": {"url": str(url)} | str(url)}:
            return url if _is_data(url) else ""
        case {"type": "image"}:
            try:
                part = part_of(fields(block))
            except ValueError:
                # What it is, is for the endpoint to say.
                return ""
            return part.url if isinstance(part, Image) and _is_data(part.url) else ""
        case _:
            return ""


def _is_data(url: str) -> bool:
    return url[: len(_DATA)].lower() == _DATA


def _display_source(source: Source) -> Source:
    return Source(tuple(map(_display_part, source.parts)))


def _display_file(document: bytes | os.PathLike[str] | Blob) -> str:
    match document:
        case bytes():
            return f"({len(document)} bytes, sha256 {sha256(document).hexdigest()[:_HASH]})"
        case Blob():
            return document.source or "(a blob)"
        case _:
            return os.fspath(document)


def _display_part(part: Part) -> Part:
    if isinstance(part, Page | Text):
        return Text(part.text)  # without the HTML that it was made from, which may hold images
    return Image(placeholder(part.url)) if _is_data(part.url) else part


def _attempt(attempt: Attempt) -> Attempt:
    messages = [*attempt.request.messages]
    for at, message in enumerate(messages):
        blocks = items(message["content"])
        if blocks:
            urls = {url: placeholder(url) for url in map(_data_url, blocks) if url}
            messages[at] = {**message, "content": [_with_url(block, urls) for block in blocks]}
    return replace(attempt, request=replace(attempt.request, messages=tuple(messages)))
