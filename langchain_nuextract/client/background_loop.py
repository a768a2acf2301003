"""One event loop in a thread of its own, for sync callers of what is async.

A thread for each sync call would cost more than the document that it waits for, and the connections to an endpoint are
kept from one call to the next. It also works where the caller's thread has a running loop, as in a notebook. The thread
begins with the first sync call, and ends with the interpreter, or when the last client that used it is closed.
"""

import asyncio
import atexit
import os
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextvars import ContextVar
from dataclasses import dataclass
from threading import Lock, RLock, Thread, get_ident
from typing import Final, Generic, Never, Self, TypeAlias, TypeVar
from weakref import WeakSet

T = TypeVar("T")
Work: TypeAlias = Coroutine[object, Never, T]
"""A call of an async function, which has not begun."""
Argument = TypeVar("Argument")

OWN_THREADS: Final = "nuextract-"
"""What the names of this package's threads begin with."""
_PARTING: Final = 5.0
"""Seconds that what is still open may take to close when the interpreter ends."""


@dataclass(eq=False)
class Running(Generic[T]):
    """A coroutine on its way on another thread's loop."""

    loop: asyncio.AbstractEventLoop
    coroutine: Work[T]
    all_running: set[object]
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
        # Ctrl-C may come before it is begun.
        self.loop.call_soon_threadsafe(lambda: self._begin().cancel())


class LoopThread:
    """The loop of this process, begun when first needed; a forked process gets one of its own."""

    def __init__(self) -> None:
        self.is_over = False
        """Whether the interpreter is ending."""
        self._forget()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._forget)
        atexit.register(self._end_for_good)

    def add(self, coroutine: Work[T]) -> Running[T]:
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
                begun: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()
                self._thread = Thread(target=asyncio.run, args=(_serve(begun),), name=f"{OWN_THREADS}loop", daemon=True)
                self._thread.start()
                self._loop, self._stop = begun.result()
            running = Running(self._loop, coroutine, self._running, Future())
            self._running.add(running)
            return running

    @property
    def is_here(self) -> bool:
        """Whether this is called on the loop."""
        return self._thread is not None and self._thread.ident == get_ident()

    @property
    def can_wait(self) -> bool:
        """Whether the thread has begun, and the caller is not on its loop."""
        return self._thread is not None and not self.is_here

    def keep_for(self, client: object) -> None:
        """Keep the loop as long as a client of the caller's is in use: its connections belong to it."""
        self._clients.add(client)

    def end_if_idle(self) -> None:
        """End the thread if nothing needs its loop; the next call begins another."""
        with self._lock:
            if not (self._running or self._clients or self.is_here):
                self._end(None)

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
        self._running: set[object] = set()
        self._clients: WeakSet[object] = WeakSet()


async def _serve(begun: "Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]]") -> None:
    stop = asyncio.Event()
    begun.set_result((asyncio.get_running_loop(), stop))
    await stop.wait()


BACKGROUND: Final = LoopThread()
"""The loop of this process."""
_group: ContextVar["CallGroup | None"] = ContextVar("_group", default=None)


def run(coroutine: Work[T]) -> T:
    """Run a coroutine on the background loop and wait for it, with the context variables of the caller.

    Whatever interrupts the waiting, such as Ctrl-C, cancels the coroutine and waits until it has ended.

    Raises:
        RuntimeError: The caller is on the background loop itself, and would wait for ever.
        asyncio.CancelledError: The caller is in a `CallGroup` that was broken off.
    """
    if BACKGROUND.is_here:
        coroutine.close()
        raise RuntimeError(
            "sync calls cannot be made on the event loop that runs them: await ainvoke or abatch instead"
        )
    group = _group.get()
    running = group.add(coroutine) if group else BACKGROUND.add(coroutine)
    try:
        running.begin()
        task = running.ended.result()
    except BaseException:
        running.cancel()
        running.ended.result()
        raise
    return task.result()


async def arun(coroutine: Work[T]) -> T:
    """Run a coroutine on the background loop and await it; cancelling this cancels it, and waits until it has ended."""
    if BACKGROUND.is_here:
        return await coroutine
    running = BACKGROUND.add(coroutine)
    running.begin()
    ended = asyncio.wrap_future(running.ended)
    try:
        task = await asyncio.shield(ended)
    except BaseException as error:
        running.cancel()
        if isinstance(error, asyncio.CancelledError):
            # Until then it may send another request, of which the caller would know nothing.
            await asyncio.wait([ended])
        raise
    return task.result()


class CallGroup:
    """Sync calls from several threads that end together: where the block is left by an exception, Ctrl-C for one.

    What they have under way is cancelled, and they can begin nothing more, so that their threads end soon.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._cancels: set[Callable[[], None]] = set()
        self._is_over = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            with self._lock:
                self._is_over = True
                for cancel in [*self._cancels]:
                    cancel()

    def call(self, function: Callable[[Argument], T], given: Argument) -> T:
        """Call a function in this thread, as one of the group.

        Raises:
            asyncio.CancelledError: The block was left by an exception.
        """
        if self._is_over:
            raise asyncio.CancelledError
        token = _group.set(self)
        try:
            return function(given)
        finally:
            _group.reset(token)

    def add(self, coroutine: Work[T]) -> Running[T]:
        """Take what `run` is to begin."""
        with self._lock:
            if self._is_over:
                coroutine.close()
                raise asyncio.CancelledError
            running = BACKGROUND.add(coroutine)
            self._cancels.add(running.cancel)
        running.ended.add_done_callback(lambda _: self._cancels.discard(running.cancel))
        return running
