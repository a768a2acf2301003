"""From two values to leaves with outcomes: each leaf once, whatever the shapes."""

from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from langchain_nuextract import Target, UnsupportedSchema
from langchain_nuextract.evaluation import Compare
from langchain_nuextract.evaluation.normalised import is_absent
from langchain_nuextract.evaluation.scoring import Scorer
from langchain_nuextract.paths import leaves


class Line(BaseModel):
    label: str | None = None
    count: int | None = None


class Place(BaseModel):
    city: str | None = None
    street: str | None = None


class Order(BaseModel):
    total: Annotated[float | None, Compare("tolerance", absolute=0.1)] = None
    paid: bool | None = None
    lines: list[Line] = []
    tags: Annotated[list[str], Compare("set")] = []
    place: Place | None = None
    extras: dict[str, Any] = {}


SCORER = Scorer.of(Target.of(Order))


def outcomes(gold, predicted, scorer=SCORER):
    return [
        (".".join(map(str, leaf.path)), leaf.outcome)
        for leaf in scorer.score(gold, predicted)
        if leaf.outcome != "absent"
    ]


def test_each_outcome_is_told_from_the_others():
    gold = {"total": 3.0, "paid": False, "place": {"city": "Lyon"}}
    predicted = {"total": 3.05, "paid": False, "place": {"street": "Quai 1"}, "tags": ["new"]}
    assert outcomes(gold, predicted) == [
        ("total", "wrong"),
        ("paid", "correct"),
        ("tags.0", "hallucinated"),
        ("place.city", "missed"),
        ("place.street", "hallucinated"),
    ]


def test_zero_and_false_are_values_and_an_empty_text_is_none():
    assert outcomes({"total": 0, "paid": False}, {"total": 0.0, "paid": False, "tags": [], "place": {"city": ""}}) == [
        ("total", "correct"),
        ("paid", "correct"),
    ]
    assert outcomes({"paid": False}, {"paid": None}) == [("paid", "missed")]
    assert outcomes({"total": 1}, {"total": True}) == [("total", "wrong")]


def test_fields_that_neither_has_are_absent_once():
    assert [(leaf.path, leaf.outcome) for leaf in SCORER.score({}, None)] == [
        ((name,), "absent") for name in Order.model_fields
    ]


def test_items_are_paired_by_what_agrees_and_not_by_their_order():
    gold = {"lines": [{"label": "A", "count": 1}, {"label": "B", "count": 2}, {"label": "C", "count": 3}]}
    predicted = {
        "lines": [{"label": "C", "count": 3}, {"label": "A", "count": 9}, {"label": "X", "count": 2}, {"label": "Y"}]
    }
    assert outcomes(gold, predicted) == [
        ("lines.0.label", "correct"),
        ("lines.0.count", "wrong"),
        ("lines.1.label", "wrong"),
        ("lines.1.count", "correct"),
        ("lines.2.label", "correct"),
        ("lines.2.count", "correct"),
        ("lines.3.label", "hallucinated"),
    ]
    ordered = Scorer.of(Target.of(Order), {"$.lines": {"rule": "normalised", "ordered": True}})
    assert ("lines.0.label", "wrong") in outcomes(gold, predicted, ordered)


def test_items_with_the_same_key_belong_together_however_unlike_they_are():
    gold = {"lines": [{"label": "A", "count": 1}, {"label": "B", "count": 2}]}
    predicted = {"lines": [{"label": "B", "count": 1}, {"label": "A", "count": 2}]}
    assert ("lines.0.count", "wrong") in outcomes(
        gold, predicted, Scorer.of(Target.of(Order), {"lines": Compare(key="label")})
    )


def test_a_set_counts_what_comes_twice_once_and_a_list_does_not():
    assert outcomes({"tags": ["a", "a"]}, {"tags": ["a"]}) == [("tags.0", "correct")]
    as_list = Scorer.of(Target.of(Order), {"$.tags": "normalised"})
    assert outcomes({"tags": ["a", "a"]}, {"tags": ["a"]}, as_list) == [("tags.0", "correct"), ("tags.1", "missed")]


def test_objects_with_any_keys_are_one_leaf():
    assert outcomes({"extras": {"a": 1, "b": [2]}}, {"extras": {"b": [2], "a": 1.0}}) == [("extras", "correct")]
    assert outcomes({"extras": {"a": 1}}, {"extras": {"a": 2}}) == [("extras", "wrong")]


@pytest.mark.parametrize("predicted", ["Lyon", ["Lyon"], 3])
def test_a_value_of_another_shape_is_nothing_of_what_was_wanted(predicted):
    assert outcomes({"place": {"city": "Lyon"}}, {"place": predicted})[0] == ("place.city", "missed")


def test_rules_are_chosen_by_the_schema_and_by_path():
    [leaf] = [leaf for leaf in SCORER.score({"total": 3}, {"total": 3.05}) if leaf.path == ("total",)]
    assert (leaf.outcome, leaf.passed, leaf.rule.rule) == ("wrong", True, "tolerance")
    scorer = Scorer.of(Target.of(Order), {"$.lines[*].label": "levenshtein", "$.total": lambda gold, predicted: 0.5})
    found = {
        leaf.path: leaf
        for leaf in scorer.score(
            {"total": 1, "lines": [{"label": "kitten"}]}, {"total": 2, "lines": [{"label": "kittens"}]}
        )
    }
    assert (found["total",].passed, found["total",].similarity) == (False, 0.5)
    assert found["lines", 0, "label"].passed


def test_words_for_nothing_are_accepted_where_they_are_listed():
    scorer = Scorer.of(Target.of(Order), {"$.place.city": {"rule": "normalised", "null_words": ["N/A"]}})
    [leaf] = [
        leaf for leaf in scorer.score({"place": {"street": "x"}}, {"place": {"city": "n/a"}}) if leaf.path[-1] == "city"
    ]
    assert (leaf.outcome, leaf.passed) == ("hallucinated", True)


@pytest.mark.parametrize("rule", ["nonsense", {"rule": "exact", "treshold": 1}, {"threshold": 2}, 7])
def test_a_rule_that_is_none_is_refused(rule):
    with pytest.raises(UnsupportedSchema):
        Scorer.of(Target.of(Order), {"$.total": rule})


def test_a_path_that_leads_nowhere_is_refused():
    with pytest.raises(UnsupportedSchema, match="totl"):
        Scorer.of(Target.of(Order), {"$.totl": "exact"})


def test_a_json_schema_names_rules_in_both_ways():
    schema = {
        "type": "object",
        "properties": {
            "name": {"type": "string", "x-compare": {"rule": "levenshtein", "threshold": 0.5}},
            "amount": {"$ref": "#/$defs/amount"},
        },
        "$defs": {
            "amount": {
                "type": "number",
                "evaluation_config": {"metrics": [{"metric_id": "number_tolerance", "params": {"tolerance": 2}}]},
            }
        },
    }
    rules = Scorer.of(Target.of(schema)).rules
    assert (rules["name",].threshold, rules["amount",].absolute) == (0.5, 2)


words = st.sampled_from(["A", "B", "a", "", "12"])
lines = st.lists(st.fixed_dictionaries({}, optional={"label": words, "count": st.integers(0, 3)}), max_size=4)
orders = st.fixed_dictionaries(
    {},
    optional={
        "total": st.one_of(st.none(), st.integers(-2, 2)),
        "paid": st.booleans(),
        "lines": lines,
        "tags": st.lists(st.sampled_from("abc"), max_size=3, unique=True),
        "place": st.fixed_dictionaries({}, optional={"city": words, "street": words}),
    },
)


@given(orders, orders)
def test_every_leaf_of_both_is_in_one_row(gold, predicted):
    scored = list(SCORER.score(gold, predicted))
    for value, side in ((gold, "gold"), (predicted, "predicted")):
        there = sorted(str(leaf) for _, leaf in leaves(value) if not is_absent(leaf))
        assert sorted(str(getattr(leaf, side)) for leaf in scored if not is_absent(getattr(leaf, side))) == there
    assert len({leaf.path for leaf in scored}) == len(scored)


@given(orders, orders)
def test_the_order_of_items_changes_no_outcome(gold, predicted):
    turned = {**predicted, "lines": predicted.get("lines", [])[::-1], "tags": predicted.get("tags", [])[::-1]}
    counts = [sorted(leaf.outcome for leaf in SCORER.score(gold, each)) for each in (predicted, turned)]
    assert [each.count("correct") for each in counts] == [counts[0].count("correct")] * 2


@given(orders)
def test_a_value_is_all_right_against_itself(value):
    assert {leaf.outcome for leaf in SCORER.score(value, value)} <= {"correct", "absent"}
    assert all(leaf.passed and leaf.similarity == 1 for leaf in SCORER.score(value, value))
