"""Running a long document's flow: several chunks side by side, each by the driver of a short document."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import Executor as Threads
from functools import partial
from typing import Any, TypeAlias, TypeVar

from langchain_nuextract.dialects.messages import Reply, Request
from langchain_nuextract.engine.caller import Flow
from langchain_nuextract.engine.drivers import arun_flow, run_flow
from langchain_nuextract.engine.long.finish import Outcome
from langchain_nuextract.engine.long.flow import LongFlow, Round
from langchain_nuextract.engine.long.result import LongExtraction
from langchain_nuextract.errors import EndpointError, ExtractionError
from langchain_nuextract.paths import JSON

T = TypeVar("T")

Preview: TypeAlias = Callable[[], JSON]
"""Gives what is finished of the object so far."""


def run_long(
    flow: LongFlow[T], ask: Callable[[Request], Reply], threads: Threads
) -> Iterator[Preview | LongExtraction[T]]:
    """Run a long document's flow.

    Args:
        flow: See `flow.extract_long`.
        ask: Sends a request and waits for the reply; called in the threads.
        threads: Where chunks are asked about side by side.

    Yields:
        What tells the object so far, each time that the next chunk of the document is read; at last the extraction.
    """
    try:
        given = next(flow)
        while True:
            futures = [threads.submit(_outcome, each, ask) for each in given.flows]
            outcomes: list[Outcome] = []
            try:
                for future in futures:
                    outcomes.append(_checked(future.result()))
                    yield from _shown(given, outcomes)
            finally:
                for future in futures:
                    future.cancel()
            given = flow.send(tuple(outcomes))
    except StopIteration as done:
        yield done.value


async def arun_long(
    flow: LongFlow[T], ask: Callable[[Request], Awaitable[Reply]], width: int, *, in_thread: bool = False
) -> AsyncGenerator[Preview | LongExtraction[T]]:
    """Run a long document's flow on an event loop; see `run_long`.

    Args:
        flow: See `flow.extract_long`.
        ask: Sends a request.
        width: How many requests may be under way; closing the generator cancels them.
        in_thread: Whether also chunks take their steps in a thread, as those with pages to render do.
    """
    room = asyncio.Semaphore(width)

    async def outcome(each: Flow[Any]) -> Outcome:
        async with room:
            return await _aoutcome(each, ask, in_thread=in_thread)

    try:
        # What is done with the replies to many chunks would hold up the event loop.
        given = await asyncio.to_thread(_advance, flow, None)
        while True:
            tasks = [asyncio.create_task(outcome(each)) for each in given.flows]
            outcomes: list[Outcome] = []
            try:
                async for done in _in_order(tasks):
                    outcomes.append(done)
                    for shown in _shown(given, outcomes):
                        yield shown
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
            given = await asyncio.to_thread(_advance, flow, tuple(outcomes))
    except _Ended as end:
        yield end.extraction


class _Ended(Exception):  # nothing went wrong
    """What `StopIteration` is elsewhere: that cannot leave a thread."""

    def __init__(self, extraction: LongExtraction[Any]) -> None:
        super().__init__()
        self.extraction = extraction


def _advance(flow: LongFlow[Any], outcomes: tuple[Outcome, ...] | None) -> Round:
    try:
        return next(flow) if outcomes is None else flow.send(outcomes)
    except StopIteration as done:
        raise _Ended(done.value) from None


async def _in_order(tasks: list[asyncio.Task[Outcome]]) -> AsyncIterator[Outcome]:
    """Yield what comes of tasks in their order; an error that no other task could escape is raised at once."""
    waiting = set(tasks)
    handed = 0
    while handed < len(tasks):
        if not tasks[handed].done():
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                _checked(task.result())
            continue
        yield _checked(tasks[handed].result())
        handed += 1


def _checked(outcome: Outcome) -> Outcome:
    if isinstance(outcome, EndpointError) and outcome.stops_run:
        # The endpoint is of no use to any chunk.
        raise outcome
    return outcome


def _outcome(flow: Flow[Any], ask: Callable[[Request], Reply]) -> Outcome:
    try:
        return run_flow(flow, ask)
    except (ExtractionError, EndpointError) as error:
        return error


async def _aoutcome(flow: Flow[Any], ask: Callable[[Request], Awaitable[Reply]], *, in_thread: bool) -> Outcome:
    try:
        return await arun_flow(flow, ask, in_thread=in_thread)
    except (ExtractionError, EndpointError) as error:
        return error


def _shown(given: Round, outcomes: list[Outcome]) -> Iterator[Preview]:
    if given.preview and len(outcomes) < len(given.flows):
        yield partial(given.preview, tuple(outcomes))
