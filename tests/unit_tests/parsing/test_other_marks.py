# ruff: noqa: RUF001  (marks that look alike are what this is about)
"""Marks of other languages, and marks taken for each other, where those of JSON should stand."""

import pytest

from langchain_nuextract.parsing import read_json, read_shape
from langchain_nuextract.paths import JSON
from tests.unit_tests.parsing.shapes import shape_of


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param('{"a": "x y\', "b": 1}', {"a": "x y", "b": 1}, id="text closed by an apostrophe"),
        pytest.param('{"a": "x y”, "b": 1}', {"a": "x y", "b": 1}, id="text closed by a curly quote"),
        pytest.param('{"a": ["x”, "y"], "b": 1}', {"a": ["x", "y"], "b": 1}, id="item closed by a curly quote"),
        pytest.param('{"a": "say ‘x’, "b": 1}', {"a": "say ‘x’", "b": 1}, id="quotation at the end"),
        pytest.param('{"a": "x y\\", "b": 1}', {"a": "x y", "b": 1}, id="closing quote escaped"),
        pytest.param('{"a": "D:\\", "b": 1}', {"a": "D:\\", "b": 1}, id="backslash at the end of a drive"),
        pytest.param('{"a" := 1, "b" := {"c" := "x"}}', {"a": 1, "b": {"c": "x"}}, id="colons with equals signs"),
        pytest.param("['a' => 'x', 'b' => ['y', 2]]", {"a": "x", "b": ["y", 2]}, id="array with arrows"),
        pytest.param("[['a' => 1], ['a' => 2]]", [{"a": 1}, {"a": 2}], id="arrays with arrows in a list"),
        pytest.param('{"a": new Date("2024-06-01"), "b": 1}', {"a": "2024-06-01", "b": 1}, id="constructor"),
        pytest.param("{a: 0x2A, b: ~, c: 0xZZ}", {"a": 42, "b": None, "c": "0xZZ"}, id="hexadecimal, and YAML's null"),
        pytest.param('{\n"a": "x", …\n"b": 1\n}', {"a": "x", "b": 1}, id="dots behind a comma"),
        pytest.param(r'{"a": "\u{e9}t\xe9 \U0001f600"}', {"a": "été 😀"}, id="characters by their numbers"),
        pytest.param(r'{"a": "\u{110000} \u{d800}"}', {"a": r"\u{110000} \u{d800}"}, id="numbers of no characters"),
        pytest.param('{"a": True, "b": False', {"a": True, "b": False}, id="Python's literals at the end"),
        pytest.param('{"a": 1}{"b": 2}', [{"a": 1}, {"b": 2}], id="objects with nothing between"),
        pytest.param('{"a": "x," "b": ["y," "z"]}', {"a": "x", "b": ["y", "z"]}, id="commas before the quotes"),
        pytest.param('{"a": ""X" and "Y"", "b": 1}', {"a": '"X" and "Y"', "b": 1}, id="two quotations"),
        pytest.param("{'a': 'x y '\n      'z',\n 'b': 1}", {"a": "x y z", "b": 1}, id="parts on lines of their own"),
        pytest.param('A { b: "x", c: [D { e: "y" }, D { e: "z" }] }', {"b": "x", "c": [{"e": "y"}, {"e": "z"}]},
                     id="names of types before objects"),
        pytest.param('{"a": ["x", "y" ...], "b": 1\u200f, "c": "z" … }', {"a": ["x", "y"], "b": 1, "c": "z"},
                     id="dots without commas"),
        pytest.param('{"a": [1; 2.5; 3]}', {"a": [1, 2.5, 3]}, id="semicolons between numbers"),
    ],
)  # fmt: skip
def test_other_marks_are_read_as_those_that_were_meant(text: str, value: JSON):
    assert read_json(text).value == value


def test_the_document_tells_which_quote_ends_a_text():
    form = shape_of({"a": "string", "b": "number"})
    text = '{"a": "the Joneses\', "b": 1}'
    assert read_shape(text, form).value == {"a": "the Joneses", "b": 1}
    assert read_shape(text, form, document="for the Joneses' cat").value == {"a": "the Joneses'", "b": 1}


def test_the_document_tells_whether_a_mark_was_escaped_without_need():
    form = shape_of({"a": "string"})
    assert read_shape(r'{"a": "\(x\) \[y\]"}', form).value == {"a": r"\(x\) \[y\]"}
    assert read_shape(r'{"a": "\(x\) \[y\]"}', form, document="see (x) [y]").value == {"a": "(x) [y]"}
    assert read_shape(r'{"a": "\(x\)"}', form, document=r"match \(x\) or (x)").value == {"a": r"\(x\)"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param('{"city", "Ulm", "zip": "7"}', {"city": "Ulm", "zip": "7"}, id="comma for a colon"),
        pytest.param("{\n  city: Ulm,\n  Ort der Ware: Hof 3,\n  zip: 7\n}",
                     {"city": "Ulm", "Ort der Ware": "Hof 3", "zip": "7"}, id="names of several words"),
        pytest.param('{"city": "the ""Ark"" is", "zip": "7"}', {"city": 'the "Ark" is', "zip": "7"}, id="quotes twice"),
        pytest.param("city='Ulm' zip='7'", {"city": "Ulm", "zip": "7"}, id="arguments in a row"),
        pytest.param('{"zip": "7", "city": "Ulm}', {"zip": "7", "city": "Ulm"}, id="last quote missing"),
    ],
)  # fmt: skip
def test_names_tell_what_was_meant(text: str, value: JSON):
    reading = read_shape(text, shape_of({"city": "string", "Ort der Ware": "string", "zip": "string"}), finished=True)
    assert reading.value == value
    assert reading.repairs


def test_the_document_tells_whether_a_comma_belongs_to_a_text():
    form = shape_of({"a": "string", "b": "number"})
    assert read_shape('{"a": "Yours," "b": 1}', form, document="Yours, Ann").value == {"a": "Yours,", "b": 1}
    reading = read_shape('{"a": "Yours," "b": 1}', form, document="Yours truly")
    assert reading.value == {"a": "Yours", "b": 1}
    assert ("a",) in {repair.path for repair in reading.repairs}
