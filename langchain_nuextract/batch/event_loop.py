"""Event loops: what is done side by side on one, and one in a thread of its own for sync callers of what is async.

Sync batches run here, rather than in a pool of threads: a thread costs more than the document it waits for, and the
connections to an endpoint are kept from one batch to the next. It also works where the caller's thread has a running
loop, as in a notebook.
"""

import asyncio
import atexit
import os
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Generator
from concurrent.futures import Future
from threading import Lock, Thread, get_ident
from typing import Any, Final, Generic, Self, TypeVar

T = TypeVar("T")
Given = TypeVar("Given")

_PATIENCE: Final = 5.0
"""Seconds that what is still open may take to close when the interpreter ends."""


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on the shared loop and wait for it, with the context variables of the caller.

    Whatever interrupts the waiting, such as Ctrl-C, cancels the coroutine and waits until it has ended.

    Raises:
        RuntimeError: The caller is on the shared loop itself, and would wait for ever.
    """
    if _shared.is_here():
        coroutine.close()
        raise RuntimeError("sync batches cannot be run from within one, on its event loop: await abatch instead")
    running = _Running(_shared.loop(), coroutine)
    try:
        task = running.ended.result()
    except BaseException:
        running.cancel()
        running.ended.result()
        raise
    return task.result()


def iterate(source: AsyncGenerator[T]) -> Generator[T]:
    """Iterate over an async generator that runs on the shared loop; closing this one closes that one."""
    done = object()

    async def step() -> T | object:
        return await anext(source, done)

    try:
        while (item := run(step())) is not done:
            yield item  # pyright: ignore[reportReturnType]  # what is not `done` is an item
    finally:
        run(source.aclose())


class Later(Exception):  # nothing went wrong
    """What was given to a pool is to be tried again after some seconds; others are taken meanwhile."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class Pool(Generic[Given, T]):
    """Workers on the running loop: as many tasks as there may be calls under way, however many calls there are.

    Args:
        ask: What is called with each thing given. What it raises ends the worker, but for `Later`.
        deliver: Takes what comes back, or is raised, as calls complete.
        size: How many workers.
    """

    def __init__(
        self, ask: Callable[[Given], Awaitable[T]], deliver: Callable[[T | BaseException], object], *, size: int
    ) -> None:
        self.loop = asyncio.get_running_loop()
        self._ask = ask
        self._deliver = deliver
        self._size = size
        self._given: asyncio.Queue[Given] = asyncio.Queue()
        self._workers: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self._workers = [asyncio.create_task(self._work()) for _ in range(self._size)]
        return self

    async def __aexit__(self, *raised: object) -> None:
        """Drop what is not finished, and wait until all workers have ended."""
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)

    def give(self, given: Given) -> None:
        """Hand something over; how much there may be is for the caller to say."""
        self._given.put_nowait(given)

    async def _work(self) -> None:
        while True:
            given = await self._given.get()
            try:
                outcome = await self._ask(given)
            except Later as later:
                self.loop.call_later(later.seconds, self.give, given)
                continue
            except BaseException as error:
                # Whoever waits for this would wait for ever.
                self._deliver(error)
                raise
            self._deliver(outcome)


async def as_completed(
    ask: Callable[[int], Awaitable[T]], count: int, *, width: int
) -> AsyncGenerator[tuple[int, T | Exception]]:
    """Call with each number below a count, `width` of them side by side; closing this cancels what is under way.

    Yields:
        A number, and what came back or was raised, as they complete.
    """

    async def outcome(number: int) -> tuple[int, T | Exception]:
        try:
            return number, await ask(number)
        except Exception as error:  # noqa: BLE001  # for the caller to judge
            return number, error

    done = asyncio.Queue[tuple[int, T | Exception] | BaseException]()
    async with Pool(outcome, done.put_nowait, size=min(width, count)) as pool:
        for number in range(count):
            pool.give(number)
        for _ in range(count):
            completed = await done.get()
            if isinstance(completed, BaseException):
                raise completed
            yield completed


class _Running(Generic[T]):
    """A coroutine on its way on another thread's loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, coroutine: Coroutine[Any, Any, T]) -> None:
        self.ended: Future[asyncio.Task[T]] = Future()
        self._loop = loop
        # The callback, and so the task, gets a copy of this thread's context.
        loop.call_soon_threadsafe(self._begin, coroutine)

    def _begin(self, coroutine: Coroutine[Any, Any, T]) -> None:
        self._task = self._loop.create_task(coroutine)
        self._task.add_done_callback(self.ended.set_result)

    def cancel(self) -> None:
        self._loop.call_soon_threadsafe(self._cancel)

    def _cancel(self) -> None:
        self._task.cancel()


class _SharedLoop:
    """The loop of this process, begun when first needed; a forked process gets one of its own."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: Thread | None = None
        self._process = 0

    def loop(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None or self._process != os.getpid():
                self._loop, self._process = asyncio.new_event_loop(), os.getpid()
                self._thread = Thread(target=self._loop.run_forever, name="nuextract-loop", daemon=True)
                self._thread.start()
                atexit.register(self._end, self._loop, self._thread)
            return self._loop

    def is_here(self) -> bool:
        """Whether this is called on the loop."""
        return self._thread is not None and self._thread.ident == get_ident()

    def _end(self, loop: asyncio.AbstractEventLoop, thread: Thread) -> None:
        if self._process == os.getpid():
            asyncio.run_coroutine_threadsafe(loop.shutdown_asyncgens(), loop).result(_PATIENCE)
            loop.call_soon_threadsafe(loop.stop)
            thread.join(_PATIENCE)


_shared = _SharedLoop()
