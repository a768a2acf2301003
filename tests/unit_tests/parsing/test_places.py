"""Where in a reply each value of an answer stands."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langchain_nuextract.parsing.read import read_shape, trace_shape
from langchain_nuextract.paths import leaves
from langchain_nuextract.schema.answer_shape import ListShape, MultiEnumShape, RecordShape, ScalarShape

STRING, NUMBER = ScalarShape("string"), ScalarShape("number")
BILL = RecordShape(
    (
        ("name", STRING),
        ("total", NUMBER),
        ("tags", MultiEnumShape(("new", "old"))),
        ("lines", ListShape(RecordShape((("text", STRING), ("price", NUMBER))))),
        ("seller", RecordShape((("city", STRING),))),
    )
)

CASES = [
    pytest.param('{"name": "Hof", "total": 12.5}', {("name",): '"Hof"', ("total",): "12.5"}, id="valid"),
    pytest.param('{"name": "a\\"b\\u00e9"}', {("name",): '"a\\"b\\u00e9"'}, id="escapes"),
    pytest.param('{"name": null, "total": null}', {("name",): "null", ("total",): "null"}, id="null"),
    pytest.param('{"name": ""}', {("name",): '""'}, id="empty"),
    pytest.param(
        'Sure: ```json\n{"name": "Köln 😀",\n "total": 1}\n```',
        {("name",): '"Köln 😀"', ("total",): "1"},
        id="with a fence around",
    ),
    pytest.param('<think>{"name": "x"}</think>{"name": "y"}', {("name",): '"y"'}, id="after thinking"),
    pytest.param('"name": "Hof", "total": 2}', {("name",): '"Hof"', ("total",): "2"}, id="without its first bracket"),
    pytest.param("{'name': 'Hof', total: 2,}", {("name",): "'Hof'", ("total",): "2"}, id="as Python has it"),
    pytest.param('{"name": "a" + "b"}', {("name",): '"a" + "b"'}, id="in two parts"),
    pytest.param('{"total": "1.580,22 €"}', {("total",): '"1.580,22 €"'}, id="a number as people write it"),
    pytest.param('{"Name": "Hof"}', {("name",): '"Hof"'}, id="a key in other letters"),
    pytest.param('{"answer": {"name": "Hof"}}', {("name",): '"Hof"'}, id="an object around it"),
    pytest.param(
        '{"lines": {"text": "a", "price": 1}}',
        {("lines", 0, "text"): '"a"', ("lines", 0, "price"): "1"},
        id="one item for a list",
    ),
    pytest.param(
        '{"lines": [{"text": "a"}, {"price": 2}]}',
        {("lines", 0, "text"): '"a"', ("lines", 1, "price"): "2"},
        id="items",
    ),
    pytest.param('{"tags": "new, old"}', {("tags",): '"new, old"'}, id="two labels in one string"),
    pytest.param(
        '{"seller": "{\\"city\\": \\"Rom\\"}"}', {("seller",): '"{\\"city\\": \\"Rom\\"}"'}, id="JSON in a string"
    ),
    pytest.param('{"name": "Hof", "total": 12', {("name",): '"Hof"'}, id="cut"),
    pytest.param('{\\"name\\": \\"Hof\\"}', {}, id="escaped as a whole"),
    pytest.param("nothing", {}, id="no JSON"),
]


@pytest.mark.parametrize(("text", "places"), CASES)
def test_each_value_is_found_where_it_was_read(text, places):
    found = trace_shape(text, BILL)
    assert {path: text[start:end] for path, (start, end) in found.items()} == places


WORDS = st.text(max_size=8)
BILLS = st.fixed_dictionaries(
    {
        "name": WORDS.filter(lambda word: word != "string"),
        "total": st.integers() | st.floats(allow_nan=False, allow_infinity=False),
        "tags": st.lists(st.sampled_from(["new", "old"]), max_size=1),
        "lines": st.lists(st.fixed_dictionaries({"text": WORDS, "price": st.integers()}), max_size=2),
        "seller": st.fixed_dictionaries({"city": st.none() | WORDS}),
    }
)


@given(BILLS, st.sampled_from([None, 2]), st.booleans(), st.sampled_from(["", "Here it is: ", "```json\n"]))
def test_what_stands_there_is_the_value(bill, indent, plain, before):
    text = before + json.dumps(bill, indent=indent, ensure_ascii=plain)
    value = read_shape(text, BILL).value
    places = trace_shape(text, BILL)
    assert places.keys() == {path for path, _ in leaves(value)}
    for path, leaf in leaves(value):
        start, end = places[path]
        assert json.loads(text[start:end]) == leaf


@given(BILLS, st.sampled_from([None, 2]), st.booleans())
def test_an_answer_that_fits_is_followed_as_one_that_is_repaired(bill, indent, plain):
    text = json.dumps(bill, indent=indent, ensure_ascii=plain)
    before = "Here it is: "
    moved = {
        path: (start - len(before), end - len(before))
        for path, (start, end) in trace_shape(before + text, BILL).items()
    }
    assert trace_shape(text, BILL) == moved


@pytest.mark.parametrize(
    "text",
    [
        '{:name => "Hof", :total => 12.5, :lines => [{:text => "oak", :price => 3}]}',
        '#<struct Bill name="Hof", total=12.5, lines=[#<struct Line text="oak", price=3>]>',
        "Here it is:\n\nname: Hof\ntotal: 12.5\n\nAnything else?",
    ],
)
def test_what_was_read_as_no_json_has_no_places(text: str):
    document = "Hof: oak for 3, 12.5 in all"
    assert read_shape(text, BILL, document=document).value
    assert not trace_shape(text, BILL, document=document)
