"""The content blocks of chat messages, in the dialects that LangChain users meet."""

import base64
import binascii
from collections.abc import Mapping
from typing import Final, cast

from langchain_nuextract.documents.images import address, encoded
from langchain_nuextract.documents.source import Image, Part, Text
from langchain_nuextract.errors import quote
from langchain_nuextract.paths import JSON

_ASIDE: Final = frozenset(
    {"reasoning", "thinking", "redacted_thinking", "tool_call", "tool_use", "server_tool_call", "invalid_tool_call"}
)
"""What a model said to itself or to tools; no part of what is to be read."""


def part_of(block: Mapping[str, JSON]) -> Part | None:
    """Read a content block: a text, or an image in OpenAI's, LangChain's or Anthropic's form; None if it is neither.

    A block may come from anywhere, so an image is its data or an http(s) address, never a path.

    Raises:
        ValueError: It is a kind of block that cannot be read, or its image is not one.
    """
    match block:
        case {"type": "text" | "text-plain" | "input_text" | "output_text", "text": str(text)}:
            return Text(text)
        case {"type": str(kind)} if kind in _ASIDE:
            return None
        case {"type": "image_url" | "input_image", "image_url": {"url": str(url)} | str(url)}:
            return Image(address(url))
        case {"type": "image"}:
            return Image(_image(block))
        case _:
            raise _unreadable(block)


def _image(block: Mapping[str, JSON]) -> str:
    match block:
        case {"base64": str(payload)} | {"source_type": "base64", "data": str(payload)}:
            return encoded(payload)
        case {"url": str(url)}:
            return address(url)
        case {"source": {"type": "base64", "data": str(payload)}}:
            return encoded(payload)
        case {"source": {"type": "url", "url": str(url)}}:
            return address(url)
        case _:
            raise _unreadable(block)


def file_of(block: Mapping[str, JSON]) -> tuple[bytes, str, str | None] | None:
    """Read a file block: LangChain's, OpenAI's, or Anthropic's; None if it is another block.

    Returns:
        The bytes, what to call them, and the MIME type that the sender says.

    Raises:
        ValueError: It has no data: an address is never fetched, and an id is known to its provider only.
    """
    match block:
        case {"type": "file" | "input_file" | "document"}:
            pass
        case _:
            return None
    name = _name(block)
    match block:
        case {"file": {"file_data": str(data)}} | {"file_data": str(data)}:
            head, _, payload = data.rpartition(",")
            return _bytes(payload, name), name, head.removeprefix("data:").partition(";")[0] or None
        case {"base64": str(payload), **rest} | {"source_type": "base64", "data": str(payload), **rest}:
            return _bytes(payload, name), name, _type(rest.get("mime_type"))
        case {"source": {"type": "base64", "data": str(payload), **rest}}:
            return _bytes(payload, name), name, _type(rest.get("media_type"))
        case {"source": {"type": "text", "data": str(text)}} | {"source_type": "text", "text": str(text)}:
            return text.encode(), name, "text/plain"
        case _:
            raise _unreadable(block)


def _name(block: Mapping[str, JSON]) -> str:
    inner = block.get("file")
    file: Mapping[str, JSON] = cast("Mapping[str, JSON]", inner) if isinstance(inner, Mapping) else {}
    found = file.get("filename") or block.get("filename") or block.get("name") or block.get("title")
    return found if isinstance(found, str) else "the file"


def _type(given: object) -> str | None:
    return given if isinstance(given, str) else None


def _bytes(payload: str, name: str) -> bytes:
    try:
        return base64.b64decode("".join(payload.split()), validate=True)
    except binascii.Error as error:
        raise ValueError(f"{name}: its base64 is broken: {error}") from error


def _unreadable(block: Mapping[str, JSON]) -> ValueError:
    shown = quote(str({key: block[key] for key in block if key in {"type", "source_type", "file_id"}} or sorted(block)))
    return ValueError(
        f"a content block must be a text, an image (its data or its URL) or a file (its data), got {shown}"
    )
