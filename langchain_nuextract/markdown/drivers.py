"""Driving many writings side by side: threads for sync calls, tasks for async ones, under one bound."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from contextlib import aclosing, closing
from functools import partial
from time import perf_counter
from typing import Final
from weakref import WeakKeyDictionary

from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import get_executor_for_config

from langchain_nuextract.client.background_loop import CallGroup
from langchain_nuextract.dialects.messages import Piece, Reply, Request, joined_reply
from langchain_nuextract.engine.caller import Caller
from langchain_nuextract.errors import ContextOverflow
from langchain_nuextract.markdown.reading import WrittenMarkdown
from langchain_nuextract.markdown.writing import Writing

Watch = Callable[[str], bool]
"""Tells whether the rest of an answer is not worth waiting for."""

_LOOK: Final = 256
"""Characters after which a loop is looked for."""
_TAIL: Final = 12_800


class Slots:
    """How many requests may be on their way at once, over all threads and tasks that share these."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.sync = threading.BoundedSemaphore(limit)
        """For a thread."""
        self._loops: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()

    def __reduce__(self) -> tuple[type["Slots"], tuple[int]]:
        return Slots, (self.limit,)

    @property
    def on_loop(self) -> asyncio.Semaphore:
        """For a task of the running event loop."""
        # A semaphore of asyncio's belongs to one loop; each `asyncio.run` has another.
        return self._loops.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(self.limit))


def run_all(
    jobs: Sequence[tuple[Writing, Watch]], caller: Caller, slots: Slots, config: RunnableConfig
) -> list[WrittenMarkdown]:
    """Drive writings side by side."""
    # More threads than requests would wait with a rendered page each.
    width = min(slots.limit, len(jobs)) or 1
    with get_executor_for_config({**config, "max_concurrency": width}) as pool, CallGroup() as calls:
        return list(pool.map(partial(calls.call, partial(_drive, caller, slots)), jobs))


async def arun_all(jobs: Sequence[tuple[Writing, Watch]], caller: Caller, slots: Slots) -> list[WrittenMarkdown]:
    """Do the same on an event loop; the first error ends them all."""
    tasks = [asyncio.ensure_future(_adrive(caller, slots, job)) for job in jobs]
    try:
        return await asyncio.gather(*tasks)
    finally:
        # Those that are done take no notice.
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _drive(caller: Caller, slots: Slots, job: tuple[Writing, Watch]) -> WrittenMarkdown:
    writing, watch = job
    request: Request | None = None
    try:
        while True:
            with slots.sync:
                # A page is rendered by the first step, so no more of them are held than are on their way.
                request = request or next(writing)
                try:
                    reply = _receive(caller, request, watch)
                except ContextOverflow as error:
                    # HTML that is too long ends its writing here, by StopIteration; a page has no smaller piece.
                    writing.throw(error)
                    raise
            request = writing.send(reply)
    except StopIteration as done:
        return done.value


async def _adrive(caller: Caller, slots: Slots, job: tuple[Writing, Watch]) -> WrittenMarkdown:
    writing, watch = job
    request: Request | None = None
    try:
        while True:
            async with slots.on_loop:
                request = request or await asyncio.to_thread(next, writing)
                try:
                    reply = await _areceive(caller, request, watch)
                except ContextOverflow as error:
                    writing.throw(error)
                    raise
            request = writing.send(reply)
    except StopIteration as done:
        return done.value


def _receive(caller: Caller, request: Request, watch: Watch) -> Reply:
    received = _Received(watch)
    with closing(caller.stream(request)) as pieces:
        for piece in pieces:
            if received.add(piece):
                break
    return received.reply()


async def _areceive(caller: Caller, request: Request, watch: Watch) -> Reply:
    received = _Received(watch)
    async with aclosing(caller.astream(request)) as pieces:
        async for piece in pieces:
            if received.add(piece):
                break
    return received.reply()


class _Received:
    """A reply while it comes in."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._pieces: list[Piece] = []
        self._tail = ""
        self._unseen = 0
        self._loops = False
        self._started = perf_counter()

    def add(self, piece: Piece) -> bool:
        """Take a piece; tells whether the model runs in circles, which is looked at now and then."""
        self._pieces.append(piece)
        # Looking back at the whole answer each time would take time quadratic in it.
        self._tail += piece.text
        self._unseen += len(piece.text)
        if self._unseen >= _LOOK:
            self._tail, self._unseen = self._tail[-_TAIL:], 0
            self._loops = self._watch(self._tail)
        return self._loops

    def reply(self) -> Reply:
        """Put together what came."""
        return joined_reply(self._pieces, perf_counter() - self._started, "repetition" if self._loops else None)
