"""Connections: made when needed, shared by copies with the same settings, closed when nobody needs them."""

import asyncio
import gc
import os
import pickle
import re
import subprocess
import sys
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor

import httpx
import httpx2
import pytest
from langchain_core.runnables import ConfigurableField

from langchain_nuextract import ChatNuExtract, NuExtractor
from langchain_nuextract.client.background_loop import run as run_in_background
from langchain_nuextract.client.httpx_transports import HttpxTransport
from langchain_nuextract.testing import FakeEndpoint, FakeReply


def wait_for(is_so):
    """Wait until the other side of a connection has noticed."""
    for _ in range(6000):
        if is_so():
            return
        time.sleep(0.01)
    raise AssertionError(is_so)


def test_one_model_serves_many_event_loops(chat):
    with FakeEndpoint() as endpoint:
        llm = chat(endpoint)
        for _ in range(3):
            assert asyncio.run(llm.ainvoke("x")).content == "{}"


def test_one_model_serves_event_loops_side_by_side(chat):
    with FakeEndpoint() as endpoint, ThreadPoolExecutor(4) as threads:
        llm = chat(endpoint)
        answers = list(threads.map(lambda _: asyncio.run(llm.ainvoke("x")).content, range(12)))
    assert answers == ["{}"] * 12


def test_one_model_serves_threads_and_loops_at_once(chat):
    with FakeEndpoint() as endpoint:
        llm = chat(endpoint)
        assert [message.content for message in llm.batch(["x"] * 20)] == ["{}"] * 20
        assert [message.content for message in asyncio.run(llm.abatch(["x"] * 20))] == ["{}"] * 20


LIMITED = """
import asyncio, os, resource, sys, threading
import uvloop
from langchain_nuextract import NuExtractor

resource.setrlimit(resource.RLIMIT_NOFILE, (120, 120))
way, url = sys.argv[1:]
extract = NuExtractor({"a": "string"}, model="numind/NuExtract3", base_url=url)

def closing(loop):
    try:
        return loop.run_until_complete(extract.ainvoke("x"))
    finally:
        loop.close()

ways = {
    "asyncio.run": lambda: asyncio.run(extract.ainvoke("x")),
    "loop.close": lambda: closing(asyncio.new_event_loop()),
    "uvloop.run": lambda: uvloop.run(extract.ainvoke("x")),
    "uvloop.close": lambda: closing(uvloop.new_event_loop()),
}
ways[way]()
before = len(os.listdir("/proc/self/fd")), threading.active_count()
for _ in range(200):
    assert ways[way]() == {"a": "x"}
print(len(os.listdir("/proc/self/fd")) - before[0], threading.active_count() - before[1])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="counts what is open in /proc")
@pytest.mark.parametrize("way", ["asyncio.run", "loop.close", "uvloop.run", "uvloop.close"])
def test_nothing_is_left_of_many_event_loops(way):
    # uvloop warns of every socket that it closes with its loop.
    warnings = "default::DeprecationWarning" if way == "uvloop.close" else "error"
    # LangSmith's own, on Python 3.14.
    langsmith = "ignore:'asyncio.iscoroutinefunction' is deprecated:DeprecationWarning"
    command = [sys.executable, "-W", warnings, "-W", langsmith, "-c", LIMITED, way]
    with FakeEndpoint({"a": "x"}) as endpoint:
        done = subprocess.run([*command, endpoint.url], capture_output=True, text=True, check=False, timeout=280)
    assert (done.stdout, done.stderr) == ("0 0\n", "")


def test_a_closed_loop_has_closed_its_connections(chat):
    with FakeEndpoint() as endpoint:
        llm = chat(endpoint)
        loop = asyncio.new_event_loop()

        async def ask():
            await llm.ainvoke("x")
            return weakref.ref(llm.client._connections.here(sync=False))

        transport = loop.run_until_complete(ask())
        assert not transport().session.closed
        loop.close()
        assert transport() is None
        wait_for(lambda: not endpoint._server._open)


def test_the_connections_of_a_dropped_model_are_closed_while_its_loop_runs():
    async def ask(url):
        llm = ChatNuExtract(model="m", base_url=url)
        await llm.ainvoke("x")
        transport = llm.client._connections.here(sync=False)
        del llm
        gc.collect()
        while not transport.session.closed:  # noqa: ASYNC110  # nobody tells
            await asyncio.sleep(0.001)

    with FakeEndpoint() as endpoint:
        asyncio.run(asyncio.wait_for(ask(endpoint.url), 60))


@pytest.mark.parametrize("way", ["close", "aclose", "with", "async with"])
def test_a_closed_model_has_no_connection_and_no_thread_left_and_may_be_used_again(chat, way):
    gc.collect()  # a caller's own client, of another test, would keep the thread
    before = {thread.name for thread in threading.enumerate()}

    async def used(llm):
        # Sync calls have a thread, which ends as well.
        if way == "async with":
            async with llm:
                await asyncio.gather(llm.ainvoke("x"), asyncio.to_thread(llm.invoke, "x"))
        else:
            await asyncio.gather(llm.ainvoke("x"), asyncio.to_thread(llm.invoke, "x"))
            await llm.aclose()

    with FakeEndpoint() as endpoint:
        llm = chat(endpoint)
        for _ in range(2):
            if way == "with":
                with llm:
                    llm.invoke("x")
            elif way == "close":
                llm.invoke("x")
                llm.batch(["x"] * 3)
                llm.close()
            else:
                asyncio.run(used(llm))
            wait_for(lambda: not endpoint._server._open)
    assert "nuextract-loop" not in {thread.name for thread in threading.enumerate()} - before


@pytest.mark.parametrize("kind", [httpx.AsyncClient, httpx2.AsyncClient])
def test_closing_leaves_a_client_of_the_callers_to_those_who_share_it(chat, kind):
    """Its connections belong to the loop of sync calls, which must not end with the first model that is closed."""
    client = kind()
    with FakeEndpoint() as endpoint:
        first, second, other = (
            chat(endpoint, http_async_client=client),
            chat(endpoint, http_async_client=client),
            chat(endpoint),
        )
        for llm in (first, second, other):
            llm.invoke("x")
        other.close()
        first.close()
        assert second.invoke("x").content == "{}"
        asyncio.run(first.aclose())
        assert asyncio.run(second.ainvoke("x")).content == second.invoke("x").content == "{}"
        assert first.invoke("x").content == "{}"
        other.close()
        run_in_background(client.aclose())


WRONG_CLIENTS = [
    ({"http_client": httpx2.AsyncClient()}, "http_client must be an httpx2.Client, or httpx's, not AsyncClient"),
    ({"http_async_client": httpx2.Client()}, "http_async_client must be an httpx2.AsyncClient, or httpx's, not Client"),
    ({"http_client": "http://localhost"}, "http_client must be an httpx2.Client, or httpx's, not str"),
]


@pytest.mark.parametrize(("settings", "words"), WRONG_CLIENTS)
def test_a_client_of_the_other_kind_is_refused_at_once(settings, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        ChatNuExtract(model="m", base_url="http://127.0.0.1:9", **settings)


def test_a_closed_model_behind_a_socks_proxy_may_be_used_again(chat, monkeypatch):
    def direct(proxy, tls, headers):
        return HttpxTransport(httpx2.AsyncClient(), headers, is_callers=False)

    # The package for SOCKS is no dependency; what is closed and made anew is the same without a proxy.
    monkeypatch.setattr(HttpxTransport, "through", direct)
    with FakeEndpoint() as endpoint:
        llm = chat(endpoint, proxy="socks5://127.0.0.1:9")
        for close in (llm.close, lambda: asyncio.run(llm.aclose()), llm.close):
            assert llm.invoke("x").content == "{}"
            close()
            wait_for(lambda: not endpoint._server._open)


def test_closing_on_another_thread_closes_the_connections_of_a_running_loop(chat):
    with FakeEndpoint() as endpoint:
        llm = chat(endpoint)

        async def ask():
            await llm.ainvoke("x")
            await asyncio.to_thread(llm.close)
            while endpoint._server._open:  # noqa: ASYNC110  # nobody tells
                await asyncio.sleep(0.001)

        asyncio.run(asyncio.wait_for(ask(), 60))


def test_the_connections_of_a_dropped_model_are_closed(chat):
    with FakeEndpoint() as endpoint:
        llm = chat(endpoint)
        llm.invoke("x")
        wire = weakref.ref(llm.client)
        assert endpoint._server._open
        del llm
        gc.collect()
        assert wire() is None
        wait_for(lambda: not endpoint._server._open)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no forks here")
def test_a_forked_child_asks_on_its_own_and_ends_at_once():
    script = """
import os, sys
from langchain_nuextract import NuExtractor
extract = NuExtractor({"a": "string"}, model="numind/NuExtract3", base_url=sys.argv[1])
extract.batch(["x"] * 3), extract.invoke("x")
child = os.fork()
if not child:
    assert extract.invoke("x") == extract.batch(["y"])[0] == {"a": "x"}
    assert [result.value for result in extract.extract_many(["z"])] == [{"a": "x"}]
    sys.exit(7)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
assert extract.batch(["x"] * 3) == [{"a": "x"}] * 3
"""
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", script]
    with FakeEndpoint({"a": "x"}) as endpoint:
        done = subprocess.run([*command, endpoint.url], capture_output=True, text=True, check=False, timeout=280)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.usefixtures("kept_connections")
def test_many_documents_share_the_connections_of_batches():
    with FakeEndpoint(FakeReply({"a": "x"}, delay=0.002)) as endpoint:
        extract = NuExtractor({"a": "string"}, model="numind/NuExtract3", base_url=endpoint.url)
        for _ in range(8):
            assert len([*extract.extract_many(["x"] * 256, max_concurrency=64)]) == 256
        extract.batch(["x"] * 256, {"max_concurrency": 64})
        extract.invoke("x")
    # One that was idle for seconds, where the machine is slow, is opened anew; one run for itself alone has 64.
    assert endpoint.connections <= 2 * 64


def test_event_loops_are_not_kept_alive(chat):
    with FakeEndpoint() as endpoint:
        llm = chat(endpoint)
        loop = asyncio.new_event_loop()
        loop.run_until_complete(llm.ainvoke("x"))
        loop.close()
        gone = weakref.ref(loop)
        del loop
        gc.collect()
        assert gone() is None


@pytest.mark.usefixtures("kept_connections")
def test_connections_are_reused(chat):
    with FakeEndpoint() as endpoint:
        llm = chat(endpoint)

        async def ask():
            for _ in range(5):
                await llm.ainvoke("x")

        asyncio.run(ask())
        for _ in range(5):
            llm.invoke("x")
        llm.batch(["x"])
        assert endpoint.connections == 2


@pytest.mark.usefixtures("kept_connections")
def test_models_that_differ_in_sampling_alone_share_their_connections(chat):
    with FakeEndpoint() as endpoint:
        llm = chat(endpoint)
        configurable = llm.configurable_fields(temperature=ConfigurableField(id="temperature"))
        for temperature in (0.0, 0.5):
            configurable.with_config(configurable={"temperature": temperature}).invoke("x")
    assert [request.body["temperature"] for request in endpoint.requests] == [0.0, 0.5]
    assert endpoint.connections == 1


def test_models_with_other_keys_do_not_share_connections(chat):
    with FakeEndpoint() as endpoint:
        assert chat(endpoint, api_key="a").client is not chat(endpoint, api_key="b").client


@pytest.mark.parametrize("change", ["assign", "copy"])
def test_a_changed_setting_is_heeded(run, chat, change):
    with FakeEndpoint() as first, FakeEndpoint() as second:
        llm = chat(first)
        run(llm)
        if change == "assign":
            llm.openai_api_base = second.url
        else:
            llm = llm.model_copy(update={"openai_api_base": second.url})
        run(llm)
    assert (len(first.requests), len(second.requests)) == (1, 1)


def test_a_model_travels_after_use(run, chat):
    with FakeEndpoint() as endpoint:
        llm = chat(endpoint, temperature=0.5, extra_body={"top_k": 1})
        run(llm)
        arrived = pickle.loads(pickle.dumps(llm))
        assert arrived == llm
        assert run(arrived).content == "{}"
    assert endpoint.requests[0].body == endpoint.requests[1].body


def test_a_cancelled_call_leaves_the_model_usable(chat):
    with FakeEndpoint(lambda received: {}) as endpoint:
        llm = chat(endpoint)

        async def cancel():
            task = asyncio.create_task(llm.ainvoke("x"))
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            return (await llm.ainvoke("x")).content

        assert asyncio.run(cancel()) == "{}"


def test_nothing_runs_on_after_use(chat):
    before = threading.active_count()
    with FakeEndpoint() as endpoint:
        asyncio.run(chat(endpoint).ainvoke("x"))
        chat(endpoint).invoke("x")
    gc.collect()
    wait_for(lambda: threading.active_count() <= before + 1)


MANY_AT_ONCE = """
import resource, sys
from langchain_nuextract import NuExtractor

resource.setrlimit(resource.RLIMIT_NOFILE, (60, 60))
extract = NuExtractor({"a": "string"}, model="numind/NuExtract3", base_url=sys.argv[1], max_retries=0)
documents = [f"document {number}" for number in range(150)]
assert all(each == {"a": None} for each in extract.batch(documents, {"max_concurrency": 150}))
assert all(each.error is None for each in extract.extract_many(documents, max_concurrency=150))
"""


def test_more_requests_at_once_than_files_may_be_open_wait_for_each_other():
    with FakeEndpoint(FakeReply('{"a": null}', delay=0.05)) as endpoint:
        command = [sys.executable, "-c", MANY_AT_ONCE, endpoint.url]
        ended = subprocess.run(command, capture_output=True, timeout=280, check=False)
    assert (ended.returncode, ended.stderr.decode()[-2000:]) == (0, "")
    assert len(endpoint.requests) == 300
