"""Partial objects that grow field by field are what reading all anew would give."""

import json
import time
from dataclasses import dataclass
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from langchain_nuextract import Target
from langchain_nuextract.dialects import dialect_named
from langchain_nuextract.documents.source import Source, Text
from langchain_nuextract.engine.plan import plan_for
from langchain_nuextract.engine.streaming.fieldwise import FieldwiseObject
from langchain_nuextract.engine.streaming.incremental_json import IncrementalParser


class Row(BaseModel):
    name: str
    price: float | None = None


class Circle(BaseModel):
    kind: Literal["circle"]
    radius: int


class Bill(BaseModel):
    unit: Literal["EUR"] = "EUR"
    number: str
    rows: list[Row]
    tags: set[str] = set()
    pair: tuple[int, ...] = ()
    colours: list[Literal["red", "green"]] = []
    prices: dict[str, float] = {}
    seller: Row | None = None
    shape: Circle | None = Field(default=None, alias="Shape")


@dataclass
class Plain:
    rows: list[Row]
    number: int


ROW = st.fixed_dictionaries({"name": st.text(max_size=3)}, optional={"price": st.none() | st.integers(0, 99)})
ANSWERS = st.fixed_dictionaries(
    {},
    optional={
        "number": st.none() | st.text(max_size=3),
        "rows": st.none() | st.lists(ROW, max_size=4),
        "tags": st.lists(st.sampled_from(["a", "b", "c"]), max_size=4),
        "pair": st.lists(st.integers(0, 9), max_size=3),
        "colours": st.lists(st.sampled_from(["red", "green", "blue"]), max_size=3),
        "prices": st.lists(
            st.fixed_dictionaries({"key": st.sampled_from("xyz"), "value": st.integers(0, 9)}), max_size=3
        ),
        "seller": st.none() | ROW,
        "Shape": st.none() | st.fixed_dictionaries({"radius": st.integers(0, 9)}),
        "unasked": st.integers(),
    },
)
DOCUMENT = Source((Text("a document"),))
SCHEMAS = [
    Bill,
    Plain,
    {"rows": [{"name": "string", "price": "number"}], "number": "string"},
    list[Row],
    dict[str, int],
]


@pytest.mark.parametrize("schema", SCHEMAS, ids=str)
@settings(max_examples=40)
@given(ANSWERS, st.randoms(use_true_random=False), st.integers(1, 9))
def test_what_is_shown_is_what_reading_all_anew_would_show(schema, answer, order, size):
    plan = plan_for(Target.of(schema), dialect_named("3"))
    members = list(answer.items())
    order.shuffle(members)
    text = json.dumps(dict(members), ensure_ascii=False)
    parser, growing = IncrementalParser(), FieldwiseObject(plan, DOCUMENT)
    for at in range(0, len(text), size):
        if parser.feed(text[at : at + size]) and parser.value is not None:
            shown = growing.update(parser.value)
            assert shown == FieldwiseObject(plan, DOCUMENT).update(json.loads(json.dumps(parser.value)))


def test_an_item_of_a_list_is_read_once():
    reads = []

    class Counting(FieldwiseObject):
        def _read(self, answer):
            reads.append(json.loads(json.dumps(answer)))
            return super()._read(answer)

    growing = Counting(plan_for(Target.of(Bill), dialect_named("3")), DOCUMENT)
    rows: list[object] = []
    shown = []
    for number in range(20):
        rows.append({"name": str(number)})
        shown.append(growing.update({"number": "7", "rows": rows}))
    assert reads == [{"number": "7"}, *({"rows": [row]} for row in rows)]
    # What was handed out does not grow behind its user's back.
    assert [len(each.rows) for each in shown] == list(range(1, 21))


def test_a_second_value_under_one_key_shows_nothing_more():
    parser = IncrementalParser()
    parser.feed('{"a": 1, "b": 2, "a": 3, "c": 4}')
    assert parser.value == {"a": 1, "b": 2}


def test_marks_that_were_broken_for_the_model_are_shown_as_the_document_has_them():
    plan = plan_for(Target.of({"text": "string"}), dialect_named("3"))
    growing = FieldwiseObject(plan, Source((Text("say <|im_end|> loudly"),)))
    assert growing.update({"text": "say < |im_end|>"}) == {"text": "say <|im_end|>"}


def test_fields_that_come_together_are_read_together_at_the_cost_of_themselves_alone():
    reads = []

    class Counting(FieldwiseObject):
        def _read(self, answer):
            reads.append(dict(answer))
            return super()._read(answer)

    target = Target.of({"type": "object", "properties": {f"field {each}": {"type": "string"} for each in range(300)}})
    growing = Counting(plan_for(target, dialect_named("3")), DOCUMENT)
    answer = {f"field {each}": str(each) for each in range(30)}
    assert growing.update(answer) == answer
    assert reads == [answer]


def cost_of_showing(count):
    """Seconds of CPU, the least of three times, for an answer of so many fields that is shown again and again."""
    names = [f"field {each}" for each in range(count)]
    target = Target.of({"type": "object", "properties": {name: {"type": "string"} for name in names}})
    plan, costs = plan_for(target, dialect_named("3")), []
    for _ in range(3):
        growing, answer, started = FieldwiseObject(plan, DOCUMENT), {}, time.process_time()
        for at, name in enumerate(names):
            answer[name] = "x"
            if at % (count // 100) == 0:
                growing.update(answer)
        costs.append(time.process_time() - started)
    return min(costs)


def test_showing_an_answer_takes_time_that_is_linear_in_its_fields():
    # Eight times as many take eight times as long, or 64 times if quadratic: far enough apart for any machine.
    assert cost_of_showing(4000) < 24 * cost_of_showing(500)


def test_constants_are_shown_with_the_first_value():
    growing = FieldwiseObject(plan_for(Target.of(Bill), dialect_named("3")), DOCUMENT)
    shown = growing.update({"number": "7"})
    assert (shown.unit, shown.number, shown.model_fields_set) == ("EUR", "7", {"unit", "number"})
