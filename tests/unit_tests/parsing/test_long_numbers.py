"""Numbers with more digits than a float holds: a Decimal gets all of them, a float the nearest there is."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from langchain_nuextract.parsing import read_answer, read_shape
from langchain_nuextract.schema.target import Target
from tests.unit_tests.parsing.shapes import shape_of


class Measured(BaseModel):
    exact: Decimal
    near: float
    iban: str = ""


TARGET = Target.of(Measured)
DECIMALS = st.decimals(min_value=-(10**25), max_value=10**25, places=9) | st.decimals(-1, 1, places=24)


@given(DECIMALS)
def test_a_decimal_keeps_its_digits(number: Decimal):
    written = f"{number:f}"
    reading = read_answer(f'{{"exact": {written}, "near": {written}}}', TARGET, policy="strict")
    value = TARGET.validate(TARGET.lift(reading.value))
    assert (value.exact, value.near) == (number, float(number))
    assert (reading.repairs, reading.problems) == ((), ())


@given(DECIMALS)
def test_a_decimal_of_an_example_is_read_back(number: Decimal):
    value = Measured(exact=number, near=0.5)
    reading = read_answer(json.dumps(TARGET.lower(value)), TARGET, policy="strict")
    assert TARGET.validate(TARGET.lift(reading.value)) == value


@pytest.mark.parametrize(
    ("written", "value", "kinds"),
    [
        pytest.param("12345678901234567890.12", "12345678901234567890.12", [], id="plain"),
        pytest.param('"12345678901234567890.12"', "12345678901234567890.12", [], id="as text"),
        pytest.param('"-1.234.567.890.123.456.789,99 €"', "-1234567890123456789.99", ["value"], id="as printed"),
        pytest.param("12,345,678,901,234,567,890.12", "12345678901234567890.12", ["syntax"], id="grouped"),
        pytest.param("123456789012345678901234567890", 123456789012345678901234567890, [], id="whole"),
        pytest.param("0.30000000000000004", 0.30000000000000004, [], id="just what a float holds"),
        pytest.param("1.50000000000000000000", 1.5, [], id="noughts"),
    ],
)
def test_a_long_number_is_its_digits_only_where_no_float_is_equal(written: str, value: object, kinds: list[str]):
    reading = read_shape(f'{{"n": {written}}}', shape_of({"n": "number"}), policy="safe")
    assert reading.value == {"n": value}
    assert [repair.kind for repair in reading.repairs] == kinds
