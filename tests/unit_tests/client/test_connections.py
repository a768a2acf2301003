"""Connections: made when needed, shared by those with equal settings, closed when nobody holds them."""

import asyncio
import gc
import pickle
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor

import pytest
from langchain_core.runnables import ConfigurableField

from langchain_nuextract import ChatNuExtract
from langchain_nuextract.testing import FakeEndpoint


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


def test_the_client_of_an_event_loop_is_closed_with_it(chat):
    with FakeEndpoint() as endpoint:
        llm = chat(endpoint)

        async def ask():
            await llm.ainvoke("x")
            return await llm.wire._async()

        client = asyncio.run(ask())
        assert client.is_closed
        assert len(llm.wire._async_transports) == 0


def test_the_client_of_a_dropped_model_is_closed_while_its_loop_runs():
    async def ask(url):
        llm = ChatNuExtract(model="m", base_url=url)
        await llm.ainvoke("x")
        client = await llm.wire._async()
        del llm
        gc.collect()
        await asyncio.sleep(0.05)
        return client.is_closed

    with FakeEndpoint() as endpoint:
        assert asyncio.run(ask(endpoint.url))


def test_the_client_of_a_dropped_model_is_closed(chat):
    with FakeEndpoint() as endpoint:
        llm = chat(endpoint)
        llm.invoke("x")
        http = llm.wire._sync()
        wire = weakref.ref(llm.wire)
        del llm
        gc.collect()
        assert wire() is None
        assert http.is_closed


def test_event_loops_are_not_kept_alive(chat):
    with FakeEndpoint() as endpoint:
        llm = chat(endpoint)
        loop = asyncio.new_event_loop()
        loop.run_until_complete(llm.ainvoke("x"))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
        gone = weakref.ref(loop)
        del loop
        gc.collect()
        assert gone() is None


def test_connections_are_reused(chat):
    with FakeEndpoint() as endpoint:
        llm = chat(endpoint)

        async def ask():
            for _ in range(5):
                await llm.ainvoke("x")

        asyncio.run(ask())
        for _ in range(5):
            llm.invoke("x")
        assert endpoint.connections == 2


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
        assert chat(endpoint, api_key="a").wire is not chat(endpoint, api_key="b").wire


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
    assert threading.active_count() <= before + 1
