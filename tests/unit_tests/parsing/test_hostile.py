"""Text that is made to exhaust a reader: it must end soon, and with nothing invented."""

import time
from collections.abc import Callable

import pytest

from langchain_nuextract.parsing import read_json, read_shape
from langchain_nuextract.paths import JSON, leaves, show
from langchain_nuextract.schema.answer_shape import AnswerShape
from tests.fuzz.growth import STEEPEST, Repeated, read, steepness
from tests.unit_tests.parsing.shapes import shape_of

FORM = shape_of({"a": "string", "n": "number", "i": "integer", "l": [{"a": "string"}]})
SIZE = 20_000

HOSTILE: dict[str, Callable[[int], str]] = {
    "open arrays": lambda size: "[" * size,
    "open objects": lambda size: '{"a":' * size,
    "open and closed": lambda size: "[" * size + "]" * size,
    "open braces": lambda size: "{" * size,
    "closed brackets": lambda size: '{"a": 1' + "]}" * size,
    "escapes": lambda size: '{"a": "' + "\\" * size,
    "half an escape": lambda size: '{"a": "' + "\\u12" * size,
    "a long fraction": lambda size: '{"n": 0.' + "3" * size + "}",
    "lone surrogates": lambda size: '{"a": "' + "\ud800" * size + '"}',
    "escaped surrogates": lambda size: '{"a": "' + "\\ud800" * size + '"}',
    "quotes": lambda size: '{"a": "' + '" x ' * size,
    "quotes and commas": lambda size: '{"a": "' + '", x ' * size,
    "single quotes": lambda size: "{'a': '" + "' x " * size,
    "closed strings that go on": lambda size: '{"a": ' + '"x"}, y ' * size,
    "commas": lambda size: "{" + "," * size,
    "colons": lambda size: '{"a"' + ":" * size,
    "blanks": lambda size: '{"a": "x"' + " " * size + "}",
    "blanks behind the answer": lambda size: "{}" + "\ufeff" * size,
    "lines behind an item": lambda size: "1" + "\n" * size + "x",
    "blanks behind quotes": lambda size: '{"a": "' + ('"' + " " * 100 + "x") * (size // 100),
    "comments": lambda size: "{" + "/* */" * size,
    "open comments": lambda size: "{" + "/*" * size,
    "keys": lambda size: "{" + ",".join(f'"k{at}": 1' for at in range(size // 8)) + "}",
    "the same key": lambda size: "{" + '"a": "x",' * (size // 4) + "}",
    "items": lambda size: '{"l": [' + '{"a": "x"},' * (size // 4),
    "citations": lambda size: "[1] " * size,
    "empty lists": lambda size: "[]" * size,
    "fences": lambda size: "```json\n{" * size,
    "thoughts": lambda size: "<think>{</think>" * (size // 10),
    "control marks": lambda size: "{}" + "<|im_end|>" * (size // 10),
    "calls": lambda size: '{"a": ' + "f(1" * size,
    "parentheses": lambda size: '{"a": ' + "(" * size,
    "lines that open": lambda size: "{\n" * size,
    "concatenation": lambda size: '{"a": "x"' + ' + "x"' * size,
    "bare words": lambda size: '{"a": ' + "word, " * size,
    "rows of numbers": lambda size: '{"n": "12' + " 342" * size,
    "keys without values": lambda size: "{" + '"k", ' * size,
    "brackets behind keys": lambda size: '{"a": x' + '"]' * size,
    "keys and brackets": lambda size: '{"a": "x", ' + '"k"], ' * size,
    "lists closed too soon": lambda size: '{"l": ' + '{"a": "x"}, ' * (size // 4),
    "lists one behind another": lambda size: '[{"a": "x"}], ' * (size // 4),
    "quotes twice": lambda size: '{"a": "' + 'x""' * size,
    "quotes escaped twice": lambda size: '{"a": "' + '\\\\"x' * size + '"}',
    "strings that end in brackets": lambda size: '{"a": "' + "}, {" * size,
    "open comments of HTML": lambda size: '{"a": ' + "<!--" * size,
    "elements": lambda size: "<a>" * size,
    "elements in a row": lambda size: "<a>x</a>" * (size // 10),
    "lines": lambda size: "a: x\n" * size,
    "rows of a table": lambda size: "| a | n |\n|---|---|\n" + "| x | 1 |\n" * (size // 10),
}  # fmt: skip
LARGE = {
    "a million digits": '{"n": ' + "9" * 1_000_000 + "}",
    "a million quoted digits": '{"n": "' + "9" * 1_000_000 + '"}',
    "lists within lists closed too soon": '{"l": ' * 90 + '{"l": 1}' + ', {"l": 1}]}' * 90,
}


ENTRIES = shape_of({"entries": [{"key": "string", "value": "integer"}]})


@pytest.mark.parametrize("shape", [FORM, ENTRIES, None], ids=["form", "entries", "no form"])
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_ends_soon(text: Callable[[int], str], shape: AnswerShape | None):
    # How time grows shows soon in a text that is slow to read, and late in one that is not.
    is_slow = read(text(SIZE // 16), shape)[1] > 0.01
    assert steepness(text, shape, SIZE // 4 if is_slow else SIZE) < STEEPEST


@pytest.mark.parametrize("shape", [FORM, ENTRIES, None], ids=["form", "entries", "no form"])
@pytest.mark.parametrize("text", LARGE.values(), ids=LARGE)
def test_a_large_value_is_read_soon(text: str, shape: AnswerShape | None):
    assert read(text, shape)[1] < 60


@pytest.mark.parametrize(
    "text", ['{"a": "' + "x\\n " * 2 * SIZE + '"}', "{'a': ['" + "it''s x'," * 2 * SIZE], ids=["escapes", "quotes"]
)
def test_a_long_document_is_not_looked_through_for_every_word(text: str):
    document = "It's in C:\\new or nowhere. " * 2 * SIZE
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
    assert steepness(found.of, shape_of(template), 20_000) < STEEPEST


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
