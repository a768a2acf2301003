"""Asking again because the network or the server failed."""

import asyncio
import logging
import time
from email.utils import formatdate

import httpx
import pytest
import respx
from tenacity import AsyncRetrying, RetryCallState

from langchain_nuextract import ChatNuExtract, EndpointBusy, EndpointUnreachable, ReplyTimeout, RequestRefused
from langchain_nuextract.client.availability import Availability
from langchain_nuextract.client.refusals import retry_after
from langchain_nuextract.client.retry import RetryPolicy, _Run
from langchain_nuextract.testing import FakeEndpoint, FakeReply

AT_ONCE = {"Retry-After": "0"}
URL = "http://model.example.com/v1/chat/completions"
ANSWER = {"choices": [{"message": {"content": "{}"}}]}


@pytest.fixture
def call():
    """A policy, asked to make attempts."""

    def asynchronous(policy, attempt):
        async def wrapped():
            return attempt()

        return asyncio.run(policy.arun(wrapped))

    return asynchronous


def failing(*errors):
    """Build a call that fails with each error in turn, then answers with the number of attempts."""
    left, made = list(errors), []

    def attempt():
        made.append(time.monotonic())
        if left:
            raise left.pop(0)
        return len(made)

    attempt.made = made
    return attempt


def busy(after=None):
    return EndpointBusy("u", 503, "why", retry_after=after)


@pytest.mark.usefixtures("short_waits")
@pytest.mark.parametrize("status", [408, 409, 425, 429, 500, 502, 503, 504])
def test_a_server_that_recovers_is_asked_again(run, chat, status):
    failure = FakeReply(status=status, headers=AT_ONCE)
    with FakeEndpoint(failure, failure, '{"a": 1}') as endpoint:
        assert run(chat(endpoint, max_retries=3)).content == '{"a": 1}'
    assert len(endpoint.requests) == 3
    assert len({str(request.body) for request in endpoint.requests}) == 1


@pytest.mark.usefixtures("short_waits")
@pytest.mark.parametrize("fault", ["drop", "cut"])
def test_a_broken_connection_is_tried_again(run, chat, fault):
    with FakeEndpoint(FakeReply(fault=fault), '{"a": 1}') as endpoint:
        assert run(chat(endpoint, max_retries=1)).content == '{"a": 1}'


@pytest.mark.usefixtures("short_waits")
def test_a_timeout_is_tried_again(run, chat):
    with FakeEndpoint(FakeReply(delay=30), '{"a": 1}') as endpoint:
        # Where the machine is too slow for one of the further attempts, that is tried again as well.
        assert run(chat(endpoint, max_retries=5, timeout=0.5)).content == '{"a": 1}'
    assert len(endpoint.requests) >= 2


@pytest.mark.usefixtures("short_waits")
def test_a_server_that_stays_down_is_given_up(run, chat):
    with FakeEndpoint(FakeReply(status=503, headers=AT_ONCE)) as endpoint, pytest.raises(EndpointBusy) as raised:
        run(chat(endpoint, max_retries=2, patience=0))
    assert len(endpoint.requests) == 3
    assert raised.value.__notes__ == ["Attempts made: 3."]


def test_nothing_is_tried_again_if_that_is_not_wanted(run, chat):
    with FakeEndpoint(FakeReply(status=503, headers=AT_ONCE)) as endpoint, pytest.raises(EndpointBusy):
        run(chat(endpoint, max_retries=0))
    assert len(endpoint.requests) == 1


@pytest.mark.usefixtures("short_waits")
@respx.mock
def test_a_users_own_client_is_used_and_its_errors_understood(run):
    route = respx.post(URL)
    route.side_effect = [
        httpx.ReadError("reset"),
        httpx.Response(429, headers=AT_ONCE),
        httpx.Response(200, json=ANSWER),
    ]
    with httpx.Client() as client:
        llm = ChatNuExtract(
            model="m", base_url=URL[:-17], http_client=client, http_async_client=httpx.AsyncClient(), max_retries=2
        )
        assert run(llm).content == "{}"
        assert not client.is_closed
    assert route.call_count == 3


@respx.mock
def test_a_users_own_client_may_time_out(run):
    respx.post(URL).mock(side_effect=httpx.ReadTimeout("slow"))
    clients = {"http_client": httpx.Client(), "http_async_client": httpx.AsyncClient()}
    llm = ChatNuExtract(model="m", base_url=URL[:-17], max_retries=0, **clients)
    with pytest.raises(ReplyTimeout):
        run(llm)


def test_waits_grow(call):
    attempt = failing(*[busy()] * 4)
    assert call(RetryPolicy(retries=4, first=0.02), attempt) == 5
    waits = [later - sooner for sooner, later in zip(attempt.made, attempt.made[1:], strict=False)]
    # Each is its exponential share and up to the first wait of jitter; the machine may be slow, never fast.
    assert all(wait >= share for wait, share in zip(waits, [0, 0.02, 0.04, 0.08], strict=True))


def test_the_server_may_ask_for_a_longer_wait(call):
    attempt = failing(busy(after=0.3))
    started = time.monotonic()
    assert call(RetryPolicy(first=0.0), attempt) == 2
    assert time.monotonic() - started >= 0.3


NOTHING_ASKED_FOR = [{}, {"retry-after": "0"}, {"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, {"retry-after": "x"}]


def waits(error, policy, attempts):
    """Give the seconds that are waited after each of so many failures."""
    run = _Run(policy, Availability(0.0), lambda: None, 0.0)
    for number in range(1, attempts + 1):
        state = RetryCallState(AsyncRetrying(), None, (), {})
        state.attempt_number = number
        state.set_exception((type(error), error, None))
        yield run.wait(state)


@pytest.mark.parametrize("headers", NOTHING_ASKED_FOR)
def test_where_no_wait_is_asked_for_waits_are_exponential_with_jitter(headers):
    error = EndpointBusy("u", 429, "why", retry_after=retry_after(headers))
    shares = [0.5, 1.0, 2.0, 4.0, 4.0]
    runs = [[*waits(error, RetryPolicy(first=0.5, longest=4.0), 5)] for _ in range(20)]
    assert all(share <= wait <= share + 0.5 for run in runs for share, wait in zip(shares, run, strict=True))
    assert all(len(set(together)) > 1 for together in zip(*runs, strict=True))


def test_a_wait_that_is_asked_for_has_jitter_too():
    asked = [next(waits(busy(after=7.0), RetryPolicy(first=0.5), 1)) for _ in range(20)]
    assert all(7.0 <= wait <= 7.5 for wait in asked)
    assert len(set(asked)) > 1


def test_a_wait_beyond_the_total_is_not_begun(call):
    attempt = failing(busy(after=3600))
    started = time.monotonic()
    with pytest.raises(EndpointBusy) as raised:
        call(RetryPolicy(total=600.0), attempt)
    assert time.monotonic() - started < 300
    assert (raised.value.retry_after, len(attempt.made)) == (3600, 1)


def test_the_time_of_the_first_attempt_counts(call):
    made = []

    def slow():
        made.append(1)
        time.sleep(0.2)
        raise busy(after=0.0)

    with pytest.raises(EndpointBusy):
        call(RetryPolicy(retries=50, first=0.0, total=0.5), slow)
    # However slow the machine is, three take more than the total.
    assert 1 <= len(made) <= 3


@pytest.mark.usefixtures("short_waits")
def test_what_would_fail_again_is_raised_at_once_also_later(call):
    attempt = failing(busy(after=0), RequestRefused("u", 400, "why"), busy(after=0))
    with pytest.raises(RequestRefused):
        call(RetryPolicy(), attempt)
    assert len(attempt.made) == 2


def test_other_errors_are_left_alone(call):
    attempt = failing(KeyError("x"), KeyError("x"))
    with pytest.raises(KeyError):
        call(RetryPolicy(), attempt)
    assert len(attempt.made) == 1


@pytest.mark.usefixtures("short_waits")
def test_retries_are_logged_without_the_servers_words(call, caplog):
    with caplog.at_level(logging.DEBUG, logger="langchain_nuextract"):
        call(RetryPolicy(), failing(EndpointBusy("u", 500, "cannot read 'secret document'", retry_after=0)))
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "EndpointBusy" in caplog.text
    assert "secret document" not in caplog.text


ASKED = [
    ({}, None),
    ({"retry-after": "3"}, 3.0),
    ({"retry-after": "0.5"}, 0.5),
    ({"retry-after": "-1"}, None),
    ({"retry-after": "soon"}, None),
    ({"retry-after": ""}, None),
    ({"retry-after": "nan"}, None),
    ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
]


@pytest.mark.parametrize(("headers", "seconds"), ASKED)
def test_retry_after_is_read(headers, seconds):
    assert retry_after(headers) == seconds


def test_retry_after_may_be_a_date():
    date = formatdate(time.time() + 7200, usegmt=True)
    assert retry_after({"retry-after": date}) == pytest.approx(7200, abs=300)


def test_a_cancelled_call_stops_waiting():
    async def cancelled():
        async def attempt():
            raise busy(after=30)

        with pytest.raises(TimeoutError):
            await asyncio.wait_for(RetryPolicy().arun(attempt), 0.2)

    asyncio.run(cancelled())


def test_an_endpoint_that_dies_between_two_calls_is_unreachable(run, chat):
    with FakeEndpoint() as endpoint:
        llm = chat(endpoint)
        run(llm)
    with pytest.raises(EndpointUnreachable):
        run(llm)
