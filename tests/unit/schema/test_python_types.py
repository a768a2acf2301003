"""Python types: what is asked for, and that their instances come back."""

import pickle
import re
from collections import deque
from dataclasses import InitVar, dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, IntEnum
from ipaddress import IPv4Network
from pathlib import Path
from typing import Annotated, Any, Generic, Literal, NamedTuple, NotRequired, TypedDict, TypeVar
from uuid import UUID

import pytest
from pydantic import (
    AliasChoices,
    AliasPath,
    AnyUrl,
    Base64Bytes,
    BaseModel,
    ByteSize,
    ConfigDict,
    Discriminator,
    EmailStr,
    Field,
    HttpUrl,
    Json,
    RootModel,
    Secret,
    SecretStr,
    Tag,
    computed_field,
    field_serializer,
    model_serializer,
)
from pydantic.alias_generators import to_camel

from langchain_nuextract.errors import InvalidValue, UnsupportedSchema
from langchain_nuextract.schema.checks import adapter
from langchain_nuextract.schema.target import FULL, Target
from langchain_nuextract.schema.types import NuType, Verbatim

X = TypeVar("X")


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Grade(IntEnum):
    LOW = 1
    HIGH = 2


class Line(BaseModel):
    """One line of the bill."""

    price: Decimal = Field(description="unit price")
    colours: list[Colour] = []


class Invoice(BaseModel):
    number: Annotated[str, Verbatim] = Field(alias="invoice-number")
    lines: list[Line]
    currency: Annotated[str | None, NuType("currency")] = None


@dataclass
class Point:
    x: int
    y: float = 0.5
    names: list[str] = field(default_factory=list)


class Movie(TypedDict):
    title: str
    year: NotRequired[int]


class Cat(BaseModel):
    kind: Literal["cat"] = "cat"
    lives: int


class Dog(BaseModel):
    kind: Literal["dog"] = "dog"
    name: str


class Owner(BaseModel):
    pet: Annotated[Cat | Dog, Field(discriminator="kind")]


class Tree(BaseModel):
    label: str
    children: list["Tree"] = []


class Box(BaseModel, Generic[X]):
    content: X


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")
    name: str


class Area(BaseModel):
    width: int
    secret: SecretStr = SecretStr("x")

    @computed_field
    @property
    def double(self) -> int:
        return 2 * self.width


class Renamed(BaseModel):
    model_config = ConfigDict(populate_by_name=True)
    one: int = Field(validation_alias="in", serialization_alias="out")


class Places(BaseModel):
    one: int = Field(validation_alias=AliasChoices("x", "y"))
    first: str = Field(validation_alias=AliasPath("names", 0))
    either: str = Field(validation_alias=AliasChoices(AliasPath("names", 1), "second"))


class Camel(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)
    first_name: str


class Written(BaseModel):
    model_config = ConfigDict(ser_json_timedelta="float")
    day: date
    hidden: int = Field(exclude=True)
    length: timedelta

    @field_serializer("day")
    def german(self, day: date) -> str:
        return f"{day:%d.%m.%Y}"


class Summed(BaseModel):
    a: int

    @model_serializer
    def sum(self) -> dict[str, int]:
        return {"sum": self.a}


class Counts(RootModel[dict[str, int]]):
    pass


class Apple(BaseModel):
    size: int


class Pear(BaseModel):
    weight: int


def fruit(value: Any) -> str:
    return "apple" if isinstance(value, Apple) or (isinstance(value, dict) and "size" in value) else "pear"


Fruit = Annotated[Annotated[Apple, Tag("apple")] | Annotated[Pear, Tag("pear")], Discriminator(fruit)]


class Pair(NamedTuple):
    one: int
    other: str = "a"


@dataclass
class Started:
    at: int
    ahead: InitVar[int] = 3
    names: list[str] = field(default_factory=list)


class Numbers(RootModel[list[int]]):
    pass


def one(kind: Any) -> Any:
    """The template of a model with one field of a type."""
    return Target.of(TypedDict("One", {"it": kind})).template(FULL)["it"]  # type: ignore[misc]


ASKED = [
    pytest.param(str, "string", id="str"),
    pytest.param(int, "integer", id="int"),
    pytest.param(float, "number", id="float"),
    pytest.param(bool, "boolean", id="bool"),
    pytest.param(Decimal, "number", id="decimal"),
    pytest.param(date, "date", id="date"),
    pytest.param(time, "time", id="time"),
    pytest.param(datetime, "date-time", id="date-time"),
    pytest.param(timedelta, "duration", id="duration"),
    pytest.param(UUID, "verbatim-string", id="uuid"),
    pytest.param(EmailStr, "email-address", id="email"),
    pytest.param(AnyUrl, "url", id="url"),
    pytest.param(Verbatim, "verbatim-string", id="verbatim"),
    pytest.param(Annotated[str, Verbatim], "verbatim-string", id="verbatim-annotation"),
    pytest.param(Annotated[str, NuType("iban")], "iban", id="named"),
    pytest.param(Annotated[str | None, NuType("iban")], "iban", id="named-optional"),
    pytest.param(Annotated[list[str], NuType("iban")], ["iban"], id="named-list"),
    pytest.param(list[Annotated[str, NuType("region:US")]], ["region:US"], id="list-of-named"),
    pytest.param(Annotated[float, Verbatim], "verbatim-string", id="number-as-written"),
    pytest.param(Colour, ["red", "blue"], id="enum"),
    pytest.param(Grade, ["1", "2"], id="int-enum"),
    pytest.param(list[Colour], [["red", "blue"]], id="several-of-an-enum"),
    pytest.param(Literal["string", "date"], ["string", "date"], id="labels-like-types"),
    pytest.param(list[Literal["a"]], ["string"], id="list-of-a-constant"),
    pytest.param(Colour | None, ["red", "blue"], id="optional-enum"),
    pytest.param(int | str, "string", id="number-or-text"),
    pytest.param(int | float, "number", id="numbers"),
    pytest.param(set[int], ["integer"], id="set"),
    pytest.param(dict[str, int], [{"key": "string", "value": "integer"}], id="map"),
    pytest.param(
        dict[str, Point], [{"key": "string", "x": "integer", "y": "number", "names": ["string"]}], id="map-of-objects"
    ),
    pytest.param(dict[Literal["a", "b"], int], {"a": "integer", "b": "integer"}, id="map-with-known-keys"),
    pytest.param(tuple[int, str], {"first": "integer", "second": "string"}, id="tuple"),
    pytest.param(tuple[int, ...], ["integer"], id="tuple-of-any-length"),
    pytest.param(Any, "string", id="any"),
    pytest.param(str | list[str], {"value": "string", "items": ["string"]}, id="one-or-several"),
    pytest.param(
        str | Point, {"value": "string", "x": "integer", "y": "number", "names": ["string"]}, id="text-or-object"
    ),
    pytest.param(Cat | Dog, {"kind": ["cat", "dog"], "lives": "integer", "name": "string"}, id="tagged-union"),
    pytest.param(Box[date], {"content": "date"}, id="generic"),
    pytest.param(Open, {"name": "string", "other": [{"key": "string", "value": "string"}]}, id="extra-fields"),
    pytest.param(Movie, {"title": "string", "year": "integer"}, id="typed-dict"),
]


@pytest.mark.parametrize(("kind", "asked"), ASKED)
def test_a_type_is_asked_for_as(kind: Any, asked: Any) -> None:
    assert one(kind) == asked


INSTANCES = [
    pytest.param(
        Invoice,
        Invoice.model_validate({"invoice-number": "A1", "lines": [{"price": "12.50", "colours": ["red"]}]}),
        id="nested",
    ),
    pytest.param(Line, Line(price=Decimal("0.1")), id="decimal"),
    pytest.param(Point, Point(1, 2.5, ["a"]), id="dataclass"),
    pytest.param(Movie, {"title": "M"}, id="typed-dict"),
    pytest.param(Owner, Owner(pet=Dog(name="Rex")), id="discriminated"),
    pytest.param(Cat | Dog, Cat(lives=9), id="union-at-the-root"),
    pytest.param(Tree, Tree(label="a", children=[Tree(label="b", children=[Tree(label="c")])]), id="recursive"),
    pytest.param(Open, Open.model_validate({"name": "n", "more": {"a": [1, None]}}), id="extra-fields"),
    pytest.param(Area, Area(width=3, secret=SecretStr("s3")), id="secret-and-computed"),
    pytest.param(Renamed, Renamed(one=1), id="two-aliases"),
    pytest.param(Numbers, Numbers([1, 2]), id="root-model"),
    pytest.param(list[Line], [Line(price=Decimal(3))], id="list-at-the-root"),
    pytest.param(dict[str, list[int]], {"a": [1], "b": []}, id="map-at-the-root"),
    pytest.param(int, 3, id="number-at-the-root"),
    pytest.param(
        Box[int | str | list[bool]], Box[int | str | list[bool]](content="5"), id="text-that-looks-like-a-number"
    ),
    pytest.param(Box[timedelta], Box[timedelta](content=timedelta(hours=3)), id="duration"),
    pytest.param(Box[bytes], Box[bytes](content=b"ab"), id="bytes"),
    pytest.param(
        Box[tuple[int, str, list[Point]]], Box[tuple[int, str, list[Point]]](content=(1, "a", [Point(2)])), id="tuple"
    ),
    pytest.param(Box[Any], Box[Any](content={"a": "1", "b": [None, 2]}), id="any"),
    pytest.param(Places, Places.model_validate({"y": 1, "names": ["a", "b"]}), id="alias-choices-and-paths"),
    pytest.param(Camel, Camel(first_name="A"), id="alias-generator"),
    pytest.param(Written, Written(day=date(2024, 1, 2), hidden=3, length=timedelta(3)), id="own-serialisers"),
    pytest.param(list[Summed], [Summed(a=3)], id="own-model-serialiser"),
    pytest.param(list[Counts], [Counts({"a": 1})], id="root-model-of-a-map"),
    pytest.param(Box[Fruit], Box[Fruit](content=Pear(weight=3)), id="callable-discriminator"),
    pytest.param(list[Pair], [Pair(1), Pair(2, "b")], id="named-tuple"),
    pytest.param(Started, Started(2), id="dataclass-with-parameters"),
    *(
        pytest.param(Box[kind], Box[kind](content=value), id=str(kind))
        for kind, value in (
            (Json[list[int]], "[1, 2]"),
            (Base64Bytes, b"YWI="),
            (ByteSize, ByteSize(1000)),
            (re.Pattern[str], re.compile("a+")),
            (HttpUrl, HttpUrl("http://example.com/a")),
            (Secret[date], Secret[date](date(2024, 1, 2))),
            (Path, Path("a/b")),
            (IPv4Network, IPv4Network("10.0.0.0/8")),
            (UUID, UUID(int=5)),
            (Decimal, Decimal("1E+30")),
            (datetime, datetime(2024, 1, 2, 3, tzinfo=UTC)),
            (Literal[1, "1", True], "1"),
            (Grade | None, None),
            (set[tuple[int, str]], {(1, "a")}),
            (frozenset[str], frozenset({"a", ""})),
            (deque[int], deque([1, 2])),
            (dict[Grade, int], {Grade.LOW: 1}),
            (dict[UUID, list[date]], {UUID(int=5): [date(2024, 1, 2)]}),
            (dict[str, int | None], {"a": None, "b": 1}),
            (list[str | None], ["", None, "null"]),
            (dict[str, int] | Point, {"x": 1}),
        )
    ),
]


@pytest.mark.parametrize(("kind", "instance"), INSTANCES)
def test_an_instance_comes_back(kind: Any, instance: Any) -> None:
    target: Target[Any] = Target.of(kind)
    back = target.validate(target.lift(target.lower(instance)))
    assert back == adapter(kind).validate_python(instance)


def test_descriptions_become_instructions() -> None:
    target = Target.of(Invoice)
    assert target.instructions == "$.lines[]: One line of the bill.\n$.lines[].price: unit price"


def test_descriptions_are_given_once_for_a_recursion() -> None:
    class Node(BaseModel):
        name: str = Field(description="what it is called")
        parts: list["Node"] = []

    assert Target.of(Node).instructions == "$.name: what it is called"


def test_a_recursion_is_unrolled_four_times_and_the_cut_is_named() -> None:
    target = Target.of(Tree)
    deepest = target.template(FULL)["children"][0]["children"][0]["children"][0]
    assert deepest == {"label": "string", "children": ["string"]}
    assert [len(loss.path) for loss in target.losses] == [8]


def test_what_lies_under_the_cut_is_held_as_json() -> None:
    tree = Tree(label="1", children=[Tree(label="2")])
    target = Target.of(Tree, depth=1)
    assert target.lower(tree) == {"label": "1", "children": ['{"label": "2", "children": []}']}
    assert target.validate(target.lift(target.lower(tree))) == tree


def test_plain_text_at_the_cut_stands_for_nothing() -> None:
    assert Target.of(Tree, depth=1).lift({"label": "1", "children": ["two"]}) == {"label": "1", "children": []}


def test_a_missing_field_gets_the_default_of_the_type_and_is_named() -> None:
    target = Target.of(Point)
    value = target.lift({"x": 1, "y": None, "names": None})
    assert value == {"x": 1}
    assert target.validate(value) == Point(1)
    assert target.defaults(value) == (("y",), ("names",))


def test_a_missing_key_of_a_typed_dict_is_no_default() -> None:
    assert Target.of(Movie).defaults({"title": "M"}) == ()


def test_an_optional_object_that_is_empty_is_absent() -> None:
    class Person(BaseModel):
        home: Point | None = None

    target = Target.of(Person)
    assert target.validate(target.lift({"home": {"x": None, "y": None, "names": []}})) == Person()


def test_problems_name_their_path_and_what_was_expected() -> None:
    target = Target.of(Invoice)
    with pytest.raises(InvalidValue) as caught:
        target.validate(target.lift({"invoice-number": None, "lines": [{"price": "n/a", "colours": ["green"]}]}))
    paths = [problem.path for problem in caught.value.problems]
    assert paths == [("invoice-number",), ("lines", 0, "price"), ("lines", 0, "colours", 0)]
    assert "missing, but required @ $.invoice-number" in str(caught.value)
    assert "expected a number, got 'n/a' @ $.lines[0].price" in str(caught.value)


def test_a_problem_in_a_union_names_a_path_of_the_value() -> None:
    with pytest.raises(InvalidValue) as caught:
        Target.of(Owner).validate({"pet": {"kind": "cat", "lives": "many"}})
    assert [problem.path for problem in caught.value.problems] == [("pet", "lives")]


def test_a_target_pickles_hashes_and_equals_its_like() -> None:
    target = Target.of(Invoice)
    again = pickle.loads(pickle.dumps(target))
    assert again == target == Target.of(Invoice)
    assert hash(again) == hash(target)
    assert again.template(FULL) == target.template(FULL)


def test_a_model_without_fields_is_refused() -> None:
    class Nothing(BaseModel):
        pass

    with pytest.raises(UnsupportedSchema):
        Target.of(Nothing)


def test_a_type_that_pydantic_cannot_read_is_refused() -> None:
    class Odd:
        def __init__(self, it: int) -> None:
            self.it = it

    with pytest.raises(UnsupportedSchema):
        Target.of(Odd)


def test_unknown_type_names_are_refused_with_a_hint() -> None:
    with pytest.raises(ValueError, match="'currency'"):
        NuType("curency")


def test_a_type_that_does_not_fit_is_refused() -> None:
    with pytest.raises(UnsupportedSchema) as caught:
        one(Annotated[str, NuType("number")])
    assert caught.value.path == ("it",)
