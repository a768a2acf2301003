"""The fields of an answer, found by paths."""

import pytest

from langchain_nuextract.dialects import dialect_named
from langchain_nuextract.engine.fields import FieldIndex, field_paths
from langchain_nuextract.schema.target import Target

SCHEMA = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "address": {"type": "object", "properties": {"city": {"type": "string"}, "zip": {"type": "string"}}},
        "tags": {"type": "array", "items": {"type": "string"}},
    },
}
ADDRESS = [("address", "city"), ("address", "zip")]
PLACES = [
    pytest.param(("name",), [("name",)], id="a field"),
    pytest.param(("tags", 2), [("tags",)], id="an item of a list"),
    pytest.param(("address",), ADDRESS, id="an object"),
    pytest.param(("address", "street"), ADDRESS, id="a part that was not asked for"),
    pytest.param(("address", "city", "x"), [("address", "city")], id="below a field"),
    pytest.param(("other",), [("name",), *ADDRESS, ("tags",)], id="a name that was not asked for"),
    pytest.param((), [("name",), *ADDRESS, ("tags",)], id="the root"),
]


@pytest.mark.parametrize(("path", "fields"), PLACES)
def test_a_path_is_about_the_fields_below_the_last_place_that_is_known(path, fields):
    shape = Target.of(SCHEMA).shape(dialect_named("3"))
    assert list(FieldIndex(field_paths(shape)).fields_at(path)) == fields
