"""A template written as the source of a Pydantic class asks for the same, whatever its fields are called."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langchain_nuextract import Target, UnsupportedSchema
from langchain_nuextract.schema.target import FULL
from langchain_nuextract.schema.value_types import REGIONS, SCALARS

LABELS = st.lists(
    st.text(string.ascii_letters + "é '\"\\", min_size=1, max_size=8), min_size=2, max_size=3, unique=True
)
NAMES = st.one_of(
    st.sampled_from(
        ["class", "copy", "model_dump", "dt", "str", "Line", "line", "lines", "_x", "__x__", "1st", "é", "ﬁ"]
    ),
    st.text(string.ascii_letters + " _-.$9ß", min_size=1, max_size=8),
)
LEAVES = st.sampled_from(sorted(SCALARS | REGIONS))


def records(parts):
    return st.dictionaries(NAMES, parts, min_size=1, max_size=4)


TEMPLATES = records(
    st.recursive(
        LEAVES | LABELS | LEAVES.map(lambda leaf: [leaf]) | LABELS.map(lambda labels: [labels]),
        lambda parts: records(parts) | records(parts).map(lambda record: [record]),
        max_leaves=8,
    )
)


def made(source, name):
    space = {"__name__": "of_a_test"}
    exec(source, space)
    return space[name]


@given(TEMPLATES)
def test_the_class_asks_for_what_the_template_asks_for(template):
    target = Target.of(template)
    asked = Target.of(made(target.pydantic_source("Order"), "Order"))
    assert asked.template(FULL) == target.template(FULL)
    assert asked.validate({}).__class__.__name__ == "Order"


def test_it_reads_as_people_write_classes():
    template = {"no.": "verbatim-string", "due": "date", "kind": ["new", "used"], "lines": [{"iban": "iban"}]}
    assert Target.of(template).pydantic_source("Order") == SOURCE


SOURCE = """\
import datetime as dt
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from langchain_nuextract import NuType, Verbatim


class Line(BaseModel):
    iban: Annotated[str, NuType("iban")] | None = None


class Order(BaseModel):
    model_config = ConfigDict(validate_by_name=True)

    no: Verbatim | None = Field(default=None, alias="no.")
    due: dt.date | None = None
    kind: Literal["new", "used"] | None = None
    lines: list[Line] = []
"""


@pytest.mark.parametrize("schema", [["a", "b"], {"type": "object", "additionalProperties": {"type": "string"}}])
def test_what_has_no_fields_is_no_class(schema):
    with pytest.raises(UnsupportedSchema):
        Target.of(schema).pydantic_source()
