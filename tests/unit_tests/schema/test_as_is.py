"""An answer that is whole is its own value, where the schema has the form of its template."""

import json
from typing import Any

import pytest

from langchain_nuextract.parsing.read import read_shape
from langchain_nuextract.schema.target import FULL, Target

TYPES = {"flat": {"name": "string", "paid": "boolean", "sum": "number", "count": "integer", "day": "date"}}
KEPT: list[tuple[Any, Any]] = [
    (TYPES["flat"], {"name": "Ada", "paid": True, "sum": 1.5, "count": 3, "day": "2026-02-01"}),
    ({"rows": [{"word": "verbatim-string", "kind": ["a", "b"]}]}, {"rows": [{"word": "x", "kind": "b"}]}),
    ({"tags": [["a", "b", "c"]]}, {"tags": ["c", "a"]}),
    ({"ship": {"flag": "string", "masts": "integer"}}, {"ship": {"flag": "red", "masts": 2}}),
]
CHANGED = [
    {"type": "object", "properties": {"code": {"enum": [1, 2]}}},
    {"type": "object", "properties": {"by": {"type": "object", "additionalProperties": {"type": "string"}}}},
    {"type": "object", "properties": {"kind": {"const": "bill"}, "sum": {"type": "number"}}},
    {"type": "object", "properties": {"pair": {"prefixItems": [{"type": "string"}, {"type": "number"}]}}},
    {"type": "array", "items": {"type": "string"}},
]


@pytest.mark.parametrize(("template", "value"), KEPT)
def test_a_whole_answer_is_lifted_to_itself(template, value):
    target = Target.of(template)
    reading = read_shape(json.dumps(value), target.shape(FULL))
    assert target.keeps_whole()
    assert json.loads(reading.whole) == value == target.lift(value) == target.without_empty_objects(value)
    assert target.defaults(value) == ()


@pytest.mark.parametrize(("template", "value"), KEPT)
@pytest.mark.parametrize("nothing", [None, "", [], {}])
def test_an_answer_that_lacks_something_is_not_whole(template, value, nothing):
    shape = Target.of(template).shape(FULL)
    for name in value:
        rest = {key: each for key, each in value.items() if key != name}
        assert not read_shape(json.dumps(rest), shape).whole
        assert not read_shape(json.dumps(rest | {name: nothing}), shape).whole


@pytest.mark.parametrize("schema", CHANGED)
def test_what_has_another_form_than_its_template_is_lifted(schema):
    assert not Target.of(schema).keeps_whole()
