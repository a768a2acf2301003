"""Several endpoints as one: shared work, dead and wrong endpoints, back-pressure."""

import threading
import time
from contextlib import closing

import pytest

from langchain_nuextract import AccessDenied, EndpointUnreachable, NotAChatReply
from langchain_nuextract.testing import FakeEndpoint, FakeReply
from tests.unit_tests.batch.test_batches import extractor, number_in, numbered, right


def slowly(received):
    return FakeReply(right(received), delay=0.02)


def numbers(results):
    return [one.unwrap().number for one in results]


@pytest.mark.usefixtures("kept_connections")
def test_endpoints_share_the_work():
    shared = threading.Event()

    def answer(received, own, others):
        # However late a server has its turn, the other one is not done with all documents before.
        if min(len(own.requests), len(others.requests)) >= 10:
            shared.set()
        assert len(own.requests) < 10 or shared.wait(60)
        return right(received)

    one = FakeEndpoint(lambda received: answer(received, one, other))
    other = FakeEndpoint(lambda received: answer(received, other, one))
    with one, other:
        results = extractor(one).extract_many(numbered(100), endpoints=[one.url, other.url], max_concurrency=8)
        assert numbers(results) == list(range(100))
    assert min(len(one.requests), len(other.requests)) >= 10
    assert max(one.connections, other.connections) <= 8


def test_the_slower_endpoint_is_given_less():
    with FakeEndpoint(right) as fast, FakeEndpoint(lambda received: FakeReply(right(received), delay=0.5)) as slow:
        results = extractor(fast).extract_many(numbered(100), endpoints=[fast.url, slow.url], max_concurrency=8)
        assert numbers(results) == list(range(100))
    assert len(slow.requests) < len(fast.requests)


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"key": "another"}, id="wants-another-key"),
        pytest.param({"models": ["another"]}, id="serves-another-model"),
    ],
)
def test_a_wrong_endpoint_costs_no_document(wrong):
    with FakeEndpoint(right) as good, FakeEndpoint(right, **wrong) as bad:
        results = extractor(good, max_retries=0).extract_many(
            numbered(60), endpoints=[bad.url, good.url], max_concurrency=8
        )
        assert numbers(results) == list(range(60))
    # Those that were under way when it showed, and a trial now and then: a few more where the machine is slow.
    assert len(bad.requests) <= 20


def test_where_every_endpoint_is_wrong_its_error_is_told():
    with FakeEndpoint(right, key="a") as one, FakeEndpoint(right, key="b") as other, pytest.raises(AccessDenied):
        list(extractor(one).extract_many(numbered(3), endpoints=[one.url, other.url]))


def test_an_endpoint_that_sends_garbage_is_left_out():
    with FakeEndpoint(right) as good, FakeEndpoint(FakeReply(body="<html>hello</html>")) as bad:
        results = list(extractor(good).extract_many(numbered(100), endpoints=[bad.url, good.url], max_concurrency=4))
    errors = [one.error for one in results if one.error]
    assert all(isinstance(error, NotAChatReply) for error in errors)
    assert len(errors) <= 12


def test_a_dead_endpoint_costs_no_document(nobody):
    with FakeEndpoint(right) as good:
        results = extractor(good).extract_many(numbered(60), endpoints=[nobody.url, good.url], max_concurrency=8)
        assert numbers(results) == list(range(60))


def test_where_no_endpoint_has_ever_answered_the_run_stops_soon(nobody):
    started = time.monotonic()
    extract = extractor(nobody, max_retries=0, patience=600)
    with pytest.raises(EndpointUnreachable):
        list(extract.extract_many(numbered(30), max_concurrency=4))
    assert time.monotonic() - started < 200


@pytest.mark.parametrize("alone", [True, False], ids=["alone", "one-of-two"])
def test_an_endpoint_that_dies_and_comes_back_is_asked_again(alone, nobody):
    count = 400 if alone else 1500
    with FakeEndpoint(slowly) as steady:
        mortal = FakeEndpoint(slowly, port=nobody.port)
        mortal.__enter__()
        extract = extractor(mortal, max_retries=3)
        urls = [mortal.url] if alone else [mortal.url, steady.url]
        results = extract.extract_many(numbered(count), endpoints=urls, max_concurrency=8)
        with closing(results):
            found = [next(results).unwrap().number for _ in range(40)]
            mortal.__exit__()
            before = len(mortal.requests)
            threading.Timer(0.5, mortal.__enter__).start()
            found += numbers(results)
        mortal.__exit__()
    assert found == list(range(count))
    assert len(mortal.requests) > before + (300 if alone else 20)


def test_an_overloaded_endpoint_is_asked_less_and_then_more_again():
    busy = threading.Lock()
    under_way, seen, refused = 0, [], 0

    def limited(received):
        nonlocal under_way, refused
        with busy:
            under_way += 1
            seen.append(under_way)
            full = under_way > 4
            refused += full
        time.sleep(0.03)
        with busy:
            under_way -= 1
        return FakeReply(status=503) if full else right(received)

    with FakeEndpoint(limited) as endpoint:
        results = extractor(endpoint, max_retries=8).extract_many(numbered(300), max_concurrency=32)
        assert numbers(results) == list(range(300))
    # Without regard to it, four fifths of all requests would have been refused.
    assert refused < len(seen) / 3
    assert max(seen[len(seen) // 2 :]) <= 12


def test_retry_after_is_heeded_by_all_requests():
    times = []

    def tired(received):
        times.append(time.monotonic())
        return FakeReply(status=429, headers={"Retry-After": "1"}) if len(times) == 1 else right(received)

    with FakeEndpoint(tired) as endpoint:
        results = extractor(endpoint).extract_many(numbered(30), max_concurrency=1)
        assert numbers(results) == list(range(30))
    assert times[1] - times[0] >= 1.0


def test_a_document_that_is_refused_says_nothing_about_the_endpoint():
    def answer(received):
        return FakeReply(status=400, error="no") if number_in(received) < 20 else right(received)

    with FakeEndpoint(answer) as endpoint:
        results = list(extractor(endpoint).extract_many(numbered(40), max_concurrency=4))
    assert [one.error.status for one in results[:20]] == [400] * 20
    assert numbers(results[20:]) == list(range(20, 40))


def test_an_unusable_address_is_refused():
    with FakeEndpoint(right) as endpoint, pytest.raises(ValueError, match="base_url"):
        list(extractor(endpoint).extract_many(numbered(3), endpoints=["localhost:8000"]))
