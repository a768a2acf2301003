"""Sync callers run async code on one loop of their own."""

import asyncio
import signal
import threading
from collections.abc import AsyncGenerator
from concurrent.futures import Future
from contextvars import ContextVar

import pytest

from langchain_nuextract.client import background_loop
from langchain_nuextract.client.background_generators import iterate
from langchain_nuextract.client.background_loop import run

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
        threading.Timer(0.5, signal.pthread_kill, [here, signal.SIGINT]).start()
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.01)
            ended.set()

    # Where the tests run in the background of a shell, it is ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            run(endless())
    finally:
        signal.signal(signal.SIGINT, before)
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


def test_what_the_collector_closes_on_the_loop_itself_is_closed_all_the_same() -> None:
    closed = threading.Event()

    async def endless() -> AsyncGenerator[int]:
        try:
            while True:
                yield 1
        finally:
            await asyncio.sleep(0)
            closed.set()

    numbers = iterate(endless())
    assert next(numbers) == 1

    async def close() -> None:
        numbers.close()

    run(close())
    assert closed.wait(60)


def test_a_generator_may_be_closed_while_another_call_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = threading.Event()

    async def endless() -> AsyncGenerator[int]:
        try:
            while True:
                yield 1
        finally:
            closed.set()

    async def one() -> int:
        return 1

    numbers = iterate(endless())
    assert next(numbers) == 1
    make = background_loop.Future

    def collect() -> Future[object]:
        """Make a future as `begin` does, where the collector may come in between."""
        monkeypatch.setattr(background_loop, "Future", make)
        numbers.close()
        return make()

    monkeypatch.setattr(background_loop, "Future", collect)
    assert run(one()) == 1
    assert closed.is_set()
