"""Nested values as flat metadata."""

import datetime as dt
import enum
from decimal import Decimal

import pytest
from pydantic import BaseModel, Field

from langchain_nuextract.runnables.flatten import flat


class Colour(enum.Enum):
    RED = "red"


class Vendor(BaseModel):
    name: str
    vat: str | None = None


class Line(BaseModel):
    what: str
    price: float | None = None


class Invoice(BaseModel):
    vendor: Vendor
    due: dt.date
    total: Decimal
    paid: bool = Field(alias="isPaid")
    colour: Colour = Colour.RED
    tags: list[str] = []
    lines: list[Line] = []


INVOICE = Invoice(
    vendor=Vendor(name="Zoë"),
    due=dt.date(2026, 3, 1),
    total=Decimal("12.50"),
    isPaid=False,
    tags=["a", "b"],
    lines=[Line(what="Nut", price=1), Line(what="Bolt")],
)
SCALARS = {"vendor__name": "Zoë", "due": "2026-03-01", "total": 12.5, "isPaid": False, "colour": "red"}


def test_nested_fields_are_named_by_their_path():
    lists = {"tags": '["a","b"]', "lines": '[{"what":"Nut","price":1.0},{"what":"Bolt","price":null}]'}
    assert flat(INVOICE, None, lists=False) == SCALARS | lists


def test_lists_are_kept_for_stores_that_take_them():
    lists = {"tags": ["a", "b"], "lines__what": ["Nut", "Bolt"], "lines__price": [1.0]}
    assert flat(INVOICE, None, lists=True) == SCALARS | lists


def test_all_names_may_begin_with_the_same_word():
    assert flat(Vendor(name="A"), "vendor", lists=False) == {"vendor__name": "A"}


@pytest.mark.parametrize(
    ("value", "kept", "as_text"),
    [
        pytest.param([1, 2.5], [1.0, 2.5], "[1,2.5]", id="numbers"),
        pytest.param([1, "a", True], ["1", "a", "true"], '[1,"a",true]', id="mixed"),
        pytest.param([1, None], [1], "[1,null]", id="null"),
        pytest.param(2**70, str(2**70), str(2**70), id="big"),
        pytest.param("text", "text", "text", id="scalar"),
    ],
)
def test_what_is_no_object_is_called_value(value, kept, as_text):
    assert flat(value, None, lists=True) == {"value": kept}
    assert flat(value, None, lists=False) == {"value": as_text}


@pytest.mark.parametrize("value", [None, float("nan"), [], {}, {"a": {"b": None}}])
@pytest.mark.parametrize("lists", [True, False])
def test_what_stores_refuse_is_left_out(value, lists):
    assert flat(value, None, lists=lists) == {}


def test_two_values_of_one_name_are_refused():
    with pytest.raises(ValueError, match="a__b"):
        flat({"a__b": 1, "a": {"b": 2}}, None, lists=False)
