"""Servers that fail in odd ways: what becomes of the request, and what it may cost."""

import gzip
import json

import pytest

from langchain_nuextract import ContextOverflow, EndpointBusy, EndpointError, EndpointUnreachable, NotAChatReply
from langchain_nuextract.client.availability import Availability
from langchain_nuextract.client.event_stream import EventReader
from langchain_nuextract.errors import AccessDenied
from langchain_nuextract.testing import FakeEndpoint, FakeReply

JSON = {"Content-Type": "application/json"}


def body(value, **headers):
    return FakeReply(body=json.dumps(value), headers={**JSON, **headers})


LATER = [
    pytest.param(body({"error": {"message": "slow down", "code": 429}}), id="429"),
    pytest.param(body({"error": {"message": "upstream", "code": "502"}}), id="a code in quotes"),
    pytest.param(body({"choices": [{"message": {"content": None}}], "error": {"code": 429}}), id="beside choices"),
    pytest.param(body({"choices": [{"message": {"content": ""}, "error": {"code": 502}}]}), id="in a choice"),
    pytest.param(body({"object": "error", "message": "later", "code": 503}), id="flat"),
]


@pytest.mark.usefixtures("short_waits")
@pytest.mark.parametrize("reply", LATER)
def test_an_error_with_a_200_is_the_error_that_it_names(run, chat, reply):
    with FakeEndpoint(reply, '{"a": 1}') as endpoint:
        assert run(chat(endpoint, max_retries=1)).content == '{"a": 1}'
    with FakeEndpoint(reply) as endpoint, pytest.raises(EndpointBusy):
        run(chat(endpoint, max_retries=0))


@pytest.mark.usefixtures("short_waits")
def test_garbage_of_a_server_that_answers_well_is_asked_for_once_more(run, chat):
    garbage = FakeReply(body="<html>gateway</html>")
    with FakeEndpoint("1", garbage, "2", garbage, garbage) as endpoint:
        llm = chat(endpoint, max_retries=3)
        assert [run(llm).content, run(llm).content] == ["1", "2"]
        with pytest.raises(NotAChatReply):
            run(llm)
    assert len(endpoint.requests) == 5


def test_garbage_of_a_server_that_never_answered_is_told_at_once(run, chat):
    with FakeEndpoint(FakeReply(body="<html>gateway</html>")) as endpoint, pytest.raises(NotAChatReply):
        run(chat(endpoint, max_retries=3))
    assert len(endpoint.requests) == 1


@pytest.mark.parametrize("deep", [b"[" * 100_000, b'{"choices":' + b"[" * 50_000 + b"]" * 50_000 + b"}"])
@pytest.mark.parametrize("status", [200, 400, 500])
def test_brackets_without_end_are_no_reply(run, chat, deep, status):
    with FakeEndpoint(FakeReply(body=deep, status=status, headers=JSON)) as endpoint, pytest.raises(EndpointError):
        run(chat(endpoint))
    events = FakeReply(body=b"data: " + deep + b"\n\n", headers={"Content-Type": "text/event-stream"})
    with FakeEndpoint(events) as endpoint, pytest.raises(NotAChatReply):
        run.stream(chat(endpoint))


def test_a_compressed_body_is_read(run, chat):
    answer = gzip.compress(json.dumps({"choices": [{"message": {"content": "x"}}]}).encode())
    with FakeEndpoint(FakeReply(body=answer, headers={**JSON, "Content-Encoding": "gzip"})) as endpoint:
        assert run(chat(endpoint)).content == "x"
    assert endpoint.requests[0].headers["accept-encoding"] == "identity"


@pytest.mark.parametrize("size", [33, 200])
def test_a_body_that_grows_beyond_the_limit_is_no_reply(run, chat, size):
    bomb = gzip.compress(b" " * (size << 20), 9)
    with (
        FakeEndpoint(FakeReply(body=bomb, headers={**JSON, "Content-Encoding": "gzip"})) as endpoint,
        pytest.raises(NotAChatReply, match="larger than 32 MiB"),
    ):
        run(chat(endpoint))


def test_a_firewalls_no_is_one_documents_and_a_revoked_key_is_everybodys(run, chat):
    with FakeEndpoint(FakeReply(status=403, error="blocked")) as endpoint, pytest.raises(AccessDenied) as raised:
        run(chat(endpoint))
    assert not raised.value.stops_run
    with FakeEndpoint(key="right") as endpoint, pytest.raises(AccessDenied) as raised:
        run(chat(endpoint, api_key="wrong"))
    assert raised.value.stops_run
    assert endpoint.paths.count("GET /v1/models") == 1


def test_so_many_refusals_on_end_are_no_accident():
    known = Availability(60)
    errors = [AccessDenied("u", 403, "no") for _ in range(16)]
    for error in errors:
        known.refuse(error, by_all=False)
    assert [error.stops_run for error in errors] == [False] * 15 + [True]


def test_an_outage_stops_a_run_when_patience_is_at_its_end():
    known = Availability(0)
    known.succeed()
    gone = EndpointUnreachable("u", None, "gone", connected=False)
    assert known.fail(gone)
    assert gone.stops_run
    waited = Availability(60)
    waited.succeed()
    gone = EndpointUnreachable("u", None, "gone", connected=False)
    waited.fail(gone)
    assert not gone.stops_run
    assert 0 < waited.left() <= 60


def test_what_was_never_reached_is_asked_once(run, chat):
    with FakeEndpoint() as endpoint:
        pass
    gone = type("Gone", (), {"url": f"http://127.0.0.1:{endpoint.port}/v1"})
    with pytest.raises(EndpointUnreachable) as raised:
        run(chat(gone, max_retries=3))
    assert raised.value.stops_run
    assert not hasattr(raised.value, "__notes__")


TOO_LONG = [
    "max_tokens must be at least 1, got -7584. (parameter=max_tokens, value=-7584)",
    "The decoder prompt (length 21535) is longer than the maximum model length of 16384.",
    "Input length (11680) exceeds model's maximum context length (4096).",
    "The prompt (total length 25938) is too long to fit into the model (context length 4096).",
]


@pytest.mark.parametrize("words", TOO_LONG)
@pytest.mark.parametrize("status", [400, 500])
def test_all_wordings_of_too_long_are_understood(run, chat, words, status):
    with FakeEndpoint(FakeReply(status=status, error=words)) as endpoint, pytest.raises(ContextOverflow):
        run(chat(endpoint))


def test_one_line_in_many_pieces_is_read_in_time_that_grows_with_it():
    reader, pieces = EventReader(), 20_000
    for _ in range(pieces):
        assert [*reader.feed(b"x" * 64)] == []
    assert len(reader._rest) == pieces
    assert [*reader.feed(b'\ndata: {"a": 1}\n')] == [{"a": 1}]
