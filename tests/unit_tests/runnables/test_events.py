"""What listeners and tracers of a run are told about its attempts and repairs, however the extractor is run."""

import asyncio
import json

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.tracers.base import AsyncBaseTracer, BaseTracer
from pydantic import BaseModel

from langchain_nuextract import InvalidExtraction, NuExtractor
from langchain_nuextract.runnables.callbacks.events import MOST_REPAIRS
from langchain_nuextract.testing import FakeEndpoint


class Seller(BaseModel):
    name: str
    city: str | None = None


class Invoice(BaseModel):
    number: str
    seller: Seller


TEXT = "Invoice 2024-17 of Hof, Köln"
WRONG = {"number": "2024-17", "seller": {"name": None, "city": "Köln"}}
SCRIPT = f"```json\n{json.dumps(WRONG)}\n```", {"seller": {"name": "Hof"}}


async def collect(stream):
    return [each async for each in stream]


RUNS = {
    "invoke": lambda runnable, config, text=TEXT: runnable.invoke(text, config),
    "ainvoke": lambda runnable, config, text=TEXT: asyncio.run(runnable.ainvoke(text, config)),
    "stream": lambda runnable, config, text=TEXT: list(runnable.stream(text, config)),
    "astream": lambda runnable, config, text=TEXT: asyncio.run(collect(runnable.astream(text, config))),
}


@pytest.fixture(params=RUNS)
def run(request):
    return RUNS[request.param]


def extractor(endpoint: FakeEndpoint) -> NuExtractor:
    return NuExtractor(Invoice, model="numind/NuExtract3", base_url=endpoint.url)


class Listener(BaseCallbackHandler):
    def __init__(self):
        self.heard = []

    def on_custom_event(self, name, data, **kwargs):
        self.heard.append((name, data))


def test_attempts_and_repairs_are_events_of_the_run(run):
    listener = Listener()
    with FakeEndpoint(*SCRIPT) as endpoint:
        run(extractor(endpoint), {"callbacks": [listener]})
    assert [data["kind"] for name, data in listener.heard if name == "nuextract_attempt"] == ["plain", "narrowed"]
    assert "surroundings" in [data["kind"] for name, data in listener.heard if name == "nuextract_repair"]


def test_the_events_of_a_failure_are_heard_too(run):
    listener = Listener()
    with FakeEndpoint(WRONG) as endpoint, pytest.raises(InvalidExtraction):
        run(extractor(endpoint), {"callbacks": [listener]})
    assert len([name for name, _ in listener.heard if name == "nuextract_attempt"]) == 4


def test_the_attempts_about_the_chunks_of_a_long_document_are_events_too(run):
    listener, chunks = Listener(), "Invoice 7 of Hof. " * 40
    with FakeEndpoint(WRONG | {"seller": {"name": "Hof"}}) as endpoint:
        run(extractor(endpoint).long(chunk_characters=300, overlap_tokens=0), {"callbacks": [listener]}, chunks)
    assert [name for name, _ in listener.heard].count("nuextract_attempt") == len(endpoint.requests) > 1


class Tracer(BaseTracer):
    def __init__(self):
        super().__init__(_schema_format="original+chat")
        self.traced = []

    def _persist_run(self, run):
        self.traced.append(run)


class AsyncTracer(AsyncBaseTracer):
    def __init__(self):
        super().__init__(_schema_format="original+chat")
        self.traced = []

    async def _persist_run(self, run):
        self.traced.append(run)


def test_a_tracer_finds_attempts_and_repairs_in_the_metadata_of_the_run(run):
    tracer, given = Tracer(), {"customer": 7}
    with FakeEndpoint(*SCRIPT) as endpoint:
        run(extractor(endpoint), {"callbacks": [tracer], "metadata": given})
    [root] = tracer.traced
    assert root.metadata["customer"] == 7
    assert [attempt["kind"] for attempt in root.metadata["nuextract_attempts"]] == ["plain", "narrowed"]
    assert "surroundings" in [repair["kind"] for repair in root.metadata["nuextract_repairs"]]
    assert root.metadata["nuextract_repair_count"] == len(root.metadata["nuextract_repairs"])
    assert given == {"customer": 7}
    assert not any("nuextract_attempts" in child.metadata for child in root.child_runs)


def test_an_async_tracer_finds_them_too():
    tracer = AsyncTracer()
    with FakeEndpoint(*SCRIPT) as endpoint:
        RUNS["ainvoke"](extractor(endpoint).detailed, {"callbacks": [tracer]})
    assert [len(run.metadata["nuextract_attempts"]) for run in tracer.traced] == [2]


def test_the_metadata_of_a_failed_run_has_them(run):
    tracer = Tracer()
    with FakeEndpoint(WRONG) as endpoint, pytest.raises(InvalidExtraction):
        run(extractor(endpoint), {"callbacks": [tracer]})
    assert len(tracer.traced[0].metadata["nuextract_attempts"]) == 4
    assert "InvalidExtraction" in tracer.traced[0].error


def test_the_metadata_lists_no_more_repairs_than_can_be_read():
    tracer = Tracer()
    items = ",".join("'x'" for _ in range(3 * MOST_REPAIRS))
    with FakeEndpoint(f'{{"items": [{items}]}}') as endpoint:
        extract = NuExtractor({"items": ["string"]}, model="numind/NuExtract3", base_url=endpoint.url)
        extract.invoke(TEXT, {"callbacks": [tracer]})
    metadata = tracer.traced[0].metadata
    assert len(metadata["nuextract_repairs"]) == MOST_REPAIRS
    assert metadata["nuextract_repair_count"] == 3 * MOST_REPAIRS
