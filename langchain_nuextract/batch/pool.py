"""A few workers who see to many documents."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Generic, Self, TypeAlias, TypeVar

from langchain_nuextract.batch.result import Result

Out = TypeVar("Out")

Delivered: TypeAlias = Result[Out] | BaseException
"""A result, or what broke the whole batch."""


class Pool(Generic[Out]):
    """Workers on one event loop: as many tasks as documents may be in flight, however many documents there are.

    Args:
        ask: What is done with a document and its place.
        deliver: Takes the results as they complete.
        size: How many workers.
    """

    def __init__(
        self,
        ask: Callable[[int, Any], Awaitable[Result[Out]]],
        deliver: Callable[[Delivered[Out]], object],
        *,
        size: int,
    ) -> None:
        self.loop = asyncio.get_running_loop()
        self._ask = ask
        self._deliver = deliver
        self._size = size
        self._given: asyncio.Queue[tuple[int, Any]] = asyncio.Queue()
        self._workers: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self._workers = [asyncio.create_task(self._work()) for _ in range(self._size)]
        return self

    async def __aexit__(self, *raised: object) -> None:
        """Drop what is not finished, and wait until all workers have ended."""
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)

    def give(self, index: int, document: Any) -> None:
        """Hand a document over; how many there may be is for the caller to say."""
        self._given.put_nowait((index, document))

    async def _work(self) -> None:
        while True:
            index, document = await self._given.get()
            try:
                result = await self._ask(index, document)
            except BaseException as error:
                # Whoever waits for this result would wait for ever.
                self._deliver(error)
                raise
            self._deliver(result)
