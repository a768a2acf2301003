"""The laws of the codec, for schemas and instances that nobody thought of."""

import json
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from langchain_nuextract.parsing.read import read_shape
from langchain_nuextract.paths import EACH, Path, follow, leaves
from langchain_nuextract.schema.target import FULL, Target
from langchain_nuextract.schema.value_types import SCALARS
from langchain_nuextract.schema.vocabulary import NUEXTRACT_1, NUEXTRACT_2, NUEXTRACT_3

DIALECTS = [FULL, *(SimpleNamespace(vocabulary=vocabulary) for vocabulary in (NUEXTRACT_2, NUEXTRACT_1))]
NAMES = st.sampled_from(["a", "b", "key", "value", "items", "other", "first", "größe", "with space", ""])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
Pair = tuple[Any, st.SearchStrategy[Any]]
"""A schema, and its instances."""


@st.composite
def enums(draw: Callable[..., Any]) -> Pair:
    values = draw(st.lists(st.text(max_size=4) | st.integers() | st.booleans(), min_size=1, max_size=4, unique_by=repr))
    return {"enum": values}, st.sampled_from(values)


SCALAR_PAIRS = st.sampled_from(
    [
        ({"type": "string"}, st.text()),
        ({"type": "integer"}, st.integers()),
        ({"type": "number"}, st.floats(allow_nan=False, allow_infinity=False)),
        ({"type": "boolean"}, st.booleans()),
        ({"type": ["integer", "string"]}, st.integers() | st.text() | st.integers().map(str)),
        ({"type": "string", "format": "date"}, st.dates().map(str)),
        ({}, JSON),
    ]
)


@st.composite
def lists(draw: Callable[..., Any], inner: st.SearchStrategy[Pair]) -> Pair:
    schema, values = draw(inner)
    return {"type": "array", "items": schema}, st.lists(values, max_size=3)


@st.composite
def tuples(draw: Callable[..., Any], inner: st.SearchStrategy[Pair]) -> Pair:
    pairs = draw(st.lists(inner, min_size=1, max_size=3))
    size = len(pairs)
    schema = {"type": "array", "prefixItems": [schema for schema, _ in pairs], "items": False}
    return {**schema, "minItems": size}, st.tuples(*(values for _, values in pairs)).map(list)


@st.composite
def maps(draw: Callable[..., Any], inner: st.SearchStrategy[Pair]) -> Pair:
    schema, values = draw(inner)
    return {"type": "object", "additionalProperties": schema}, st.dictionaries(st.text(), values, max_size=3)


@st.composite
def objects(draw: Callable[..., Any], inner: st.SearchStrategy[Pair]) -> Pair:
    named = draw(st.dictionaries(NAMES, inner, min_size=1, max_size=4))
    must = [name for name in named if draw(st.booleans())]
    given_ = {name: named[name][1] for name in must}
    may = {name: values for name, (_, values) in named.items() if name not in must}
    schema = {
        "type": "object",
        "properties": {name: part for name, (part, _) in named.items()},
        "required": must,
        "additionalProperties": False,
    }
    return schema, st.fixed_dictionaries(given_, optional=may)


@st.composite
def open_objects(draw: Callable[..., Any], inner: st.SearchStrategy[Pair]) -> Pair:
    schema, values = draw(objects(inner))
    taken = {*schema["properties"], "always"}
    others = st.dictionaries(st.text().filter(lambda name: name not in taken), JSON, max_size=2)
    del schema["additionalProperties"]
    return schema, st.builds(lambda own, more: {**own, **more}, values, others)


@st.composite
def unions(draw: Callable[..., Any], inner: st.SearchStrategy[Pair]) -> Pair:
    (one, some), (two, others) = draw(inner), draw(inner)
    return {"anyOf": [one, two]}, some | others


@st.composite
def nullable(draw: Callable[..., Any], inner: st.SearchStrategy[Pair]) -> Pair:
    schema, values = draw(inner)
    return {"anyOf": [schema, {"type": "null"}]}, values | st.none()


PAIRS: st.SearchStrategy[Pair] = st.recursive(
    SCALAR_PAIRS | enums(),
    lambda inner: lists(inner) | objects(inner) | maps(inner) | tuples(inner) | unions(inner) | nullable(inner),
    max_leaves=8,
)
LAW = settings(deadline=None, suppress_health_check=list(HealthCheck))


def compiled(schema: Any) -> Target[Any]:
    """The target of a schema; a field that is always there keeps it from having nothing to ask."""
    properties = {**schema["properties"], "always": {"type": "string"}}
    return Target.of({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "properties": properties})


def differences(a: Any, b: Any, at: Path = ()) -> Iterator[Path]:
    """Yield where two JSON values differ, true and 1 being different."""
    if isinstance(a, dict) and isinstance(b, dict):
        yield from ((*at, key) for key in a.keys() ^ b.keys())
        yield from (path for key in a.keys() & b.keys() for path in differences(a[key], b[key], (*at, key)))
    elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        yield from (
            path for place, pair in enumerate(zip(a, b, strict=True)) for path in differences(*pair, (*at, place))
        )
    elif isinstance(a, bool) != isinstance(b, bool) or a != b:
        yield at


def is_named(path: Path, target: Target[Any]) -> bool:
    """Whether a path lies at or below that of a loss. What is asked for as JSON text comes back all the same."""
    return any(
        len(loss.path) <= len(path) and all(step in {EACH, place} for step, place in zip(loss.path, path, strict=False))
        for loss in target.losses
        if loss.what != "any value is admitted here"
    )


# A kind of object that is open admits anything where another has a type of its own; that the two are merged is named.
@LAW
@given(objects(PAIRS) | open_objects(PAIRS), st.data())
def test_every_instance_comes_back_or_is_named_and_fits_what_was_asked(pair: Pair, data: st.DataObject) -> None:
    schema, values = pair
    value = data.draw(values)
    target = compiled(schema)
    answer = target.lower(value)
    unnamed = [path for path in differences(value, target.lift(answer)) if not is_named(path, target)]
    assert not unnamed, (answer, target.template(FULL))
    assert answer.keys() >= target.template(FULL).keys()
    Draft202012Validator(target.answer_schema).validate(answer)


@LAW
@given(objects(PAIRS), st.data())
def test_objects_that_may_be_missing_can_be_left_out_of_any_answer(pair: Pair, data: st.DataObject) -> None:
    schema, values = pair
    target = compiled(schema)
    answer = target.lower(data.draw(values))
    valid = Draft202012Validator(schema).is_valid
    assert valid(target.lift(target.without_empty_objects(answer))) or not valid(target.lift(answer))


@pytest.mark.parametrize("vocabulary", [NUEXTRACT_1, NUEXTRACT_2, NUEXTRACT_3])
@LAW
@given(objects(PAIRS), st.data())
def test_a_whole_answer_that_is_kept_is_its_own_value(vocabulary: Any, pair: Pair, data: st.DataObject) -> None:
    schema, values = pair
    target, dialect = compiled(schema), SimpleNamespace(vocabulary=vocabulary)
    answer = target.lower(data.draw(values) | {"always": "x"}, dialect)
    reading = read_shape(json.dumps(answer), target.shape(dialect))
    if target.keeps_whole(dialect) and reading.whole:
        assert json.loads(reading.whole) == reading.value == target.lift(reading.value, dialect)
        assert reading.value == target.without_empty_objects(reading.value, dialect)
        assert target.defaults(reading.value) == ()


@LAW
@given(objects(PAIRS), JSON)
def test_lift_takes_any_answer(pair: Pair, answer: Any) -> None:
    target = compiled(pair[0])
    for dialect in DIALECTS:
        target.lift(target.without_empty_objects(answer, dialect), dialect)
        target.lift(dict.fromkeys(target.template(dialect), answer), dialect)


@LAW
@given(objects(PAIRS), JSON)
def test_all_that_is_lifted_of_any_answer_comes_from_it_or_is_a_constant(pair: Pair, part: Any) -> None:
    target = compiled(pair[0])
    for answer in (part, dict.fromkeys(target.template(FULL), part)):
        value, origins = target.lift(answer), target.origins(answer)
        for path in origins:
            follow(value, path)
        for path, leaf in leaves(value):
            above = (path[:end] for end in range(len(path) + 1))
            assert leaf is None or any(each in origins for each in above) or leaf in target.choices, path


@LAW
@given(objects(PAIRS), st.data())
def test_each_value_is_found_again_from_where_it_comes(pair: Pair, data: st.DataObject) -> None:
    schema, values = pair
    target = compiled(schema)
    answer = target.lower(data.draw(values))
    for path, origin in target.origins(answer).items():
        assert target.place(origin, answer) == path


LEAVES = st.sampled_from(sorted(SCALARS)) | st.lists(st.text(min_size=1), min_size=2, max_size=4, unique=True)
TEMPLATES = st.dictionaries(
    st.text(),
    st.recursive(
        LEAVES,
        lambda inner: inner.map(lambda item: [item]) | st.dictionaries(st.text(), inner, min_size=1, max_size=3),
        max_leaves=6,
    ),
    min_size=1,
    max_size=4,
).map(lambda template: {**template, "fields": "string"})


@LAW
@given(TEMPLATES)
def test_a_typed_template_comes_back_in_order(template: Any) -> None:
    found = Target.of(template).template(FULL)
    assert found == template
    assert list(found) == list(template)


@LAW
@given(objects(PAIRS))
def test_compiling_twice_gives_the_same(pair: Pair) -> None:
    one, two = compiled(pair[0]), compiled(pair[0])
    assert one == two
    assert one.shape(FULL) == two.shape(FULL)
    assert one.losses == two.losses


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_missing_answer_never_raises(dialect: Any) -> None:
    target = Target.of({"a": "date", "b": [{"c": ["x", "y"]}]})
    for answer in (None, "", [], {}, 3, "text", {"b": None}, {"b": [None]}):
        target.lift(answer, dialect)
