"""A timeout is a deadline over everything: a server that goes on dripping does not hold a call for longer."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import chain, repeat

import pytest
from langchain_core.caches import InMemoryCache
from langchain_core.callbacks import BaseCallbackHandler

from langchain_nuextract import ChatNuExtract, NuExtractor, RecoveryPolicy, ReplyTimeout
from langchain_nuextract.client.deadline import allowed_seconds
from langchain_nuextract.client.event_stream import EventReader
from langchain_nuextract.testing import FakeEndpoint

STEP = 0.02
"""Seconds between two drops, each far within any timeout."""
JSON_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n"
SSE_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
EVENT = b'data: {"choices": [{"delta": {"content": "a"}}]}\n\n'

DRIPS = {
    "headers": (b"HTTP/1.1 200 OK\r\n", b"X-More: yes\r\n"),
    "a header without end": (b"HTTP/1.1 200 OK\r\nX-More: ", b"y"),
    "the body": (JSON_HEAD, b" "),
    "pings": (SSE_HEAD, b": ping\n\n"),
    "events": (SSE_HEAD, EVENT),
    "an event without end": (SSE_HEAD + b"data: ", b" "),
    "an error's body": (b"HTTP/1.1 400 Bad Request\r\nContent-Length: 1000000\r\n\r\n", b" "),
}


@dataclass
class Dripping:
    url: str


@contextmanager
def dripping(head: bytes, drop: bytes) -> Iterator[Dripping]:
    """Answer each connection with a head and then with drops, until the caller leaves or this ends."""
    over = threading.Event()

    def answer(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.recv(65536)
            for piece in chain([head], repeat(drop)):
                connection.sendall(piece)
                if over.wait(STEP):
                    return

    def accept() -> None:
        with suppress(OSError):
            while not over.is_set():
                thread = threading.Thread(target=answer, args=(listener.accept()[0],))
                threads.append(thread)
                thread.start()

    threads: list[threading.Thread] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(60)
        accepting = threading.Thread(target=accept)
        accepting.start()
        yield Dripping(f"http://127.0.0.1:{listener.getsockname()[1]}/v1")
        over.set()
        with suppress(OSError):
            socket.create_connection(listener.getsockname(), 1).close()
        accepting.join()
        for thread in threads:
            thread.join()


@pytest.mark.parametrize("drip", DRIPS)
def test_the_timeout_is_over_everything(run, chat, drip):
    with dripping(*DRIPS[drip]) as server, pytest.raises(ReplyTimeout):
        run(chat(server, timeout=0.3))


@pytest.mark.parametrize("drip", DRIPS)
def test_the_timeout_is_over_a_whole_stream(run, chat, drip):
    with dripping(*DRIPS[drip]) as server, pytest.raises(ReplyTimeout):
        run.stream(chat(server, timeout=0.3))


@pytest.mark.parametrize("drip", ["headers", "the body"])
def test_the_time_of_a_recovery_ends_a_call_under_way(run, drip):
    with dripping(*DRIPS[drip]) as server:
        known = {"model": "numind/NuExtract3", "base_url": server.url, "recovery": RecoveryPolicy(max_seconds=0.3)}
        with pytest.raises(ReplyTimeout):
            run(NuExtractor({"a": "string"}, **known))


@pytest.mark.parametrize("drip", ["headers", "the body"])
@pytest.mark.parametrize("way", ["invoke", "stream"])
def test_so_does_it_where_somebody_listens(run, drip, way):
    heard = {"callbacks": [BaseCallbackHandler()]}
    with dripping(*DRIPS[drip]) as server:
        known = {"model": "numind/NuExtract3", "base_url": server.url, "recovery": RecoveryPolicy(max_seconds=0.3)}
        extract = NuExtractor({"a": "string"}, **known).with_config(heard)
        with pytest.raises(ReplyTimeout):
            run(extract) if way == "invoke" else run.stream(extract)
    assert allowed_seconds() is None


def test_what_is_left_of_the_time_is_no_part_of_a_cache_s_key(run):
    with FakeEndpoint({"a": "x"}) as endpoint:
        llm = ChatNuExtract(model="numind/NuExtract3", base_url=endpoint.url, cache=InMemoryCache())
        extract = NuExtractor({"a": "string"}, llm=llm, recovery=RecoveryPolicy(max_seconds=30))
        assert [run(extract, "the document") for _ in "ab"] == [{"a": "x"}] * 2
    assert len(endpoint.requests) == 1


def test_a_stream_in_one_big_body_is_read_line_by_line_and_once():
    """20,000 events in one piece, and in pieces of 64 KiB: the same events, and nothing is kept but a line's rest."""
    events = 20_000
    body = EVENT * events + b"data: [DONE]\n\n"
    for size in (len(body), 65536):
        reader, seen = EventReader(), 0
        for start in range(0, len(body), size):
            seen += sum(1 for _ in reader.feed(body[start : start + size]))
            assert sum(map(len, reader._rest)) <= len(EVENT)
        assert (seen, reader.complete) == (events, True)
