"""The parts that a default of the user's type fills are named, wherever they stand, and no others."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field, TypeAdapter

from langchain_nuextract.paths import JSON, Path
from langchain_nuextract.schema.target import Target


class Parcel(BaseModel):
    kind: Literal["parcel"]
    weight: float
    fragile: bool = False


class Letter(BaseModel):
    kind: Literal["letter"]
    pages: int = 1
    fragile: bool = False


class Stamp(BaseModel):
    price: float = 0.8
    motif: str


class Envelope(BaseModel):
    size: str = "C5"
    colour: str


class First(BaseModel):
    rank: Literal[1]
    prize: str = "cup"


class Second(BaseModel):
    rank: Literal[2]
    medal: str = "silver"


class Post(BaseModel):
    item: Annotated[Parcel | Letter, Field(discriminator="kind")] | None = None
    stamps: list[Stamp] = []
    by_box: dict[str, Stamp] = {}
    pair: tuple[Stamp, int] | None = None
    note: str | Stamp | list[Stamp] | None = None
    cover: Stamp | Envelope | None = None
    place: Annotated[First | Second, Field(discriminator="rank")] | None = None


def filled(written: JSON, value: JSON, at: Path = ()) -> Iterator[Path]:
    """Where the instance, as it is dumped, has a part that the value does not have."""
    if isinstance(written, dict) and isinstance(value, dict):
        for name, child in written.items():
            if name in value:
                yield from filled(child, value[name], (*at, name))
            else:
                yield (*at, name)
    elif isinstance(written, list) and isinstance(value, list):
        for index, (one, two) in enumerate(zip(written, value, strict=True)):
            yield from filled(one, two, (*at, index))


@pytest.mark.parametrize(
    "value",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"item": {"kind": "parcel", "weight": 2.5}}, id="one kind of several"),
        pytest.param({"item": {"kind": "letter"}}, id="the other kind"),
        pytest.param({"stamps": [{"motif": "owl"}, {"motif": "fox", "price": 1.6}]}, id="items of a list"),
        pytest.param({"by_box": {"red": {"motif": "owl"}, "blue": {"motif": "fox", "price": 1.6}}}, id="map"),
        pytest.param({"pair": [{"motif": "owl"}, 3]}, id="tuple"),
        pytest.param({"note": {"motif": "owl"}}, id="object among several shapes"),
        pytest.param({"note": [{"motif": "owl"}]}, id="list among several shapes"),
        pytest.param({"note": "owl"}, id="text among several shapes"),
        pytest.param({"cover": {"motif": "owl"}}, id="kinds without a tag"),
        pytest.param({"cover": {"colour": "grey"}}, id="the other kind without a tag"),
        pytest.param({"place": {"rank": 2}}, id="a tag that is a number"),
    ],
)
def test_what_a_default_fills_is_what_the_instance_has_and_the_value_has_not(value: Any):
    adapter = TypeAdapter(Post)
    written = adapter.dump_python(adapter.validate_python(value), mode="json")
    assert sorted(map(str, Target.of(Post).defaults(value))) == sorted(map(str, filled(written, value)))


def test_values_of_a_map_are_told_in_the_order_of_the_value():
    value = {"by_box": {"red": {"motif": "owl"}, "blue": {"motif": "fox"}}}
    found = [path for path in Target.of(Post).defaults(value) if len(path) > 1]
    assert found == [("by_box", "red", "price"), ("by_box", "blue", "price")]
