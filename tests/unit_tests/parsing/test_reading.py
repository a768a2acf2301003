import json

import pytest

from langchain_nuextract.parsing import read_shape
from langchain_nuextract.paths import JSON
from tests.unit_tests.parsing.shapes import shape_of

TEMPLATE = {"vendor": "verbatim-string", "total": "number", "kind": ["invoice", "receipt"], "items": [{"d": "string"}]}
FORM = shape_of(TEMPLATE)
ANSWER = {"vendor": "ACME", "total": 12.5, "kind": "invoice", "items": [{"d": "Gadget"}]}
TEXT = json.dumps(ANSWER)


def test_a_valid_answer_is_returned_as_it_is():
    reading = read_shape(TEXT, FORM)
    assert reading.value == ANSWER
    assert (reading.repairs, reading.incomplete, reading.problems) == ((), (), ())


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"```json\n{TEXT}\n```", id="fence"),
        pytest.param(f"```json\n{TEXT}", id="fence left open"),
        pytest.param(f"Here you are:\n\n{TEXT}\n\nAnything else?", id="prose"),
        pytest.param(f'<think>\nI list {{"a": 1}} and [one, two].\n</think>\n{TEXT}', id="thinking"),
        pytest.param(f"{json.dumps(TEMPLATE)}\n{TEXT}", id="template first"),
        pytest.param(f"{TEXT}\n{TEXT}", id="twice"),
        pytest.param(f"\ufeff{TEXT}", id="byte order mark"),
        pytest.param(f"{TEXT}<|im_end|>", id="control mark"),
        pytest.param(f"{TEXT}<|im_end|>\n<|im_start|>user\n{TEXT.replace('12.5', '7')}", id="next turn"),
        pytest.param(f"1. {TEXT[:20]}}}\n2. {{{TEXT[20:]}", id="numbered parts"),
        pytest.param(f"<answer>{TEXT}</answer>", id="tags"),
        pytest.param(TEXT.replace(": ", ":\u00a0"), id="no-break spaces"),
    ],
)
def test_the_answer_is_found_in(text: str):
    assert read_shape(text, FORM).value == ANSWER


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(TEXT.replace('"', "'"), id="single quotes"),
        pytest.param(TEXT.replace('"vendor"', "vendor"), id="bare key"),
        pytest.param(TEXT.replace('"ACME"', "ACME"), id="bare string"),
        pytest.param(TEXT.replace("]", "],"), id="trailing comma"),
        pytest.param(TEXT.replace('"ACME",', '"ACME"\n'), id="missing comma"),
        pytest.param(TEXT[:-1], id="missing brace"),
        pytest.param(TEXT + "}", id="stray brace"),
        pytest.param("{ // found\n" + TEXT[1:], id="comment"),
        pytest.param(TEXT.replace(": 12.5", ": 12.50 /* euro */"), id="comment behind a number"),
        pytest.param(TEXT.replace('"Gadget"}', '"Gadget"'), id="missing inner brace"),
        pytest.param(TEXT.replace(' "kind":', ' "kind" '), id="missing colon"),
    ],
)
def test_slips_are_read_as_they_were_meant_and_recorded(text: str):
    reading = read_shape(text, FORM)
    assert reading.value == ANSWER
    assert {repair.kind for repair in reading.repairs} <= {"syntax", "surroundings"}
    assert reading.repairs


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        pytest.param({"vendor": "verbatim-string"}, {"vendor": None}, id="scalar"),
        pytest.param({"total": "number"}, {"total": None}, id="number"),
        pytest.param({"kind": ["invoice", "receipt"]}, {"kind": None}, id="choice"),
        pytest.param({"items": [{"d": "string"}]}, {"items": [{"d": None}]}, id="in a list"),
    ],
)
def test_an_echoed_type_name_is_no_value(answer: JSON, value: JSON):
    reading = read_shape(json.dumps(answer), FORM)
    assert reading.value == value
    assert [repair.kind for repair in reading.repairs] == ["echo"]


def test_a_type_name_that_was_not_asked_for_there_is_a_value():
    assert read_shape('{"vendor": "string"}', FORM) == read_shape('{"vendor":"string"}', FORM)
    assert read_shape('{"vendor": "string"}', FORM).value == {"vendor": "string"}


@pytest.mark.parametrize(
    ("text", "value", "incomplete"),
    [
        pytest.param('{"vendor": "AC', {}, {("vendor",), ("total",), ("kind",), ("items",)}, id="string"),
        pytest.param('{"vendor": "A", "total": 12', {"vendor": "A"}, {("total",), ("kind",), ("items",)}, id="number"),
        pytest.param('{"items": [{"d": "G"}, {"d": "H', {"items": [{"d": "G"}, {}]},
                     {("vendor",), ("total",), ("kind",), ("items",), ("items", 1, "d")}, id="item"),
    ],
)  # fmt: skip
def test_a_cut_value_is_absent_and_named(text: str, value: JSON, incomplete: set[tuple[str | int, ...]]):
    reading = read_shape(text, FORM)
    assert reading.value == value
    assert set(reading.incomplete) == incomplete


@pytest.mark.parametrize("text", ["", "   ", "I found nothing.", "null", "```\n```"])
def test_a_reply_without_json_says_so(text: str):
    reading = read_shape(text, FORM)
    assert reading.value is None
    assert [problem.message for problem in reading.problems] == ["no JSON in the reply"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param('{"total": 123456789012345678901234567890}', 123456789012345678901234567890, id="long integer"),
        pytest.param('{"total": 1, "total": 2}', 2, id="key twice"),
        pytest.param('{"total": NaN}', None, id="not a number"),
    ],
)
def test_nothing_is_lost_silently_on_the_fast_path(text: str, value: JSON):
    reading = read_shape(text, FORM)
    assert reading.value == {"total": value}
    assert bool(reading.repairs) == (value != 123456789012345678901234567890)
