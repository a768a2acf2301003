"""One event loop in a thread of its own, for sync callers of what is async.

A thread for each sync call would cost more than the document that it waits for, and the connections to an endpoint are
kept from one call to the next. It also works where the caller's thread has a running loop, as in a notebook. The thread
begins with the first sync call, and ends with the interpreter, or when the last client that used it is closed.
"""

import asyncio
import atexit
import os
from collections.abc import AsyncGenerator, Coroutine, Generator
from concurrent.futures import Future
from dataclasses import dataclass
from threading import RLock, Thread, current_thread, get_ident
from typing import Any, Final, Generic, TypeVar

T = TypeVar("T")

OWN_THREADS: Final = "nuextract-"
"""What the names of this package's threads begin with."""
_PARTING: Final = 5.0
"""Seconds that what is still open may take to close when the interpreter ends."""


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on the background loop and wait for it, with the context variables of the caller.

    Whatever interrupts the waiting, such as Ctrl-C, cancels the coroutine and waits until it has ended.

    Raises:
        RuntimeError: The caller is on the background loop itself, and would wait for ever.
    """
    if _background.is_here():
        coroutine.close()
        raise RuntimeError(
            "sync calls cannot be made on the event loop that runs them: await ainvoke or abatch instead"
        )
    running = _background.begin(coroutine)
    try:
        task = running.ended.result()
    except BaseException:
        running.cancel()
        running.ended.result()
        raise
    return task.result()


async def arun(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on the background loop and await it; cancelling this cancels it."""
    if _background.is_here():
        return await coroutine
    running = _background.begin(coroutine)
    try:
        task = await asyncio.shield(asyncio.wrap_future(running.ended))
    except BaseException:
        running.cancel()
        raise
    return task.result()


def iterate(source: AsyncGenerator[T]) -> Generator[T]:
    """Iterate over an async generator that runs on the background loop; closing this one closes that one."""
    done = object()

    async def step() -> T | object:
        return await anext(source, done)

    try:
        while (item := run(step())) is not done:
            yield item  # pyright: ignore[reportReturnType]  # what is not `done` is an item
    finally:
        finish(source.aclose())


def finish(closing: Coroutine[Any, Any, object]) -> None:
    """Run what ends a generator of a caller's, and wait for it where that is possible.

    The collector of garbage closes a generator in whichever thread it happens to run: a batch whose consumer failed is
    in a circle with the traceback. In the threads of this package nothing waits, for it may be what they have to do.
    """
    if is_over():
        # The loop has ended before, and what ran on it with it.
        closing.close()
    elif current_thread().name.startswith(OWN_THREADS):
        running = _background.begin(closing)
        _unattended.add(running)
        running.ended.add_done_callback(lambda _: _unattended.discard(running))
    else:
        run(closing)


async def aiterate(source: AsyncGenerator[T]) -> AsyncGenerator[T]:
    """Do the same on another event loop."""
    done = object()

    async def step() -> T | object:
        return await anext(source, done)

    try:
        while (item := await arun(step())) is not done:
            yield item  # pyright: ignore[reportReturnType]  # what is not `done` is an item
    finally:
        await arun(source.aclose())


def can_wait() -> bool:
    """Tell whether the thread has begun, and the caller is not on its loop."""
    return _background.is_begun and not _background.is_here()


def is_over() -> bool:
    """Tell whether the interpreter is ending, so that nothing can be run any more."""
    return _background.is_over


def end_if_idle() -> None:
    """End the thread if nothing runs on its loop; the next call begins another."""
    _background.end_if_idle()


@dataclass(eq=False)
class _Running(Generic[T]):
    """A coroutine on its way on another thread's loop."""

    loop: asyncio.AbstractEventLoop
    coroutine: Coroutine[Any, Any, T]
    all_running: "set[_Running[Any]]"
    """Those that have not ended, of which this is one."""
    ended: Future[asyncio.Task[T]]

    def begin(self) -> None:
        self._task = self.loop.create_task(self.coroutine)
        self._task.add_done_callback(self._end)

    def _end(self, task: asyncio.Task[T]) -> None:
        # Without the lock: whoever has it may be waiting for the loop.
        self.all_running.discard(self)
        self.ended.set_result(task)

    def cancel(self) -> None:
        self.loop.call_soon_threadsafe(self._cancel)

    def _cancel(self) -> None:
        self._task.cancel()


class _BackgroundLoop:
    """The loop of this process, begun when first needed; a forked process gets one of its own."""

    def __init__(self) -> None:
        self.is_over = False
        """Whether the interpreter is ending."""
        self._forget()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._forget)
        atexit.register(self._end_for_good)

    def begin(self, coroutine: Coroutine[Any, Any, T]) -> _Running[T]:
        if self.is_over:
            # A thread that is begun now would be waited for and never come.
            coroutine.close()
            raise RuntimeError("nothing can be run any more: the interpreter is ending")
        with self._lock:
            if self._loop is None:
                self._begin_thread()
            assert self._loop is not None  # noqa: S101  # just made
            running = _Running(self._loop, coroutine, self._running, Future())
            self._running.add(running)
            # The callback, and so the task, gets a copy of this thread's context.
            self._loop.call_soon_threadsafe(running.begin)
            return running

    @property
    def is_begun(self) -> bool:
        """Whether there is a thread."""
        return self._thread is not None

    def is_here(self) -> bool:
        """Whether this is called on the loop."""
        return self._thread is not None and self._thread.ident == get_ident()

    def end_if_idle(self) -> None:
        with self._lock:
            if not self._running and not self.is_here():
                self._end(None)

    def _begin_thread(self) -> None:
        begun: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()
        self._thread = Thread(target=asyncio.run, args=(_serve(begun),), name=f"{OWN_THREADS}loop", daemon=True)
        self._thread.start()
        self._loop, self._stop = begun.result()

    def _end_for_good(self) -> None:
        self.is_over = True
        self._end(_PARTING)

    def _end(self, patience: float | None) -> None:
        loop, thread, self._loop, self._thread = self._loop, self._thread, None, None
        if loop and thread:
            loop.call_soon_threadsafe(self._stop.set)
            thread.join(patience)

    def _forget(self) -> None:
        """Begin anew. In a forked child the thread is gone, and touching its loop would disturb the parent's."""
        self._not_ours = getattr(self, "_loop", None)
        # It may be taken twice: in the middle of `begin` the collector may close a generator, which begins another one.
        self._lock = RLock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: Thread | None = None
        self._running: set[_Running[Any]] = set()


async def _serve(begun: "Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]]") -> None:
    stop = asyncio.Event()
    begun.set_result((asyncio.get_running_loop(), stop))
    await stop.wait()


_background = _BackgroundLoop()
_unattended: Final[set[_Running[object]]] = set()
"""What nobody waits for; an event loop holds on to no task."""
