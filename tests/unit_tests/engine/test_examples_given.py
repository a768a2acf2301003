"""Examples in every form that users have them in, and slips in them; schemas that are none."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

import pytest
from pydantic import BaseModel, Field

from langchain_nuextract import Example, InvalidValue, NuExtractor, Target, UnsupportedSchema


class Line(BaseModel):
    price: float
    unit: str | None = Field(None, validation_alias="uom")


class Order(BaseModel):
    number: str
    lines: list[Line] = []


@dataclass
class Point:
    x: int


class Shade(Enum):
    DARK = "dark"


def extractor(*examples: Any, schema: Any = Order) -> NuExtractor[Any]:
    return NuExtractor(schema, model="numind/NuExtract3", base_url="http://localhost:1/v1", examples=examples)


GOLD: dict[str, Any] = {"number": "A1", "lines": [{"price": 2, "uom": "kg"}]}


@pytest.mark.parametrize(
    "given",
    [
        Example("Order A1", GOLD),
        ("Order A1", GOLD),
        {"input": "Order A1", "output": GOLD},
        ("Order A1", Order.model_validate(GOLD)),
        ("Order A1", '{"number": "A1", "lines": [{"price": 2, "uom": "kg"}]}'),
    ],
)
def test_examples_may_be_given_in_any_form(given: Any) -> None:
    [shot] = extractor(given).executor.plan.shots
    assert '"uom": "kg"' in shot.answer


@pytest.mark.parametrize("given", [{"input": "x", "ouput": {}}, {"input": "x"}, "text", 3, ("a", "b", "c")])
def test_what_is_no_example_is_named_by_its_number(given: Any) -> None:
    with pytest.raises(ValueError, match="example 2"):
        extractor(("Order A1", GOLD), given)


@pytest.mark.parametrize(
    ("output", "path", "hint"),
    [
        ({"nmber": "A1", "lines": []}, ("nmber",), "'number'"),
        ({"number": "A1", "lines": [{"price": 1}, {"price": 2, "unti": "kg"}]}, ("lines", 1, "unti"), "'uom'"),
        ({"number": "A1", "total": 2}, ("total",), "'lines'"),
    ],
)
def test_a_misspelt_key_in_an_example_is_named_with_its_number(output: Any, path: Any, hint: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        extractor(("Order A1", GOLD), ("Order A2", output))
    [problem] = caught.value.problems
    assert problem.path == path
    assert "example 2" in problem.message
    assert hint in problem.message


def test_other_keys_are_admitted_where_the_schema_admits_them() -> None:
    schema = {"type": "object", "properties": {"number": {"type": "string"}}}
    assert extractor(("A1 in red", {"number": "A1", "colour": "red"}), schema=schema)
    with pytest.raises(InvalidValue, match="did you mean 'number'"):
        extractor(("A1", {"numbr": "A1"}), schema=schema)


@pytest.mark.parametrize(
    "value", [Order(number="A"), Point(1), Shade.DARK, date(2024, 1, 5), Decimal(1), (int, str), {int, str}]
)
def test_a_value_is_no_schema(value: Any) -> None:
    with pytest.raises(UnsupportedSchema, match="Pass the type"):
        Target.of(value)
