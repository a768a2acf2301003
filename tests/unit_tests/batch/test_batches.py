"""Batches of any size over real HTTP: order, errors as values, constant memory, storms and cancelled runs."""

import asyncio
import gc
import random
import re
import signal
import subprocess
import sys
import threading
import time
import weakref
from contextlib import aclosing, closing
from pathlib import Path

import pytest
from langchain_core.documents import Document
from langchain_core.language_models import FakeListChatModel
from langchain_core.messages import HumanMessage
from pydantic import BaseModel

from langchain_nuextract import (
    ChatNuExtract,
    InvalidExtraction,
    NuExtractError,
    NuExtractor,
    RecoveryPolicy,
    counters,
)
from langchain_nuextract.client import background_loop
from langchain_nuextract.testing import FakeEndpoint, FakeReply


class Numbered(BaseModel):
    number: int


def number_in(received):
    return int(re.findall(r"number (\d+)", received.text)[-1])


def right(received):
    return {"number": number_in(received)}


def numbered(count):
    return (f"number {index}" for index in range(count))


def extractor(endpoint, **settings):
    llm = ChatNuExtract(model="numind/NuExtract3", base_url=endpoint.url, **{"max_retries": 3, **settings})
    return NuExtractor(Numbered, llm=llm)


@pytest.fixture(params=["extract_many", "aextract_many"])
def many(request):
    """Extract from many documents in one of the two ways."""

    def run(extract, documents, **options):
        if request.param == "extract_many":
            return list(extract.extract_many(documents, **options))

        async def collect():
            return [result async for result in extract.aextract_many(documents, **options)]

        return asyncio.run(collect())

    return run


@pytest.mark.usefixtures("kept_connections")
@pytest.mark.parametrize("count", [0, 1, 300], ids=["none", "one", "many"])
def test_each_document_has_its_result_in_order(many, count):
    with FakeEndpoint(lambda received: FakeReply(right(received), delay=number_in(received) % 3 / 100)) as endpoint:
        results = many(extractor(endpoint), numbered(count), max_concurrency=16)
    assert [(one.index, one.document, one.value) for one in results] == [
        (index, f"number {index}", Numbered(number=index)) for index in range(count)
    ]
    assert endpoint.connections <= 16


def test_results_may_come_as_they_complete(many):
    last_came = threading.Event()

    def answer(received):
        if number_in(received) == 49:
            last_came.set()
        if number_in(received) == 0:
            assert last_came.wait(30)
        return right(received)

    with FakeEndpoint(answer) as endpoint:
        results = many(extractor(endpoint), numbered(50), in_order=False, max_concurrency=4)
    assert 0 not in [one.index for one in results[:40]]
    assert {one.index: one.unwrap().number for one in results} == {index: index for index in range(50)}


def test_the_detailed_form_gives_extractions(many):
    with FakeEndpoint(right) as endpoint:
        (result,) = many(extractor(endpoint).detailed, ["number 7"])
    assert result.value.value == Numbered(number=7)
    assert result.value.evidence[0].span.start == 7
    assert result.usage == result.value.usage


def test_errors_are_values(many):
    documents = ["number 1", " ", 5, "number 2"]
    with FakeEndpoint(lambda received: {"number": "?"} if "1" in received.text else right(received)) as endpoint:
        invalid, blank, wrong, good = many(extractor(endpoint), documents)
    assert isinstance(invalid.error, InvalidExtraction)
    assert invalid.usage.input_tokens > 0
    assert isinstance(blank.error, ValueError)
    assert isinstance(wrong.error, TypeError)
    assert good.unwrap() == Numbered(number=2)
    with pytest.raises(InvalidExtraction):
        invalid.unwrap()


def test_an_error_may_end_the_batch(many):
    with FakeEndpoint(right) as endpoint, pytest.raises(ValueError, match="empty"):
        many(extractor(endpoint), ["number 1", " ", "number 2"], on_error="raise")


def test_what_the_documents_raise_is_raised(many):
    def documents():
        yield "number 1"
        raise LookupError("the shelf is empty")

    with FakeEndpoint(right) as endpoint, pytest.raises(LookupError):
        many(extractor(endpoint), documents())


def test_what_came_before_a_failure_of_the_documents_is_handed_out_first():
    def documents():
        yield from numbered(30)
        raise LookupError("the shelf is empty")

    async def adocuments():
        for document in documents():
            yield document

    async def collect(extract, seen):
        async for result in extract.aextract_many(adocuments()):
            seen.append(result.index)

    with FakeEndpoint(right) as endpoint:
        seen, aseen = [], []
        with pytest.raises(LookupError):
            seen.extend(result.index for result in extractor(endpoint).extract_many(documents()))
        with pytest.raises(LookupError):
            asyncio.run(collect(extractor(endpoint), aseen))
    assert aseen == seen == list(range(30))


@pytest.mark.parametrize(
    "document", ["number 1", b"number 1", Document("number 1"), HumanMessage("number 1")], ids=type
)
def test_one_document_is_not_taken_for_many(many, document):
    with FakeEndpoint(right) as endpoint, pytest.raises(TypeError, match="pass \\[document\\]"):
        many(extractor(endpoint), document)
    assert not endpoint.requests


def test_documents_may_come_from_an_async_generator():
    async def documents():
        for document in numbered(20):
            await asyncio.sleep(0)
            yield document

    async def collect(extract):
        return [result.unwrap().number async for result in extract.aextract_many(documents())]

    with FakeEndpoint(right) as endpoint:
        assert asyncio.run(collect(extractor(endpoint))) == list(range(20))


def test_the_sync_iterator_works_beside_a_running_loop():
    async def notebook(extract):
        return [result.unwrap().number for result in extract.extract_many(numbered(5))]

    with FakeEndpoint(right) as endpoint:
        assert asyncio.run(notebook(extractor(endpoint))) == list(range(5))


def test_documents_are_taken_in_the_callers_thread():
    threads = []

    def documents():
        for document in numbered(20):
            threads.append(threading.get_ident())
            yield document

    with FakeEndpoint(right) as endpoint:
        list(extractor(endpoint).extract_many(documents()))
    assert set(threads) == {threading.get_ident()}


@pytest.mark.parametrize("in_order", [True, False], ids=["in-order", "as-completed"])
def test_a_slow_consumer_is_not_run_ahead_of(in_order):
    taken = []

    def documents():
        for index in range(1000):
            taken.append(index)
            yield f"number {index}"

    with FakeEndpoint(right) as endpoint:
        results = extractor(endpoint).extract_many(documents(), max_concurrency=4, in_order=in_order)
        with closing(results):
            for _ in range(10):
                next(results)
                time.sleep(0.02)
    assert len(taken) <= 10 + 4 * 4


def test_a_document_is_taken_for_each_result_also_where_more_results_are_ready():
    taken, filled, before = [], threading.Event(), counters.read()

    def documents():
        for index in range(40):
            taken.append(index)
            if len(taken) == 16:
                filled.set()
            yield f"number {index}"

    def once_filled(received):
        assert filled.wait(60)
        return right(received)

    with FakeEndpoint(once_filled) as endpoint:
        results = extractor(endpoint).extract_many(documents(), max_concurrency=4)
        with closing(results):
            next(results)
            while counters.read().documents < before.documents + 16:
                time.sleep(0.01)
            for fetched in range(1, 9):
                next(results)
                assert len(taken) >= 15 + fetched


def test_documents_behind_a_slow_one_are_bounded():
    taken = []

    def documents():
        for index in range(200):
            taken.append(index)
            yield f"number {index}"

    def answer(received):
        until = time.monotonic() + 30
        while number_in(received) == 0 and len(taken) < 16 and time.monotonic() < until:
            time.sleep(0.02)
        return FakeReply(right(received), delay=0 if number_in(received) else 0.3)

    with FakeEndpoint(answer) as endpoint:
        results = extractor(endpoint).extract_many(documents(), max_concurrency=4)
        assert next(results).index == 0
        assert len(taken) == 16
        assert [one.index for one in results] == list(range(1, 200))


def test_nothing_is_kept_of_what_was_handed_out():
    alive = weakref.WeakSet()
    most = 0

    class Leaf(list):
        __hash__ = object.__hash__

    def documents():
        nonlocal most
        for index in range(600):
            leaf = Leaf([f"number {index}"])
            alive.add(leaf)
            most = max(most, len(alive))
            yield leaf

    with FakeEndpoint(right) as endpoint:
        count = 0
        for result in extractor(endpoint).extract_many(documents(), max_concurrency=8):
            count += result.value is not None
    assert count == 600
    # Those in the window, and the last one of each worker.
    assert most <= 8 * 4 + 8 + 3


def test_a_wrong_option_is_refused(many):
    with FakeEndpoint() as endpoint:
        with pytest.raises(ValueError, match="max_concurrency"):
            many(extractor(endpoint), [], max_concurrency=0)
        with pytest.raises(TypeError, match="speed"):
            many(extractor(endpoint), [], speed=1)
        with pytest.raises(TypeError, match="list of addresses"):
            many(extractor(endpoint), [], endpoints=endpoint.url)


def test_any_chat_model_may_be_asked(many):
    extract = NuExtractor(Numbered, llm=FakeListChatModel(responses=['{"number": 3}']), dialect="instruct")
    assert [result.value for result in many(extract, ["three"])] == [Numbered(number=3)]
    with pytest.raises(ValueError, match="ChatNuExtract"):
        many(extract, ["three"], endpoints=["http://127.0.0.1:1/v1"])


def test_progress_is_shown_at_a_terminal(many, capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with FakeEndpoint(right) as endpoint:
        many(extractor(endpoint), [*numbered(20), " "], progress=True)
    shown = capsys.readouterr().err
    assert "21/21" in shown
    assert "doc/s" in shown
    assert "failed=1" in shown
    assert "tokens=80" in shown


def test_progress_fills_no_log(many, capsys):
    with FakeEndpoint(right) as endpoint:
        many(extractor(endpoint), numbered(3), progress=True)
    assert capsys.readouterr().err == ""


def test_without_tqdm_there_is_no_progress_and_a_reason(many, caplog, monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    with FakeEndpoint(right) as endpoint:
        assert len(many(extractor(endpoint), numbered(3), progress=True)) == 3
    assert "langchain-nuextract[cli]" in caplog.text


def test_an_abandoned_async_batch_leaves_nothing_behind():
    async def abandon(extract):
        results = extract.aextract_many(numbered(10_000), max_concurrency=16)
        async with aclosing(results):
            for _ in range(3):
                await anext(results)
        return asyncio.all_tasks() - {asyncio.current_task()}

    slow = FakeEndpoint(lambda received: FakeReply(right(received), delay=0 if number_in(received) < 8 else 2))
    with slow as endpoint:
        assert asyncio.run(abandon(extractor(endpoint))) == set()
        assert closed(endpoint)


def test_a_cancelled_async_batch_leaves_nothing_behind():
    async def cancel(extract):
        async def consume():
            async for _ in extract.aextract_many(numbered(10_000), max_concurrency=16):
                pass

        task = asyncio.create_task(consume())
        await asyncio.sleep(0.3)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return asyncio.all_tasks() - {asyncio.current_task()}

    with FakeEndpoint(FakeReply({}, delay=2)) as endpoint:
        assert asyncio.run(cancel(extractor(endpoint))) == set()
        assert closed(endpoint)


def test_an_abandoned_sync_batch_leaves_nothing_behind():
    slow = FakeEndpoint(lambda received: FakeReply(right(received), delay=0 if number_in(received) < 8 else 2))
    with slow as endpoint:
        extract = extractor(endpoint)
        results = extract.extract_many(numbered(10_000), max_concurrency=16)
        assert next(results).index == 0
        threads = threading.active_count()
        results.close()
        assert closed(endpoint)
        # The server ends the threads of the connections.
        assert soon(lambda: threading.active_count() < threads)


INTERRUPTED = """
import sys
from types import SimpleNamespace
from tests.unit_tests.batch.test_batches import extractor, numbered

checkpoint = sys.argv[3] or None
results = extractor(SimpleNamespace(url=sys.argv[1])).extract_many(
    numbered(10_000), max_concurrency=16, checkpoint=checkpoint
)
print(next(results).index, flush=True)
if sys.argv[2] == "interrupt":
    list(results)
held = [results]
held.append(held)
if sys.argv[2] == "error":
    raise LookupError
"""


ENDS = {"interrupt": (-signal.SIGINT, ["KeyboardInterrupt"]), "end": (0, []), "error": (1, ["LookupError"])}


def test_a_batch_that_the_collector_finds_on_the_loop_itself_leaves_nothing_behind():
    """A consumer who raises the error of a result leaves the batch in a circle with the traceback."""
    with FakeEndpoint(
        lambda received: FakeReply(right(received), delay=0 if number_in(received) < 8 else 2)
    ) as endpoint:
        results = extractor(endpoint).extract_many(numbered(10_000), max_concurrency=16)
        assert next(results).index == 0
        circle = [results]
        circle.append(circle)
        del results, circle

        async def collect():
            gc.collect()

        background_loop.run(collect())
        assert closed(endpoint)


@pytest.mark.parametrize(
    ("how", "checkpoint"), [("interrupt", ""), ("end", ""), ("interrupt", "run.db"), ("error", "run.db")]
)
def test_a_process_that_gives_a_batch_up_ends_soon(how, checkpoint, tmp_path):
    with FakeEndpoint(lambda received: FakeReply(right(received), delay=0.2)) as endpoint:
        process = subprocess.Popen(
            [sys.executable, "-c", INTERRUPTED, endpoint.url, how, checkpoint and str(tmp_path / checkpoint)],
            cwd=Path(__file__).parents[3],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdout.readline() == "0\n"
        if how == "interrupt":
            process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=110)
    assert (process.returncode, told.strip().splitlines()[-1:]) == ENDS[how]


def closed(endpoint):
    """Tell whether all connections to an endpoint end soon."""
    gc.collect()
    return soon(lambda: not endpoint._server._open)


def soon(is_so, patience=120.0):
    """Tell whether something becomes so."""
    until = time.monotonic() + patience
    while not is_so() and time.monotonic() < until:
        time.sleep(0.02)
    return is_so()


FAULTS = (
    FakeReply(status=429, headers={"Retry-After": "0.1"}),
    FakeReply(status=503),
    FakeReply(fault="drop"),
    FakeReply({}, fault="cut"),
    FakeReply({}, fault="stall"),
    FakeReply(body="<html>the gateway is tired</html>"),
    FakeReply("I cannot read this"),
)


def test_a_storm_loses_and_doubles_nothing():
    """A fifth of all requests fails, each in one of seven ways."""
    chance = random.Random(5)

    def weather(received):
        return chance.choice(FAULTS) if chance.random() < 0.2 else right(received)

    with FakeEndpoint(weather) as endpoint:
        # Silence is waited for to its end, and every other reply must have come by then.
        extract = extractor(endpoint, timeout=2.0)
        results = list(extract.extract_many(numbered(300), max_concurrency=64))
    assert [one.index for one in results] == list(range(300))
    good = [one for one in results if one.error is None]
    assert all(one.value.number == one.index for one in good)
    assert all(isinstance(one.error, NuExtractError) for one in results if one.error is not None)
    assert len(good) > 270


def test_recovery_is_part_of_it(many):
    replies = iter(["nothing", {"number": 1}])
    with FakeEndpoint(lambda _: next(replies)) as endpoint:
        extract = NuExtractor(
            Numbered, model="numind/NuExtract3", base_url=endpoint.url, recovery=RecoveryPolicy(max_calls=2)
        )
        assert [one.value for one in many(extract, ["number 1"])] == [Numbered(number=1)]
