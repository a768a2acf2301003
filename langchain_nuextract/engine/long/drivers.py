"""Running a long document's flow: several chunks side by side, each by the driver of a short document."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, wait
from concurrent.futures import Executor as Threads
from typing import TypeVar

from langchain_nuextract.dialects.messages import Reply, Request
from langchain_nuextract.engine.caller import Flow
from langchain_nuextract.engine.flow import arun_flow, run_flow
from langchain_nuextract.engine.long.finish import FlowOutcome
from langchain_nuextract.engine.long.rounds import Preview, Round, Rounds
from langchain_nuextract.engine.result import Extraction
from langchain_nuextract.errors import EndpointError, ExtractionError

T = TypeVar("T")


def run_long(
    flow: Rounds[Extraction[T]], ask: Callable[[Request], Reply], threads: Threads
) -> Iterator[Preview | Extraction[T]]:
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
            outcomes: list[FlowOutcome] = []
            if len(given.flows) == 1:
                outcomes.append(given.check(_outcome(*given.flows, ask)))
            else:
                for outcome in _side_by_side(given, ask, threads):
                    outcomes.append(outcome)
                    if preview := given.shown(outcomes):
                        yield preview
            given = flow.send(tuple(outcomes))
    except StopIteration as done:
        yield done.value


def _side_by_side(given: Round, ask: Callable[[Request], Reply], threads: Threads) -> Iterator[FlowOutcome]:
    """Yield what comes of flows in their order; an error that all ends with is raised at once."""
    futures = [threads.submit(_outcome, each, ask) for each in given.flows]
    waiting = set(futures)
    try:
        for future in futures:
            while not future.done():
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                for each in done:
                    given.check(each.result())
            yield given.check(future.result())
    finally:
        for future in futures:
            future.cancel()


async def arun_long(
    flow: Rounds[Extraction[T]], ask: Callable[[Request], Awaitable[Reply]], width: int, *, in_thread: bool = False
) -> AsyncGenerator[Preview | Extraction[T]]:
    """Run a long document's flow on an event loop; see `run_long`.

    Args:
        flow: See `flow.extract_long`.
        ask: Sends a request.
        width: How many requests may be under way; closing the generator cancels them.
        in_thread: Whether also chunks take their steps in a thread, as those with pages to render do.
    """
    room = asyncio.Semaphore(width)

    async def outcome(each: Flow[object]) -> FlowOutcome:
        async with room:
            try:
                return await arun_flow(each, ask, in_thread=in_thread)
            except (ExtractionError, EndpointError) as error:
                return error

    # What is done with the replies to many chunks would hold up the event loop.
    given = await asyncio.to_thread(_advance, flow, None)
    while isinstance(given, Round):
        tasks = [asyncio.create_task(outcome(each)) for each in given.flows]
        outcomes: list[FlowOutcome] = []
        try:
            async for done in _in_order(given, tasks):
                outcomes.append(done)
                if preview := given.shown(outcomes):
                    yield preview
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        given = await asyncio.to_thread(_advance, flow, tuple(outcomes))
    yield given


def _advance(flow: Rounds[Extraction[T]], outcomes: tuple[FlowOutcome, ...] | None) -> Round | Extraction[T]:
    """Give the next round, or what has come out in the end: `StopIteration` cannot leave a thread."""
    try:
        return next(flow) if outcomes is None else flow.send(outcomes)
    except StopIteration as done:
        return done.value


async def _in_order(given: Round, tasks: list[asyncio.Task[FlowOutcome]]) -> AsyncIterator[FlowOutcome]:
    """Yield what comes of tasks in their order; an error that all ends with is raised at once."""
    waiting = set(tasks)
    handed = 0
    while handed < len(tasks):
        if not tasks[handed].done():
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                given.check(task.result())
            continue
        yield given.check(tasks[handed].result())
        handed += 1


def _outcome(flow: Flow[object], ask: Callable[[Request], Reply]) -> FlowOutcome:
    try:
        return run_flow(flow, ask)
    except (ExtractionError, EndpointError) as error:
        return error
