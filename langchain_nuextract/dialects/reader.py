"""What is to be known about one model that writes Markdown, as a value."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from langchain_nuextract.dialects.messages import Reply, Request
from langchain_nuextract.documents.source import Source

_OPENED: Final = re.compile(r"\s*<\s*thin(?:k(?:ing)?|ing)\s*>", re.IGNORECASE)
_CLOSED: Final = re.compile(r"<\s*/\s*thin(?:k(?:ing)?|ing)\s*>", re.IGNORECASE)
"""The marks around thinking as models and their authors spell them, `</thining>` among them."""
_ANSWER: Final = re.compile(r"<\s*answer\s*>", re.IGNORECASE)
_ANSWERED: Final = re.compile(r"<\s*/\s*answer\s*>\s*$", re.IGNORECASE)
_FENCE: Final = re.compile(r"\s*(`{3,}|~{3,})(?:markdown|md)[ \t]*\n", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ReaderDialect:
    """Facts and functions of one model that turns pages or HTML into Markdown. It never validates, retries or logs."""

    name: str
    """How a caller names it: `reader-lm`."""
    serves: re.Pattern[str]
    """Searched in a model's name."""
    phrase: Callable[[Source, bool], Request]
    """A page or a text of HTML, and whether to think first, as the request that the model was trained on."""
    marks: tuple[str, ...]
    """The control marks that a document must not contain, and at which an answer ends."""
    licence: str
    reads_pages: bool = False
    """Whether it takes the image of a page."""
    reads_html: bool = False
    """Whether it takes HTML."""
    thinks: bool = False
    """Whether it can be asked to think first."""
    always_thinks: bool = False
    max_pixels: int = 0
    """Pixels of an image beyond which the model's own preprocessing shrinks it."""

    def read(self, reply: Reply, *, thinking: bool) -> str:
        """Take the Markdown out of a reply; empty if the model was still thinking.

        A server's reasoning parser may take an answer without thinking for thinking; only where none was asked for can
        that be told.
        """
        text = _answer_in(reply.text)
        if not text.strip() and not thinking and not self.always_thinks:
            text = reply.reasoning
        ends = [found for mark in self.marks if (found := text.find(mark)) >= 0]
        return _unfenced(text[: min(ends)] if ends else text).strip("\n")


def _answer_in(text: str) -> str:
    answer = _ANSWER.search(text)
    if answer:
        return _ANSWERED.sub("", text[answer.end() :])
    closed = _CLOSED.search(text)
    if closed:
        return _ANSWERED.sub("", text[closed.end() :])
    # Thinking that never ended was cut off before there was any answer.
    return "" if _OPENED.match(text) else text


def _unfenced(text: str) -> str:
    """Take a fence off that is around the whole answer."""
    fence = _FENCE.match(text)
    if fence is None:
        return text
    body = text[fence.end() :]
    rest = body.rstrip()
    return rest.removesuffix(fence[1]) if rest.endswith(f"\n{fence[1]}") else body
