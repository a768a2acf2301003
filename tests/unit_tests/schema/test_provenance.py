"""From where in an answer each value comes."""

from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from langchain_nuextract.paths import leaves
from langchain_nuextract.schema.target import Target

TEXT = {"type": "string"}


def an_object(**fields: Any) -> dict[str, Any]:
    return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}


class Owner(BaseModel):
    name: str | None
    parts: list[str] = []


class Thing(BaseModel):
    kind: str = "thing"
    size: int | str
    owner: Owner


CASES = [
    pytest.param(an_object(a=TEXT), {"a": "x"}, {("a",): ("a",)}, id="object"),
    pytest.param(
        {"type": "array", "items": an_object(a=TEXT)}, {"items": [{"a": "x"}]}, {(0, "a"): ("items", 0, "a")}, id="list"
    ),
    pytest.param(
        an_object(a={"type": "array", "items": TEXT}),
        {"a": ["x", None, "y"]},
        {("a", 0): ("a", 0), ("a", 1): ("a", 2)},
        id="missing items are left out",
    ),
    pytest.param(
        an_object(a={"type": "array", "items": {"type": ["string", "null"]}}),
        {"a": ["x", None]},
        {("a", 0): ("a", 0), ("a", 1): ("a", 1)},
        id="null is an item",
    ),
    pytest.param(
        an_object(a={"type": "object", "additionalProperties": TEXT}),
        {"a": [{"key": "en", "value": "x"}, {"key": "en", "value": "y"}, {"key": None, "value": None}]},
        {("a", "en"): ("a", 0, "value")},
        id="map",
    ),
    pytest.param(
        an_object(a={"type": "object", "additionalProperties": an_object(b=TEXT)}),
        {"a": [{"key": "en", "b": "x"}]},
        {("a", "en", "b"): ("a", 0, "b")},
        id="map of objects",
    ),
    pytest.param(
        an_object(a={"type": "array", "prefixItems": [TEXT, TEXT], "items": TEXT}),
        {"a": {"first": "x", "second": "y", "rest": ["z"]}},
        {("a", 0): ("a", "first"), ("a", 1): ("a", "second"), ("a", 2): ("a", "rest", 0)},
        id="tuple",
    ),
    pytest.param(
        an_object(a={"anyOf": [TEXT, {"type": "array", "items": TEXT}]}),
        {"a": {"value": None, "items": ["x"]}},
        {("a", 0): ("a", "items", 0)},
        id="list of several shapes",
    ),
    pytest.param(
        an_object(a={"anyOf": [TEXT, an_object(b=TEXT)]}),
        {"a": {"value": None, "b": "x"}},
        {("a", "b"): ("a", "b")},
        id="object of several shapes",
    ),
    pytest.param(an_object(a={}), {"a": '{"b": [1]}'}, {("a",): ("a",)}, id="JSON in a text is one place"),
    pytest.param(an_object(a={"const": 1}, b=TEXT), {"b": "x"}, {("b",): ("b",)}, id="a constant comes from nowhere"),
    pytest.param(
        {"type": "object", "properties": {"a": TEXT}, "additionalProperties": TEXT},
        {"a": "x", "other": [{"key": "b", "value": "y"}]},
        {("a",): ("a",), ("b",): ("other", 0, "value")},
        id="other properties",
    ),
    pytest.param(an_object(a=TEXT), {"a": ["no", "text"]}, {("a",): ("a",)}, id="what does not fit"),
]


@pytest.mark.parametrize(("schema", "answer", "expected"), CASES)
def test_each_value_comes_from_its_place(schema, answer, expected):
    target = Target.of(schema)
    value = target.lift(answer)
    origins = target.origins(answer)
    there = {path for path, _ in leaves(value)}
    assert {path: of for path, of in origins.items() if any(each[: len(path)] == path for each in there)} == expected


def test_null_comes_from_where_nothing_was_said():
    target = Target.of(Thing)
    answer = {"kind": None, "size": "4", "owner": {"name": None, "parts": ["x"]}}
    assert target.origins(answer)[("owner", "name")] == ("owner", "name")


def texts(numbers: Any) -> st.SearchStrategy[tuple[Any, Any]]:
    """Schemas of nothing but texts, each with a value in which no text comes twice."""
    names = ("a", "b", "key", "value", "first")

    def wrapped(inner: Any) -> Any:
        return st.one_of(
            st.dictionaries(st.sampled_from(names), inner, min_size=1, max_size=3).map(_object),
            st.lists(inner, min_size=1, max_size=3).map(_tuple),
            inner.map(lambda pair: ({"type": "array", "items": pair[0]}, [pair[1]])),
            inner.map(lambda pair: ({"type": "object", "additionalProperties": pair[0]}, {"k": pair[1]})),
        )

    return st.recursive(st.builds(lambda: (TEXT, f"text {next(numbers)}")), wrapped, max_leaves=6)


def _object(fields: dict[str, Any]) -> tuple[Any, Any]:
    return an_object(**{name: pair[0] for name, pair in fields.items()}), {
        name: pair[1] for name, pair in fields.items()
    }


def _tuple(items: list[Any]) -> tuple[Any, Any]:
    size = len(items)
    schema = {"type": "array", "prefixItems": [pair[0] for pair in items], "items": False, "minItems": size}
    return schema, [pair[1] for pair in items]


@given(texts(count()))
def test_what_stands_there_is_the_value(pair):
    schema, value = _object({"it": pair})
    target = Target.of(schema)
    answer = target.lower(value)
    assert target.lift(answer) == value
    origins = target.origins(answer)
    for path, text in leaves(value):
        there = answer
        for step in origins[path]:
            there = there[step]
        assert there == text
