# ruff: noqa: E501  (a row is a text and what it says)
"""Parts of an answer that stand somewhere else than they were asked for."""

from typing import Literal

import pytest
from pydantic import BaseModel

from langchain_nuextract import Target
from langchain_nuextract.parsing import Kind, read_answer, read_shape
from langchain_nuextract.paths import JSON
from tests.unit_tests.parsing.shapes import shape_of

FORM = shape_of(
    {
        "vendor": {"name": "string", "address": {"city": "string"}},
        "total": "number",
        "paid": "boolean",
        "items": [{"d": "string", "q": "integer"}],
        "labels": [["red", "green", "blue"]],
        "people": [{"person": "string"}],
        "kind": ["bill", "offer"],
    }
)
RATES: JSON = [{"key": "x", "value": 1}, {"key": "y", "value": 2}]


class Card(BaseModel):
    kind: Literal["card"]
    number: str


class Wire(BaseModel):
    kind: Literal["wire"]
    iban: str


class Bill(BaseModel):
    payment: Card | Wire


VENDOR: JSON = {"name": "A", "address": {"city": "B"}}
TWO: JSON = [{"d": "x", "q": 1}, {"d": "y", "q": 2}]


@pytest.mark.parametrize(
    ("text", "value", "kinds"),
    [
        pytest.param('{"vendor": {"name": "A", "address": {"city": "B"}, "total": 5, "paid": true}',
                     {"vendor": VENDOR, "total": 5, "paid": True}, {"syntax", "key"}, id="brace lost"),
        pytest.param('{"vendor": {"name": "A", "address": {"city": "B", "total": 5}}}',
                     {"vendor": VENDOR, "total": 5}, {"guess"}, id="too deep"),
        pytest.param('{"items": [{"d": "x", "q": 1, "total": 5}]}',
                     {"items": [{"d": "x", "q": 1}], "total": 5}, {"guess"}, id="in the last item"),
        pytest.param('{"vendor": {"address": {"city": "B"}}, "name": "A"}', {"vendor": VENDOR}, {"guess"},
                     id="beside its object"),
        pytest.param('{"total": 5, "name": "A"}', {"total": 5, "vendor": {"name": "A"}}, {"guess"},
                     id="without its object"),
        pytest.param('{"items": [{"d": "x", "q": 1, "d": "y", "q": 2}]}', {"items": TWO}, {"guess"}, id="items in one"),
        pytest.param('{"total": 5}\n{"paid": true}', {"total": 5, "paid": True}, set(), id="an object for each part"),
        pytest.param('[{"total": 5}, {"paid": true}]', {"total": 5, "paid": True}, {"guess"}, id="a list of the parts"),
        pytest.param('{"total": {"type": "number", "value": 5}}', {"total": 5}, {"shape"}, id="value and type"),
        pytest.param('{"labels": {"red": true, "green": false, "blue": true}}', {"labels": ["red", "blue"]}, {"shape"},
                     id="labels that are ticked"),
        pytest.param('{"people": ["A", "B"]}', {"people": [{"person": "A"}, {"person": "B"}]}, {"guess"}, id="one"),
        pytest.param('{"total": "extract", "arguments": {"total": 5, "paid": true}}', {"total": 5, "paid": True},
                     {"shape"}, id="call of a tool"),
        pytest.param('{"fields": [{"name": "total", "value": 5}, {"name": "paid", "value": true}]}',
                     {"total": 5, "paid": True}, {"shape", "guess"}, id="list of names and values"),
        pytest.param('{"kind": "bill | offer"}', {"kind": None}, {"echo"}, id="labels repeated"),
    ],
)  # fmt: skip
def test_a_part_is_found_where_it_was_put(text: str, value: JSON, kinds: set[Kind]):
    reading = read_shape(text, FORM)
    assert reading.value == value
    assert {repair.kind for repair in reading.repairs} == kinds
    assert not reading.problems


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('{"total": 5, "city": "B", "name": "A"}', id="deeper than one level"),
        pytest.param('{"vendor": {"name": "A"}, "name": "C"}', id="there already"),
        pytest.param('{"items": [{"d": "x", "q": 1, "d": "y"}], "d": "z"}', id="of an item, beside the list"),
    ],
)
def test_a_part_is_not_put_where_it_may_not_belong(text: str):
    assert "unknown-key" in {repair.kind for repair in read_shape(text, FORM).repairs}


def test_what_is_safe_leaves_parts_where_they_are():
    reading = read_shape('{"vendor": {"address": {"city": "B"}}, "name": "A"}', FORM, policy="safe")
    assert reading.value == {"vendor": {"address": {"city": "B"}}}
    assert reading.problems


@pytest.mark.parametrize(
    ("text", "value", "rules"),
    [
        pytest.param('{"head": {"no": "7", "day": "2024-05-01"}, "rest": {"rows": [{"item": "x", "n": 1}]}}',
                     {"no": "7", "day": "2024-05-01", "rows": [{"item": "x", "n": 1}]}, {"wrapped-answer"}, id="groups"),
        pytest.param('{"rows": {"item": ["x", "y"], "n": [1, 2]}}', {"rows": [{"item": "x", "n": 1}, {"item": "y", "n": 2}]},
                     {"columns"}, id="columns"),
        pytest.param('{"rates": [["x", 1], ["y", 2]]}', {"rates": RATES}, {"entries"}, id="lists of two"),
        pytest.param('{"rates": [{"x": 1}, {"y": 2}]}', {"rates": RATES}, {"entries"}, id="objects of one"),
        pytest.param('{"rates": ["x: 1", "y = 2"]}', {"rates": RATES}, {"entries"}, id="texts"),
        pytest.param('{"rates": [{"name": "x", "value": 1}, {"name": "y", "value": 2}]}', {"rates": RATES}, {"entries"},
                     id="names and values"),
        pytest.param('{"no (string)": "7", "day [ISO]": "2024-05-01"}', {"no": "7", "day": "2024-05-01"}, {"key-style"},
                     id="remarks behind names"),
        pytest.param('[{"key": "no", "value": "7"}, {"key": "day", "value": "2024-05-01"}]',
                     {"no": "7", "day": "2024-05-01"}, {"object-within"}, id="names and values of the answer, not of its map"),
        pytest.param('{"day": date(2024, 5, 1)}', {"day": "2024-05-01"}, {"call", "only-value"}, id="date of its parts"),
        pytest.param('{{"no": "7", "rows": [{{"item": "{{x}}", "n": 1}}]}}', {"no": "7", "rows": [{"item": "{{x}}", "n": 1}]},
                     {"extra-bracket"}, id="braces doubled"),
        pytest.param("no='7' rows=[R(item='x', n=1)] day=datetime.date(2024, 5, 1)",
                     {"no": "7", "rows": [{"item": "x", "n": 1}], "day": "2024-05-01"}, None, id="an object as Python shows it"),
        pytest.param("{'no: \"7\", 'day: \"2024-05-01\"}", {"no": "7", "day": "2024-05-01"}, None, id="keys without end"),
        pytest.param('{"rows": [["item", "n"], ["x", 1], ["y", 2]]}', {"rows": [{"item": "x", "n": 1}, {"item": "y", "n": 2}]},
                     {"columns"}, id="rows below their head"),
        pytest.param('{"tags": {"tag1": "x", "tag2": "y"}}', {"tags": ["x", "y"]}, {"no-list"}, id="items with numbered names"),
        pytest.param('{"no": "7", "tags": "x", "y", "z", "day": "2024-05-01"}', {"no": "7", "tags": ["x", "y", "z"], "day": "2024-05-01"},
                     {"unopened-list"}, id="items without brackets"),
        pytest.param('{"rates": [{"key": "x", "text": 1}, {"key": "y", "text": 2}]}', {"rates": RATES}, {"entries"},
                     id="entries with another name for the value"),
        pytest.param('{"rates": {"x": 1, "y": 2, "no": "7"}', {"rates": RATES, "no": "7"}, {"unclosed-member"}, id="map not closed"),
        pytest.param('{"rows[0].item": "x", "rows[0].n": 1}', {"rows": [{"item": "x", "n": 1}]}, {"flattened-key"}, id="ways alone"),
        pytest.param('{"rows": [{"item": "x", "n": "3 (see page 2)"}]}', {"rows": [{"item": "x", "n": 3}]}, {"number"},
                     id="remark behind a number"),
        pytest.param('{rows: [{item: "x", n: 1}]}, no: "7"}', {"rows": [{"item": "x", "n": 1}], "no": "7"}, None,
                     id="closed too soon before a bare key"),
    ],
)  # fmt: skip
def test_parts_are_put_where_they_belong(text: str, value: JSON, rules: set[str] | None):
    rates: JSON = [{"key": "string", "value": "number"}]
    rows: JSON = [{"item": "string", "n": "number"}]
    form = shape_of({"no": "string", "day": "date", "rows": rows, "rates": rates, "tags": ["string"]})
    reading = read_shape(text, form, finished=True)
    assert (reading.value, reading.problems) == (value, ())
    assert rules is None or rules <= {repair.rule for repair in reading.repairs}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('{"rows": {"item": ["x", "y"], "n": [1]}}', id="columns of different lengths"),
        pytest.param('{"rates": ["x: 1", "and more"]}', id="texts that are no entries"),
    ],
)
def test_what_is_no_list_of_objects_is_a_problem(text: str):
    rates: JSON = [{"key": "string", "value": "number"}]
    assert read_shape(text, shape_of({"rows": [{"item": "string", "n": "number"}], "rates": rates})).problems


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"rates": [{"key": "x", "value": 1}, {"key": "y", "val', {"rates": [{"key": "x", "value": 1}, {"key": "y"}]}),
        ('{"rates": [{"x": 1}, {"y": 2}, {"z', {"rates": RATES}),
        ('{"rates": [["x", 1], ["y", 2], ["z', {"rates": RATES}),
    ],
)
def test_the_last_of_entries_may_be_cut_off(text: str, value: JSON):
    rates: JSON = [{"key": "string", "value": "number"}]
    reading = read_shape(text, shape_of({"rates": rates, "no": "string"}))
    assert reading.value == value
    assert ("rates",) in reading.incomplete


def test_items_with_one_misspelt_name_are_no_entries():
    reading = read_shape('{"rows": [{"nmae": "x"}]}', shape_of({"rows": [{"name": "string", "n": "string"}]}))
    assert reading.value == {"rows": [{"name": "x"}]}


def test_a_table_of_html_is_no_map():
    text = (
        "<table><tr><th>sku</th><th>stock</th></tr><tr><td>A</td><td>7</td></tr><tr><td>B</td><td>0</td></tr></table>"
    )
    reading = read_shape(text, shape_of({"items": [{"sku": "string", "stock": "integer"}]}))
    assert reading.value == {"items": [{"sku": "A", "stock": 7}, {"sku": "B", "stock": 0}]}


def test_an_object_under_its_tag_is_of_that_kind():
    form = Target.of(Bill)
    reading = read_answer('{"payment": {"wire": {"iban": "X1"}}}', form)
    assert form.lift(reading.value) == {"payment": {"kind": "wire", "iban": "X1"}}
    assert {repair.rule for repair in reading.repairs} == {"nested-key"}
