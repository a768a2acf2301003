"""Driving an extraction: sending what its flow asks for, until it returns."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Generator, Iterator, Sequence
from contextlib import aclosing, closing
from time import perf_counter
from typing import Any, Generic, Protocol, TypeVar

from langchain_nuextract.dialects.messages import Piece, Reply, Request, joined
from langchain_nuextract.documents.source import Source
from langchain_nuextract.engine.flow import Flow
from langchain_nuextract.engine.pages import read_document
from langchain_nuextract.engine.plan import Plan
from langchain_nuextract.engine.result import Extraction
from langchain_nuextract.engine.streaming.partial_objects import PartialObjects
from langchain_nuextract.errors import EndpointError, ExtractionError

T = TypeVar("T")


class Caller(Protocol):
    """A way in which requests reach the model."""

    def ask(self, request: Request) -> Reply:
        """Send a request and wait for the reply."""
        ...

    async def aask(self, request: Request) -> Reply:
        """Do the same on an event loop."""
        ...

    def pieces(self, request: Request) -> Generator[Piece]:
        """Send a request and yield the reply as it comes in; closing it gives the rest up."""
        ...

    def apieces(self, request: Request) -> AsyncGenerator[Piece]:
        """Do the same on an event loop."""
        ...


def run_flow(flow: Flow[T], ask: Callable[[Request], Reply]) -> Extraction[T]:
    """Send what a flow asks for until it returns."""
    try:
        requests = next(flow)
        while True:
            try:
                replies = tuple(map(ask, requests))
            except EndpointError as error:
                requests = flow.throw(error)
            else:
                requests = flow.send(replies)
    except StopIteration as done:
        return done.value


async def arun_flow(flow: Flow[T], ask: Callable[[Request], Awaitable[Reply]]) -> Extraction[T]:
    """Send what a flow asks for until it returns, what it asks for at once side by side; see `drive`."""
    try:
        requests = next(flow)
        while True:
            try:
                replies = tuple(await asyncio.gather(*map(ask, requests))) if requests[1:] else (await ask(*requests),)
            except EndpointError as error:
                requests = flow.throw(error)
            else:
                requests = flow.send(replies)
    except StopIteration as done:
        return done.value


class StreamFlow(Generic[T]):
    """An extraction whose replies come in pieces.

    Args:
        plan: What is asked.
        source: The document.
    """

    def __init__(self, plan: Plan[T], source: Source) -> None:
        self.outcome: Extraction[T] | ExtractionError | None = None
        """What has come out of it, when it has ended."""
        self.request: Request | None = None
        """What is to be sent now; None when it has ended."""
        self._flow = read_document(plan, source)
        self._growth = PartialObjects(plan, source)
        self._go_on(lambda: next(self._flow))

    def add(self, piece: Piece) -> Iterator[Any]:
        """Take a piece of the reply; yield what can be shown now."""
        self._pieces.append(piece)
        return self._growth.feed(piece.text)

    def runs_away(self) -> bool:
        """Whether the model runs in circles, so that the rest of the reply is not worth waiting for."""
        return self._growth.runs_away()

    def end(self) -> None:
        """Take the reply as what has come of it."""
        reply = joined(self._pieces, perf_counter() - self._started, "repetition" if self._growth.ran_away else None)
        self._go_on(lambda: self._flow.send((reply,)))

    def fail(self, error: EndpointError) -> None:
        """Go on without a reply."""
        self._go_on(lambda: self._flow.throw(error))

    @property
    def value(self) -> T:
        """The object.

        Raises:
            ExtractionError: There is none.
        """
        assert self.outcome  # noqa: S101  # asked for at the end
        if isinstance(self.outcome, ExtractionError):
            raise self.outcome
        return self.outcome.value

    @property
    def attempts(self) -> Sequence[Any]:
        """The calls that were made, when it has ended."""
        return self.outcome.attempts if self.outcome else ()

    def _go_on(self, step: Callable[[], tuple[Request, ...]]) -> None:
        self.request = None
        try:
            (self.request,) = step()
        except StopIteration as done:
            self.outcome = done.value
        except ExtractionError as error:
            self.outcome = error
        else:
            self._pieces: list[Piece] = []
            self._started = perf_counter()
            self._growth.begin(self.request)


def stream_flow(streamed: StreamFlow[Any], asking: Caller) -> Iterator[Any]:
    """Yield the object of an extraction while it grows; its `value` is the last one."""
    while request := streamed.request:
        try:
            with closing(asking.pieces(request)) as pieces:
                for piece in pieces:
                    yield from streamed.add(piece)
                    if streamed.runs_away():
                        break
        except EndpointError as error:
            streamed.fail(error)
        else:
            streamed.end()


async def astream_flow(streamed: StreamFlow[Any], asking: Caller) -> AsyncIterator[Any]:
    """Yield the object of an extraction while it grows; see `grow`."""
    while request := streamed.request:
        try:
            async with aclosing(asking.apieces(request)) as pieces:
                async for piece in pieces:
                    for grown in streamed.add(piece):
                        yield grown
                    if streamed.runs_away():
                        break
        except EndpointError as error:
            streamed.fail(error)
        else:
            streamed.end()
