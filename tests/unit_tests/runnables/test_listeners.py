"""Listeners of async runs are told what LangChain's own sync runs tell them: the same events, in the same order."""

import asyncio
import re
from functools import partial

import pytest
from langchain_core.callbacks import AsyncCallbackHandler, BaseCallbackHandler, get_usage_metadata_callback
from langchain_core.messages import HumanMessage
from langchain_core.runnables import RunnableLambda
from langchain_core.runnables.config import var_child_runnable_config
from langchain_core.tracers.base import BaseTracer
from pydantic import BaseModel

from langchain_nuextract import ChatNuExtract, Example, NuExtractor
from langchain_nuextract.testing import FakeEndpoint, FakeReply

EVENTS = (
    *("on_chain_start", "on_chain_end", "on_chain_error", "on_chat_model_start", "on_llm_new_token"),
    *("on_llm_end", "on_llm_error", "on_custom_event"),
)


class Order(BaseModel):
    """An order."""

    buyer: str
    pieces: int
    note: str | None = None


PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
FITS = '{"buyer": "Museum", "pieces": 3, "note": null}'
BROKEN = '```json\n{"buyer": "Museum", "pieces": "3 or'
SCRIPTS = [
    pytest.param((FITS,), id="fits"),
    pytest.param((FakeReply(text=FITS, reasoning="so"),), id="thought"),
    pytest.param((BROKEN, '{"pieces": 3}'), id="recovered"),
    pytest.param((BROKEN,), id="failed"),
    pytest.param((FakeReply(status=400, error="no"),), id="refused"),
    pytest.param((BROKEN, FakeReply(status=400, error="no")), id="refused-later"),
]


def noting(self, event):
    def note(*args, **kwargs):
        self.heard.append((event, args, sorted(kwargs.items()), var_child_runnable_config.get() is not None))

    return note


def listener(base=BaseCallbackHandler, **attributes):
    """Make a listener of a kind that notes all that it is told."""

    def method(event):
        def told(self, *args, **kwargs):
            noting(self, event)(*args, **kwargs)

        async def atold(self, *args, **kwargs):
            noting(self, event)(*args, **kwargs)

        return atold if base is AsyncCallbackHandler else told

    kind = type("Listener", (base,), {**{event: method(event) for event in EVENTS}, **attributes})
    made = kind()
    made.heard = []
    return made


class Tracer(BaseTracer):
    """Notes the finished runs."""

    def __init__(self):
        super().__init__(_schema_format="original+chat")
        self.heard = []

    def _persist_run(self, run):
        self.heard.append(self._dumped(run))

    def _dumped(self, run):
        told = {name: getattr(run, name) for name in ("id", "name", "inputs", "outputs", "tags", "run_type", "extra")}
        events = [event["name"] for event in run.events]
        error = run.error and run.error.partition("Traceback")[0]
        return {**told, "error": error, "events": events, "children": [*map(self._dumped, run.child_runs)]}


class Deaf(BaseCallbackHandler):
    """Listens to one kind of event only."""

    def __init__(self):
        self.heard = []

    def on_llm_end(self, *args, **kwargs):
        noting(self, "on_llm_end")(*args, **kwargs)


KINDS = {
    "sync": listener,
    "async": lambda: listener(AsyncCallbackHandler),
    "inline": lambda: listener(run_inline=True),
    "raising": lambda: listener(raise_error=True),
    "deaf-to-chains": lambda: listener(ignore_chain=True),
    "deaf-but-for-one-event": Deaf,
    "tracer": Tracer,
}


def shown(heard):
    """Write down what was heard, with numbers in place of ids, ports and seconds."""
    ids = {}
    number = lambda found: f"#{ids.setdefault(found[0], len(ids))}"  # noqa: E731
    text = re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", number, repr(heard))
    return re.sub(r"127\.0\.0\.1:\d+|seconds=[\d.e-]+|0x[0-9a-f]+|line \d+", "…", text)


def sync(runnable, config, document="Museum, 3"):
    return runnable.invoke(document, config)


def on_loop(runnable, config, document="Museum, 3"):
    return asyncio.run(runnable.ainvoke(document, config))


def heard(run, script, kinds, *, built=lambda extractor: extractor, config=None, **settings):
    """Run an extractor with listeners of some kinds; give what each of them has heard."""
    listeners = [KINDS[kind]() for kind in kinds]
    with FakeEndpoint(*script) as endpoint:
        llm = ChatNuExtract(model="numind/NuExtract3", base_url=endpoint.url, max_retries=0, **settings)
        runnable = built(NuExtractor(Order, llm=llm, examples=[Example("Hall, 2", {"buyer": "Hall", "pieces": 2})]))
        try:
            outcome = repr(run(runnable, {**(config or {}), "callbacks": listeners}))
        except Exception as error:  # noqa: BLE001  # which one is compared
            outcome = repr(error)
    return shown(outcome), [shown(each.heard) for each in listeners]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("script", SCRIPTS)
def test_a_listener_is_told_the_same(script, kind):
    assert heard(on_loop, script, [kind]) == heard(sync, script, [kind])


@pytest.mark.parametrize("script", SCRIPTS)
def test_several_listeners_are_told_the_same(script):
    assert heard(on_loop, script, [*KINDS, "sync"]) == heard(sync, script, [*KINDS, "sync"])


BUILT = [
    pytest.param(lambda extractor: extractor.detailed, id="detailed"),
    pytest.param(lambda extractor: extractor.with_config(tags=["own"], metadata={"a": 1}, run_name="mine"), id="named"),
    pytest.param(lambda extractor: RunnableLambda(str.upper) | extractor | RunnableLambda(repr), id="sequence"),
    pytest.param(
        lambda extractor: extractor.with_retry(stop_after_attempt=2, wait_exponential_jitter=False), id="retried"
    ),
]


@pytest.mark.parametrize("built", BUILT)
@pytest.mark.parametrize("script", [(BROKEN, '{"pieces": 3}'), (BROKEN,)], ids=["recovered", "failed"])
def test_so_they_are_wherever_the_extractor_runs(script, built):
    config = {"tags": ["given"], "metadata": {"customer": 7}}
    first, second = (
        heard(run, script, ["sync", "tracer"], built=built, config=config, tags=["llm"], metadata={"b": 2})
        for run in (on_loop, sync)
    )
    assert first == second


def test_so_they_are_of_an_image():
    letter = {"type": "image", "base64": PIXEL, "mime_type": "image/png"}
    document = [HumanMessage([{"type": "text", "text": "Museum, 3"}, letter])]
    first, second = (heard(partial(run, document=document), (FITS,), KINDS) for run in (on_loop, sync))
    assert first == second
    assert "sha256" in first[1][0]
    assert PIXEL not in str(first)


def test_usage_is_counted_once_for_whoever_asks_for_it_around_the_run():
    counted = {}
    for run in (sync, on_loop):
        with get_usage_metadata_callback() as usage:
            heard(run, (FITS,), ["sync"])
        with get_usage_metadata_callback() as within:
            heard(run, (FITS,), [], built=lambda extractor: RunnableLambda(extractor.invoke, extractor.ainvoke))
        assert usage.usage_metadata == within.usage_metadata
        counted[run] = usage.usage_metadata
    assert counted[sync] == counted[on_loop] != {}


def test_a_listener_that_fails_does_not_disturb_the_run(caplog):
    def fail(self, *args, **kwargs):
        raise RuntimeError("broken listener")

    with FakeEndpoint(FITS) as endpoint:
        extractor = NuExtractor(Order, model="numind/NuExtract3", base_url=endpoint.url)
        on_loop(extractor, {"callbacks": [listener(on_llm_end=fail)]})
    assert "Error in Listener.on_llm_end callback: RuntimeError('broken listener')" in caplog.text
    assert "Relay" not in caplog.text


def test_a_run_has_the_id_that_it_is_given():
    run_id = "0190a5a0-0000-7000-8000-000000000001"
    tracer = Tracer()
    with FakeEndpoint(FITS) as endpoint:
        extractor = NuExtractor(Order, model="numind/NuExtract3", base_url=endpoint.url)
        on_loop(extractor, {"callbacks": [tracer], "run_id": run_id})
    assert [str(run["id"]) for run in tracer.heard] == [run_id]
