"""Sync callers run async code on one loop of their own."""

import asyncio
import signal
import threading
from collections.abc import AsyncGenerator
from contextvars import ContextVar

import pytest

from langchain_nuextract.batch.event_loop import as_completed, iterate, run

COLOUR: ContextVar[str] = ContextVar("COLOUR")


async def test_it_works_where_a_loop_is_running() -> None:
    async def here() -> asyncio.AbstractEventLoop:
        return asyncio.get_running_loop()

    assert run(here()) is not asyncio.get_running_loop()
    assert run(here()) is run(here())


def test_the_caller_s_context_is_seen() -> None:
    async def seen() -> str:
        return COLOUR.get()

    COLOUR.set("green")
    assert run(seen()) == "green"


def test_what_fails_is_raised_here() -> None:
    async def fail() -> None:
        raise LookupError("no")

    with pytest.raises(LookupError, match="no"):
        run(fail())


def test_an_interrupt_ends_the_coroutine_before_it_is_raised() -> None:
    ended, here = threading.Event(), threading.get_ident()

    async def endless() -> None:
        threading.Timer(0.05, signal.pthread_kill, [here, signal.SIGINT]).start()
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.01)
            ended.set()

    with pytest.raises(KeyboardInterrupt):
        run(endless())
    assert ended.is_set()


def test_an_async_generator_is_iterated_and_closed() -> None:
    closed = threading.Event()

    async def count() -> AsyncGenerator[int | None]:
        try:
            for number in range(100):
                yield number or None
        finally:
            closed.set()

    numbers = iterate(count())
    assert [next(numbers), next(numbers)] == [None, 1]
    numbers.close()
    assert closed.is_set()
    assert list(iterate(count())) == [None, *range(1, 100)]


def test_waiting_for_oneself_is_refused() -> None:
    async def nothing() -> None:
        pass

    async def nested() -> None:
        run(nothing())

    with pytest.raises(RuntimeError, match="abatch"):
        run(nested())


async def test_so_many_are_asked_side_by_side_and_come_as_they_complete() -> None:
    under_way, most = 0, 0

    async def ask(number: int) -> int:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.001 * (10 - number))
        under_way -= 1
        if number == 3:
            raise LookupError(number)
        return number * 2

    outcomes = dict([each async for each in as_completed(ask, 10, width=4)])
    assert most == 4
    assert isinstance(outcomes.pop(3), LookupError)
    assert outcomes == {number: number * 2 for number in range(10) if number != 3}


async def test_closing_cancels_what_is_under_way() -> None:
    ended: list[int] = []

    async def ask(number: int) -> int:
        try:
            await asyncio.sleep(60 if number else 0)
        finally:
            ended.append(number)
        return number

    outcomes = as_completed(ask, 100, width=5)
    assert await anext(outcomes) == (0, 0)
    await outcomes.aclose()
    assert sorted(ended) == [0, 1, 2, 3, 4, 5]
    assert len(asyncio.all_tasks()) == 1


async def test_nothing_to_ask_gives_nothing() -> None:
    assert [each async for each in as_completed(asyncio.sleep, 0, width=4)] == []
