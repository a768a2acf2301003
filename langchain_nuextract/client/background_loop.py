"""One event loop in a thread of its own, for sync callers of what is async.

A thread for each sync call would cost more than the document that it waits for, and the connections to an endpoint are
kept from one call to the next. It also works where the caller's thread has a running loop, as in a notebook. The thread
begins with the first sync call, and ends with the interpreter, or when the last client that used it is closed.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from contextvars import ContextVar
from threading import Lock, current_thread
from typing import Any, Final, Self, TypeVar

from langchain_nuextract.client.loop_thread import OWN_THREADS, LoopThread, Running

T = TypeVar("T")
Given = TypeVar("Given")


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on the background loop and wait for it, with the context variables of the caller.

    Whatever interrupts the waiting, such as Ctrl-C, cancels the coroutine and waits until it has ended.

    Raises:
        RuntimeError: The caller is on the background loop itself, and would wait for ever.
        asyncio.CancelledError: The caller is in a `CallGroup` that was broken off.
    """
    if _background.is_here:
        coroutine.close()
        raise RuntimeError(
            "sync calls cannot be made on the event loop that runs them: await ainvoke or abatch instead"
        )
    group = _group.get()
    running = group.add(coroutine) if group else _background.add(coroutine)
    try:
        running.begin()
        task = running.ended.result()
    except BaseException:
        running.cancel()
        running.ended.result()
        raise
    return task.result()


async def arun(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on the background loop and await it; cancelling this cancels it, and waits until it has ended."""
    if _background.is_here:
        return await coroutine
    running = _background.add(coroutine)
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
        running = _background.add(closing)
        _unattended.add(running)
        running.ended.add_done_callback(lambda _: _unattended.discard(running))
        running.begin()
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


class CallGroup:
    """Sync calls from several threads that end together: where the block is left by an exception, Ctrl-C for one.

    What they have under way is cancelled, and they can begin nothing more, so that their threads end soon.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._running: set[Running[Any]] = set()
        self._is_over = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            with self._lock:
                self._is_over = True
                for running in [*self._running]:
                    running.cancel()

    def call(self, function: Callable[[Given], T], given: Given) -> T:
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

    def add(self, coroutine: Coroutine[Any, Any, T]) -> Running[T]:
        """Take what `run` is to begin."""
        with self._lock:
            if self._is_over:
                coroutine.close()
                raise asyncio.CancelledError
            running = _background.add(coroutine)
            self._running.add(running)
        running.ended.add_done_callback(lambda _: self._running.discard(running))
        return running


def can_wait() -> bool:
    """Tell whether the thread has begun, and the caller is not on its loop."""
    return _background.is_begun and not _background.is_here


def is_over() -> bool:
    """Tell whether the interpreter is ending, so that nothing can be run any more."""
    return _background.is_over


def end_if_idle() -> None:
    """End the thread if nothing runs on its loop; the next call begins another."""
    _background.end_if_idle()


_background = LoopThread()
_group: ContextVar[CallGroup | None] = ContextVar("_group", default=None)
_unattended: Final[set[Running[object]]] = set()
"""What nobody waits for; an event loop holds on to no task."""
