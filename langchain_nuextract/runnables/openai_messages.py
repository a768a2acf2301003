"""LangChain's messages in the form that OpenAI's API has for them."""

from collections.abc import Iterable
from typing import Final, cast

from langchain_core.messages import BaseMessage, convert_to_openai_messages

from langchain_nuextract.paths import JSON, fields

_THINKING: Final = frozenset({"thinking", "reasoning", "reasoning_content", "redacted_thinking"})
"""Blocks in which other models keep what they thought; servers refuse them."""


def content_blocks(message: BaseMessage) -> list[JSON]:
    """Give the blocks of a message's content; there are none where it is one text."""
    content = cast("str | list[JSON]", message.content)  # pyright: ignore[reportUnknownMemberType]
    return [] if isinstance(content, str) else content


def openai_messages(messages: Iterable[BaseMessage]) -> list[JSON]:
    """Write messages for a request.

    Raises:
        ValueError: A content block is of a known kind and lacks what it needs.
    """
    written: list[JSON] = []
    for message in messages:
        if isinstance(message.content, str):  # pyright: ignore[reportUnknownMemberType]
            written.append(convert_to_openai_messages(message))
        else:
            kept = [block for block in content_blocks(message) if fields(block).get("type") not in _THINKING]
            copied = message.model_copy(update={"content": kept})
            # As "string", texts would be joined, and the parts of an example are its input and its output.
            written.append(convert_to_openai_messages(copied, text_format="block"))
    return written
