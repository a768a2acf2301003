"""Images behind a text that tells what kind of image it is, how large, and a hash of it.

LangChain hands callbacks and tracers the inputs of runs as they are, and a page is megabytes of base64 that nobody
reads. So the data of an image travels through runs veiled, and is put back when a request is written.
"""

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any, Final, Self, cast

from langchain_core.messages import BaseMessage

from langchain_nuextract.documents.blocks import part_of
from langchain_nuextract.documents.source import Image
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
        digest = sha256(data.encode("utf-8", "surrogatepass")).hexdigest()[:_HASH]
        veiled = cls(f"{kind},({len(data)} characters, sha256 {digest})")
        veiled.whole = url
        return veiled


def veiled(messages: Iterable[BaseMessage]) -> list[BaseMessage]:
    """Veil the images in messages, in the form that OpenAI's API has for them."""
    return [
        message
        if isinstance(content := content_of(message), str)
        else message.model_copy(update={"content": blocks_of(content)})
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


def is_data(url: str) -> bool:
    """Whether a URL holds what it names."""
    return url[: len(_DATA)].lower() == _DATA


def blocks_of(content: Any) -> Any:
    """Veil the images in a message's content."""
    return content if isinstance(content, str) else [_block(each) for each in content]


def _block(block: Any) -> Any:
    match block:
        case {"type": "image_url", "image_url": {"url": str(url)} as image}:
            return {**block, "image_url": {**image, "url": veil(url)}}
        case {"type": "image_url", "image_url": str(url)}:
            return {**block, "image_url": veil(url)}
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
    if not isinstance(part, Image) or not is_data(part.url):
        return block
    return {"type": "image_url", "image_url": {"url": veil(part.url)}}


def veil(url: str) -> str:
    """Veil a URL that holds its image, and is not veiled yet."""
    return Veiled.of(url) if is_data(url) and not isinstance(url, Veiled) else url
