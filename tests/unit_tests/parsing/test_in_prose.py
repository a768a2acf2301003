# ruff: noqa: E501  (a reply is a row)
"""Lines of names and values that stand within prose, and prose that only looks like it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langchain_nuextract.parsing import read_shape
from langchain_nuextract.paths import JSON
from tests.unit_tests.parsing.shapes import shape_of

FORM = shape_of({"name": "string", "age": "integer", "tags": ["string"], "post": {"town": "string"}, "kind": ["old", "new"]})  # fmt: skip
DOCUMENT = "Ann Lee, aged 31, of Ulm, keeps bees and hens."
ANN: JSON = {"name": "Ann Lee", "age": 31}


@pytest.mark.parametrize(
    "lines",
    [
        "name: Ann Lee\nage: 31", "- **Name**: Ann Lee\n- **Age**: 31", "* **Name:** Ann Lee\n* **Age:** 31",
        "1. Name: Ann Lee\n2. Age: 31", '"name": "Ann Lee"\n"age": "31"', "name = Ann Lee\nage = 31",
        "name: Ann Lee\n\nage: 31", "| name | age |\n|---|---|\n| Ann Lee | 31 |",
        "| Field | Value |\n|---|---|\n| Name | Ann Lee |\n| Age | 31 |",
        "<person>\n  <name>Ann Lee</name>\n  <age>31</age>\n</person>",
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "prose",
    [
        "Here is what I found:\n\n@\n", "@\n\nI hope that this helps.\n", "Sure! The values are:\n@\n\nAnything else?\n",
        "I read all of it. One value was hard to find.\n\n@\n\nNote that some are missing.",
    ],
)  # fmt: skip
def test_lines_within_prose_are_read(prose: str, lines: str):
    reading = read_shape(prose.replace("@", lines), FORM, document=DOCUMENT)
    assert (reading.value, reading.problems, reading.incomplete) == (ANN, (), ())
    assert "surroundings" in {repair.rule for repair in reading.repairs}


def test_headings_and_lists_within_prose_are_read():
    text = "What it says:\n\n- **Name**: Ann Lee\n- **Tags**:\n  - bees\n  - hens\n- **Post**:\n  - Town: Ulm\n- **Kind**: new\n\nThat is all."
    value = {"name": "Ann Lee", "tags": ["bees", "hens"], "post": {"town": "Ulm"}, "kind": "new"}
    assert read_shape(text, FORM, document=DOCUMENT).value == value
    headed = "Here you go.\n\n### Name\nAnn Lee\n\n### Age\n31\n"
    assert read_shape(headed, FORM, document=DOCUMENT).value == ANN


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("The fields mean:\n- name: who it is about\n- age: how old she is\n", id="what names mean"),
        pytest.param("Here is an example:\n\nname: John Doe\nage: 42\n", id="an example"),
        pytest.param("I looked for these:\n\nname:\nage:\n\nNone is there.", id="names alone"),
        pytest.param("I found this:\n\nname: Ann Lee\n\nHer child is aged 4.\n\nage: 4\n", id="prose between"),
        pytest.param("Ann Lee, aged 31, of Ulm, keeps bees and hens.\nname: Ann Lee\nage: 31\n", id="document"),
        pytest.param("Note the name: Ann Lee is not sure.", id="a sentence"),
        pytest.param("To answer:\n1. Find the name: it comes first.\n2. Find the age: it follows.\n", id="steps"),
        pytest.param("I found this:\n\nname: Ann Lee\n\nGood luck!", id="one name"),
    ],
)
def test_prose_that_looks_like_lines_is_none(text: str):
    value = read_shape(text, FORM, document=DOCUMENT, finished=True).value
    assert value is None


def test_lines_within_prose_need_a_document():
    assert read_shape("Here is what I found:\n\nname: Ann Lee\nage: 31\n", FORM).value is None


def test_the_last_line_within_prose_may_be_cut_off():
    reading = read_shape("I found this:\n\nname: Ann Lee\nkind: new\nage: 3", FORM, document=DOCUMENT)
    assert reading.value == {"name": "Ann Lee", "kind": "new"}
    assert ("age",) in reading.incomplete


def test_json_is_read_rather_than_lines_before_it():
    text = 'I think:\nname: Ulm\nage: 31\n\nSo:\n{"name": "Ann Lee", "age": 31,}'
    assert read_shape(text, FORM, document=DOCUMENT).value == ANN


@given(st.text("ab:|<>#-\n ", max_size=60))
def test_nothing_is_read_of_prose_that_the_document_does_not_say(text: str):
    form = shape_of({"name": "string", "age": "string"})
    reading = read_shape(f"I see:\nname: a{text}\nage: xa{text}\nthat", form, document="q")
    assert reading.value is None


@pytest.mark.parametrize("unit", ["name: x\n", "| a ", "|\n", "<a>", "### name\n", "- ", "\n", "words "])
def test_prose_without_end_is_read_in_time(unit: str):
    read_shape("Here:\n" + unit * 3_000, FORM, document=DOCUMENT)
