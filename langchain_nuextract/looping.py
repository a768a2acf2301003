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
from typing import Any, Final, Generic, TypeVar

T = TypeVar("T")

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


async def as_completed(
    ask: Callable[[int], Awaitable[T]], count: int, *, width: int
) -> AsyncGenerator[tuple[int, T | Exception]]:
    """Call with each number below a count, `width` of them side by side; closing this cancels what is under way.

    Yields:
        A number, and what came back or was raised, as they complete.
    """
    left, done = iter(range(count)), asyncio.Queue[tuple[int, T | BaseException]]()

    async def work() -> None:
        for number in left:
            try:
                done.put_nowait((number, await ask(number)))
            except BaseException as error:
                done.put_nowait((number, error))
                if not isinstance(error, Exception):
                    raise

    workers = [asyncio.create_task(work()) for _ in range(min(width, count))]
    try:
        for _ in range(count):
            number, outcome = await done.get()
            if isinstance(outcome, BaseException) and not isinstance(outcome, Exception):
                raise outcome
            yield number, outcome
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)


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
