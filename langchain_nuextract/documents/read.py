"""From whatever users hold in their hands to a document."""

import os
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, cast

from langchain_core.documents import Document
from langchain_core.documents.base import Blob
from langchain_core.messages import BaseMessage, ChatMessage, HumanMessage, convert_to_messages
from langchain_core.prompt_values import PromptValue

from langchain_nuextract.documents.blocks import file_of, part_of
from langchain_nuextract.documents.bounded import read_bounded
from langchain_nuextract.documents.files import read_file
from langchain_nuextract.documents.images import address
from langchain_nuextract.documents.options import DEFAULT, PageOptions
from langchain_nuextract.documents.page import Page
from langchain_nuextract.documents.source import Image, Source, Text
from langchain_nuextract.errors import EmptyDocument
from langchain_nuextract.paths import JSON

_IMAGE_DATA: Final = re.compile(r"\s*data:image/[\w.+-]+;base64,[\w+/=-]+\s*", re.IGNORECASE)
_LONGEST_PATH: Final = 300
"""Characters up to which a text is looked at as a path."""
_PATH: Final = re.compile(r"(?![\\/]{2})[^\n\r\0]*[^\W_]\.\w{1,5}|https?://\S+", re.IGNORECASE)
"""A path with a file's ending, or an address. Not `//host/share/file`: looking for it would ask another host."""
_TAKEN: Final = (
    "Give it a text, a LangChain document, a message or messages, a prompt value, an image, a path, a file's bytes, "
    "or a list of texts and images."
)


def read(given: object, options: PageOptions = DEFAULT) -> Source:
    """Read a document.

    A string is text, whatever it looks like, but for a `data:` URL of an image: a text that names an address must not
    make the endpoint fetch it. Use `Image.of` for an address, and `pathlib.Path` for a file, of text or image. A text
    that is the path of a file that exists, or an address, is read as it stands, with a warning.

    Of a conversation (a list of messages, or a prompt value) the document is what the user said, in order. System
    messages, answers and the results of tools are left out: NuExtract knows its task by a system line of its own, and
    would take anything else for a part of the document. A single message is read whoever said it.

    A file is read by what it is: PDFs and images page by page, HTML as Markdown, mails with their headers, office files
    as Markdown.

    Args:
        given: A text, a LangChain `Document` or `Blob`, a message, a list of messages, a prompt value, an `Image`, the
            bytes of a file, a path, a content block, or a list of any of these to be read as one document.
        options: How to read what has pages.

    Raises:
        UnreadableDocument: It is empty or blank, or a file in it cannot be read; it is a ValueError.
        ValueError: An image or a content block in it is none.
        TypeError: It is something else.
        OSError: A file cannot be opened.
    """
    if isinstance(given, str) and given and not given.isspace() and not _IMAGE_DATA.fullmatch(given):
        return Source((Text(given),), _warned(given) if len(given) <= _LONGEST_PATH else ())
    if isinstance(given, Source):
        source = given
    else:
        sources = [*_sources(given, options)]
        parts = tuple(part for each in sources for part in each.parts)
        source = Source(parts, tuple(warning for each in sources for warning in each.warnings))
    if not source.images and not source.pages and not source.text.strip():
        raise EmptyDocument(
            "the input",
            "the document is empty: it has no text, image or page (of a conversation, what the user said counts)",
        )
    return source


def _sources(given: object, options: PageOptions) -> Iterator[Source]:
    match given:
        case str():
            is_image = _IMAGE_DATA.fullmatch(given)
            yield Source((Image(address(given.strip())) if is_image else Text(given),), _warned(given))
        case Text() | Image() | Page():
            yield Source((given,))
        case Source():
            yield given
        case bytes():
            yield read_file(given, "the bytes", options)
        case os.PathLike():
            path = Path(cast("os.PathLike[str]", given))
            yield read_file(_content_of(path, path.name, options), path.name, options)
        case _:
            yield from _foreign(given, options)


def _warned(text: str) -> tuple[str, ...]:
    """Warn where a short text is the path of a file, or an address: most people then mean what is there."""
    if len(text) > _LONGEST_PATH or not _PATH.fullmatch(text):
        return ()
    if text.lower().startswith(("http://", "https://")):
        warning = (
            f"{text!r} is read as text, and not fetched. Fetch it, and give its bytes; an image: Image.of({text!r})."
        )
    elif "://" not in text and Path(text).is_file():
        warning = f"{text!r} is read as text, and there is a file of this name. To read that, give Path({text!r})."
    else:
        return ()
    warnings.warn(warning, stacklevel=2)
    return (warning,)


def _foreign(given: object, options: PageOptions) -> Iterator[Source]:
    match given:
        case Document():
            yield Source((Text(given.page_content),))
        case Blob():
            yield _blob(given, options)
        case BaseMessage():
            yield from _said(given, options)
        case PromptValue():
            yield from _conversation(given.to_messages(), options)
        case list():
            yield from _listed(cast("list[Any]", given), options)
        case Mapping() if "role" in given:
            yield from _said(convert_to_messages([cast("dict[str, Any]", given)])[0], options)
        case Mapping() if "type" in given:
            yield from _listed([given], options)
        case _:
            hint = "Give it what the file holds: file.read(). " if hasattr(given, "read") else ""
            raise TypeError(f"cannot read a document of the type {type(given).__name__}. {hint}{_TAKEN}")


def _blob(blob: Blob, options: PageOptions) -> Source:
    if isinstance(blob.data, str):
        return Source((Text(blob.data),))
    source = blob.source
    name = Path(source).name if source else "the blob"
    on_disk = blob.data is None and blob.path is not None
    content = _content_of(Path(str(blob.path)), name, options) if on_disk else blob.as_bytes()
    return read_file(content, name, options, blob.mimetype)


def _content_of(path: Path, name: str, options: PageOptions) -> bytes:
    return read_bounded(path, options.max_bytes, lambda size: options.check_size(size, name))


def _listed(given: list[Any], options: PageOptions) -> Iterator[Source]:
    if any(isinstance(each, BaseMessage | tuple) or (isinstance(each, Mapping) and "role" in each) for each in given):
        yield from _conversation(convert_to_messages(given), options)
        return
    for each in given:
        if not isinstance(each, Mapping):
            yield from _sources(each, options)
        elif file := file_of(block := cast("Mapping[str, JSON]", each)):
            content, name, mime = file
            yield read_file(content, name, options, mime)
        elif part := part_of(block):
            yield Source((part,))


def _conversation(messages: Iterable[BaseMessage], options: PageOptions) -> Iterator[Source]:
    for message in messages:
        if isinstance(message, HumanMessage) or (isinstance(message, ChatMessage) and message.role == "user"):
            yield from _said(message, options)


def _said(message: BaseMessage, options: PageOptions) -> Iterator[Source]:
    content = cast("str | list[Any]", message.content)  # pyright: ignore[reportUnknownMemberType]
    yield from (Source((Text(content),)),) if isinstance(content, str) else _listed(content, options)
