"""The mutation fuzz of `make fuzz`, for some seconds, and what it judges by."""

from random import Random

import pytest

from langchain_nuextract.paths import JSON
from tests.fuzz.growth import STEEPEST, repeated, steepness
from tests.fuzz.oracle import underivable
from tests.fuzz.run import run
from tests.unit_tests.parsing.shapes import shape_of

FORM = shape_of(
    {"a": "string", "n": "number", "b": "boolean", "d": "date", "c": ["paid in full", "open"], "l": ["string"]}
)


def test_damaged_answers_break_no_promise():
    # As many texts on each machine that is fast enough: new ones are for `make fuzz`.
    assert run(seed=20, seconds=20, most=1000) > 20


@pytest.mark.parametrize("seed", range(20))
def test_time_grows_no_faster_than_a_text_in_which_something_repeats(seed: int):
    found = repeated(Random(seed), FORM)
    assert steepness(found.of, FORM, 20_000) < STEEPEST, found


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param('{"a": "x\\u00e9 y"}', {"a": "xé y"}, id="escape"),
        pytest.param(r"{\"a\": \"x\\u\540dy\"}", {"a": r"x\u\540dy"}, id="broken escape"),
        pytest.param("a = 'it' + 's'", {"a": "its"}, id="parts"),
        pytest.param("1.580,22 €", {"n": 1580.22}, id="number"),
        pytest.param("(5)", {"n": -5}, id="negative"),
        pytest.param("b: Ja", {"b": True}, id="yes"),
        pytest.param("12. März 2024", {"d": "2024-03-12"}, id="date"),
        pytest.param("PAID-INFULL", {"c": "paid in full"}, id="label"),
    ],
)
def test_what_a_text_says_is_derivable(text: str, value: JSON):
    assert underivable(value, FORM, text) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param('{"a": "x"}', {"a": "xy"}, id="a letter more"),
        pytest.param('{"a": "x", "l": ["y"]}', {"l": ["yx"]}, id="two values as one"),
        pytest.param("1.580,22 €", {"n": 1580.23}, id="other digits"),
        pytest.param("1580", {"n": -1580}, id="other sign"),
        pytest.param("no", {"b": True}, id="the reverse"),
        pytest.param("12.03.2024", {"d": "2024-03-13"}, id="other day"),
        pytest.param("overdue", {"c": "open"}, id="other label"),
        pytest.param("x", {"z": "x"}, id="key that was not asked for"),
    ],
)
def test_what_a_text_does_not_say_is_found_out(text: str, value: JSON):
    assert underivable(value, FORM, text) is not None
