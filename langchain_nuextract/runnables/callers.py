"""How requests reach the model where somebody listens: in runs of their own; see `api_model.DirectCaller` for straight.

A run of LangChain's costs several times what sending a request and reading its reply cost.
"""

from collections.abc import AsyncGenerator, Generator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from time import perf_counter
from typing import TYPE_CHECKING

from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage
from langchain_core.runnables import Runnable, RunnableConfig

from langchain_nuextract import client
from langchain_nuextract.batch.protocols import Replies
from langchain_nuextract.client.deadline import within
from langchain_nuextract.client.image_urls import AllowedImageUrls, check_image_urls
from langchain_nuextract.paths import JSON
from langchain_nuextract.runnables.any_model import call_arguments, explained_errors, stream_arguments

if TYPE_CHECKING:
    from langchain_nuextract.dialects.messages import Piece, Reply, Request
    from langchain_nuextract.engine.caller import Caller


@dataclass(frozen=True, slots=True)
class TracedCaller:
    """Each request is a run of the chat model, by LangChain's own public methods."""

    llm: Runnable[LanguageModelInput, AIMessage]
    config: RunnableConfig
    ls_arguments: Mapping[str, JSON] = field(default_factory=dict[str, JSON])
    """Arguments by which LangChain shows tracers the schema."""
    allow_image_urls: AllowedImageUrls = True
    """Which images by address may be sent, whatever the model; one of ours has a setting of its own besides."""

    @property
    def width(self) -> int | None:
        """How many requests may be under way at once."""
        return self.config.get("max_concurrency")

    def send(self, request: "Request") -> "Reply":
        """Send a request and wait for the reply."""
        started = perf_counter()
        arguments = self._arguments(request)
        with explained_errors(self.llm, self.config), within(request.seconds):
            message = self.llm.invoke(_messages(request), self.config, **arguments)
        return client.reply_of(message, perf_counter() - started)

    async def asend(self, request: "Request") -> "Reply":
        """Do the same on an event loop."""
        started = perf_counter()
        arguments = self._arguments(request)
        with explained_errors(self.llm, self.config), within(request.seconds):
            message = await self.llm.ainvoke(_messages(request), self.config, **arguments)
        return client.reply_of(message, perf_counter() - started)

    def stream(self, request: "Request") -> "Generator[Piece]":
        """Send a request and yield the reply as it comes in."""
        arguments = {**self._arguments(request), **stream_arguments(self.llm, self.config)}
        with explained_errors(self.llm, self.config):
            chunks = self.llm.stream(_messages(request), self.config, **arguments)
            # The call begins with its first chunk; what is set must not be seen between the others.
            with within(request.seconds):
                first = next(chunks, None)
            for chunk in chain(filter(None, (first,)), chunks):
                yield client.piece_of(chunk)

    async def astream(self, request: "Request") -> "AsyncGenerator[Piece]":
        """Do the same on an event loop."""
        arguments = {**self._arguments(request), **stream_arguments(self.llm, self.config)}
        with explained_errors(self.llm, self.config):
            chunks = self.llm.astream(_messages(request), self.config, **arguments)
            with within(request.seconds):
                chunk = await anext(chunks, None)
            while chunk is not None:
                yield client.piece_of(chunk)
                chunk = await anext(chunks, None)

    def _arguments(self, request: "Request") -> dict[str, JSON]:
        check_image_urls(_messages(request), self.allow_image_urls)
        return {**call_arguments(request, self.llm, self.config), **self.ls_arguments}


async def asend_once(caller: "Caller", replies: Replies, request: "Request") -> "Reply":
    """Give the reply that was kept; send the request if there is none, and keep what comes."""
    known = await replies.get(request)
    if known is None:
        known = await caller.asend(request)
        await replies.put(request, known)
    return known


def _messages(request: "Request") -> list[dict[str, JSON]]:
    return [dict(message) for message in request.messages]
