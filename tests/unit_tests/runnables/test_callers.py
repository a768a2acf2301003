"""Requests and results are the same whether somebody listens or not; whoever would notice runs has them."""

from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from functools import partial
from typing import Any, cast

import pytest
from langchain_core.caches import InMemoryCache
from langchain_core.callbacks import BaseCallbackHandler, CallbackManager, get_usage_metadata_callback
from langchain_core.globals import set_debug, set_llm_cache
from langchain_core.rate_limiters import InMemoryRateLimiter
from langchain_core.runnables import RunnableConfig, RunnableLambda
from langchain_core.tracers import context as tracers
from langchain_core.tracers.context import collect_runs, register_configure_hook
from langsmith.run_helpers import tracing_context
from langsmith.utils import get_env_var
from pydantic import BaseModel

from langchain_nuextract import ChatNuExtract, Example, NuExtractor
from langchain_nuextract.runnables import direct_caller as looking
from langchain_nuextract.runnables.direct_caller import DirectCaller, direct_caller
from langchain_nuextract.testing import FakeEndpoint, FakeReply

DIALECTS = ["1", "1.5", "2.0", "3", "2.0-inline", "3-inline", "instruct"]


class Order(BaseModel):
    """An order."""

    buyer: str
    pieces: int
    note: str | None = None


class Counting(BaseCallbackHandler):
    def __init__(self) -> None:
        self.runs = 0

    def on_chat_model_start(self, *args, **kwargs) -> None:
        self.runs += 1


def called(extractor, way, config):
    return list(extractor.stream("Museum, 3", config))[-1] if way == "stream" else extractor.invoke("Museum, 3", config)


@pytest.mark.parametrize("way", ["invoke", "stream"])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_listening_changes_neither_the_requests_nor_the_result(dialect, way):
    listener = Counting()
    replies = ['{"buyer": "Museum", "pieces": "3 or', '{"buyer": "Museum", "pieces": 3, "note": null}'] * 2
    with FakeEndpoint(*(FakeReply(text=text, reasoning="so") for text in replies)) as endpoint:
        llm = ChatNuExtract(
            model="m", base_url=endpoint.url, dialect=dialect, seed=1, extra_body={"top_k": 1}, default_query={"a": "b"}
        )
        examples = [Example("Hall, 2", {"buyer": "Hall", "pieces": 2})] if dialect not in {"1", "1.5"} else []
        extractor = NuExtractor(Order, llm=llm, examples=examples)
        unheard = called(extractor, way, None)
        heard = called(extractor, way, {"callbacks": [listener]})
    alone, listened = endpoint.requests[:2], endpoint.requests[2:]
    assert unheard == heard == Order(buyer="Museum", pieces=3)
    assert listener.runs == 2
    assert [each.body for each in alone] == [each.body for each in listened]
    assert [each.path for each in alone] == [each.path for each in listened]
    assert [{**each.headers, "host": ""} for each in alone] == [{**each.headers, "host": ""} for each in listened]


def test_a_run_that_this_is_called_in_is_listened_to():
    listener = Counting()
    with FakeEndpoint('{"buyer": "Museum", "pieces": 3}') as endpoint:
        extractor = NuExtractor(Order, model="m", base_url=endpoint.url, dialect="3")
        RunnableLambda(extractor.invoke).invoke("x", {"callbacks": [listener]})
    assert listener.runs == 1


class Derived(ChatNuExtract):
    """Somebody's own model."""


NOTICED = [
    pytest.param(ChatNuExtract, {"cache": InMemoryCache()}, id="cache"),
    pytest.param(ChatNuExtract, {"rate_limiter": InMemoryRateLimiter()}, id="rate-limiter"),
    pytest.param(ChatNuExtract, {"callbacks": [Counting()]}, id="callbacks"),
    pytest.param(ChatNuExtract, {"verbose": True}, id="verbose"),
    pytest.param(ChatNuExtract, {"direct": False}, id="direct-is-off"),
    pytest.param(Derived, {}, id="derived"),
]


@pytest.mark.parametrize(("kind", "settings"), NOTICED)
def test_a_model_whose_runs_matter_has_them(kind, settings):
    assert direct_caller(kind(model="m", base_url="http://localhost", **settings), None) is None


def test_a_cache_for_all_models_matters_unless_the_model_does_without():
    caching, not_caching = (
        ChatNuExtract(model="m", base_url="http://localhost", cache=cache) for cache in (None, False)
    )
    assert isinstance(direct_caller(caching, None), DirectCaller)
    set_llm_cache(InMemoryCache())
    try:
        assert direct_caller(caching, None) is None
        assert isinstance(direct_caller(not_caching, None), DirectCaller)
    finally:
        set_llm_cache(None)


def test_changed_settings_are_sent():
    with FakeEndpoint('{"buyer": "Museum", "pieces": 3}') as endpoint:
        llm = ChatNuExtract(model="m", base_url=endpoint.url, dialect="3")
        NuExtractor(Order, llm=llm).invoke("x")
        llm.top_p = 0.5
        NuExtractor(Order, llm=llm).invoke("x")
    assert [request.body.get("top_p") for request in endpoint.requests] == [None, 0.5]


def test_listeners_are_told_changed_settings():
    told = []

    class Listener(BaseCallbackHandler):
        def on_chat_model_start(self, *args, invocation_params, **kwargs) -> None:
            told.append(invocation_params)

    with FakeEndpoint('{"buyer": "Museum", "pieces": 3}') as endpoint:
        llm = ChatNuExtract(model="m", base_url=endpoint.url, dialect="3")
        NuExtractor(Order, llm=llm).invoke("x", {"callbacks": [Listener()]})
        llm.top_p = 0.5
        NuExtractor(Order, llm=llm).invoke("x", {"callbacks": [Listener()]})
        NuExtractor(Order, llm=llm.model_copy(update={"top_p": 0.7})).invoke("x", {"callbacks": [Listener()]})
    assert [params.get("top_p") for params in told] == [None, 0.5, 0.7]
    assert llm._get_invocation_params(["."], n=2).items() >= {"stop": ["."], "n": 2, "model": "m"}.items()


def test_listeners_are_not_told_the_credentials_of_tools():
    tool = {"type": "mcp", "headers": {"Authorization": "secret"}}
    llm = ChatNuExtract(model="m", base_url="http://localhost")
    assert "secret" not in repr(llm._get_invocation_params(tools=[tool]))


@pytest.mark.parametrize("listened", [3, 1])
def test_a_batch_is_listened_to_by_those_whom_its_configs_name(listened):
    listener = Counting()
    config: RunnableConfig = {"callbacks": [listener]}
    with (
        FakeEndpoint('{"buyer": "Museum", "pieces": 3}') as endpoint,
        NuExtractor(Order, model="m", base_url=endpoint.url, dialect="3") as extractor,
    ):
        found = extractor.batch(["a", "b", "c"], config if listened == 3 else [{}, {}, config])
    assert found == [Order(buyer="Museum", pieces=3)] * 3
    assert listener.runs == listened


class Counted(NuExtractor):
    """Somebody's own extractor."""

    async def ainvoke(self, input, config=None, **kwargs):  # noqa: A002  its name in LangChain
        return (await super().ainvoke(input, config, **kwargs)).pieces


def test_a_batch_of_a_derived_extractor_asks_by_its_own_method():
    with (
        FakeEndpoint('{"buyer": "Museum", "pieces": 3}') as endpoint,
        cast("Any", Counted)(Order, model="m", base_url=endpoint.url, dialect="3") as extractor,
    ):
        assert extractor.batch(["a", "b"]) == [3, 3]


HOOK: ContextVar[Counting | None] = ContextVar("HOOK", default=None)


@contextmanager
def hooked(**set_):
    register_configure_hook(HOOK, True, Counting, "NUEXTRACT_TEST_LISTENS")
    token = HOOK.set(set_.get("handler"))
    try:
        yield
    finally:
        HOOK.reset(token)
        tracers._configure_hooks.pop()


@contextmanager
def debugging():
    set_debug(True)
    try:
        yield
    finally:
        set_debug(False)


FOR_ALL_RUNS = [
    pytest.param(get_usage_metadata_callback, {}, id="usage-of-a-block"),
    pytest.param(collect_runs, {}, id="runs-of-a-block"),
    pytest.param(partial(hooked, handler=Counting()), {}, id="a-hook-by-its-variable"),
    pytest.param(hooked, {"NUEXTRACT_TEST_LISTENS": "true"}, id="a-hook-by-the-environment"),
    pytest.param(debugging, {}, id="debugging"),
]
TRACED = [
    pytest.param(partial(tracing_context, enabled=True), {}, id="of-a-block"),
    pytest.param(nullcontext, {"LANGSMITH_TRACING": "true"}, id="by-the-environment"),
    pytest.param(nullcontext, {"LANGCHAIN_TRACING": "1"}, id="as-it-was-said-before"),
]


@pytest.mark.parametrize("knows_places", [True, False], ids=["places-known", "places-unknown"])
@pytest.mark.parametrize(("listening", "environment"), FOR_ALL_RUNS)
def test_listeners_to_all_runs_are_found(listening, environment, knows_places, monkeypatch):
    llm = ChatNuExtract(model="m", base_url="http://localhost")
    if not knows_places:
        # As a version of LangChain would that has them elsewhere.
        monkeypatch.setattr(looking, "_sources_of_listeners", lambda: None)
    assert isinstance(direct_caller(llm, None), DirectCaller)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with listening():
        assert direct_caller(llm, None) is None


@pytest.mark.parametrize(("tracing", "environment"), TRACED)
def test_tracing_is_looked_for_by_langchain(tracing, environment, monkeypatch):
    asked = []
    monkeypatch.setattr(CallbackManager, "configure", lambda: asked.append(1) or CallbackManager([Counting()]))
    llm = ChatNuExtract(model="m", base_url="http://localhost")
    assert isinstance(direct_caller(llm, None), DirectCaller)
    assert not asked
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    # Variables are read once.
    cast("Any", get_env_var).cache_clear()
    looking._sources_of_listeners.cache_clear()
    try:
        with tracing():
            assert direct_caller(llm, None) is None
    finally:
        cast("Any", get_env_var).cache_clear()
        looking._sources_of_listeners.cache_clear()
