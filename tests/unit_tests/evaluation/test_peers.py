"""Other people's metrics give the numbers that their own tests and documents give."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langchain_nuextract.evaluation import peers

DATA = Path(__file__).parents[4] / "shared" / "data" / "evaluation" / "metrics"


def prf(given):
    found = peers.treeval_prf(given["gold"], given["predicted"], given["schema"])
    sides = {"node": found.node, "leaf": found.leaf}
    return {f"{number}_{side}": getattr(each, number) for side, each in sides.items() for number in each._fields}


def kieval(given):
    found = peers.kieval(given["TP"], given["wrong_match"], given["no_match"], given["label"])
    return {
        "kieval_aligned": found.aligned,
        "recall": found.recall,
        "precision": found.precision,
        "entity_f1": found.f1,
    }


BY_NAME = {
    "treeval_prf": prf,
    "treeval_score": lambda given: peers.treeval_score(**given),
    "extract_bench_confusion": lambda given: peers.extract_bench_confusion(**given),
    "extract_bench_number_tolerance": lambda given: dict(
        zip(("passed", "score"), peers.extract_bench_number_tolerance(**given), strict=True)
    ),
    "extract_bench_string_fuzzy": lambda given: peers.extract_bench_string_fuzzy(**given),
    "kieval": kieval,
    "docile_ap": lambda given: peers.docile_ap(given["matched_sorted_by_score"], given["gold"]),
    "anls_star": lambda given: peers.anls_star(**given),
    "cord_f1": lambda given: peers.cord_f1(**given),
    "rouge_l": lambda given: peers.rouge_score_l(given["hypothesis"], given["reference"]),
    "rouge_l_whitespace": lambda given: peers.rouge_l_whitespace(given["hypothesis"], given["reference"]),
}


def rows():
    files = [DATA / "reference_tests.jsonl", DATA / "worked.jsonl"]
    lines = [line for file in files if file.is_file() for line in file.read_text("utf-8").splitlines()]
    return [row for row in map(json.loads, lines) if row["metric"] in BY_NAME]


@pytest.mark.parametrize("row", rows(), ids=lambda row: row["metric"])
def test_a_row_of_the_references_is_met(row):
    found, tolerance = BY_NAME[row["metric"]](row["given"]), 5e-5 if row["metric"] == "kieval" else 1e-12
    assert found == (row["value"] if isinstance(row["value"], str) else pytest.approx(row["value"], abs=tolerance))


def test_a_key_that_is_missing_and_a_null_are_told_apart_by_treeval():
    schema = {"a": "string", "b": {"c": "string", "d": "string"}}
    gold = {"a": "x", "b": {"c": "y", "d": None}}
    found = peers.treeval_prf(gold, {"a": "z"}, schema)
    assert (found.node, found.leaf.recall) == ((1.0, 0.25, 0.4), 1 / 3)


def test_a_wrong_value_counts_differently_with_each():
    assert peers.extract_bench_confusion("a", "b") == "fn"
    assert peers.cord_f1({"a": "a"}, {"a": "b"}) == 0
    assert peers.cord_f1({}, {"a": None}) is None
    assert peers.kieval(right=0, wrong_match=1, no_match=0, gold=1) == (0, 0, 0, 0)


def test_alternatives_and_made_up_keys_in_anls_star():
    assert peers.anls_star(("tea", "coffee"), "coffee") == 1
    assert peers.anls_star({"drink": ["tea", "milk"]}, {"drink": ["milk", "tea"]}) == 1
    assert peers.anls_star({"drink": "tea"}, {"drink": "tea", "food": None}) == 0.5
    assert peers.anls_star([], []) == 1


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(0, 9), st.text("ab ", max_size=3)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from("xyz"), inner, max_size=3)),
    max_leaves=6,
)


@given(json_values, json_values)
def test_anls_star_is_a_share_and_1_of_equal_values(gold, predicted):
    assert 0 <= peers.anls_star(gold, predicted) <= 1
    if not isinstance(gold, list | dict):
        assert peers.anls_star(gold, gold) == 1


def test_average_precision_of_a_perfect_order_is_the_recall():
    assert peers.docile_ap([True, True], 4) == 0.5
    assert peers.docile_ap([], 0) == 0
