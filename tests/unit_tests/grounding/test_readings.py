"""The ways in which the words of a document follow each other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langchain_nuextract.grounding.readings import is_verbatim, readings

COLUMNS = "Ship to:          Bill to:\nAcme Ltd          Bolt Inc\n1 High Street     2 Low Road\n"


@pytest.mark.parametrize(
    ("text", "among"),
    [
        pytest.param("  One\ttwo\n\nthree ", "One two three", id="blanks-are-one"),
        pytest.param("an old exam-\nple of it", "an old example of it", id="a-broken-word"),
        pytest.param("a well-\n  known one", "a well-known one", id="a-hyphen-of-its-own"),
        pytest.param("soft\u00ad\nware", "software", id="a-soft-hyphen"),
        pytest.param(COLUMNS, "Ship to: Acme Ltd 1 High Street", id="a-column"),
        pytest.param(COLUMNS, "Bill to:, Bolt Inc, 2 Low Road", id="a-column-with-commas"),
        pytest.param("Ann Lee\n4 Mill Lane\nYork", "Ann Lee, 4 Mill Lane, York", id="an-address"),
    ],
)
def test_a_text_is_read_in_all_ways_that_its_layout_allows(text, among):
    assert among in readings(text)


def test_a_text_without_layout_is_read_in_one_way():
    assert readings("One line of words.") == ("One line of words.",)


@pytest.mark.parametrize(
    ("value", "text", "expected"),
    [
        pytest.param("old example", "an old exam-\nple", True, id="a-broken-word"),
        pytest.param("Acme Ltd, 1 High Street", COLUMNS, True, id="lines-of-a-column"),
        pytest.param("the owner\u2019s", "the owner's dog", True, id="marks-that-look-alike"),
        pytest.param("ACME  ltd", COLUMNS, True, id="case-and-blanks"),
        pytest.param("Acme Inc", COLUMNS, False, id="words-from-apart"),
        pytest.param("12 March 2026", "on 2026-03-12", False, id="a-day-in-other-words"),
        pytest.param("Germany", "in Deutschland", False, id="a-translation"),
        pytest.param("Acne Ltd", COLUMNS, False, id="a-slip"),
    ],
)
def test_a_value_is_verbatim_if_the_text_has_its_words(value, text, expected):
    assert is_verbatim(value, text) is expected


@given(st.text("ab-\n |é\u00ad", max_size=60), st.data())
def test_each_run_of_a_reading_is_verbatim(text, data):
    for reading in readings(text):
        start = data.draw(st.integers(0, len(reading)))
        end = data.draw(st.integers(start, len(reading)))
        assert is_verbatim(reading[start:end], text)


@pytest.mark.parametrize("unit", ["-\n", "a-\n", "a  b\n", "|", "\n", "a\u00ad \n"])
def test_the_readings_of_a_text_are_not_many_times_as_long(unit):
    text = unit * 2_000
    assert sum(map(len, readings(text))) <= 6 * len(text)
