"""Many documents, sync and async: documents are taken as results are, so that neither pile up."""

import asyncio
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    Callable,
    Generator,
    Iterable,
    Iterator,
)
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Generic, Protocol, TypeAlias, TypeVar

from langchain_nuextract.batch.checkpoint_thread import CheckpointThread
from langchain_nuextract.batch.endpoint_pool import pool_for
from langchain_nuextract.batch.event_loop import Pool
from langchain_nuextract.batch.options import ManyOptions, Options
from langchain_nuextract.batch.progress import Progress
from langchain_nuextract.batch.protocols import Extractor
from langchain_nuextract.batch.result import Result
from langchain_nuextract.batch.source import DocumentSource, NumberedDocument
from langchain_nuextract.batch.worker import Worker
from langchain_nuextract.client import background_loop
from langchain_nuextract.client.background_generators import end_in_background
from langchain_nuextract.engine.result import Extraction
from langchain_nuextract.errors import EndpointError

Out = TypeVar("Out")
Out_co = TypeVar("Out_co", covariant=True)

Delivered: TypeAlias = Result[Out] | BaseException
"""A result, or what broke the whole batch."""


@dataclass(frozen=True)
class Batch(Generic[Out]):
    """What is to be extracted, and how."""

    extractor: Extractor
    select_output: Callable[[Extraction[object]], Out]
    """What to hand out of an extraction."""
    options: Options

    def run(self, documents: Iterable[object]) -> Generator[Result[Out]]:
        """Extract from documents, which are taken in the caller's thread; the rest happens on the shared loop."""
        ready: SimpleQueue[Delivered[Out]] = SimpleQueue()
        source = DocumentSource(documents)
        numbered = source.numbered()
        working = self._working(ready.put)
        pool = background_loop.run(working.__aenter__())
        try:
            with Progress(documents, shown=self.options.progress) as progress:
                desk = _Desk[Out](self.options, progress)

                def give() -> bool:
                    """Give the pool another document, if there is room for one and one is left."""
                    given = next(numbered, None) if desk.has_room else None
                    if given:
                        desk.open += 1
                        pool.loop.call_soon_threadsafe(pool.give, given)
                    return given is not None

                # A document for each result: a slow consumer must not let the endpoint go idle, nor slow documents hold
                # back what is ready.
                while (given := give()) or desk.open:
                    if not given or not ready.empty():
                        for result in desk.receive(ready.get(), ready):
                            yield result
                            give()
                source.end()
        finally:
            if pool.loop.is_running():
                end_in_background(working.__aexit__(None, None, None))

    async def arun(self, documents: Iterable[object] | AsyncIterable[object]) -> AsyncGenerator[Result[Out]]:
        """Extract from documents on the running loop."""
        ready: asyncio.Queue[Delivered[Out] | None] = asyncio.Queue()
        source = DocumentSource(documents)
        room = asyncio.Semaphore(self.options.window)
        async with self._working(ready.put_nowait) as pool:
            feeder = asyncio.create_task(_feed(source, pool, room, ready.put_nowait))
            try:
                with Progress(documents, shown=self.options.progress) as progress:
                    desk = _Desk[Out](self.options, progress)
                    while not source.has_ended or desk.handed_out < source.taken:
                        delivered = await ready.get()
                        if delivered is not None:
                            for result in desk.receive(delivered, ready):
                                room.release()
                                yield result
                    source.end()
            finally:
                feeder.cancel()
                await asyncio.gather(feeder, return_exceptions=True)

    @asynccontextmanager
    async def _working(
        self, deliver: Callable[[Delivered[Out]], object]
    ) -> AsyncGenerator[Pool[NumberedDocument, Result[Out]]]:
        options = self.options
        await self.extractor.aready()
        async with AsyncExitStack() as stack:
            checkpoint = None
            if options.checkpoint is not None:
                checkpoint = await stack.enter_async_context(CheckpointThread(options.checkpoint))
            extractor, most = self.extractor, options.max_concurrency
            if pool := pool_for(extractor, options.endpoints, most=most):
                extractor = extractor.with_client(pool)
            asker = Worker(extractor, self.select_output, checkpoint, options.config)
            yield await stack.enter_async_context(Pool(asker.ask, deliver, size=most))


def batch_of(
    extractor: Extractor, select_output: Callable[[Extraction[object]], Out], options: ManyOptions
) -> Batch[Out]:
    """Say what `extract_many` of an extractor, or of its detailed form, is to do.

    Raises:
        TypeError: There is no such option.
        ValueError: An option has an impossible value.
    """
    return Batch(extractor, select_output, Options(**options))


class _Desk(Generic[Out]):
    """Where results are handed out, in the order that was asked for."""

    def __init__(self, options: Options, progress: Progress) -> None:
        self.open = 0
        """Documents that were taken, and not handed out yet."""
        self.handed_out = 0
        self._options = options
        self._progress = progress
        self._early: dict[int, Result[Out]] = {}
        self._has_failed = False

    @property
    def has_room(self) -> bool:
        """Whether another document may be taken."""
        return self.open < self._options.window and not self._has_failed

    def receive(self, delivered: Delivered[Out], ready: "_Queue[Out]") -> Iterator[Result[Out]]:
        """Take a result, and hand out those whose turn it is.

        Args:
            delivered: The result, or what broke the batch.
            ready: What has been delivered since.

        Raises:
            EndpointError: The endpoint is of no use to any document; what is finished is handed out before.
            Exception: Whatever broke the batch, after that as well, or the error of a document if that is wanted.
        """
        if failure := _stops(delivered):
            self._has_failed = True
            # What is finished is handed out before: nobody could ask for it later.
            while not ready.empty():
                late: Delivered[Out] | None = ready.get_nowait()
                if isinstance(late, Result) and not _stops(late):
                    self._add(late)
            yield from (self._early.pop(place) for place in sorted(self._early))
            raise failure
        assert isinstance(delivered, Result)  # noqa: S101  # what is none stops the run
        self._add(delivered)
        while result := self._early.pop(self.handed_out, None):
            if self._options.on_error == "raise":
                result.unwrap()
            self.handed_out += 1
            self.open -= 1
            yield result

    def _add(self, result: Result[Out]) -> None:
        self._progress.add(result)
        self._early[result.index if self._options.in_order else self.handed_out + len(self._early)] = result


class _Queue(Protocol[Out_co]):
    """A queue of results, for threads or for an event loop."""

    def empty(self) -> bool: ...
    def get_nowait(self) -> Delivered[Out_co] | None: ...


def _stops(delivered: Delivered[object]) -> BaseException | None:
    """What ends the run, if a delivery does."""
    if isinstance(delivered, BaseException):
        return delivered
    error = delivered.error
    return error if isinstance(error, EndpointError) and error.stops_run else None


async def _feed(
    source: DocumentSource,
    pool: Pool[NumberedDocument, Result[Out]],
    room: asyncio.Semaphore,
    deliver: Callable[[None], object],
) -> None:
    """Give the pool documents as there is room, and wake up whoever waits for more results when there are none."""
    async with aclosing(source.anumbered()) as numbered:
        async for given in numbered:
            await room.acquire()
            pool.give(given)
    deliver(None)
