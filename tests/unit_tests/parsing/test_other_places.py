"""Parts of an answer that stand somewhere else than they were asked for."""

import pytest

from langchain_nuextract.parsing import Kind, read_shape
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
