"""Partial objects while the model writes: what is shown, when, and what it costs."""

import asyncio
import json
import time
from datetime import date
from typing import Annotated

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.prompts import PromptTemplate
from pydantic import BaseModel, Field

from langchain_nuextract import EndpointError, ExtractionError, InvalidExtraction, NuExtractor, RecoveryPolicy, Target
from langchain_nuextract.dialects import dialect_named
from langchain_nuextract.dialects.messages import Request
from langchain_nuextract.engine.plan import plan_for
from langchain_nuextract.engine.streaming.incremental_json import IncrementalParser
from langchain_nuextract.engine.streaming.partial_objects import PartialObjects
from langchain_nuextract.testing import FakeEndpoint, FakeReply

MODEL = "numind/NuExtract3"
TEXT = "Invoice 2024-17"


class Item(BaseModel):
    description: Annotated[str, Field(min_length=3)]
    due: date


class Invoice(BaseModel):
    number: str
    items: list[Item]
    currency: str = "EUR"


ANSWER = {
    "number": "2024 17",
    "items": [{"description": "Widget large", "due": "2024-01-02"}, {"description": "Gadget", "due": "2024-01-03"}],
    "currency": None,
}


@pytest.fixture(params=["stream", "astream"])
def stream(request):
    """Run the same test both ways."""

    def plain(runnable, *args):
        return list(runnable.stream(*args))

    def on_a_loop(runnable, *args):
        async def collect():
            return [each async for each in runnable.astream(*args)]

        return asyncio.run(collect())

    return {"stream": plain, "astream": on_a_loop}[request.param]


def extractor(endpoint, schema=Invoice, **settings):
    return NuExtractor(schema, model=MODEL, base_url=endpoint.url, **settings)


def test_an_object_grows_by_complete_values_and_ends_validated(stream):
    with FakeEndpoint(ANSWER) as endpoint:
        *partial, last = stream(extractor(endpoint), TEXT)
    assert last == Invoice.model_validate({**ANSWER, "currency": "EUR"})
    assert {type(each).__name__ for each in partial} == {"PartialInvoice"}
    assert partial[0].model_dump(exclude_unset=True) == {"number": "2024 17"}
    assert partial[0].items is None
    items = [each.model_dump(mode="json")["items"] or [] for each in partial]
    assert sorted({len(each) for each in items}) == [0, 1, 2]
    assert all(each == ANSWER["items"][: len(each)] for each in items)
    assert partial[-1].items[0].due == date(2024, 1, 2)


def test_dicts_grow_for_dict_schemas(stream):
    template = {"number": "verbatim-string", "seller": {"name": "string", "city": "string"}, "total": "number"}
    answer = {"number": "1", "seller": {"name": "Hof AG", "city": "string"}, "total": 12.5}
    with FakeEndpoint(answer) as endpoint:
        *partial, last = stream(extractor(endpoint, template), TEXT)
    assert partial[0] == {"number": "1"}
    assert {"number": "1", "seller": {"name": "Hof AG"}} in partial
    assert "Hof" not in [each.get("seller", {}).get("name") for each in partial]
    assert all(each["seller"].get("city") is None for each in partial if "seller" in each)
    assert last["total"] == 12.5


def test_it_grows_through_a_chain():
    with FakeEndpoint(ANSWER) as endpoint:
        chain = PromptTemplate.from_template("{text}") | extractor(endpoint)
        *partial, last = chain.stream({"text": TEXT})
    assert len(partial) >= 3
    assert isinstance(last, Invoice)


class Runs(BaseCallbackHandler):
    def __init__(self):
        self.started, self.ended = [], []

    def on_chain_start(self, serialized, inputs, **kwargs):
        self.started.append("chain")

    def on_chat_model_start(self, serialized, messages, **kwargs):
        self.started.append("llm")

    def on_chain_end(self, outputs, **kwargs):
        self.ended.append(outputs)


def test_a_stream_is_one_chain_run_and_one_model_run(stream):
    runs = Runs()
    with FakeEndpoint(ANSWER) as endpoint:
        stream(extractor(endpoint), TEXT, {"callbacks": [runs]})
        assert len(endpoint.requests) == 1
    assert runs.started == ["chain", "llm"]
    assert isinstance(runs.ended[0], Invoice)


def test_a_cut_stream_goes_on_growing(stream):
    text = json.dumps(ANSWER)
    first = FakeReply(text=text[:60].rstrip(), finish_reason="length")
    # The value that was cut is written anew.
    prefix = text[: text.rindex(":", 0, 60) + 1]
    with FakeEndpoint(first, text[len(prefix) :]) as endpoint:
        *partial, last = stream(extractor(endpoint), TEXT)
        assert endpoint.requests[1].body["continue_final_message"] is True
        assert endpoint.requests[1].body["messages"][-1]["content"] == prefix
    assert isinstance(last, Invoice)
    assert [len(each.items or []) for each in partial] == sorted(len(each.items or []) for each in partial)
    assert len(partial[-1].items) == 2


def test_what_is_joined_to_a_value_that_was_cut_is_not_shown_before_the_document_was_asked(stream):
    class Note(BaseModel):
        text: str
        page: int

    replies = ['{"text": "Ger', ' "Gerd', 'da", "page": 7}']
    *cut, last = [FakeReply(text=text, finish_reason="length") for text in replies]
    with FakeEndpoint(*cut, last, {"text": "Gerda"}) as endpoint:
        *partial, whole = stream(extractor(endpoint, Note), "7: Gerda")
    assert partial == []
    assert whole == Note(text="Gerda", page=7)


def test_an_invalid_stream_is_mended_before_the_last_object(stream):
    with FakeEndpoint({**ANSWER, "number": None}, {"number": "2024 17"}) as endpoint:
        *partial, last = stream(extractor(endpoint), TEXT)
    assert last.number == "2024 17"
    assert all(each.number is None for each in partial)


def test_broken_json_shows_what_came_before_it_broke(stream):
    broken = '{"number": "1", "items": [{description: Widget, "due": "2024-01-02"}], "currency": "USD"}'
    with FakeEndpoint(broken) as endpoint:
        *partial, last = stream(extractor(endpoint), TEXT)
    assert [each.number for each in partial] == ["1"]
    assert last.currency == "USD"


def test_thinking_is_not_shown(stream):
    text = '<think>\nPerhaps {"number": "wrong"}?\n</think>\n\n' + json.dumps(ANSWER)
    with FakeEndpoint(text) as endpoint:
        grown = stream(extractor(endpoint, thinking=True), TEXT)
    assert {each.number for each in grown} == {"2024 17"}


def test_a_stream_that_breaks_raises_after_what_was_complete():
    with FakeEndpoint(FakeReply(text=ANSWER, fault="cut", after=8)) as endpoint:
        growing = extractor(endpoint).stream(TEXT)
        assert next(growing).number == "2024 17"
        with pytest.raises(EndpointError):
            list(growing)


def test_a_stream_that_runs_in_circles_is_aborted(stream):
    endless = '{"number": "1", "items": [' + '{"description": "Nut nut", "due": "2024-01-02"}, ' * 2000
    with (
        FakeEndpoint(FakeReply(text=endless, finish_reason="length"), "no") as endpoint,
        pytest.raises(InvalidExtraction) as caught,
    ):
        stream(extractor(endpoint), TEXT)
    first = caught.value.attempts[0].reply
    assert first.finish_reason == "repetition"
    assert len(first.text) < len(endless) / 4


@pytest.mark.parametrize("rows", [12, 50])
@pytest.mark.parametrize("limit", [None, 600])
def test_equal_rows_are_no_circles(stream, rows, limit):
    answer = {"number": "1", "items": [{"description": "Bread roll", "due": "2024-01-02"}] * rows}
    text = json.dumps(answer)
    with FakeEndpoint(
        FakeReply(text=text[:limit], finish_reason="length" if limit else "stop"), text[600:]
    ) as endpoint:
        *_, last = stream(extractor(endpoint), TEXT)
    assert len(last.items) == rows
    assert last == Invoice.model_validate(answer)


def test_who_does_not_want_loops_stopped_gets_the_answer_to_its_end(stream):
    answer = {"number": "1", "items": [{"description": "Bread roll", "due": "2024-01-02"}] * 200}
    with FakeEndpoint(answer) as endpoint:
        *_, last = stream(extractor(endpoint, recovery=RecoveryPolicy(stop_repetition=False)), TEXT)
    assert last == Invoice.model_validate(answer)


@settings(deadline=None)
@given(st.data())
def test_whatever_the_pieces_nothing_is_shown_that_is_not_in_the_whole(data):
    values = st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    )
    whole = data.draw(st.dictionaries(st.text(max_size=3), values, max_size=4))
    text = json.dumps(whole, ensure_ascii=data.draw(st.booleans()), indent=data.draw(st.sampled_from([None, 2])))
    growing, at = IncrementalParser(), 0
    while at < len(text):
        step = data.draw(st.integers(1, 9))
        growing.feed(text[at : at + step])
        at += step
        assert growing.value is None or is_part(growing.value, whole)
    assert growing.value == whole


def is_part(one, whole):
    if isinstance(one, dict):
        return isinstance(whole, dict) and all(key in whole and is_part(one[key], whole[key]) for key in one)
    if isinstance(one, list) and isinstance(whole, list):
        return len(one) <= len(whole) and all(map(is_part, one, whole))
    return one == whole


def seconds_for(items):
    plan = plan_for(Target.of(Invoice), dialect_named("3"))
    text = json.dumps({**ANSWER, "items": ANSWER["items"] * items})
    growth = PartialObjects(plan)
    growth.begin(Request(()))
    started = time.process_time()
    shown = sum(1 for at in range(0, len(text), 4) for _ in growth.feed(text[at : at + 4]))
    assert shown > 100
    return time.process_time() - started


def test_the_time_grows_with_the_length_and_not_with_its_square():
    # Eight times as long if linear, 64 times if quadratic: far enough apart for any machine.
    assert min(seconds_for(800) for _ in "123") < 32 * min(seconds_for(100) for _ in "123")


@pytest.mark.parametrize("levels", [150, 1000, 50_000])
@pytest.mark.parametrize("closed", [True, False], ids=["closed", "open"])
def test_a_model_that_nests_without_end_is_an_invalid_answer_of_a_stream(run, levels, closed):
    said = '{"payer": ' + "[" * levels + ("]" * levels + "}" if closed else "")
    with FakeEndpoint(FakeReply(said, finish_reason="stop" if closed else "length")) as endpoint:
        extract = NuExtractor(
            {"type": "object", "properties": {"payer": {"type": "string"}}, "required": ["payer"]},
            model="numind/NuExtract3",
            base_url=endpoint.url,
            recovery=RecoveryPolicy(max_calls=1),
        )
        with pytest.raises(ExtractionError):
            run.stream(extract, "Ann pays.")
