"""What the user's own validators, defaults, aliases and serializers mean, and when they run."""

import dataclasses
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import (
    AfterValidator,
    AliasChoices,
    AliasPath,
    Base64Bytes,
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    computed_field,
    field_serializer,
    field_validator,
    model_serializer,
    model_validator,
)

from langchain_nuextract.errors import InvalidValue, UnsupportedSchema
from langchain_nuextract.schema.target import FULL, Target

RAISED: list[Any] = [
    TypeError("no"),
    KeyError("kg"),
    ZeroDivisionError(),
    AttributeError("x"),
    IndexError(),
    OSError("o"),
]


def _raise(number: int) -> int:
    if number < len(RAISED):
        raise RAISED[number]
    return number


class Raising(BaseModel):
    parts: list[Annotated[int, AfterValidator(_raise)]]


@pytest.mark.parametrize("number", range(len(RAISED)))
def test_what_a_validator_raises_is_a_problem_at_its_place(number: int) -> None:
    with pytest.raises(InvalidValue) as caught:
        Target.of(Raising).validate({"parts": [99, number]})
    [problem] = caught.value.problems
    assert problem.path == ("parts", 1)
    assert type(RAISED[number]).__name__ in problem.message


class Inner(BaseModel):
    start: date | None = None
    end: date | None = None

    @model_validator(mode="after")
    def in_order(self) -> "Inner":
        assert self.start <= self.end  # type: ignore[operator]
        return self


class Outer(BaseModel):
    inners: list[Inner]


@dataclasses.dataclass
class Ratio:
    whole: int
    share: int

    def __post_init__(self) -> None:
        self.ratio = self.whole / self.share


class Initial(BaseModel):
    name: str

    def model_post_init(self, context: Any) -> None:
        raise RuntimeError("not today")


@pytest.mark.parametrize(
    ("kind", "value", "path"),
    [
        pytest.param(Outer, {"inners": [{"start": "2024-01-05"}]}, ("inners", 0), id="a model's own check"),
        pytest.param(list[Ratio], [{"whole": 1, "share": 1}, {"whole": 1, "share": 0}], (1,), id="__post_init__"),
        pytest.param(Initial, {"name": "a"}, (), id="model_post_init"),
    ],
)
def test_errors_of_whole_objects_stand_at_the_object(kind: Any, value: Any, path: tuple[Any, ...]) -> None:
    with pytest.raises(InvalidValue) as caught:
        Target.of(kind).validate(value)
    assert [problem.path for problem in caught.value.problems] == [path]


def test_all_problems_of_other_places_are_told_beside_an_error() -> None:
    with pytest.raises(InvalidValue) as caught:
        Target.of(Raising).validate({"parts": ["x", 1]})
    assert {problem.path for problem in caught.value.problems} == {("parts", 0), ("parts", 1)}


def test_an_error_of_a_default_factory_is_a_problem() -> None:
    class Made(BaseModel):
        name: str
        key: int = Field(default_factory=lambda: {}["none"])

    with pytest.raises(InvalidValue) as caught:
        Target.of(Made).validate({"name": "a"})
    assert "KeyError" in caught.value.problems[0].message


class Counted(BaseModel):
    ran: Annotated[list[str], Field(exclude=True)] = Field(default_factory=lambda: RAN.append("made") or ["made"])
    name: str

    @field_validator("name")
    @classmethod
    def count(cls, name: str) -> str:
        RAN.append("checked")
        return name

    @computed_field
    @property
    def shouted(self) -> str:
        raise RuntimeError("nobody asked for JSON")


RAN: list[str] = []


@pytest.fixture
def ran() -> Iterator[list[str]]:
    RAN.clear()
    yield RAN
    RAN.clear()


def test_what_is_the_users_runs_once_for_an_object_and_nothing_is_serialised(ran: list[str]) -> None:
    target = Target.of(Counted)
    value = target.lift({"name": "a"})
    assert target.validate(value).name == "a"
    assert target.defaults(value) == (("ran",),)
    assert sorted(ran) == ["checked", "made"]


class Masked(BaseModel):
    iban: str
    note: str = Field("", exclude=True)
    amount: Annotated[Decimal, PlainSerializer(lambda value: float(round(value)), return_type=float)] = Decimal(0)
    day: date

    @field_serializer("iban")
    def masked(self, iban: str) -> str:
        return f"{iban[:2]}***"

    @field_serializer("day")
    def failing(self, day: date) -> str:
        raise RuntimeError(day)


class Flat(BaseModel):
    left: int
    right: int

    @model_serializer
    def flat(self) -> str:
        return f"{self.left}-{self.right}"


class Encoded(BaseModel):
    data: Base64Bytes


@dataclasses.dataclass
class Derived:
    name: str
    length: int = dataclasses.field(init=False)
    tags: list[str] = dataclasses.field(default_factory=list)

    def __post_init__(self) -> None:
        self.length = len(self.name)


class Path(BaseModel):
    name: str
    street: str = Field(validation_alias=AliasPath("address", "street"))
    first: str | None = Field(None, validation_alias=AliasChoices(AliasPath("tags", 0), AliasPath("labels", 0)))


class Named(BaseModel):
    model_config = ConfigDict(validate_by_alias=False, validate_by_name=True)
    total: str = Field(alias="grandTotal")
    inner: "list[Path]" = []


INSTANCES = [
    pytest.param(
        Masked, Masked(iban="DE8937", note="n", amount=Decimal("12.75"), day=date(2024, 1, 5)), id="serializers"
    ),
    pytest.param(Flat, Flat(left=1, right=2), id="a serializer of the whole"),
    pytest.param(Encoded, Encoded(data=b"aGVsbG8="), id="what Pydantic encodes"),
    pytest.param(Derived, Derived("abc", tags=["x"]), id="fields that are no arguments"),
    pytest.param(Path, Path.model_validate({"name": "a", "address": {"street": "s"}, "tags": ["t"]}), id="alias paths"),
    pytest.param(Named, Named(total="x"), id="by name alone"),
    pytest.param(list[Named], [Named(total="x", inner=[])], id="a list of them"),
]


@pytest.mark.parametrize(("kind", "instance"), INSTANCES)
def test_an_instance_comes_back_in_the_shape_that_makes_it(kind: Any, instance: Any) -> None:
    target: Target[Any] = Target.of(kind)
    assert target.validate(target.lift(target.lower(instance))) == instance


@given(st.text(min_size=1), st.text(), st.decimals(allow_nan=False, allow_infinity=False, places=2), st.dates())
def test_no_serializer_touches_an_example(iban: str, note: str, amount: Decimal, day: date) -> None:
    instance = Masked(iban=iban, note=note, amount=amount, day=day)
    lowered = Target.of(Masked).lower(instance)
    assert isinstance(lowered, dict)
    assert (lowered["iban"], lowered["day"]) == (iban, day.isoformat())


def test_fields_are_asked_for_by_the_key_that_validation_reads() -> None:
    assert Target.of(Path).template(FULL) == {"name": "string", "street": "string", "first": "string"}
    assert Target.of(Named).template(FULL)["total"] == "string"  # type: ignore[index,call-overload]


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning")
@pytest.mark.parametrize("wrapped", [lambda old: old, lambda old: list[old], lambda old: dict[str, old | None]])
def test_models_of_pydantic_1_are_refused(wrapped: Any) -> None:
    v1 = pytest.importorskip("pydantic.v1")
    old = type("Old", (v1.BaseModel,), {"__annotations__": {"name": str}})
    with pytest.raises(UnsupportedSchema, match="Old is a model of Pydantic 1"):
        Target.of(wrapped(old))
