"""When a run over many documents goes on, and when it stops: the endpoint's state is not a document's fate."""

import asyncio
import itertools
import threading
import time

import pytest

from langchain_nuextract import AccessDenied, EndpointBusy, EndpointError, EndpointUnreachable, UnknownModel, counters
from langchain_nuextract.client import background_loop
from langchain_nuextract.testing import FakeEndpoint, FakeReply
from tests.unit_tests.batch.test_batches import extractor, number_in, numbered, right


def answers_until(count, then):
    """A server that answers so many documents, and gives another reply from then on."""
    asked = itertools.count(1)

    def answer(received):
        return right(received) if next(asked) <= count else then

    return answer


def run(extract, count, **options):
    """Give what was finished, and the error that stopped the run."""
    results, error = [], None
    try:
        # One by one: what comes before the error must not be lost.
        for result in extract.extract_many(numbered(count), **options):
            results += [result]
    except EndpointError as stopped:
        error = stopped
    return results, error


@pytest.mark.parametrize("settings", [{}, {"max_retries": 0}])
def test_an_endpoint_that_was_never_reached_stops_the_run_with_one_error(settings, nobody, caplog):
    results, error = run(extractor(nobody, **settings), 120)
    assert results == []
    assert isinstance(error, EndpointUnreachable)
    assert len(caplog.records) <= 1


@pytest.mark.parametrize(
    ("status", "served", "kind", "finished"),
    [
        pytest.param(401, (), AccessDenied, 20, id="key-revoked"),
        pytest.param(404, ("another",), UnknownModel, 0, id="another-model"),
    ],
)
def test_a_refusal_of_everything_stops_the_run(status, served, kind, finished):
    reply = FakeReply(status=status, error="The model `numind/NuExtract3` does not exist.")
    with FakeEndpoint(answers_until(20, reply), models=served) as endpoint:
        results, error = run(extractor(endpoint), 400, max_concurrency=4)
    assert isinstance(error, kind)
    assert sum(one.error is None for one in results) == finished
    assert len(endpoint.requests) < 60


def test_a_refusal_within_a_200_stops_the_run_as_its_status_would():
    within = FakeReply(body='{"error": {"message": "The model does not exist.", "code": 404}}')
    with FakeEndpoint(answers_until(20, within), models=("another",)) as endpoint:
        results, error = run(extractor(endpoint), 400, max_concurrency=4)
    assert isinstance(error, UnknownModel)
    assert sum(one.error is None for one in results) < 21
    assert len(endpoint.requests) < 60


def test_a_refusal_of_some_documents_is_theirs_alone():
    def gateway(received):
        return FakeReply(status=403, error="blocked") if number_in(received) % 10 == 3 else right(received)

    with FakeEndpoint(gateway) as endpoint:
        results, error = run(extractor(endpoint), 100)
    assert error is None
    assert [one.index for one in results if one.error] == list(range(3, 100, 10))
    assert {type(one.error) for one in results if one.error} == {AccessDenied}


def test_an_endpoint_that_stays_gone_stops_the_run_after_its_patience():
    with FakeEndpoint(answers_until(8, FakeReply(status=500, error="engine dead"))) as endpoint:
        results, error = run(extractor(endpoint, patience=2.0), 200, max_concurrency=4)
    assert isinstance(error, EndpointBusy)
    assert [one.value.number for one in results] == [one.index for one in results]
    assert len(results) == 8


@pytest.mark.parametrize("in_order", [True, False])
def test_what_is_finished_and_not_fetched_yet_is_handed_out_before_the_run_stops(in_order):
    # All documents are under way before the first is answered: they are handed in by the thread that takes results.
    under_way, begun, refused = threading.Barrier(26, timeout=60), threading.Event(), threading.Barrier(17, timeout=60)

    def server(received):
        number = number_in(received)
        under_way.wait()
        if number >= 10:
            begun.wait(60)
            refused.wait()
            return FakeReply(status=401)
        return right(received) if number == 0 or over.wait(60) else FakeReply(status=500)

    over, before = threading.Event(), counters.read()
    with FakeEndpoint(server) as endpoint:
        results = extractor(endpoint).extract_many(numbered(26), max_concurrency=32, in_order=in_order)
        fetched = [next(results)]
        begun.set()
        refused.wait()
        while counters.read().failures < before.failures + 16:
            time.sleep(0.01)
        over.set()
        while counters.read().documents < before.documents + 26:
            time.sleep(0.01)
        # What is counted is handed over some steps of the loop later.
        for _ in range(100):
            background_loop.run(asyncio.sleep(0))
        with pytest.raises(AccessDenied):
            fetched.extend(results)
    numbers = [result.index for result in fetched if result.error is None]
    assert sorted(numbers) == list(range(10))
    assert numbers == sorted(numbers) or not in_order


def test_a_batch_with_exceptions_keeps_what_is_finished_and_gives_the_rest_the_error():
    with FakeEndpoint(answers_until(5, FakeReply(status=401))) as endpoint:
        given = extractor(endpoint).batch([*numbered(300)], {"max_concurrency": 4}, return_exceptions=True)
    assert sum(isinstance(one, AccessDenied) for one in given) == 295
    assert len(endpoint.requests) < 40


def test_what_was_finished_before_the_run_stopped_is_in_the_checkpoint(tmp_path):
    with FakeEndpoint(answers_until(30, FakeReply(status=401))) as endpoint:
        _, error = run(extractor(endpoint), 100, max_concurrency=4, checkpoint=tmp_path / "run.db")
    assert isinstance(error, AccessDenied)
    with FakeEndpoint(right) as endpoint:
        results, error = run(extractor(endpoint), 100, checkpoint=tmp_path / "run.db")
    assert error is None
    assert [one.value.number for one in results] == list(range(100))
    assert sum(one.reused for one in results) == 30
    assert len(endpoint.requests) == 70
