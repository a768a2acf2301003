"""Places in an answer, found again in the shape of the user's schema."""

import sys
from typing import Literal

import pytest
from pydantic import BaseModel

from langchain_nuextract.paths import JSON, Path, leaves
from langchain_nuextract.schema.target import Target


class Line(BaseModel):
    text: str
    price: float | None = None


class Order(BaseModel):
    number: str
    lines: list[Line]
    prices: dict[str, float]
    people: dict[str, Line]
    size: tuple[int, Line]
    points: list[tuple[float, float]]
    buyer: Line | str | list[str]
    kind: Literal["a", "b"]
    parent: "Order | None" = None


ORDER: JSON = {
    "number": "7",
    "lines": [{"text": "x", "price": 1.5}, {"text": "y", "price": 2.5}],
    "prices": {"net": 3.5, "gross": 4.5},
    "people": {"Ann": {"text": "z", "price": 5.5}},
    "size": [6, {"text": "w", "price": 7.5}],
    "points": [[8.5, 9.5]],
    "buyer": {"text": "v", "price": 10.5},
    "kind": "a",
}
TARGET = Target.of(Order)


def at(value: JSON, path: Path) -> JSON:
    for step in path:
        value = value[step]
    return value


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(ORDER, id="union of an object"),
        pytest.param({**ORDER, "buyer": "Bob"}, id="union of text"),
        pytest.param({**ORDER, "buyer": ["Bob", "Eve"]}, id="union of a list"),
        pytest.param({**ORDER, "parent": ORDER}, id="recursion"),
    ],
)
def test_every_value_of_an_answer_has_its_place(value: JSON):
    answer = TARGET.lower(value)
    said = [(path, leaf) for path, leaf in leaves(answer) if leaf is not None and path[-1] != "key"]
    assert len(said) > 10
    for path, leaf in said:
        assert at(value, TARGET.place(path, answer)) == leaf, path


@pytest.mark.parametrize(
    ("path", "place"),
    [
        pytest.param((), (), id="the whole"),
        pytest.param(("prices", 1, "value"), ("prices", "gross"), id="map"),
        pytest.param(("prices", 1, "key"), ("prices", "gross"), id="key of a map"),
        pytest.param(("prices", 5, "value"), ("prices",), id="entry that is not there"),
        pytest.param(("people", 0, "price"), ("people", "Ann", "price"), id="map of objects"),
        pytest.param(("size", "second", "price"), ("size", 1, "price"), id="tuple"),
        pytest.param(("points", 0, "first"), ("points", 0, 0), id="list of tuples"),
        pytest.param(("buyer", "value"), ("buyer",), id="tag of a union"),
        pytest.param(("lines", 9, "price"), ("lines", 9, "price"), id="item that is not there"),
        pytest.param(("foo", "bar"), ("foo", "bar"), id="key that was not asked for"),
    ],
)
def test_a_place_with_nothing_in_it_is_the_nearest_above(path: Path, place: Path):
    assert TARGET.place(path, TARGET.lower(ORDER)) == place


def test_items_that_are_left_out_do_not_count():
    answer = {"lines": [{"text": None, "price": None}, {"text": "x", "price": "?"}]}
    assert TARGET.lift(answer)["lines"][0]["text"] == "x"
    assert TARGET.place(("lines", 1, "price"), answer) == ("lines", 0, "price")


@pytest.mark.parametrize(
    ("schema", "path", "place"),
    [
        pytest.param(list[int], ("items", 2), (2,), id="list"),
        pytest.param(dict[str, int], ("entries", 0, "value"), ("x",), id="map"),
        pytest.param(bool, ("value",), (), id="single value"),
        pytest.param(tuple[int, int], ("second",), (1,), id="tuple"),
    ],
)
def test_what_is_no_object_has_no_name_of_its_own(schema: object, path: Path, place: Path):
    answer = {"items": [1, 2, 3], "entries": [{"key": "x", "value": "?"}], "value": True}
    assert Target.of(schema).place(path, answer) == place


def items_with_gaps(count: int) -> JSON:
    return [{"text": "x", "price": "?"} if index % 3 else None for index in range(count)]


ANSWERS_WITH_MANY_PLACES = [
    pytest.param(lambda count: {"lines": items_with_gaps(count)}, "lines", ("price",), id="list"),
    pytest.param(
        lambda count: {"prices": [{"key": f"k{index}", "value": "?"} for index in range(count)]},
        "prices",
        ("value",),
        id="map",
    ),
    pytest.param(lambda count: {"points": [{"first": 1.5}, None] * (count // 2)}, "points", ("first",), id="tuples"),
]


def steps_of(answer: JSON, paths: list[Path]) -> int:
    """How many functions are entered, Python's own too, to find all of some places of one answer."""
    steps = 0

    def count(frame: object, event: str, argument: object) -> None:
        nonlocal steps
        steps += event in {"call", "c_call"}

    place = TARGET.placer(answer)
    before = sys.getprofile()
    sys.setprofile(count)
    try:
        for path in paths:
            place(path)
    finally:
        sys.setprofile(before)
    return steps


@pytest.mark.parametrize(("answer_of", "name", "below"), ANSWERS_WITH_MANY_PLACES)
def test_a_long_list_is_counted_once_for_all_places_in_it(answer_of, name: str, below: Path):
    steps = [steps_of(answer_of(count), [(name, index, *below) for index in range(count)]) for count in (100, 800)]
    assert steps[1] <= 9 * steps[0]


@pytest.mark.parametrize(("answer_of", "name", "below"), ANSWERS_WITH_MANY_PLACES)
def test_many_places_of_one_answer_are_those_that_are_found_alone(answer_of, name: str, below: Path):
    answer = answer_of(40)
    paths: list[Path] = [(), (name,), *((name, index, *below) for index in range(-2, 45)), (name, "x"), ("foo", 1)]
    place = TARGET.placer(answer)
    assert [place(path) for path in paths] == [TARGET.place(path, answer) for path in paths]
