"""Python types: what is asked for, and that their instances come back."""

import pickle
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Annotated, Any, Generic, Literal, NotRequired, TypedDict, TypeVar
from uuid import UUID

import pytest
from pydantic import AnyUrl, BaseModel, ConfigDict, EmailStr, Field, RootModel, SecretStr, computed_field

from langchain_nuextract.errors import InvalidValue, UnsupportedSchema
from langchain_nuextract.schema.annotations import NuType, Verbatim
from langchain_nuextract.schema.python_types.adapters import adapter
from langchain_nuextract.schema.target import FULL, Target

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


class Screening(TypedDict):
    hall: str
    movie: NotRequired[Movie]


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
    pytest.param(
        Screening, {"hall": "string", "movie": {"title": "string", "year": "integer"}}, id="typed-dict-in-another"
    ),
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
    pytest.param(Screening, {"hall": "1", "movie": {"title": "M"}}, id="typed-dict-in-another"),
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


def test_plain_text_at_the_cut_does_not_vanish() -> None:
    target = Target.of(Tree, depth=1)
    with pytest.raises(InvalidValue, match="two"):
        target.validate(target.lift({"label": "1", "children": ["two"]}))


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
