"""Runs over long documents that are stopped: killed, cancelled, out of budget, in trouble with the endpoint."""

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections import Counter
from contextlib import closing
from itertools import count
from typing import Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler

from langchain_nuextract import EndpointError, InvalidExtraction, LongExtraction, NuExtractor, RecoveryPolicy
from langchain_nuextract.engine.long import drivers
from langchain_nuextract.testing import FakeEndpoint, FakeReply
from tests.long_documents import Ledger, ledger, reads
from tests.pdfs import lines, pdf, scan

MODEL = "numind/NuExtract3"
PAGES = "numind/NuExtract-2.0-2B"
WORLD = ledger(5, 120)
SIZE = 700


def extractor(endpoint: FakeEndpoint, schema: Any = Ledger, **settings: Any) -> NuExtractor[Any]:
    return NuExtractor(schema, **{"model": MODEL, "base_url": endpoint.url, "max_retries": 0, **settings})


def bodies(endpoint):
    """How often each request was sent."""
    return Counter(json.dumps(each.body, sort_keys=True) for each in endpoint.requests)


# Killed


KILLED = """
import sys
from tests.unit_tests.runnables.test_long_runs import Ledger, NuExtractor, MODEL, SIZE, WORLD
url, path = sys.argv[1:]
long = NuExtractor(Ledger, model=MODEL, base_url=url).long(chunk_characters=SIZE, max_concurrency=2)
list(long.extract_many([WORLD.text], checkpoint=path))
"""


def test_after_a_kill_nothing_is_asked_twice_but_what_was_under_way(tmp_path):
    script, path, after = reads(WORLD), tmp_path / "run.db", 8
    reached, killed = threading.Event(), threading.Event()

    def stalls(received):
        if len(endpoint.requests) >= after and not killed.is_set():
            reached.set()
            killed.wait(60)
        return script(received)

    with FakeEndpoint(stalls) as endpoint:
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        with subprocess.Popen([sys.executable, "-c", KILLED, endpoint.url, str(path)], env=environment) as process:
            try:
                assert reached.wait(200)
            finally:
                process.send_signal(signal.SIGKILL)
                process.wait()
                killed.set()
        before = bodies(endpoint)
        long = extractor(endpoint).long(chunk_characters=SIZE, max_concurrency=2)
        (result,) = long.detailed.extract_many([WORLD.text], checkpoint=path)
        again = {body: times for body, times in bodies(endpoint).items() if times > 1}
    assert result.value.value == Ledger(**WORLD.gold)
    assert sum(before.values()) >= after
    # Two were under way, and the reply to one more may have come as it was killed.
    assert len(again) <= 3
    assert set(again.values()) <= {2}
    assert len(result.value.attempts) > after


def wait_for_kept(path, count):
    """Wait until so many replies about parts of documents are in a checkpoint."""
    for _ in range(12_000):
        try:
            with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as file:
                (kept,) = file.execute("select count(*) from results where key like '%/%'").fetchone()
        except sqlite3.OperationalError:
            kept = 0
        if kept >= count:
            return
        threading.Event().wait(0.01)
    raise AssertionError


def test_a_finished_document_is_not_asked_about_again_by_a_process_that_knows_no_limit_of_images(tmp_path):
    document = pdf(*[lines(f"Rope of {number}") for number in range(1, 6)])

    def script(received):
        pictures = json.dumps(received.body["messages"]).count("image_url") // 2
        if pictures > 2:
            return FakeReply(status=400, error="At most 2 image(s) may be provided in one prompt.")
        return {"names": ["a"] * pictures, "title": None}

    with FakeEndpoint(script) as endpoint:
        # Each extractor has learned nothing, as in a process of its own.
        (first,) = extractor(endpoint, NAMES).extract_many([document], checkpoint=tmp_path / "run.db")
        begun = len(endpoint.requests)
        (second,) = extractor(endpoint, NAMES).detailed.extract_many([document], checkpoint=tmp_path / "run.db")
        assert len(endpoint.requests) == begun == 4
    assert second.reused
    assert first.value == second.value.value == {"names": ["a"] * 5, "title": None}


NAMES = {"names": ["string"], "title": "string"}


def scans(count):
    return scan(*[(60 + number, 80) for number in range(count)])


@pytest.mark.parametrize("long", [None, "auto"])
def test_pages_that_were_read_are_not_asked_about_again_by_the_next_run(long, tmp_path):
    limit, path, document, numbers = 3, tmp_path / "run.db", scans(6), count(1)

    def script(received):
        number = next(numbers)
        if number > limit:
            wait_for_kept(path, limit)
            return FakeReply(status=401, error="no")
        return {"names": [f"n{number}"], "title": None}

    with FakeEndpoint(script) as endpoint:
        extract = extractor(endpoint, NAMES, model=PAGES, long=long)
        with pytest.raises(EndpointError, match="401"):
            list(extract.extract_many([document], checkpoint=path))
        begun, limit = len(endpoint.requests), 1_000
        (result,) = extract.extract_many([document], checkpoint=path)
        assert len(endpoint.requests) == begun + 3
        (kept,) = extract.detailed.extract_many([document], checkpoint=path)
        assert len(endpoint.requests) == begun + 3
    assert kept.reused
    assert sorted(result.value["names"])[:3] == ["n1", "n2", "n3"]
    assert len(result.value["names"]) == len(kept.value.by_page) == 6


def test_a_text_that_is_read_in_chunks_by_itself_goes_on_where_it_was_stopped(tmp_path):
    world, path, answered = ledger(7, 400), tmp_path / "run.db", []
    script, limit, numbers = reads(world), 2, count()

    def answers(received):
        if len(received.text) > len(world.text) / 3:
            return FakeReply(status=400, error="This model's maximum context length is 4096 tokens.")
        if next(numbers) >= limit:
            wait_for_kept(path, limit)
            return FakeReply(status=401, error="no")
        answered.append(json.dumps(received.body, sort_keys=True))
        return script(received)

    with FakeEndpoint(answers) as endpoint:
        extract = extractor(endpoint, long="auto")
        (first,) = extract.detailed.extract_many([world.text], checkpoint=path)
        assert first.value.is_unfinished
        known, limit = [*answered], 1_000
        (result,) = extract.detailed.extract_many([world.text], checkpoint=path)
        sent = bodies(endpoint)
    assert result.value.value == Ledger(**world.gold)
    assert [sent[each] for each in known] == [1, 1]


# Pages side by side


def test_pages_are_asked_about_side_by_side_and_joined_in_their_order(run):
    together = threading.Barrier(5)
    numbers = {}

    def script(received):
        # Nothing is answered before all are there.
        together.wait(30)
        picture = json.dumps(received.body["messages"])
        return {"names": [numbers[picture]], "title": None}

    document = scans(5)
    with FakeEndpoint({"names": [], "title": None}) as endpoint:
        # One after the other, to learn which picture is which.
        for _ in extractor(endpoint, NAMES, model=PAGES).stream(document):
            pass
        numbers.update({json.dumps(each.body["messages"]): f"n{at}" for at, each in enumerate(endpoint.requests)})
    with FakeEndpoint(script) as endpoint:
        details = run(extractor(endpoint, NAMES, model=PAGES).detailed, document)
    assert details.value["names"] == ["n0", "n1", "n2", "n3", "n4"]
    assert [each.name for each in details.windows] == [f"page {number}" for number in range(1, 6)]
    assert isinstance(details, LongExtraction)


def test_a_page_that_the_endpoint_fails_on_ends_it_all_unless_the_document_is_a_long_one(run):
    def script(received):
        if json.dumps(received.body["messages"]) == broken:
            return FakeReply(status=503, error="busy")
        return {"names": ["a"], "title": None}

    broken, document = "", scans(3)
    with FakeEndpoint(script) as endpoint:
        extract = extractor(endpoint, NAMES, model=PAGES)
        list(extract.stream(document))
        broken = json.dumps(endpoint.requests[1].body["messages"])
        with pytest.raises(EndpointError, match="busy"):
            run(extract, document)
        details = run(extract.long(chunk_characters=1_000_000).detailed, document)
    assert [bool(each.error) for each in details.chunks] == [False, True, False]
    assert details.value["names"] == ["a", "a"]
    assert details.is_unfinished


def test_a_page_without_an_answer_is_a_problem_that_names_it(run):
    with FakeEndpoint({"names": ["a"], "title": "t"}, "none") as endpoint:
        extract = extractor(endpoint, NAMES, model=PAGES, recovery=RecoveryPolicy(max_calls=1))
        with pytest.raises(InvalidExtraction, match=r"page [12] failed"):
            run(extract, pdf(lines("Rope"), lines("Sail")))


# Budgets


@pytest.mark.parametrize("calls", [1, 4, 9])
def test_no_more_is_asked_of_all_chunks_together_than_the_budget_has(calls, run):
    with FakeEndpoint(reads(WORLD)) as endpoint:
        policy = RecoveryPolicy(max_calls=calls)
        details = run(extractor(endpoint).long(chunk_characters=SIZE, recovery=policy).detailed, WORLD.text)
        assert len(endpoint.requests) == len(details.attempts) == calls
    left = [each for each in details.chunks if each.error]
    assert len(left) == len(details.chunks) - calls
    assert all("budget" in each.error for each in left)
    assert {span for each in left for span in [each.core]} <= {*details.uncovered} | {each.core for each in left}


def test_after_the_seconds_of_the_budget_nothing_more_is_begun(run):
    begun = threading.Event()
    script = reads(WORLD)

    def slow(received):
        # The first reply comes when the time of the budget is over.
        if not begun.is_set():
            begun.set()
            threading.Event().wait(0.4)
        return script(received)

    with FakeEndpoint(slow) as endpoint:
        policy = RecoveryPolicy(max_calls=10_000, max_seconds=0.2)
        long = extractor(endpoint).long(chunk_characters=SIZE, recovery=policy, max_concurrency=1)
        try:
            details = run(long.detailed, WORLD.text)
        except EndpointError:
            assert len(endpoint.requests) <= 1
        else:
            assert len(endpoint.requests) < len(details.chunks)
            assert details.uncovered


# Chunks that fail


def broken_chunks(failing, error):
    script = reads(WORLD)

    def answers(received):
        return error if any(each in received.text for each in failing) else script(received)

    return answers


ROW = WORLD.rows[60]
LOST = WORLD.text[ROW.start : ROW.end].strip()


@pytest.mark.parametrize("error", [FakeReply(status=503, error="busy"), FakeReply(status=400, error="no such thing")])
def test_a_chunk_that_fails_is_said_or_raised_and_never_dropped(error, run):
    with FakeEndpoint(broken_chunks([LOST], error)) as endpoint:
        extract = extractor(endpoint)
        details = run(extract.long(chunk_characters=SIZE).detailed, WORLD.text)
        failed = [each for each in details.chunks if each.error]
        assert failed
        assert any(span.start <= ROW.start < span.end for span in details.uncovered)
        assert any("failed" in str(problem) for problem in details.problems)
        found = {json.dumps(each.model_dump()) for each in details.value.bookings}
        missing = [row for row in WORLD.rows if json.dumps(row.value) not in found]
        cores = [each.core for each in failed]
        assert all(any(core.start <= row.start < core.end for core in cores) for row in missing)
        with pytest.raises(EndpointError):
            run(extract.long(chunk_characters=SIZE, on_chunk_error="raise"), WORLD.text)


def test_where_a_chunks_error_is_raised_the_others_are_not_waited_for():
    script, gate, long = reads(WORLD), threading.Event(), None

    def answers(received):
        if WORLD.text.startswith(received.text[:30]):
            return FakeReply(status=503, error="busy")
        gate.wait(60)
        return script(received)

    async def main():
        with pytest.raises(EndpointError, match="busy"):
            await long.ainvoke(WORLD.text)
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        gate.set()
        await long.aclose()
        return tasks

    with FakeEndpoint(answers) as endpoint:
        long = extractor(endpoint).long(chunk_characters=SIZE, on_chunk_error="raise", max_concurrency=4)
        assert asyncio.run(main()) == set()
        assert len(endpoint.requests) <= 5


# Cancelled


@pytest.mark.parametrize("way", ["ainvoke", "astream", "abatch"])
def test_what_is_broken_off_leaves_no_task_and_asks_nothing_more(way):
    script, begun, gate = reads(WORLD), threading.Semaphore(0), threading.Event()

    def slow(received):
        begun.release()
        if len(endpoint.requests) > 1:
            gate.wait(60)
        return script(received)

    async def shown(long):
        async for _ in long.astream(WORLD.text):
            pass

    async def main():
        ways = {
            "ainvoke": lambda: long.ainvoke(WORLD.text),
            "astream": lambda: shown(long),
            "abatch": lambda: long.abatch([WORLD.text, WORLD.text]),
        }
        task = asyncio.create_task(ways[way]())
        for _ in range(3):
            await asyncio.to_thread(begun.acquire, timeout=60)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        left = asyncio.all_tasks() - {asyncio.current_task()}
        gate.set()
        for _ in range(20):
            await asyncio.sleep(0)
        await long.aclose()
        return left

    with FakeEndpoint(slow) as endpoint:
        long = extractor(endpoint).long(chunk_characters=SIZE, max_concurrency=3)
        assert asyncio.run(main()) == set()
        # No more than were under way; all of it would be fourteen for each document.
        assert len(endpoint.requests) <= 1 + 3 * (2 if way == "abatch" else 1)


def test_a_stream_that_nobody_reads_on_asks_nothing_more():
    script, answers = reads(WORLD), threading.Semaphore(3)

    def slow(received):
        # However late the stream is closed, it has not come to its end before.
        answers.acquire(timeout=60)
        return script(received)

    async def main():
        stream = long.astream(WORLD.text)
        first = await anext(stream)
        await stream.aclose()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        answers.release(100)
        for _ in range(10):
            await asyncio.sleep(0.03)
        await long.aclose()
        return first, left

    with FakeEndpoint(slow) as endpoint:
        long = extractor(endpoint).long(chunk_characters=SIZE, max_concurrency=1)
        first, left = asyncio.run(main())
        assert len(endpoint.requests) <= 4
        answers, begun = threading.Semaphore(3), len(endpoint.requests)
        sync = long.stream(WORLD.text)
        assert type(next(sync)).__name__ == type(first).__name__
        # A thread that waits for an answer is waited for.
        threading.Timer(0.3, answers.release, [100]).start()
        sync.close()
        assert len(endpoint.requests) - begun <= 4
    assert left == set()


# Batches


def test_batches_keep_their_order_whatever_takes_longest():
    worlds = [ledger(seed, rows) for seed, rows in ((31, 60), (32, 5), (33, 30), (34, 90))]
    with FakeEndpoint(reads(*worlds)) as endpoint:
        long = extractor(endpoint).long(chunk_characters=SIZE)
        values = long.batch([world.text for world in worlds])
        also = asyncio.run(closed(long, [world.text for world in worlds]))
    assert values == also == [Ledger(**world.gold) for world in worlds]


async def closed(long, texts):
    try:
        return await long.abatch(texts)
    finally:
        await long.aclose()


@pytest.mark.parametrize(
    "config", [{"max_concurrency": 2}, {"max_concurrency": 2, "callbacks": [BaseCallbackHandler()]}]
)
@pytest.mark.parametrize("kind", ["pages", "long"])
def test_no_more_requests_are_under_way_than_the_config_of_a_call_allows(kind, config, run):
    lock, under_way, most = threading.Lock(), 0, 0

    def script(received):
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        # Others that may come have the time to.
        threading.Event().wait(0.02)
        with lock:
            under_way -= 1
        return {"names": ["a"], "title": "t"}

    with FakeEndpoint(script) as endpoint:
        extract = extractor(endpoint, NAMES, model=PAGES if kind == "pages" else MODEL)
        if kind == "pages":
            run(extract, scans(8), config)
        else:
            run(extract.long(chunk_characters=60), "Ann is here.\nBob is there.\n" * 20, config)
        assert len(endpoint.requests) >= 8
    assert most <= 2


@pytest.mark.parametrize("way", ["invoke", "stream", "traced", "pages"])
def test_an_interrupt_ends_what_is_under_way_and_asks_nothing_more(monkeypatch, way):
    """Ctrl-C while the main thread waits for others, whose replies would have to be asked for again."""
    script, begun, gate = reads(WORLD), threading.Semaphore(0), threading.Event()
    numbers = count()

    def slow(received):
        if not next(numbers):
            pages = FakeReply(status=400, error="At most 1 image(s) may be provided in one prompt.")
            return pages if way == "pages" else script(received)
        begun.release()
        gate.wait(60)
        return "no answer"

    def interrupted(*_, **__):
        assert all(begun.acquire(timeout=60) for _ in range(3))
        raise KeyboardInterrupt

    monkeypatch.setattr(drivers, "wait", interrupted)
    with FakeEndpoint(slow) as endpoint:
        extract = extractor(endpoint, model=PAGES if way == "pages" else MODEL, max_retries=3)
        long = extract.long(chunk_characters=SIZE, max_concurrency=3)
        ways = {
            "invoke": lambda: long.invoke(WORLD.text),
            "stream": lambda: list(long.stream(WORLD.text)),
            "traced": lambda: long.invoke(WORLD.text, {"callbacks": [BaseCallbackHandler()]}),
            "pages": lambda: extract.invoke(scan(*[(60, 80)] * 9), {"max_concurrency": 3}),
        }
        with pytest.raises(KeyboardInterrupt):
            ways[way]()
        # What goes on would have been waited for, and asked again.
        assert len(endpoint.requests) == 4
        gate.set()
        extract.close()
        assert len(endpoint.requests) == 4
