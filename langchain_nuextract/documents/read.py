"""From whatever users hold in their hands to a document."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, cast

from langchain_core.documents import Document
from langchain_core.documents.base import Blob
from langchain_core.messages import BaseMessage, ChatMessage, HumanMessage, convert_to_messages
from langchain_core.prompt_values import PromptValue

from langchain_nuextract.documents.blocks import part_of
from langchain_nuextract.documents.images import address, data_url, kind_of
from langchain_nuextract.documents.source import Image, Part, Source, Text

_IMAGE_DATA: Final = re.compile(r"\s*data:image/[\w.+-]+;base64,[\w+/=-]+\s*", re.IGNORECASE)
_TAKEN: Final = (
    "Give it a text, a LangChain document, a message or messages, a prompt value, an image, a path, "
    "or a list of texts and images."
)


def read(given: Any) -> Source:
    """Read a document.

    A string is text, whatever it looks like, but for a `data:` URL of an image: a text that names an address must not
    make the endpoint fetch it. Use `Image.of` for an address, and `pathlib.Path` for a file, of text or image.

    Of a conversation (a list of messages, or a prompt value) the document is what the user said, in order. System
    messages, answers and the results of tools are left out: NuExtract knows its task by a system line of its own, and
    would take anything else for a part of the document. A single message is read whoever said it.

    Args:
        given: A text, a LangChain `Document` or `Blob`, a message, a list of messages, a prompt value, an `Image`, the
            bytes of an image, a path, a content block, or a list of any of these to be read as one document.

    Raises:
        ValueError: It is empty or blank, or an image or file in it cannot be read.
        TypeError: It is something else.
        OSError: A file cannot be opened.
    """
    source = given if isinstance(given, Source) else Source(tuple(_parts(given)))
    if not source.images and not source.text.strip():
        raise ValueError(
            "the document is empty: there is no text and no image in it (of a conversation, what the user said counts)"
        )
    return source


def _parts(given: Any) -> Iterator[Part]:
    match given:
        case str():
            yield Image(address(given.strip())) if _IMAGE_DATA.fullmatch(given) else Text(given)
        case Text() | Image():
            yield given
        case Source():
            yield from given.parts
        case bytes():
            yield Image(data_url(given))
        case os.PathLike():
            yield _file(Path(cast("os.PathLike[str]", given)))
        case _:
            yield from _foreign(given)


def _foreign(given: Any) -> Iterator[Part]:
    match given:
        case Document():
            yield Text(given.page_content)
        case Blob():
            yield _content(given.as_bytes(), name=given.source or "the blob")
        case BaseMessage():
            yield from _said(given)
        case PromptValue():
            yield from _conversation(given.to_messages())
        case list():
            yield from _listed(cast("list[Any]", given))
        case Mapping() if "role" in given:
            yield from _said(convert_to_messages([cast("dict[str, Any]", given)])[0])
        case Mapping() if "type" in given:
            yield from _listed([given])
        case _:
            raise TypeError(f"cannot read a document of the type {type(given).__name__}. {_TAKEN}")


def _listed(given: list[Any]) -> Iterator[Part]:
    if any(map(_is_message, given)):
        yield from _conversation(convert_to_messages(given))
        return
    for each in given:
        if isinstance(each, Mapping):
            part = part_of(cast("Mapping[str, Any]", each))
            yield from (part,) if part else ()
        else:
            yield from _parts(each)


def _is_message(given: Any) -> bool:
    return isinstance(given, BaseMessage | tuple) or (isinstance(given, Mapping) and "role" in given)


def _conversation(messages: Iterable[BaseMessage]) -> Iterator[Part]:
    for message in messages:
        if isinstance(message, HumanMessage) or (isinstance(message, ChatMessage) and message.role == "user"):
            yield from _said(message)


def _said(message: BaseMessage) -> Iterator[Part]:
    content = cast("str | list[Any]", message.content)  # pyright: ignore[reportUnknownMemberType]
    yield from (Text(content),) if isinstance(content, str) else _listed(content)


def _file(path: Path) -> Part:
    return _content(path.read_bytes(), name=str(path))


def _content(content: bytes, *, name: str) -> Part:
    kind = kind_of(content)
    if kind.startswith("image/"):
        return Image(data_url(content, name=name))
    if kind == "application/pdf":
        raise ValueError(f"{name} is a PDF. Give its text, or its pages as images.")
    try:
        return Text(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        seen = f"it looks like {kind}" if kind else str(error)
        raise ValueError(f"{name} is neither an image nor text in UTF-8: {seen}. Convert it first.") from error
