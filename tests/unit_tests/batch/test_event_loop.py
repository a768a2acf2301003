"""Calls side by side on one event loop."""

import asyncio

from langchain_nuextract.batch.event_loop import as_completed


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
