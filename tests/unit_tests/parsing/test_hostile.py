"""Text that is made to exhaust a reader: it must end soon, and with nothing invented."""

import time
from collections.abc import Callable

import pytest

from langchain_nuextract.parsing import read_json, read_shape
from langchain_nuextract.paths import JSON, leaves, show
from tests.fuzz.growth import STEEPEST, Repeated, steepness
from tests.unit_tests.parsing.shapes import shape_of

FORM = shape_of({"a": "string", "n": "number", "i": "integer", "l": [{"a": "string"}]})
SIZE = 40_000

HOSTILE = {
    "open arrays": "[" * SIZE,
    "open objects": '{"a":' * SIZE,
    "open and closed": "[" * SIZE + "]" * SIZE,
    "open braces": "{" * SIZE,
    "closed brackets": '{"a": 1' + "]}" * SIZE,
    "escapes": '{"a": "' + "\\" * SIZE,
    "half an escape": '{"a": "' + "\\u12" * SIZE,
    "a million digits": '{"n": ' + "9" * 1_000_000 + "}",
    "a million quoted digits": '{"n": "' + "9" * 1_000_000 + '"}',
    "a long fraction": '{"n": 0.' + "3" * SIZE + "}",
    "lone surrogates": '{"a": "' + "\ud800" * SIZE + '"}',
    "escaped surrogates": '{"a": "' + "\\ud800" * SIZE + '"}',
    "quotes": '{"a": "' + '" x ' * SIZE,
    "quotes and commas": '{"a": "' + '", x ' * SIZE,
    "single quotes": "{'a': '" + "' x " * SIZE,
    "closed strings that go on": '{"a": ' + '"x"}, y ' * SIZE,
    "commas": "{" + "," * SIZE,
    "colons": '{"a"' + ":" * SIZE,
    "blanks": '{"a": "x"' + " " * SIZE + "}",
    "blanks behind the answer": "{}" + "\ufeff" * SIZE,
    "lines behind an item": "1" + "\n" * SIZE + "x",
    "blanks behind quotes": '{"a": "' + ('"' + " " * 100 + "x") * (SIZE // 100),
    "comments": "{" + "/* */" * SIZE,
    "open comments": "{" + "/*" * SIZE,
    "keys": "{" + ",".join(f'"k{at}": 1' for at in range(5_000)) + "}",
    "the same key": "{" + '"a": "x",' * 10_000 + "}",
    "items": '{"l": [' + '{"a": "x"},' * 10_000,
    "citations": "[1] " * SIZE,
    "empty lists": "[]" * SIZE,
    "fences": "```json\n{" * SIZE,
    "thoughts": "<think>{</think>" * (SIZE // 10),
    "control marks": "{}" + "<|im_end|>" * (SIZE // 10),
    "calls": '{"a": ' + "f(1" * SIZE,
    "parentheses": '{"a": ' + "(" * SIZE,
    "lines that open": "{\n" * SIZE,
    "concatenation": '{"a": "x"' + ' + "x"' * SIZE,
    "bare words": '{"a": ' + "word, " * SIZE,
    "rows of numbers": '{"n": "12' + " 342" * SIZE,
    "keys without values": "{" + '"k", ' * SIZE,
    "brackets behind keys": '{"a": x' + '"]' * SIZE,
    "keys and brackets": '{"a": "x", ' + '"k"], ' * SIZE,
    "lists closed too soon": '{"l": ' + '{"a": "x"}, ' * 10_000,
    "lists within lists closed too soon": '{"l": ' * 90 + '{"l": 1}' + ', {"l": 1}]}' * 90,
    "lists one behind another": '[{"a": "x"}], ' * 10_000,
    "quotes twice": '{"a": "' + 'x""' * SIZE,
    "quotes escaped twice": '{"a": "' + '\\\\"x' * SIZE + '"}',
    "strings that end in brackets": '{"a": "' + "}, {" * SIZE,
    "open comments of HTML": '{"a": ' + "<!--" * SIZE,
    "elements": "<a>" * SIZE,
    "elements in a row": "<a>x</a>" * (SIZE // 10),
    "lines": "a: x\n" * SIZE,
    "rows of a table": "| a | n |\n|---|---|\n" + "| x | 1 |\n" * (SIZE // 10),
}  # fmt: skip


ENTRIES = shape_of({"entries": [{"key": "string", "value": "integer"}]})


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_ends_soon(text: str):
    assert seconds(lambda: read_shape(text, FORM)) < 60
    assert seconds(lambda: read_shape(text, ENTRIES)) < 60
    assert seconds(lambda: read_json(text)) < 60


@pytest.mark.parametrize(
    "text", ['{"a": "' + "x\\n " * SIZE + '"}', "{'a': ['" + "it''s x'," * SIZE], ids=["escapes", "quotes"]
)
def test_a_long_document_is_not_looked_through_for_every_word(text: str):
    document = "It's in C:\\new or nowhere. " * SIZE
    assert seconds(lambda: read_shape(text, FORM, document=document)) < 60


def seconds(call: Callable[[], object]) -> float:
    started = time.process_time()
    call()
    return time.process_time() - started


@pytest.mark.parametrize(
    ("template", "found"),
    [
        pytest.param({"a": "string"}, Repeated('{"a": "', '", x '), id="quotes and commas"),
        pytest.param({"a": "string"}, Repeated('{"a": 1', ";"), id="semicolons"),
        pytest.param({"a": "string"}, Repeated("", "[1] "), id="citations"),
        pytest.param({"a": "string"}, Repeated('{"a": "x"', ' + "x"'), id="concatenation"),
        pytest.param({"a": "string"}, Repeated("{", '"k", '), id="keys without values"),
        pytest.param({"a": "string"}, Repeated('{"a": ', "f(1"), id="calls"),
        pytest.param({"a": "string"}, Repeated('{"a": x', "\n", "?"), id="line ends in a bare value"),
        pytest.param({"a": "number"}, Repeated('{"a": 1', "[/*//"), id="comments in lists"),
        pytest.param({"a": ["string"]}, Repeated('{"a": ', '["a ,a , []]}{]]'), id="strings that do not end"),
        pytest.param({"a": ["string"]}, Repeated('{"a": ', '"[\\"a ,a , [] ]", '), id="JSON as text"),
        pytest.param({"a": [["x", "y"]]}, Repeated('{"a": "x', " ", 'y"}'), id="blanks between labels"),
        pytest.param({"a": "time"}, Repeated('{"a": "12:00', " ", 'x"}'), id="blanks behind a time"),
        pytest.param({"a": "url"}, Repeated('{"a": "', " ", 'x"}'), id="blanks before a word"),
    ],
)
def test_time_grows_with_the_text_and_no_faster(template: JSON, found: Repeated):
    assert steepness(found, shape_of(template), 20_000) < STEEPEST


def test_a_number_that_stands_for_a_character_may_be_too_long():
    text = "{&quot;a&quot;: &quot;&#" + "9" * SIZE + ";&quot;}"
    assert read_shape(text, FORM).value == {}


def test_keys_that_lead_through_the_same_objects_are_put_together():
    shape = shape_of({"a": {"x": "string", "b": {"c": "string", "d": "string"}}})
    text = '{"a.b.c": "1", "a.x": "2", "a.b.d": "3"}'
    assert read_shape(text, shape).value == {"a": {"x": "2", "b": {"c": "1", "d": "3"}}}


def test_a_number_too_long_to_read_stays_text():
    reading = read_shape('{"i": ' + "9" * 5_000 + "}", FORM)
    assert reading.value == {"i": "9" * 5_000}
    assert reading.problems


def test_lone_surrogates_do_not_come_out():
    for text in ('{"a": "x\ud800"}', '{"a": "x\\ud800"}'):
        assert read_shape(text, FORM).value == {"a": "x\ufffd"}
        assert read_json(text).value == {"a": "x\ufffd"}


def test_what_is_nested_too_deeply_is_cut():
    value = read_json('{"b": 1, "a":' * 400).value
    assert max(len(path) for path, _ in leaves(value)) < 300


def test_a_number_too_large_to_hold_stays_text():
    reading = read_shape('{"n": 1E580}', FORM)
    assert reading.value == {"n": "1E580"}
    assert reading.problems


def test_a_list_that_is_closed_a_thousand_times_is_one_list():
    text = '[{"a": ["x", "y"]' + ',", "z"]' * 1_000
    assert read_json(text).value == [{"a": [["x", "y"], *[', "z'] * 1_000]}]


def test_what_is_wrong_a_thousand_times_in_a_value_is_on_record_once():
    reading = read_shape('{"a": "' + "\\ud800" * 1_000 + '", "l": [' + '{"a": "x"},' * 9 + ",,,]}", FORM)
    assert [(show(repair.path), repair.before, repair.times) for repair in reading.repairs] == [
        ("$.a", "\\ud800", 1_000),
        ("$.l", ",", 4),
    ]
    assert str(reading.repairs[0]).endswith("(1000 times)")
