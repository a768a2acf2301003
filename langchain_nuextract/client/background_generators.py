"""Async generators that run on the background loop, for callers who are not on it."""

from collections.abc import AsyncGenerator, Generator
from threading import current_thread
from typing import Final, TypeVar

from langchain_nuextract.client.background_loop import BACKGROUND, OWN_THREADS, Running, Work, arun, run

T = TypeVar("T")

_DONE: Final = object()
"""Stands behind the last item."""
_unattended: Final[set[Running[object]]] = set()
"""What nobody waits for; an event loop holds on to no task."""


def iterate(source: AsyncGenerator[T]) -> Generator[T]:
    """Iterate over an async generator that runs on the background loop; closing this one closes that one."""
    try:
        while (item := run(_next(source))) is not _DONE:
            yield item  # pyright: ignore[reportReturnType]  # what is not `_DONE` is an item
    finally:
        end_in_background(source.aclose())


async def aiterate(source: AsyncGenerator[T]) -> AsyncGenerator[T]:
    """Do the same on another event loop."""
    try:
        while (item := await arun(_next(source))) is not _DONE:
            yield item  # pyright: ignore[reportReturnType]  # what is not `_DONE` is an item
    finally:
        await arun(source.aclose())


def end_in_background(closing: Work[object]) -> None:
    """Run what ends a generator of a caller's, and wait for it where that is possible.

    The collector of garbage closes a generator in whichever thread it happens to run: a batch whose consumer failed is
    in a circle with the traceback. In the threads of this package nothing waits, for it may be what they have to do.
    """
    if BACKGROUND.is_over:
        # The loop has ended before, and what ran on it with it.
        closing.close()
    elif current_thread().name.startswith(OWN_THREADS):
        running = BACKGROUND.add(closing)
        _unattended.add(running)
        running.ended.add_done_callback(lambda _: _unattended.discard(running))
        running.begin()
    else:
        run(closing)


async def _next(source: AsyncGenerator[T]) -> T | object:
    return await anext(source, _DONE)
