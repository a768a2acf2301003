"""What a model that is held to a grammar is told of how texts are written."""

import re
from datetime import date, datetime, time
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, TypeAdapter

from langchain_nuextract import NuType, Target
from langchain_nuextract.schema.formats.patterns import portable_pattern
from langchain_nuextract.schema.render import answer_schema
from langchain_nuextract.schema.target import FULL
from langchain_nuextract.schema.value_types import TYPES


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        pytest.param(r"^[A-Z]{2}-\d{4}$", "^[A-Z]{2}-[0-9]{4}$", id="characters and sets"),
        pytest.param(r"^(?:DE)?\d+$", "^(DE)?[0-9]+$", id="groups"),
        pytest.param(r"^\d{3}\.\d{2}$", r"^[0-9]{3}\.[0-9]{2}$", id="a point"),
        pytest.param(r"\d{4}", "", id="not anchored"),
        pytest.param("^.*$", "", id="any character"),
        pytest.param('^[^"]*$', "", id="all but some"),
        pytest.param("^a|b$", "", id="branches"),
        pytest.param(r"^\w+$", "", id="letters of all alphabets"),
        pytest.param("^(a{9}){99}$", "", id="counted groups"),
        pytest.param("^a{1000}$", "", id="large numbers"),
        pytest.param("^(a$", "", id="not closed"),
        pytest.param("^[z-a]$", "", id="backwards"),
        pytest.param(7, "", id="no text"),
    ],
)
def test_only_patterns_that_all_engines_read_alike_are_told(pattern: object, told: str) -> None:
    assert portable_pattern(pattern) == told


@given(
    st.sampled_from([r"^[A-Z]{2}-\d{4}$", r"^(?:DE)?\d+$", r"^\d{3}\.\d{2}$", r"^[a-f0-9]{1,8}(-[a-f]+)*$"]), st.data()
)
def test_what_is_told_admits_what_the_pattern_admits(pattern: str, data: st.DataObject) -> None:
    text = data.draw(st.from_regex(pattern, fullmatch=True).filter(str.isascii) | st.text("AZ09-.af", max_size=8))
    assert bool(re.fullmatch(portable_pattern(pattern), text)) == bool(re.fullmatch(pattern, text))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("date", date(2024, 2, 3).isoformat(), id="date"),
        pytest.param("date-time", datetime(2024, 2, 3, 4, 5, 6, 7).isoformat(), id="date-time"),  # noqa: DTZ001 as said
        pytest.param("date-time", "2024-02-03T04:05:06.007+01:00", id="with an offset"),
        pytest.param("time", time(4, 5).isoformat(), id="time"),
        pytest.param("country", "FR", id="country"),
    ],
)
def test_the_types_are_written_as_iso_has_them(name: str, value: str) -> None:
    assert re.fullmatch(TYPES[name].pattern, value)
    assert not re.fullmatch(TYPES[name].pattern, name)


CODE = Annotated[str, Field(pattern="^[A-Z]{2}$")]


@pytest.mark.parametrize(
    ("type_", "told"),
    [
        pytest.param(CODE, "^[A-Z]{2}$", id="a text"),
        pytest.param(CODE | None, "^[A-Z]{2}$", id="or null"),
        pytest.param(list[CODE], None, id="a list"),
        pytest.param(CODE | int, None, id="or a number"),
        pytest.param(CODE | Annotated[str, Field(pattern="^[0-9]{2}$")], None, id="of two patterns"),
        pytest.param(date, TYPES["date"].pattern, id="a date"),
        pytest.param(Annotated[str, NuType("currency")], TYPES["currency"].pattern, id="a currency"),
        pytest.param(str, None, id="any text"),
    ],
)
def test_only_a_held_model_is_told(type_: Any, told: str | None) -> None:
    target = Target.of({"type": "object", "properties": {"it": _schema(type_)}, "required": ["it"]})
    held = answer_schema(target.shape(FULL))
    assert held["properties"]["it"].get("pattern") == told
    assert "pattern" not in str(target.answer_schema)


def test_a_field_of_which_null_is_a_word_has_no_pattern() -> None:
    class Found(BaseModel):
        code: CODE | None = "AB"

    held = answer_schema(Target.of(Found).shape(FULL))
    assert "pattern" not in str(held)


def _schema(type_: Any) -> dict[str, Any]:
    return TypeAdapter(type_).json_schema()
