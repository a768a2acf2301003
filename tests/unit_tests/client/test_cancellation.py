"""Whoever breaks off a call leaves nothing of it on its way: no request, no task, no connection that is not free."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import httpx2
import pytest

from langchain_nuextract import ChatNuExtract
from langchain_nuextract.client.background_loop import CallGroup, Running, arun, run
from langchain_nuextract.testing import FakeEndpoint, FakeReply

MODEL = "numind/NuExtract3"


async def others() -> set[asyncio.Task[Any]]:
    return asyncio.all_tasks() - {asyncio.current_task()}  # type: ignore[arg-type]


def test_a_call_on_another_loop_has_ended_when_its_cancellation_is_raised() -> None:
    begun, ended = threading.Event(), threading.Event()

    async def endless() -> None:
        begun.set()
        try:
            await asyncio.sleep(600)
        finally:
            # As many turns of its loop as closing a connection may take.
            for _ in range(100):
                await asyncio.sleep(0)
            ended.set()

    async def main() -> bool:
        task = asyncio.create_task(arun(endless()))
        assert await asyncio.to_thread(begun.wait, 60)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return ended.is_set()

    assert asyncio.run(main())


def test_an_interrupt_before_a_call_has_begun_lets_it_never_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[int] = []

    async def work() -> None:
        done.append(1)

    def interrupted(_: Running[Any]) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Running, "begin", interrupted)
        with pytest.raises(KeyboardInterrupt):
            run(work())
    run(work())
    assert done == [1]


def test_calls_of_a_group_end_with_its_block_and_none_begins_later() -> None:
    begun, ended = threading.Semaphore(0), threading.Semaphore(0)

    async def endless(number: int) -> int:
        begun.release()
        try:
            await asyncio.sleep(600)
        finally:
            ended.release()
        return number

    def ask(number: int) -> int:
        return run(endless(number))

    def broken_off() -> list[Future[int]]:
        with ThreadPoolExecutor(3) as threads, suppress(LookupError), CallGroup() as calls:
            futures = [threads.submit(calls.call, ask, number) for number in range(9)]
            assert all(begun.acquire(timeout=60) for _ in range(3))
            raise LookupError
        return futures

    futures = broken_off()
    assert all(isinstance(each.exception(60), asyncio.CancelledError) for each in futures)
    assert [ended.acquire(timeout=60) for _ in range(3)] == [True] * 3
    assert not begun.acquire(blocking=False)


def test_a_group_that_ends_well_cancels_nothing() -> None:
    async def double(number: int) -> int:
        return 2 * number

    with CallGroup() as calls:
        assert calls.call(lambda number: run(double(number)), 2) == 4
    assert run(double(3)) == 6


class Slow(httpx2.SyncByteStream):
    def __init__(self) -> None:
        self.closed = threading.Event()

    def __iter__(self) -> Iterator[bytes]:
        yield b"{}"

    def close(self) -> None:
        self.closed.set()


def test_the_answer_to_a_call_of_a_callers_own_client_that_was_broken_off_is_closed_when_it_comes() -> None:
    begun, gate, answers = threading.Event(), threading.Event(), [Slow(), Slow()]

    def answer(request: httpx2.Request) -> httpx2.Response:
        begun.set()
        gate.wait(60)
        return httpx2.Response(200, stream=answers.pop(0), request=request)

    first = answers[0]

    async def main() -> None:
        with httpx2.Client(transport=httpx2.MockTransport(answer)) as own:
            llm = ChatNuExtract(model=MODEL, base_url="http://gpu.invalid/v1", http_client=own)
            task = asyncio.create_task(llm.ainvoke("x"))
            assert await asyncio.to_thread(begun.wait, 60)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            gate.set()
            assert await asyncio.to_thread(first.closed.wait, 60)
            await llm.aclose()

    asyncio.run(main())


class Gate(list[str]):
    """What an endpoint was asked for; it answers no question for its models before the gate is opened."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.opened, self.posted = threading.Event(), threading.Event(), threading.Semaphore(0)

    def append(self, path: str) -> None:
        super().append(path)
        if path.startswith("POST"):
            self.posted.release()
        if path == "GET /v1/models":
            self.begun.set()
            self.opened.wait(60)


def test_the_last_one_that_is_cancelled_gives_up_the_question_for_the_models() -> None:
    async def main() -> None:
        llm = ChatNuExtract(model=MODEL, base_url=endpoint.url, max_retries=0)
        tasks = [asyncio.create_task(llm.ainvoke("x")) for _ in range(2)]
        for wait in (paths.begun.wait, paths.posted.acquire, paths.posted.acquire):
            assert await asyncio.to_thread(wait, timeout=60)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert await others() == set()
        paths.opened.set()
        with pytest.raises(Exception, match="does not exist"):
            await llm.ainvoke("x")
        await llm.aclose()

    with FakeEndpoint(FakeReply(status=404, error="it does not exist")) as endpoint:
        paths = endpoint.paths = Gate()
        asyncio.run(main())
    assert paths.count("GET /v1/models") == 2
