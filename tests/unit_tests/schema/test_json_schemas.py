"""JSON Schemas: what is asked for, what is lost, and what is refused."""

from collections.abc import Callable
from time import process_time
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from langchain_nuextract.errors import InvalidValue, Problem, UnsupportedSchema
from langchain_nuextract.schema.render import answer_schema
from langchain_nuextract.schema.target import FULL, Target


def whole(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


TEXT = {"type": "string"}

ASKED = [
    pytest.param({"$ref": "#/$defs/a"}, "date", id="ref"),
    pytest.param({"$ref": "#/$defs/a~1b%25"}, "integer", id="ref-with-escapes"),
    pytest.param({"$ref": "#here"}, "boolean", id="anchor"),
    pytest.param({"allOf": [whole(a=TEXT), {"properties": {"a": {"format": "date"}}}]}, {"a": "date"}, id="all-of"),
    pytest.param(
        {"allOf": [{"type": "object", "properties": {"a": TEXT}}, {"type": "object", "properties": {"b": TEXT}}]},
        {"a": "string", "b": "string"},
        id="all-of-objects",
    ),
    pytest.param({"type": ["string", "null"]}, "string", id="nullable"),
    pytest.param({"type": ["integer", "boolean"]}, "string", id="type-list"),
    pytest.param({"enum": [1, "1", None, True]}, ["=1", "1", "true"], id="mixed-enum"),
    pytest.param({"enum": [True, False]}, "boolean", id="boolean-enum"),
    pytest.param({"type": "array", "items": {"enum": ["a", "b"]}}, [["a", "b"]], id="several-of-an-enum"),
    pytest.param(
        {"type": "array", "items": {"type": "array", "items": {"enum": ["a", "b"]}}},
        [[["a", "b"]]],
        id="lists-of-several",
    ),
    pytest.param({"type": "array", "items": {"const": "a"}}, ["string"], id="list-of-a-constant"),
    pytest.param({"type": "array"}, ["string"], id="bare-array"),
    pytest.param({"type": "object"}, [{"key": "string", "value": "string"}], id="bare-object"),
    pytest.param({}, "string", id="anything"),
    pytest.param(True, "string", id="true"),
    pytest.param(
        {"type": "array", "prefixItems": [TEXT, {"type": "integer"}], "items": False},
        {"first": "string", "second": "integer"},
        id="tuple",
    ),
    pytest.param(
        {"type": "array", "prefixItems": [TEXT], "items": {"type": "integer"}},
        {"first": "string", "rest": ["integer"]},
        id="tuple-with-a-rest",
    ),
    pytest.param(
        {"type": "object", "patternProperties": {"^x": {"type": "integer"}}, "additionalProperties": False},
        [{"key": "string", "value": "integer"}],
        id="pattern-properties",
    ),
    pytest.param(
        {"type": "object", "properties": {"a": TEXT}, "additionalProperties": {"type": "number"}},
        {"a": "string", "other": [{"key": "string", "value": "number"}]},
        id="named-and-others",
    ),
    pytest.param(
        {"type": "object", "properties": {"key": TEXT, "other": TEXT}, "additionalProperties": whole(key=TEXT)},
        {"key": "string", "other": "string", "others": [{"name": "string", "key": "string"}]},
        id="names-that-are-taken",
    ),
    pytest.param(
        {"oneOf": [whole(a=TEXT), whole(b={"type": "integer"})]}, {"a": "string", "b": "integer"}, id="kinds-of-object"
    ),
    pytest.param(
        {"anyOf": [{"type": "array", "items": TEXT}, {"type": "array", "items": {"type": "integer"}}]},
        ["string"],
        id="kinds-of-list",
    ),
    pytest.param({"x-nuextract": "currency", "type": "string"}, "currency", id="named-type"),
    pytest.param({"x-verbatim": True, "type": "string"}, "verbatim-string", id="verbatim"),
]
DEFS = {
    "a": {"type": "string", "format": "date"},
    "a/b%": {"type": "integer"},
    "c": {"$anchor": "here", "type": "boolean"},
}


@pytest.mark.parametrize(("schema", "asked"), ASKED)
def test_a_schema_is_asked_for_as(schema: Any, asked: Any) -> None:
    target = Target.of({**whole(it=schema), "$defs": DEFS})
    assert target.template(FULL) == {"it": asked}


def test_constants_are_not_asked_for_but_put_in() -> None:
    target = Target.of(whole(kind={"const": "bill"}, total={"type": "number"}))
    assert target.template(FULL) == {"total": "number"}
    assert target.lift({"total": 3}) == {"kind": "bill", "total": 3}


def test_a_constant_that_may_be_left_out_is_asked_for() -> None:
    target = Target.of({"type": "object", "properties": {"kind": {"const": "bill"}}, "additionalProperties": False})
    assert target.template(FULL) == {"kind": "string"}
    assert target.lift({"kind": None}) == {}
    assert target.lift({"kind": "bill"}) == {"kind": "bill"}


def test_what_is_no_object_is_put_under_a_name() -> None:
    assert Target.of({"type": "array", "items": TEXT}).template(FULL) == {"items": ["string"]}
    assert Target.of({"type": "object", "additionalProperties": TEXT}).template(FULL) == {
        "entries": [{"key": "string", "value": "string"}]
    }


DRAFTS = [
    pytest.param({"type": "object", "properties": {"a": {"type": "string", "required": True}}}, ("a",), id="draft-3"),
    pytest.param(
        {
            "type": "object",
            "properties": {"a": {"type": "integer", "minimum": 1, "exclusiveMinimum": True}},
            "required": ["a"],
        },
        ("a",),
        id="draft-4",
    ),
    pytest.param(
        {
            "$schema": "http://json-schema.org/draft-07/schema#",
            "type": "object",
            "properties": {"a": TEXT},
            "required": ["a"],
        },
        ("a",),
        id="draft-7",
    ),
    pytest.param(
        {
            "$schema": "https://json-schema.org/draft/2019-09/schema",
            "type": "object",
            "properties": {"a": TEXT},
            "required": ["a"],
        },
        ("a",),
        id="draft-2019-09",
    ),
]


@pytest.mark.parametrize(("schema", "missing"), DRAFTS)
def test_each_draft_is_understood(schema: Any, missing: Any) -> None:
    target = Target.of(schema)
    with pytest.raises(InvalidValue) as caught:
        target.validate(target.lift({"a": None}))
    assert caught.value.problems == (Problem(missing, "missing, but required"),)


def test_old_tuples_are_understood() -> None:
    schema = whole(pair={"type": "array", "items": [TEXT, {"type": "integer"}], "additionalItems": False})
    assert Target.of(schema).template(FULL) == {"pair": {"first": "string", "second": "integer"}}


REFUSED = [
    pytest.param({"type": "object", "properties": {"a": {"type": "strng"}}}, ("properties", "a", "type"), id="invalid"),
    pytest.param(whole(a={"$ref": "https://example.com/other.json"}), ("a",), id="remote"),
    pytest.param(whole(a={"$ref": "#/$defs/none"}), ("a",), id="dangling"),
    pytest.param({"$ref": "#"}, (), id="itself"),
    pytest.param(
        {
            "$defs": {"a": {"allOf": [{"$ref": "#/$defs/b"}]}, "b": {"allOf": [{"$ref": "#/$defs/a"}]}},
            "$ref": "#/$defs/a",
        },
        (),
        id="cycle",
    ),
    pytest.param(whole(a={"type": "string", "x-nuextract": "money"}), ("a",), id="unknown-type"),
    pytest.param({}, (), id="empty"),
    pytest.param({"type": "string", "title": "string"}, (), id="ambiguous"),
    pytest.param("string", (), id="text"),
    pytest.param(None, (), id="none"),
    pytest.param({"type": "object", "properties": {"a": TEXT}, "allOf": [False]}, (), id="admits-nothing"),
]


@pytest.mark.parametrize(("schema", "path"), REFUSED)
def test_a_schema_without_a_form_is_refused_by_path(schema: Any, path: Any) -> None:
    with pytest.raises(UnsupportedSchema) as caught:
        Target.of(schema)
    assert caught.value.path == path


def fan_out(levels: int) -> dict[str, Any]:
    pairs = {
        f"n{level}": whole(left={"$ref": f"#/$defs/n{level + 1}"}, right={"$ref": f"#/$defs/n{level + 1}"})
        for level in range(levels)
    }
    return {"$defs": {**pairs, f"n{levels}": TEXT}, "$ref": "#/$defs/n0"}


def nested(levels: int, keyword: str) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(levels):
        schema = {"allOf": [schema]} if keyword == "allOf" else {"type": "array", "items": schema}
    return schema


def chained(length: int, keyword: str) -> dict[str, Any]:
    links = {f"n{number}": {keyword: [{"$ref": f"#/$defs/n{number + 1}"}] * 2} for number in range(length)}
    return {"$defs": {**links, f"n{length}": whole(a=TEXT)}, "$ref": "#/$defs/n0"}


def multiplied(levels: int) -> dict[str, Any]:
    schema: dict[str, Any] = TEXT
    for _ in range(levels):
        named = whole(**{f"p{number}": TEXT for number in range(10)})
        schema = {"anyOf": [named, {"type": "object", "additionalProperties": schema}]}
    return whole(a=schema)


def shared(levels: int) -> dict[str, Any]:
    schema: dict[str, Any] = TEXT
    for _ in range(levels):
        schema = {"type": "object", "properties": {"left": schema, "right": schema}}
    return schema


def circular() -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "object"}
    schema["properties"] = {"left": schema, "right": schema}
    return schema


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "schema",
    [
        pytest.param(fan_out(40), id="fan-out"),
        pytest.param(chained(40, "allOf"), id="fan-out-of-all"),
        pytest.param(chained(40, "anyOf"), id="fan-out-of-any"),
        pytest.param(chained(3000, "allOf"), id="long-chain"),
        pytest.param(shared(40), id="shared-parts"),
        pytest.param(multiplied(8), id="merged-parts"),
        pytest.param(circular(), id="circular-dict"),
        pytest.param(whole(a={"enum": [10**5000]}), id="number-without-end"),
        pytest.param(whole(a={"enum": [{1, 2}]}), id="not-json"),
        pytest.param(nested(5000, "items"), id="nested-lists"),
        pytest.param(nested(5000, "allOf"), id="nested-combinations"),
    ],
)
def test_a_hostile_schema_is_refused_in_bounded_time(schema: Any) -> None:
    with pytest.raises(UnsupportedSchema):
        Target.of(schema)


def beneath(frames: int, schema: Any) -> Target[Any]:
    return beneath(frames - 1, schema) if frames else Target.of(schema)


@pytest.mark.parametrize("frames", range(14))
def test_a_long_chain_is_refused_wherever_on_it_the_stack_ends(frames: int) -> None:
    with pytest.raises(UnsupportedSchema):
        beneath(frames, chained(300, "allOf"))


@pytest.mark.timeout(60)
def test_a_pattern_that_takes_for_ever_is_not_tried() -> None:
    schema = {"type": "object", "patternProperties": {"^(a+)+$": TEXT}, "required": ["a" * 40 + "b"]}
    assert list(Target.of(schema).template(FULL)) == ["a" * 40 + "b", "other"]


@pytest.mark.timeout(60)
@pytest.mark.parametrize("count", [20, 100])
def test_recursion_without_end_among_many_types_is_cut(count: int) -> None:
    names = [f"n{number}" for number in range(count)]
    refs = {name: {"$ref": f"#/$defs/{name}"} for name in names}
    schema = {"$defs": {name: {"type": "object", "properties": refs} for name in names}, "$ref": "#/$defs/n0"}
    assert Target.of(schema).losses


def test_losses_are_named_by_path() -> None:
    target = Target.of({"type": "object", "properties": {"a": {}, "b": whole(c=TEXT)}})
    assert [(loss.path, loss.what) for loss in target.losses] == [
        (("a",), "any value is admitted here"),
    ]


def test_strict_refuses_what_would_be_lost() -> None:
    with pytest.raises(UnsupportedSchema) as caught:
        Target.of(whole(a={}), strict=True)
    assert caught.value.path == ("a",)
    assert Target.of(whole(a=TEXT), strict=True).losses == ()


OPEN = {"type": "object", "properties": {"a": TEXT}}
NOT_MENTIONED = [
    pytest.param(OPEN, {"a": "x", "b": 1}, {"a": "string"}, id="root"),
    pytest.param(whole(it=OPEN), {"it": {"b": [1]}}, {"it": {"a": "string"}}, id="inside"),
    pytest.param(
        whole(its={"type": "array", "items": OPEN}),
        {"its": [{"b": {"c": None}}]},
        {"its": [{"a": "string"}]},
        id="in-a-list",
    ),
]


@pytest.mark.parametrize(("schema", "value", "asked"), NOT_MENTIONED)
def test_properties_that_are_not_mentioned_are_kept_but_not_asked_for(schema: Any, value: Any, asked: Any) -> None:
    target = Target.of(schema, strict=True)
    assert target.template(FULL) == asked
    answer = target.lower(value)
    assert target.lift(answer) == value
    Draft202012Validator(target.answer_schema).validate(answer)


def test_properties_that_are_not_mentioned_are_lost_beside_constants_and_named() -> None:
    constant = {"type": "object", "properties": {"kind": {"const": "x"}}, "required": ["kind"]}
    target = Target.of(whole(a=TEXT, it=constant))
    assert target.lift(target.lower({"a": "", "it": {"kind": "x", "b": 1}})) == {"a": "", "it": {"kind": "x"}}
    assert [loss.path for loss in target.losses] == [("it",)]


def test_a_model_is_held_to_what_is_mentioned() -> None:
    held = answer_schema(Target.of(OPEN).shape(FULL))
    assert held["additionalProperties"] is False


BOUNDED = [
    pytest.param({"type": "array", "items": {"enum": ["a", "b"]}, "maxItems": 2}, ("it",), 2, id="choices"),
    pytest.param({"type": "array", "items": TEXT, "maxItems": 3}, ("it",), 3, id="texts"),
    pytest.param(
        {"type": "array", "prefixItems": [TEXT], "items": TEXT, "maxItems": 3}, ("it", "rest"), 2, id="after-a-tuple"
    ),
    pytest.param({"type": "array", "items": TEXT}, ("it",), None, id="not-bounded"),
]


@pytest.mark.parametrize(("schema", "path", "most"), BOUNDED)
def test_lists_are_bounded_where_the_schema_bounds_them(schema: Any, path: Any, most: int | None) -> None:
    held = Target.of(whole(it=schema)).answer_schema
    for name in path:
        held = held["properties"][name]
    assert held.get("maxItems") == most


def test_null_and_nothing_are_told_apart_in_text() -> None:
    target = Target.of({"type": "object", "properties": {"a": {"type": ["string", "null"]}}})
    for value in ({}, {"a": None}, {"a": "null"}, {"a": '"null"'}):
        assert target.lift(target.lower(value)) == value


def test_where_null_and_nothing_cannot_be_told_apart_it_is_nothing_and_named() -> None:
    schema = {"type": "object", "properties": {"a": {"type": ["integer", "null"]}}, "additionalProperties": False}
    target = Target.of(schema)
    assert target.lift({"a": None}) == {}
    assert [loss.path for loss in target.losses] == [("a",)]


def test_a_required_nullable_field_that_is_missing_is_null() -> None:
    assert Target.of(whole(a={"type": ["integer", "null"]})).lift({}) == {"a": None}


def test_missing_lists_are_empty_and_missing_items_left_out() -> None:
    target = Target.of(whole(a={"type": "array", "items": TEXT}))
    assert target.lift({"a": None}) == {"a": []}
    assert target.lift({"a": ["x", None]}) == {"a": ["x"]}


def test_problems_of_a_value_come_by_path() -> None:
    target = Target.of(whole(n={"type": "number"}, d={"type": "string", "format": "date"}, e={"enum": ["a", "b"]}))
    with pytest.raises(InvalidValue) as caught:
        target.validate({"n": "n/a", "d": "2024-01", "e": "c"})
    assert {str(problem) for problem in caught.value.problems} == {
        "expected a number, got 'n/a' @ $.n",
        "expected a date, got '2024-01' @ $.d",
        "expected one of ['a', 'b'], got 'c' @ $.e",
    }


def test_what_only_validation_can_check_is_checked() -> None:
    schema = {**whole(a={"type": "integer", "minimum": 3}), "not": {"properties": {"a": {"const": 4}}}}
    target = Target.of(schema)
    assert target.validate({"a": 5}) == {"a": 5}
    for value in ({"a": 1}, {"a": 4}):
        with pytest.raises(InvalidValue):
            target.validate(value)


def test_a_value_too_deep_to_check_is_a_problem() -> None:
    target, value = Target.of({"type": "object", "properties": {"a": {"$ref": "#"}, "b": TEXT}}), {"b": "x"}
    for _ in range(900):
        value = {"a": value}
    with pytest.raises(InvalidValue) as caught:
        target.validate(value)
    assert [str(problem) for problem in caught.value.problems] == ["nested too deeply to be checked @ $"]


def test_explain_says_it_all() -> None:
    schema = {"type": "object", "properties": {"a": {**TEXT, "description": "the first"}, "b": {}}}
    text = Target.of(schema).explain()
    for part in ('"a": "string"', "$.a: the first", '"additionalProperties": false', "$.b: any value is admitted here"):
        assert part in text


EMPTY = [
    pytest.param({"type": "array", "items": TEXT}, [], id="list"),
    pytest.param({"type": "object", "additionalProperties": TEXT}, {}, id="map"),
    pytest.param({"type": "object", "properties": {"b": TEXT}, "additionalProperties": False}, {}, id="object"),
]


@pytest.mark.parametrize(("schema", "empty"), EMPTY)
def test_what_is_empty_in_a_tuple_beside_text_comes_back(schema: Any, empty: Any) -> None:
    pair = {"type": "array", "prefixItems": [{"anyOf": [schema, TEXT]}], "minItems": 1, "items": False}
    target = Target.of(whole(a=pair))
    assert target.lift(target.lower({"a": [empty]})) == {"a": [empty]}


def test_the_only_value_there_is_needs_no_answer() -> None:
    assert Target.of(whole(kind={"const": 1})).lift({"value": None}) == {"kind": 1}


# Size


def wide(parts: int) -> dict[str, Any]:
    """A schema of so many objects of four fields each."""
    text = {"type": "string", "description": "as it stands there"}
    part = {
        "type": "object",
        "required": ["name"],
        "properties": {
            "name": text,
            "amount": {"type": ["number", "null"]},
            "state": {"enum": ["open", "closed", "lost"]},
            "days": {"type": "array", "items": {"type": "string", "format": "date"}},
        },
    }
    return {"type": "object", "properties": {f"part_{index}": part for index in range(parts)}}


def test_a_template_too_large_for_any_model_is_named_first_with_what_to_do() -> None:
    row = {"type": "object", "properties": {f"a_long_name_{index}": {"type": "string"} for index in range(60)}}
    named = {"rows": {"$ref": "#/$defs/row"}, **{f"row_{index}": {"$ref": "#/$defs/row"} for index in range(30)}}
    [loss, *_] = Target.of({"properties": named, "$defs": {"row": row}}).losses
    assert loss.path == ()
    assert "template of" in loss.what
    assert "$.row" in loss.instead


def test_a_template_of_a_hundred_fields_is_not_too_large() -> None:
    assert not [loss for loss in Target.of(wide(25)).losses if not loss.path]


@pytest.mark.parametrize("parts", [70, 110], ids=["25 kB", "40 kB"])
def test_a_schema_is_compiled_in_little_more_time_than_it_takes_to_check_it(parts: int) -> None:
    def seconds(work: Callable[[], object]) -> float:
        started = process_time()
        work()
        return process_time() - started

    schema = wide(parts)
    least = min(seconds(lambda: Draft202012Validator.check_schema(schema)) for _ in range(3))
    assert min(seconds(lambda: Target.of(schema)) for _ in range(3)) < 3 * least


@pytest.mark.parametrize(
    ("schema", "named", "meant"),
    [
        ({"type": "object", "propertes": {"a": {"type": "string"}}}, "propertes", "properties"),
        ({"type": "object", "properties": {"a": {"type": "string"}}, "requierd": ["a"]}, "requierd", "required"),
        ({"type": "object", "properties": {"a": {"type": "string", "enums": ["x"]}}}, "enums", "enum"),
        ({"type": "object", "properties": {"a": {"type": "array", "item": {"type": "string"}}}}, "item", "items"),
        ({"type": "object", "properties": {"a": {"typ": "number"}}}, "typ", "type"),
    ],
)
def test_a_misspelt_keyword_is_a_loss_that_names_the_nearest(schema: Any, named: str, meant: str) -> None:
    lost = [(loss.what, loss.instead) for loss in Target.of(schema).losses]
    assert (f"the keyword {named!r}", f"it is not read; did you mean {meant!r}?") in lost


def test_keywords_of_other_programs_are_no_losses() -> None:
    words = {"example": "x", "examples": ["x"], "deprecated": False, "x-enum": 1, "propertyOrdering": ["a"]}
    schema = {"type": "object", "title": "T", "$defs": {}, "properties": {"a": {"type": "string", **words}}, **words}
    assert not Target.of(schema).losses
