"""Extractions in the state of a graph: what a checkpointer writes is read as the extraction that it was."""

import json
import math
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import fields
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, TypedDict

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.graph import START, StateGraph
from langgraph.types import Command, interrupt
from pydantic import BaseModel

from langchain_nuextract import Extraction, NuExtractor, RecoveryPolicy
from langchain_nuextract.engine.long.result import LongExtraction
from langchain_nuextract.engine.saved import restore, save
from langchain_nuextract.testing import FakeEndpoint, FakeReply
from tests.pdfs import lines, pdf


class Lease(BaseModel):
    berth: str
    rent: Decimal | None = None
    begins: date | None = None


TEXT = "Berth N-4 is let for 1.250,50 € from 6 May 2031."
ANSWER = {"berth": "N-4", "rent": 1250.5, "begins": "2031-05-06"}
HTML = f"<html><body><h1>Lease</h1><p>{TEXT}</p></body></html>"
PDF = pdf(lines("Berth N-4", "Rent 1250.50"), lines("from 6 May 2031"))


@pytest.fixture(scope="module")
def endpoint() -> Iterator[FakeEndpoint]:
    def answer(request: Any) -> Any:
        text = json.dumps(ANSWER)
        if not request.body.get("logprobs"):
            return text
        tokens = [{"token": each, "bytes": list(each.encode()), "logprob": math.log(0.5)} for each in text]
        return FakeReply(text, logprobs={"content": tokens})

    with FakeEndpoint(answer) as endpoint:
        yield endpoint


def strict() -> JsonPlusSerializer:
    """As with LANGGRAPH_STRICT_MSGPACK=true: two classes may be made, and none besides."""
    return JsonPlusSerializer(allowed_msgpack_modules=[Extraction, LongExtraction, Lease])


def carried(extraction: Any) -> Any:
    serializer = strict()
    return serializer.loads_typed(serializer.dumps_typed(extraction))


def told(extraction: Any) -> list[Any]:
    """All that can be asked of an extraction."""
    names = [each.name for each in fields(extraction) if each.name not in {"provenance", "windows"}]
    more = ["evidence", "unplaced", "places", "confidence", "warnings", "usage", "report"]
    return [*(getattr(extraction, name) for name in (*names, *more)), extraction.to_dict()]


DOCUMENTS = {
    "text": TEXT,
    "html": HTML.encode(),
    "pdf": PDF,
    "mail": b"From: a@example.org\nSubject: Lease\nMIME-Version: 1.0\nContent-Type: text/html\n\n"
    + HTML.encode("utf-8"),
}


@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS)
@pytest.mark.parametrize("long", [False, True], ids=["short", "long"])
def test_all_that_an_extraction_tells_is_the_same_afterwards(endpoint: FakeEndpoint, document: Any, long: bool) -> None:
    examples = [("Berth S-9 is free.", {"berth": "S-9", "rent": None, "begins": None})]
    extract = NuExtractor(
        Lease, model="numind/NuExtract3", base_url=endpoint.url, logprobs=True, examples=examples, dialect="3"
    )
    extraction = (extract.long() if long else extract).detailed.invoke(document)
    again = carried(extraction)
    assert type(again) is type(extraction)
    assert isinstance(again.value, Lease)
    assert [each.quotation for each in again.evidence]
    assert long or again.confidence
    assert told(again) == told(extraction)
    assert told(carried(again)) == told(extraction)


def test_what_was_read_page_by_page_keeps_its_pages(endpoint: FakeEndpoint) -> None:
    extract = NuExtractor(Lease, model="numind/NuExtract-2.0-8B", base_url=endpoint.url)
    extraction = extract.detailed.invoke(PDF)
    again = carried(extraction)
    assert len(again.by_page) == len(extraction.by_page) == 2
    assert told(again) == told(extraction)
    assert list(map(told, again.by_page)) == list(map(told, extraction.by_page))


@pytest.mark.parametrize("value", [{"a": 2**70, "b": ["half \ud800", None, 1.5]}, {"a": float("inf")}])
def test_json_that_messagepack_cannot_write_is_carried_too(endpoint: FakeEndpoint, value: Any) -> None:
    schema = {"type": "object", "properties": {"a": {}, "b": {"type": "array", "items": {}}}}
    with FakeEndpoint(lambda _: json.dumps(value).replace("Infinity", "1e999")) as hostile:
        extract = NuExtractor(schema, model="numind/NuExtract3", base_url=hostile.url)
        extraction = extract.detailed.invoke("half \ud800 of it")
    assert told(carried(extraction)) == told(extraction)


def test_what_was_left_out_is_still_named(endpoint: FakeEndpoint) -> None:
    del endpoint
    with FakeEndpoint(lambda _: '{"berth": "N-4", "rent": "much", "begins": "soon"}') as vague:
        policy = RecoveryPolicy(max_calls=1, on_failure="drop")
        extract = NuExtractor(Lease, model="numind/NuExtract3", base_url=vague.url, recovery=policy)
        extraction = extract.detailed.invoke(TEXT)
    assert extraction.problems
    assert told(carried(extraction)) == told(extraction)


class State(TypedDict):
    document: str
    lease: Extraction[Lease]
    approved: bool


def review(endpoint: FakeEndpoint, saver: Any) -> Any:
    extract = NuExtractor(Lease, model="numind/NuExtract3", base_url=endpoint.url)

    def read(state: State) -> Any:
        return {"lease": extract.detailed.invoke(state["document"])}

    def approve(state: State) -> Any:
        seen = [each.quotation for each in state["lease"].evidence]
        return {"approved": interrupt({"value": state["lease"].to_dict()["value"], "seen": seen})}

    graph = StateGraph(State)
    graph.add_node("read", read)
    graph.add_node("approve", approve)
    graph.add_edge(START, "read")
    graph.add_edge("read", "approve")
    return graph.compile(checkpointer=saver)


def resumed(endpoint: FakeEndpoint, savers: list[Any]) -> Any:
    thread: Any = {"configurable": {"thread_id": "lease"}}
    asked = review(endpoint, savers[0]).invoke({"document": TEXT}, thread)["__interrupt__"][0].value
    assert asked["seen"] == ["N-4", "1.250,50", "6 May 2031"]
    app = review(endpoint, savers[-1])
    app.invoke(Command(resume=True), thread)
    return app.get_state(thread).values


def check(values: Any) -> None:
    assert values["approved"] is True
    lease = values["lease"]
    assert isinstance(lease, Extraction)
    assert lease.value == Lease(berth="N-4", rent=Decimal("1250.5"), begins=date(2031, 5, 6))
    assert [each.quotation for each in lease.evidence] == ["N-4", "1.250,50", "6 May 2031"]
    assert "1 call" in lease.report


@pytest.mark.parametrize("serde", [None, strict()], ids=["as it comes", "strict"])
def test_a_graph_that_waits_for_a_person_goes_on_with_the_extraction(endpoint: FakeEndpoint, serde: Any) -> None:
    check(resumed(endpoint, [InMemorySaver(serde=serde)]))


def test_a_graph_goes_on_in_another_process_from_a_file(endpoint: FakeEndpoint, tmp_path: Path) -> None:
    file = tmp_path / "graph.db"
    with (
        closing(sqlite3.connect(file, check_same_thread=False)) as one,
        closing(sqlite3.connect(file, check_same_thread=False)) as other,
    ):
        check(resumed(endpoint, [SqliteSaver(one, serde=strict()), SqliteSaver(other, serde=strict())]))


def test_only_the_two_classes_are_asked_for(endpoint: FakeEndpoint, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("WARNING", "langgraph")
    check(resumed(endpoint, [InMemorySaver(serde=strict())]))
    assert not caplog.records


@pytest.mark.parametrize(
    "name", ["builtins:eval", "langchain_nuextract.batch.checkpoint:Checkpoint", "langchain_nuextract.errors:quote"]
)
def test_nothing_but_values_is_made_of_a_saved_text(name: str) -> None:
    with pytest.raises(ValueError, match="no value of an extraction"):
        restore(json.dumps({"whole": {"part": 0}, "parts": [[name, {}]]}))


def test_what_is_no_value_is_refused_before_it_is_lost() -> None:
    with pytest.raises(TypeError, match="object cannot be saved"):
        save({"a": object()})


def test_an_extraction_is_a_dict_of_json(endpoint: FakeEndpoint) -> None:
    extract = NuExtractor(Lease, model="numind/NuExtract3", base_url=endpoint.url)
    found = json.loads(json.dumps(extract.detailed.invoke(PDF).to_dict(), allow_nan=False))
    assert found["value"] == {"berth": "N-4", "rent": "1250.5", "begins": "2031-05-06"}
    assert [(each["path"], each["page"]) for each in found["evidence"]] == [
        ("$.berth", 1),
        ("$.rent", 1),
        ("$.begins", 2),
    ]
    assert found["calls"] == [{"kind": "plain", "finish_reason": "stop", "problems": []}]


def test_what_was_saved_when_attempts_had_another_module_is_read(endpoint: FakeEndpoint) -> None:
    extraction = NuExtractor(Lease, model="numind/NuExtract3", base_url=endpoint.url).detailed.invoke(TEXT)
    text = save(extraction.attempts)
    earlier = text.replace("langchain_nuextract.engine.attempt:", "langchain_nuextract.engine.result:")
    assert earlier != text
    assert restore(earlier) == extraction.attempts
