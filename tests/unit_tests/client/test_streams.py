"""Answers that come in pieces."""

import asyncio
import functools
import json
import operator
import threading
import time

import pytest

from langchain_nuextract import ContextOverflow, EndpointBusy, EndpointUnreachable, NotAChatReply, ReplyTimeout
from langchain_nuextract.client import background_loop
from langchain_nuextract.client.event_stream import EventReader
from langchain_nuextract.testing import FakeEndpoint, FakeReply

USED = {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13, "prompt_tokens_details": {"cached_tokens": 8}}


def whole(chunks):
    return functools.reduce(operator.add, chunks)


def said(*texts):
    return [{"choices": [{"delta": {"content": text}, "finish_reason": None}]} for text in texts]


@pytest.mark.parametrize("route", ["chat", "completions"])
def test_the_pieces_make_the_message(run, chat, route):
    with FakeEndpoint(FakeReply(text='{"a": [1, 2, 3]}', usage=USED)) as endpoint:
        chunks = run.stream(chat(endpoint), route=route)
    message = whole(chunks)
    assert len(chunks) > 4
    assert message.content == '{"a": [1, 2, 3]}'
    assert message.response_metadata == {
        "finish_reason": "stop",
        "model_name": "numind/NuExtract3",
        "model_provider": "nuextract",
    }
    assert message.usage_metadata["input_tokens"] == 9
    assert message.usage_metadata["input_token_details"] == {"cache_read": 8}


def test_usage_is_asked_for_unless_it_is_not_wanted(run, chat):
    with FakeEndpoint() as endpoint:
        run.stream(chat(endpoint))
        run.stream(chat(endpoint, stream_usage=False))
    assert endpoint.requests[0].body["stream_options"] == {"include_usage": True}
    assert endpoint.requests[1].body["stream"] is True
    assert "stream_options" not in endpoint.requests[1].body


@pytest.mark.parametrize("field", ["reasoning", "reasoning_content"])
def test_thinking_comes_in_pieces_too(run, chat, field):
    with FakeEndpoint(FakeReply(text="{}", reasoning="let me see", reasoning_field=field)) as endpoint:
        message = whole(run.stream(chat(endpoint)))
    assert message.additional_kwargs == {"reasoning_content": "let me see"}
    assert (message.content, [block["type"] for block in message.content_blocks]) == ("{}", ["reasoning", "text"])


def test_a_model_that_streams_gives_the_same_message_when_invoked(run, chat):
    with FakeEndpoint(FakeReply(text='{"a": 1}', usage=USED)) as endpoint:
        message = run(chat(endpoint, streaming=True))
    assert endpoint.requests[0].body["stream"] is True
    assert (message.content, message.usage_metadata["total_tokens"]) == ('{"a": 1}', 13)


@pytest.mark.parametrize(("fault", "error"), [("cut", EndpointUnreachable), ("stall", ReplyTimeout)])
def test_a_broken_stream_says_so_after_giving_what_came(run, chat, fault, error):
    came = []
    with FakeEndpoint(FakeReply(text="a b c", fault=fault, after=2)) as endpoint, pytest.raises(error):
        # Only silence is waited for to its end; what came before it must have come by then.
        run.stream(chat(endpoint, stream_chunk_timeout=2 if fault == "stall" else 60), into=came)
    assert whole(came).content == "a b"


class Gate(FakeEndpoint):
    """Sends no more than one event before the gate is opened."""

    def __init__(self, *replies):
        super().__init__(*replies)
        self.begun, self.opened = False, threading.Event()

    def wait(self, seconds):
        assert not self.begun or self.opened.wait(60)
        self.begun = True


def test_what_came_before_a_break_is_read_however_late(chat):
    with Gate(FakeReply(text="a b c", fault="cut", after=2)) as endpoint:
        stream = chat(endpoint).stream("x")
        assert next(stream).content == "a"
        endpoint.opened.set()
        until = time.monotonic() + 60
        while endpoint._server._open and time.monotonic() < until:
            time.sleep(0.01)
        for _ in range(10):
            # The loop has seen the end of the connection by then.
            background_loop.run(asyncio.sleep(0))
        assert next(stream).content == " b"
        with pytest.raises(EndpointUnreachable):
            next(stream)


def test_a_broken_stream_is_no_answer_when_invoked(run, chat):
    with FakeEndpoint(FakeReply(text="a b c", fault="cut", after=2)) as endpoint, pytest.raises(EndpointUnreachable):
        run(chat(endpoint, streaming=True))


@pytest.mark.usefixtures("short_waits")
def test_a_stream_that_cannot_be_opened_is_tried_again(run, chat):
    with FakeEndpoint(FakeReply(status=503, headers={"Retry-After": "0"}), '{"a": 1}') as endpoint:
        assert whole(run.stream(chat(endpoint, max_retries=1))).content == '{"a": 1}'
    assert len(endpoint.requests) == 2


INNER = [
    pytest.param({"error": {"message": "engine died", "code": 500}}, EndpointBusy, id="engine failure"),
    pytest.param({"error": {"message": "maximum context length is 10", "code": 400}}, ContextOverflow, id="overflow"),
    pytest.param({"error": {"message": "odd"}}, NotAChatReply, id="error without a status"),
    pytest.param({"error": "odd"}, NotAChatReply, id="error as a text"),
    pytest.param({"choices": [7]}, NotAChatReply, id="choice is no object"),
    pytest.param("<html>", NotAChatReply, id="no JSON"),
    pytest.param("[1]", NotAChatReply, id="no object"),
]


@pytest.mark.parametrize(("event", "error"), INNER)
def test_an_error_inside_a_stream_is_raised(run, chat, event, error):
    came = []
    with FakeEndpoint(FakeReply(events=[*said("a"), event])) as endpoint, pytest.raises(error):
        run.stream(chat(endpoint), into=came)
    assert whole(came).content == "a"


def test_a_stream_without_an_end_is_cut_off(run, chat):
    # Some proxies end the body as if all were well.
    body = b'data: {"choices": [{"delta": {"content": "a"}}]}\n\n'
    reply = FakeReply(body=body, headers={"Content-Type": "text/event-stream"})
    with FakeEndpoint(reply) as endpoint, pytest.raises(EndpointUnreachable, match="before the answer was complete"):
        run.stream(chat(endpoint))


def test_a_finish_reason_is_end_enough(run, chat):
    body = b'data: {"choices": [{"delta": {"content": "a"}, "finish_reason": "stop"}]}\n\n'
    with FakeEndpoint(FakeReply(body=body, headers={"Content-Type": "text/event-stream; charset=utf-8"})) as endpoint:
        assert whole(run.stream(chat(endpoint))).content == "a"


def test_a_server_that_does_not_stream_is_read_all_the_same(run, chat):
    body = '{"choices": [{"message": {"content": "a"}, "finish_reason": "stop"}], "model": "m"}'
    with FakeEndpoint(FakeReply(body=body, headers={"Content-Type": "application/json"})) as endpoint:
        assert whole(run.stream(chat(endpoint))).content == "a"


def test_a_page_instead_of_a_stream_is_no_reply(run, chat):
    with (
        FakeEndpoint(FakeReply(body="<html>Welcome</html>")) as endpoint,
        pytest.raises(NotAChatReply, match="Welcome"),
    ):
        run.stream(chat(endpoint))


def test_a_stream_may_be_left_early(chat):
    with FakeEndpoint(FakeReply(text="a b c d")) as endpoint:
        llm = chat(endpoint)
        stream = llm.stream("x")
        assert next(stream).content == "a"
        stream.close()
        assert llm.invoke("x").content == "a b c d"


EVENTS = b': ping\r\ndata: {"a": 1}\r\n\r\nevent: x\ndata:{"b": "\xc3\xa9"}\n\ndata: [DONE]\n\n'


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_events_are_read_however_they_are_cut(size):
    reader = EventReader()
    pieces = [EVENTS[start : start + size] for start in range(0, len(EVENTS), size)]
    events = [event for piece in pieces for event in reader.feed(piece)]
    assert (events, reader.complete) == ([{"a": 1}, {"b": "é"}], True)


@pytest.mark.parametrize("encoding", ["br", "zstd", "br, gzip", "compress"])
def test_a_stream_that_is_compressed_in_an_unknown_way_is_no_reply(run, chat, encoding):
    headers = {"Content-Type": "text/event-stream", "Content-Encoding": encoding}
    with (
        FakeEndpoint(FakeReply(body="x", headers=headers)) as endpoint,
        pytest.raises(NotAChatReply, match="compressed"),
    ):
        run.stream(chat(endpoint, max_retries=0))


def test_a_stream_may_begin_with_a_byte_order_mark(run, chat):
    events = "\ufeff" + "".join(f"data: {json.dumps(event)}\n\n" for event in said("{}")) + "data: [DONE]\n\n"
    with FakeEndpoint(FakeReply(body=events, headers={"Content-Type": "text/event-stream"})) as endpoint:
        assert whole(run.stream(chat(endpoint))).content == "{}"


def test_an_error_event_without_an_error_object_is_one(run, chat):
    events = 'event: error\ndata: {"message": "engine dead", "code": 503}\n\n'
    reply = FakeReply(body=events, headers={"Content-Type": "text/event-stream"})
    with FakeEndpoint(reply) as endpoint, pytest.raises(EndpointBusy, match="engine dead") as raised:
        run.stream(chat(endpoint, max_retries=0))
    assert raised.value.status == 503


ANSWER = b'data: {"choices": [{"index": 0, "delta": {"content": "{}"}, "finish_reason": "stop"}]}\n\n'
STREAMS = [
    pytest.param(ANSWER + b"data: [DONE]\n\n" + ANSWER, "text/event-stream", id="more behind the end"),
    pytest.param(ANSWER, "Text/Event-Stream; charset=UTF-8", id="name in capitals"),
    pytest.param(ANSWER, "text/plain", id="called text"),
    pytest.param(b"\n\n: ping\n\n" + ANSWER, "application/json", id="called JSON"),
    pytest.param(ANSWER.replace(b", ", b",\ndata: "), "text/event-stream", id="event in several lines"),
    pytest.param(ANSWER.strip(), "text/event-stream", id="last line without an end"),
    pytest.param(b"data: {}\n\ndata:\n\n" + ANSWER, "text/event-stream", id="empty events"),
    pytest.param(b"retry: 9\nid: 1\n" + ANSWER, "text/event-stream", id="other fields"),
]


@pytest.mark.parametrize(("body", "kind"), STREAMS)
def test_a_stream_is_read_whatever_form_its_server_gives_it(run, chat, body, kind):
    with FakeEndpoint(FakeReply(body=body, headers={"Content-Type": kind})) as endpoint:
        assert whole(run.stream(chat(endpoint, max_retries=0))).content == "{}"


def test_of_several_answers_that_come_mixed_the_first_is_read(run, chat):
    pieces = [(0, '{"a":'), (1, '{"b": 1}'), (1, "?"), (0, " 2}")]
    events = [{"choices": [{"index": index, "delta": {"content": text}}]} for index, text in pieces]
    with FakeEndpoint(FakeReply(events=events)) as endpoint:
        assert whole(run.stream(chat(endpoint))).content == '{"a": 2}'


BETWEEN = [
    pytest.param(b'error: {"code": 503, "message": "no slot"}\n\n', EndpointBusy, id="older llama.cpp"),
    pytest.param(b'{"error": {"code": 429, "message": "slow down"}}\n', EndpointBusy, id="bare object"),
    pytest.param(
        b'event: error\ndata: {"type": "error", "error": {"type": "overloaded_error"}}\n\n', EndpointBusy, id="kind"
    ),
    pytest.param(b'data: {"detail": "worker lost"}\n\n', NotAChatReply, id="detail"),
    pytest.param(b"event: error\ndata: worker lost\n\n", NotAChatReply, id="words"),
]


@pytest.mark.parametrize(("event", "error"), BETWEEN)
def test_an_error_in_the_middle_of_a_stream_is_known_in_any_form(run, chat, event, error):
    begun = f"data: {json.dumps(said('a')[0])}\n\n".encode()
    reply = FakeReply(body=begun + event, headers={"Content-Type": "text/event-stream"})
    with FakeEndpoint(reply) as endpoint, pytest.raises(error):
        run.stream(chat(endpoint, max_retries=0))
