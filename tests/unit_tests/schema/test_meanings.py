"""What choices, variants and conditions mean: told to the model, or named as lost."""

from enum import Enum
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field

from langchain_nuextract.errors import InvalidValue
from langchain_nuextract.schema.target import FULL, Target


class Sale(BaseModel):
    """Goods go out"""

    way: Literal["out"] = Field(description="leaving the store")
    price: float = Field(description="what we get")
    place: str = Field(description="the town")


class Purchase(BaseModel):
    """Goods come in"""

    way: Literal["in"]
    price: float = Field(description="what we pay")
    place: str = Field(description="the town")


class Moved(BaseModel):
    way: Literal["within"]
    price: float


class Unit(Enum):
    """The unit of measure"""

    KG = "kilogram"
    M = "m"


TOWN = {"type": "string", "description": "a town"}


def holder(kind: Any) -> Any:
    return type("Holder", (BaseModel,), {"__annotations__": {"it": kind}, "__module__": __name__})


def instructions(kind: Any) -> str:
    return Target.of(holder(kind)).instructions


def test_variants_are_told_by_their_tag() -> None:
    told = instructions(Annotated[Sale | Purchase | Moved, Field(discriminator="way")])
    for words in (
        '"out": Goods go out. leaving the store',
        '"in": Goods come in',
        "out: what we get",
        "in: what we pay",
    ):
        assert words in told
    assert told.count("the town") == 1


def test_descriptions_of_untagged_variants_stand_side_by_side() -> None:
    class First(BaseModel):
        """An address"""

        name: str = Field(description="the street")

    class Second(BaseModel):
        """A person"""

        name: str = Field(description="first and last")

    told = instructions(First | Second)
    assert "An address / A person" in told
    assert "the street / first and last" in told


def test_a_member_whose_name_says_no_more_than_its_value_is_not_explained() -> None:
    told = instructions(Unit)
    assert '"kilogram" = KG' in told
    assert '"m"' not in told


CHOICES = [
    pytest.param(
        {"oneOf": [{"const": 1, "title": "Hot", "description": "above 30"}, {"const": 2, "title": "Cold"}]},
        ['"1" = Hot: above 30', '"2" = Cold'],
        id="constants",
    ),
    pytest.param({"enum": [1, 2], "x-enum-varnames": ["HOT", "COLD"]}, ['"1" = HOT'], id="names"),
    pytest.param({"enum": ["a", "b"], "x-enum-descriptions": ["first", "second"]}, ['"b": second'], id="descriptions"),
    pytest.param({"enum": [1, 2], "x-enumLabels": ["Hot", "Cold"]}, ['"1" = Hot', '"2" = Cold'], id="labels"),
    pytest.param({"enum": [1, 2], "x-enum-names": {"1": "Hot", "2": "Cold"}}, ['"2" = Cold'], id="names by value"),
    pytest.param({"enum": ["a", "b"], "enumDescriptions": {"b": "second"}}, ['"b": second'], id="meaning by value"),
    pytest.param(
        {"enum": [1, 2], "x-ms-enum": {"values": [{"value": 2, "name": "Cold", "description": "ice"}]}},
        ['"2" = Cold: ice'],
        id="a list of values",
    ),
    pytest.param({"anyOf": [{"const": "x", "description": "left"}, {"enum": ["y", "z"]}]}, ['"x": left'], id="mixed"),
]


@pytest.mark.parametrize(("schema", "told"), CHOICES)
def test_meanings_in_a_json_schema_are_told(schema: Any, told: list[str]) -> None:
    target = Target.of({"type": "object", "properties": {"it": schema, "other": {"type": "string"}}})
    for words in told:
        assert words in target.instructions


def test_names_of_choices_beside_free_values_are_named_as_lost() -> None:
    [loss] = Target.of(holder(Unit | int)).losses
    assert "'kilogram' KG" in loss.instead


def test_what_is_said_of_a_place_and_of_its_type_is_told() -> None:
    schema = {"properties": {"it": {"$ref": "#/$defs/T", "description": "the first"}}, "$defs": {"T": TOWN}}
    assert "$.it: the first. a town" in Target.of(schema).instructions


def test_keys_that_are_choices_are_asked_for_by_themselves_with_their_names() -> None:
    target = Target.of(holder(dict[Unit, int]))
    assert target.template(FULL) == {"it": {"kilogram": "integer", "m": "integer"}}
    assert "$.it.kilogram: KG" in target.instructions


def test_what_is_said_of_keys_is_told() -> None:
    told = instructions(dict[Annotated[str, Field(description="the ISO code")], int])
    assert "$.it[].key: the ISO code" in told


# Conditions


def conditional(**keywords: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"kind": {"enum": ["a", "b"]}, "n": {"type": "integer"}}, **keywords}


CONDITIONS = [
    pytest.param(
        {"if": {"properties": {"kind": {"const": "a"}}}, "then": {"properties": {"x": {"type": "string"}}}},
        {"x": "string"},
        id="then",
    ),
    pytest.param(
        {
            "if": {"properties": {"kind": {"const": "a"}}},
            "then": {"properties": {"x": {"type": "integer"}, "kind": {"const": "a"}}},
            "else": {"properties": {"x": {"type": "string"}, "y": {"format": "date", "type": "string"}}},
        },
        {"x": "string", "y": "date"},
        id="both ways",
    ),
    pytest.param(
        {"allOf": [{"if": {"required": ["n"]}, "then": {"required": ["z"], "properties": {"z": {"type": "number"}}}}]},
        {"z": "number"},
        id="within allOf",
    ),
    pytest.param(
        {"dependentSchemas": {"n": {"properties": {"d": {"type": "boolean"}}}}}, {"d": "boolean"}, id="dependent"
    ),
    pytest.param(
        {
            "$schema": "http://json-schema.org/draft-07/schema#",
            "dependencies": {"n": {"required": ["e"]}, "kind": ["n"]},
        },
        {"e": "string"},
        id="dependencies",
    ),
    pytest.param(
        {
            "patternProperties": {"^no_": {"type": "integer"}},
            "if": {"required": ["n"]},
            "then": {"properties": {"v": {"type": "string"}}},
        },
        {"v": "string", "other": [{"key": "string", "value": "integer"}]},
        id="beside parts of a pattern",
    ),
    pytest.param({"dependentRequired": {"n": ["w"]}}, {"w": "string"}, id="required with another, and not described"),
    pytest.param(
        {
            "if": {"properties": {"paid": {"const": True}, "way": {"enum": ["x", "y"]}}},
            "then": {"properties": {"on": {"type": "string", "format": "date"}}},
        },
        {"on": "date", "paid": "boolean", "way": "string"},
        id="named in the condition alone",
    ),
]


@pytest.mark.parametrize(("keywords", "added"), CONDITIONS)
def test_parts_under_a_condition_are_asked_for_and_restrict_nothing_else(keywords: Any, added: Any) -> None:
    assert Target.of(conditional(**keywords)).template(FULL) == {"kind": ["a", "b"], "n": "integer", **added}


# OpenAPI


@pytest.mark.parametrize("part", [{"type": "integer"}, {"$ref": "#/$defs/A"}, {"enum": ["a", "b"]}, {"type": "array"}])
def test_nullable_admits_null(part: dict[str, Any]) -> None:
    schema = {"type": "object", "required": ["it"], "$defs": {"A": {"type": "object", "required": ["x"]}}}
    target = Target.of({**schema, "properties": {"it": {**part, "nullable": True}, "s": {"type": "string"}}})
    assert target.validate(target.lift({"it": None, "s": None})) == {"it": None}
    strict = Target.of({**schema, "properties": {"it": part, "s": {"type": "string"}}})
    with pytest.raises(InvalidValue):
        strict.validate({"it": None})
