"""The fields of an answer, found by paths."""

import tracemalloc

import pytest

from langchain_nuextract.dialects import dialect_named
from langchain_nuextract.engine.fields import FieldIndex, field_paths, problems_by_field
from langchain_nuextract.errors import Problem
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


def test_problems_are_sorted_by_the_fields_below_them_in_their_order():
    street, tag, root = Problem(("address", "street"), "odd"), Problem(("tags", 1), "odd"), Problem((), "odd")
    city = Problem(("address", "city"), "odd")
    assert problems_by_field(Target.of(SCHEMA).shape(dialect_named("3")), [street, tag, root, city]) == {
        ("address", "city"): (street, city),
        ("address", "zip"): (street,),
        ("tags",): (tag,),
    }


class CountingProblems(list[Problem]):
    """Counts the bytes that are taken up from one problem to the next, also those that are given back at once."""

    taken = 0

    def __iter__(self):
        for problem in super().__iter__():
            tracemalloc.reset_peak()
            before, _ = tracemalloc.get_traced_memory()
            yield problem
            self.taken += tracemalloc.get_traced_memory()[1] - before


def test_many_problems_of_one_field_take_no_more_memory_each_than_few():
    shape = Target.of(SCHEMA).shape(dialect_named("3"))
    each = {}
    tracemalloc.start()
    try:
        for count in (100, 3_000):
            problems = CountingProblems(Problem(("tags", index), "odd") for index in range(count))
            assert len(problems_by_field(shape, problems)[("tags",)]) == count
            each[count] = problems.taken / count
    finally:
        tracemalloc.stop()
    assert each[3_000] < 2 * each[100]
