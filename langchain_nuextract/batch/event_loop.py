"""What is done side by side on one event loop."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Generic, Self, TypeVar

T = TypeVar("T")
Item = TypeVar("Item")


class Later(Exception):  # nothing went wrong
    """What was given to a pool is to be tried again after some seconds; others are taken meanwhile."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class Pool(Generic[Item, T]):
    """Workers on the running loop: as many tasks as there may be calls under way, however many calls there are.

    Args:
        ask: What is called with each thing given. What it raises ends the worker, but for `Later`.
        deliver: Takes what comes back, or is raised, as calls complete.
        size: How many workers.
    """

    def __init__(
        self, ask: Callable[[Item], Awaitable[T]], deliver: Callable[[T | BaseException], object], *, size: int
    ) -> None:
        self.loop = asyncio.get_running_loop()
        self._ask = ask
        self._deliver = deliver
        self._size = size
        self._given: asyncio.Queue[Item] = asyncio.Queue()
        self._workers: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self._workers = [asyncio.create_task(self._work()) for _ in range(self._size)]
        return self

    async def __aexit__(self, *raised: object) -> None:
        """Drop what is not finished, and wait until all workers have ended."""
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)

    def give(self, given: Item) -> None:
        """Hand something over; how much there may be is for the caller to say."""
        self._given.put_nowait(given)

    async def _work(self) -> None:
        while True:
            given = await self._given.get()
            try:
                outcome = await self._ask(given)
            except Later as later:
                # The worker is free meanwhile: sleeping here, all of them might wait for the same other run.
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

    Raises:
        ValueError: The width is below 1, so that nobody would ever be called.
    """
    if width < 1:
        raise ValueError(f"max_concurrency must be at least 1, not {width}")

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
