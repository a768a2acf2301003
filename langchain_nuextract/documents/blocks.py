"""The content blocks of chat messages, in the dialects that LangChain users meet."""

from collections.abc import Mapping
from typing import Any, Final

from langchain_nuextract.documents.images import address, encoded
from langchain_nuextract.documents.source import Image, Part, Text
from langchain_nuextract.errors import quote

_ASIDE: Final = frozenset(
    {"reasoning", "thinking", "redacted_thinking", "tool_call", "tool_use", "server_tool_call", "invalid_tool_call"}
)
"""What a model said to itself or to tools; no part of what is to be read."""


def part_of(block: Mapping[str, Any]) -> Part | None:
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


def _image(block: Mapping[str, Any]) -> str:
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


def _unreadable(block: Mapping[str, Any]) -> ValueError:
    shown = quote(str({key: block[key] for key in block if key in {"type", "source_type", "file_id"}} or sorted(block)))
    return ValueError(f"a content block must be a text or an image (its data or its URL), got {shown}")
