"""One event loop in a thread of its own: begun when first needed, and ended with the interpreter or when it is idle."""

import asyncio
import atexit
import os
from collections.abc import Coroutine
from concurrent.futures import Future
from dataclasses import dataclass
from threading import RLock, Thread, get_ident
from typing import Any, Final, Generic, TypeVar

T = TypeVar("T")

OWN_THREADS: Final = "nuextract-"
"""What the names of this package's threads begin with."""
_PARTING: Final = 5.0
"""Seconds that what is still open may take to close when the interpreter ends."""


@dataclass(eq=False)
class Running(Generic[T]):
    """A coroutine on its way on another thread's loop."""

    loop: asyncio.AbstractEventLoop
    coroutine: Coroutine[Any, Any, T]
    all_running: "set[Running[Any]]"
    """Those that have not ended, of which this is one."""
    ended: Future[asyncio.Task[T]]
    """Its task, when that has ended."""
    _task: asyncio.Task[T] | None = None

    def begin(self) -> None:
        """Begin it, with the context variables of the caller."""
        # The callback, and so the task, gets a copy of this thread's context.
        self.loop.call_soon_threadsafe(self._begin)

    def _begin(self) -> asyncio.Task[T]:
        if self._task is None:
            self._task = self.loop.create_task(self.coroutine)
            self._task.add_done_callback(self._end)
        return self._task

    def _end(self, task: asyncio.Task[T]) -> None:
        # Without the lock: whoever has it may be waiting for the loop.
        self.all_running.discard(self)
        self.ended.set_result(task)

    def cancel(self) -> None:
        """Cancel it; where it was not begun, it never does a thing."""
        self.loop.call_soon_threadsafe(self._cancel)

    def _cancel(self) -> None:
        # Ctrl-C may come before it is begun.
        self._begin().cancel()


class LoopThread:
    """The loop of this process, begun when first needed; a forked process gets one of its own."""

    def __init__(self) -> None:
        self.is_over = False
        """Whether the interpreter is ending."""
        self._forget()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._forget)
        atexit.register(self._end_for_good)

    def add(self, coroutine: Coroutine[Any, Any, T]) -> Running[T]:
        """Take a coroutine that is to be begun, so that the thread does not end meanwhile.

        Raises:
            RuntimeError: The interpreter is ending.
        """
        if self.is_over:
            # A thread that is begun now would be waited for and never come.
            coroutine.close()
            raise RuntimeError("nothing can be run any more: the interpreter is ending")
        with self._lock:
            if self._loop is None:
                self._begin_thread()
            assert self._loop is not None  # noqa: S101  # just made
            running = Running(self._loop, coroutine, self._running, Future())
            self._running.add(running)
            return running

    @property
    def is_begun(self) -> bool:
        """Whether there is a thread."""
        return self._thread is not None

    @property
    def is_here(self) -> bool:
        """Whether this is called on the loop."""
        return self._thread is not None and self._thread.ident == get_ident()

    def end_if_idle(self) -> None:
        """End the thread if nothing runs on its loop; the next call begins another."""
        with self._lock:
            if not self._running and not self.is_here:
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
        self._running: set[Running[Any]] = set()


async def _serve(begun: "Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]]") -> None:
    stop = asyncio.Event()
    begun.set_result((asyncio.get_running_loop(), stop))
    await stop.wait()
