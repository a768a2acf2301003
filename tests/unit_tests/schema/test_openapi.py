"""OpenAPI's `discriminator` without constants: the mapping, or the names of the schemas, say what belongs to what."""

from typing import Any

import pytest

from langchain_nuextract.errors import InvalidValue
from langchain_nuextract.schema.target import FULL, Target

TEXT: Any = {"type": "string"}
PARTS: Any = {
    "Truck": {"type": "object", "required": ["sort"], "properties": {"sort": TEXT, "load": {"type": "integer"}}},
    "Bus": {"type": "object", "required": ["sort"], "properties": {"sort": TEXT, "seats": {"type": "integer"}}},
}
MAPPED: Any = {"lorry": "#/components/schemas/Truck", "coach": "Bus"}


def fleet(discriminator: Any, keyword: str = "oneOf", parts: Any = PARTS) -> Any:
    variants = [{"$ref": f"#/components/schemas/{name}"} for name in parts if name != "Vehicle"]
    return {
        "type": "object",
        "required": ["first"],
        "properties": {"first": {keyword: variants, "discriminator": discriminator}},
        "components": {"schemas": parts},
    }


LABELS = [
    pytest.param({"propertyName": "sort", "mapping": MAPPED}, ["lorry", "coach"], id="by address and by name"),
    pytest.param({"propertyName": "sort"}, ["Truck", "Bus"], id="the schemas' own names"),
    pytest.param({"propertyName": "sort", "mapping": {"lorry": "Truck"}}, ["lorry", "Bus"], id="some mapped"),
    pytest.param(
        {"propertyName": "sort", "mapping": {"van": "Truck", **MAPPED}}, ["van", "lorry", "coach"], id="two for one"
    ),
]


@pytest.mark.parametrize("keyword", ["oneOf", "anyOf"])
@pytest.mark.parametrize(("discriminator", "labels"), LABELS)
def test_kinds_are_choices(discriminator: Any, labels: Any, keyword: str) -> None:
    target = Target.of(fleet(discriminator, keyword))
    assert target.template(FULL) == {"first": {"sort": labels, "load": "integer", "seats": "integer"}}
    assert not target.losses
    for label, part in ((labels[0], {"load": 3}), (labels[-1], {"seats": 40})):
        value: Any = {"first": {"sort": label, **part}}
        assert target.validate(target.lift(target.lower(value))) == value


def test_a_value_of_no_kind_is_refused() -> None:
    target = Target.of(fleet({"propertyName": "sort"}))
    with pytest.raises(InvalidValue):
        target.validate({"first": {"sort": "Ship", "load": 3}})


def test_what_the_variants_say_themselves_holds() -> None:
    own = {
        name: {**part, "properties": {**part["properties"], "sort": {"enum": [name.lower()]}}}
        for name, part in PARTS.items()
    }
    target = Target.of(fleet({"propertyName": "sort", "mapping": MAPPED}, parts=own))
    assert target.template(FULL) == {"first": {"sort": ["truck", "bus"], "load": "integer", "seats": "integer"}}


EXTENDED: Any = {
    "Vehicle": {"type": "object", "properties": {"sort": TEXT}, "discriminator": {"propertyName": "sort"}},
    "Truck": {"allOf": [{"$ref": "#/components/schemas/Vehicle"}, {"properties": {"load": {"type": "integer"}}}]},
    "Heavy": {"allOf": [{"$ref": "#/components/schemas/Truck"}, {"properties": {"axles": {"type": "integer"}}}]},
}


def test_what_extends_a_schema_with_a_discriminator_is_asked_for_in_its_place() -> None:
    schema = {
        "type": "object",
        "properties": {"all": {"type": "array", "items": {"$ref": "#/components/schemas/Vehicle"}}},
        "components": {"schemas": EXTENDED},
    }
    target = Target.of(schema)
    item = {"sort": ["Truck", "Heavy"], "load": "integer", "axles": "integer"}
    assert target.template(FULL) == {"all": [item]}
    value: Any = {"all": [{"sort": "Heavy", "load": 3, "axles": 5}]}
    assert target.validate(target.lift(target.lower(value))) == value


def test_schemas_that_extend_each_other_are_no_endless_way() -> None:
    parts = {
        name: {
            "allOf": [{"$ref": f"#/$defs/{other}"}],
            "properties": {"sort": TEXT, name: TEXT},
            "discriminator": {"propertyName": "sort"},
        }
        for name, other in (("A", "B"), ("B", "C"))
    }
    parts["C"] = {"properties": {"sort": TEXT}, "discriminator": {"propertyName": "sort"}}
    target = Target.of({"type": "object", "properties": {"it": {"$ref": "#/$defs/C"}}, "$defs": parts})
    assert target.template(FULL) == {"it": {"sort": ["A", "B"], "A": "string", "B": "string"}}
