"""Answers in the form that the user's own schema has, where the template asks for another."""

import json
from datetime import datetime
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Annotated, Any, Literal, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AliasChoices, BaseModel, BeforeValidator, Field, RootModel, model_validator

from langchain_nuextract import InvalidExtraction, NuExtractor, RecoveryPolicy
from langchain_nuextract.errors import InvalidValue
from langchain_nuextract.parsing import read_answer
from langchain_nuextract.schema.target import FULL, Target
from langchain_nuextract.testing import FakeEndpoint


class Price(NamedTuple):
    net: float
    code: str = "EUR"


class Size(BaseModel):
    width: float
    unit: str


class Level(IntEnum):
    LOW = 1
    VERY_HIGH = 7


class Kind(Enum):
    CREDIT_NOTE = "CN"
    INVOICE = "IN"


class Folder(BaseModel):
    name: str
    size: int = 0
    inside: list["Folder"] = []


class Renamed(BaseModel):
    total: int = Field(validation_alias=AliasChoices("grandTotal", "sum", "total"))


def in_model(kind: Any) -> Any:
    return type("Holder", (BaseModel,), {"__annotations__": {"it": kind}, "__module__": __name__})


def taken(kind: Any, answer: Any, *, policy: Any = "strict") -> Any:
    """What the user gets of an answer that may not be changed."""
    target: Target[Any] = Target.of(in_model(kind))
    reading = read_answer(json.dumps({"it": answer}), target, policy=policy)
    assert not reading.problems
    return target.validate(target.lift(reading.value)).it


ADMITTED = [
    pytest.param(tuple[int, str], [1, "a"], (1, "a"), id="a tuple"),
    pytest.param(tuple[int, ...] | None, [1, 2], (1, 2), id="a tuple of any length"),
    pytest.param(list[tuple[str, int]], [["a", 1], ["b", 2]], [("a", 1), ("b", 2)], id="tuples in a list"),
    pytest.param(Price, [2.5, "USD"], Price(2.5, "USD"), id="a NamedTuple by its places"),
    pytest.param(Price, [2.5], Price(2.5), id="a NamedTuple with a default"),
    pytest.param(Price, {"net": 2.5, "code": "CHF"}, Price(2.5, "CHF"), id="a NamedTuple by its names"),
    pytest.param(list[Price] | None, [{"net": 1, "code": "x"}], [Price(1, "x")], id="NamedTuples in a list"),
    pytest.param(int | list[int], 3, 3, id="a number or a list: the number"),
    pytest.param(int | list[int], [3, 4], [3, 4], id="a number or a list: the list"),
    pytest.param(Size | str, "small", "small", id="a model or text: the text"),
    pytest.param(Size | str, {"width": 1, "unit": "m"}, Size(width=1, unit="m"), id="a model or text: the model"),
    pytest.param(list[Size] | Size, [{"width": 1, "unit": "m"}], [Size(width=1, unit="m")], id="one or a list of one"),
    pytest.param(list[Size | str], ["s", {"width": 1, "unit": "m"}], ["s", Size(width=1, unit="m")], id="mixed items"),
    pytest.param(Price | str, [1, "x"], Price(1, "x"), id="a NamedTuple or text"),
    pytest.param(Renamed, {"sum": 4}, Renamed.model_validate({"sum": 4}), id="another key"),
    pytest.param(Renamed, {"total": 4}, Renamed.model_validate({"sum": 4}), id="the name beside the alias"),
]


@pytest.mark.parametrize(("kind", "answer", "value"), ADMITTED)
def test_what_the_schema_admits_is_taken_as_it_is(kind: Any, answer: Any, value: Any) -> None:
    assert taken(kind, answer) == value


@given(st.recursive(st.just([]), lambda inside: st.lists(inside, min_size=1, max_size=2), max_leaves=12))
def test_a_recursion_may_go_deeper_than_it_was_asked_for(shape: Any) -> None:
    def folder(inside: Any, depth: int = 1) -> dict[str, Any]:
        return {"name": f"n{depth}", "size": depth, "inside": [folder(each, depth + 1) for each in inside]}

    assert taken(Folder, folder(shape)) == Folder.model_validate(folder(shape))


@given(st.one_of(st.integers(0, 9), st.lists(st.integers(0, 9))))
def test_both_forms_of_a_union_give_the_same_value(value: Any) -> None:
    target: Target[Any] = Target.of(in_model(int | list[int]))
    assert target.validate(target.lift(target.lower({"it": value}))).it == taken(int | list[int], value) == value


@pytest.mark.parametrize("said", ["VERY_HIGH", "very high", "Level.VERY_HIGH", 7, 7.0, "7"])
def test_a_member_may_be_called_by_its_name(said: Any) -> None:
    assert taken(Level, said, policy="lenient") is Level.VERY_HIGH


def test_names_of_members_are_told_to_the_model_where_they_say_more_than_the_value() -> None:
    assert '"CN" = CREDIT_NOTE' in Target.of(in_model(Kind)).instructions
    assert Target.of(in_model(Enum("Plain", {"RED": "red", "DARK_BLUE": "dark blue"}))).instructions == ""


def test_a_second_branch_is_left_out_on_record() -> None:
    reading = read_answer('{"it": {"value": 1, "items": [2]}}', Target.of(in_model(int | list[int])))
    assert reading.value == {"it": {"value": 1, "items": None}}
    assert [(repair.path, repair.before) for repair in reading.repairs] == [(("it", "items"), [2])]


def test_what_a_tuple_has_no_place_for_is_not_lost() -> None:
    assert read_answer('{"it": [1, 2, 3]}', Target.of(in_model(tuple[int, int]))).problems


# Validators that see the raw value


def dozen(value: Any) -> Any:
    return {"a dozen": 12, "two dozen": 24}.get(value, value) if isinstance(value, str) else value


class Span(BaseModel):
    low: float
    high: float
    unit: str | None = None

    @model_validator(mode="before")
    @classmethod
    def of_text(cls, value: Any) -> Any:
        if isinstance(value, str):
            return dict(zip(("low", "high"), value.split("..."), strict=True))
        if isinstance(value, dict) and "between" in value:
            low, high = value["between"]
            return {"low": low, "high": high}
        return value


RAW = [
    pytest.param(Annotated[int, BeforeValidator(dozen)], "two dozen", 24, id="a number in words"),
    pytest.param(list[Annotated[int, BeforeValidator(dozen)]], ["a dozen", 3], [12, 3], id="items"),
    pytest.param(Annotated[list[str], BeforeValidator(lambda v: v.split("|") if isinstance(v, str) else v)], "a|b",
                 ["a", "b"], id="a list in a text"),
    pytest.param(Annotated[bool, BeforeValidator(lambda v: v == "PAID")], "PAID", True, id="a word for yes"),
    pytest.param(Span, "1...2", Span(low=1, high=2), id="an object in a text"),
    pytest.param(Span, {"between": [1, 2]}, Span(low=1, high=2), id="an object of other keys"),
    pytest.param(list[Span] | None, ["1...2"], [Span(low=1, high=2)], id="objects in a list"),
]  # fmt: skip


def extracted(kind: Any, answer: Any, document: str = "text") -> Any:
    with FakeEndpoint({"it": answer}) as endpoint:
        return NuExtractor(
            in_model(kind), model="numind/NuExtract3", base_url=endpoint.url, recovery=RecoveryPolicy(max_calls=1)
        ).invoke(document).it  # fmt: skip


@pytest.mark.parametrize(("kind", "answer", "value"), RAW)
def test_validators_see_what_the_model_wrote(kind: Any, answer: Any, value: Any) -> None:
    assert extracted(kind, answer) == value


def test_the_whole_answer_may_have_a_validator() -> None:
    with FakeEndpoint({"between": [3, 4]}) as endpoint:
        extract = NuExtractor(Span, model="numind/NuExtract3", base_url=endpoint.url)
        assert extract.invoke("text") == Span(low=3, high=4)


def test_where_a_validator_makes_nothing_of_it_values_are_read_as_ever() -> None:
    assert extracted(Annotated[Decimal, BeforeValidator(lambda value: value)], "1.580,22 €") == Decimal("1580.22")
    assert extracted(Span, {"Low": "1,5", "HIGH": "2 €"}, "from 1,5 to 2 €") == Span(low=1.5, high=2)


def test_digits_are_no_time_for_a_validator_either() -> None:
    with pytest.raises(InvalidExtraction):
        extracted(Annotated[datetime, BeforeValidator(lambda value: value)], "2024", "Founded in 2024.")


def test_names_of_the_places_of_a_tuple_stand_in_the_template() -> None:
    assert Target.of(in_model(Price)).template(FULL) == {"it": {"net": "number", "code": "string"}}


@pytest.mark.parametrize("answer", [{"a": [1, "x"]}, {"a": [1, "x"], "b": [2]}], ids=["one key", "two keys"])
def test_tuples_in_a_map_are_taken_by_their_places(answer: Any) -> None:
    assert taken(dict[str, Price], answer, policy="safe") == {key: Price(*items) for key, items in answer.items()}


WHOLE = [
    pytest.param(tuple[int, str], '[1, "a"]', (1, "a"), id="a tuple"),
    pytest.param(list[Price], '[[2.5, "USD"], [3]]', [Price(2.5, "USD"), Price(3)], id="tuples"),
    pytest.param(str | list[str], '["a", "b"]', ["a", "b"], id="text or a list"),
    pytest.param(dict[str, tuple[int, int]], '{"a": [1, 2]}', {"a": (1, 2)}, id="a map of tuples"),
]


@pytest.mark.parametrize(("kind", "reply", "value"), WHOLE)
def test_a_whole_answer_is_read_in_the_users_form(kind: Any, reply: str, value: Any) -> None:
    target: Target[Any] = Target.of(RootModel[kind])
    reading = read_answer(reply, target)
    assert not reading.problems
    assert target.validate(target.lift(reading.value)).root == value


def test_a_list_written_as_text_is_read_on_record() -> None:
    target: Target[Any] = Target.of(in_model(tuple[int, int]))
    reading = read_answer('{"it": "[1, 2]"}', target)
    assert [repair.rule for repair in reading.repairs] == ["object-within"]
    assert target.validate(target.lift(reading.value)).it == (1, 2)


def test_an_enumeration_may_make_members_of_other_values() -> None:
    class Grade(Enum):
        GOOD = "good"
        BAD = "bad"

        @classmethod
        def _missing_(cls, value: object) -> "Grade | None":
            return cls.GOOD if value == "1+" else None

    assert taken(Grade, "1+", policy="safe") is Grade.GOOD


def test_a_number_is_the_member_it_is_equal_to() -> None:
    class Share(Enum):
        HALF = 0.5
        WHOLE = 1.0

    assert taken(Share, 1, policy="safe") is Share.WHOLE


def test_a_validator_before_the_type_may_make_something_of_null() -> None:
    known = Annotated[int, BeforeValidator(lambda value: -1 if value is None else value)]
    assert taken(known, None) == -1


BELOW: Any = {"name": "e", "size": 5, "inside": []}


def deep(text: str) -> Any:
    """A folder in a folder, four deep, and JSON text where the fifth is asked for."""
    folder: Any = {"name": "d", "size": 1, "inside": text}
    for name in "cba":
        folder = {"name": name, "size": 1, "inside": [folder]}
    return folder


@pytest.mark.parametrize(
    "text",
    ["[{'name': 'e', 'size': 5, 'inside': []}]", '[{"name": "e", "size": 5, "inside": [],}]', "[{name: e, size: 5}]"],
)
def test_where_a_recursion_ends_text_that_can_be_read_is_read_on_record(text: str) -> None:
    target: Target[Any] = Target.of(Folder)
    reading = read_answer(json.dumps(deep(text)), target, policy="safe")
    assert {"object-within", "no-list"} & {repair.rule for repair in reading.repairs}
    found = target.validate(target.lift(reading.value))
    assert found.inside[0].inside[0].inside[0].inside == [Folder.model_validate(BELOW)]


def test_where_a_recursion_ends_words_are_a_problem_and_words_for_nothing_are_nothing() -> None:
    target: Target[Any] = Target.of(Folder)
    nothing = target.lift(read_answer(json.dumps(deep("n/a")), target).value)
    assert target.validate(nothing) == Folder.model_validate(json.loads(json.dumps(deep("n/a")).replace('"n/a"', "[]")))
    reading = read_answer(json.dumps(deep("five more")), target)
    with pytest.raises(InvalidValue):
        target.validate(target.lift(reading.value))


class Paid(BaseModel):
    way: Literal["paid"]
    day: str
    note: str | None = None


class Owed(BaseModel):
    way: Literal["owed"]
    until: str
    note: str | None = None


class Person(BaseModel):
    born: str
    name: str


BOTH = [
    pytest.param(Paid | Owed, {"way": "owed", "day": "1", "until": "2", "note": "x"}, {"day"}, id="by the tag"),
    pytest.param(Size | Person, {"width": 1, "unit": "m", "born": "x"}, {"born"}, id="by the most that is filled"),
    pytest.param(Size | Person, {"width": 1, "born": "x", "unit": "m", "name": "y"}, {"born", "name"}, id="the first"),
    pytest.param(Size | Person, {"width": None, "unit": None, "born": "x", "name": "y"}, set(), id="only one filled"),
]


@pytest.mark.parametrize(("kind", "answer", "left_out"), BOTH)
def test_what_is_said_of_another_kind_of_object_is_left_out_on_record(kind: Any, answer: Any, left_out: Any) -> None:
    target: Target[Any] = Target.of(in_model(kind))
    reading = read_answer(json.dumps({"it": answer}), target, policy="safe")
    assert {repair.path for repair in reading.repairs} == {("it", name) for name in left_out}
    found = target.validate(target.lift(reading.value)).it.model_dump()
    assert found == {name: value for name, value in answer.items() if name in found}


def test_names_of_members_in_one_text_are_several() -> None:
    assert taken(list[Kind], "CREDIT_NOTE, Invoice", policy="safe") == [Kind.CREDIT_NOTE, Kind.INVOICE]
