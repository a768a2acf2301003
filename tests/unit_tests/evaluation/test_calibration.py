"""Confidence against right and wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langchain_nuextract.evaluation import calibration as of
from langchain_nuextract.evaluation.confidences import KEPT, Confidences, Sure
from langchain_nuextract.evaluation.leaf import Leaf

PAIRS = [(0.95, 1), (0.9, 1), (0.85, 1), (0.8, 0), (0.7, 1), (0.6, 0), (0.55, 1), (0.3, 0)]
LEAVES = [Sure(confidence, 1, right) for confidence, right in PAIRS]


def test_the_numbers_are_those_of_the_definitions():
    found = of.calibration(LEAVES, 1.0)
    assert (found.ece, found.brier, found.aurc) == pytest.approx((0.30624999999999997, 0.1771875, 0.18050595238095238))
    assert (found.straight_through.threshold, found.straight_through.coverage) == (0.85, 0.375)
    risks = [point.risk for point in found.risk_coverage]
    assert risks == pytest.approx([0, 0, 0, 0.25, 0.2, 1 / 3, 2 / 7, 0.375])


def test_what_is_as_sure_is_taken_all_or_none():
    leaves = [Sure(0.9, 1, 1), Sure(0.9, 1, 0), Sure(0.5, 1, 1)]
    assert [point.coverage for point in of.calibration(leaves, 0.9).risk_coverage] == pytest.approx([2 / 3, 1])
    assert of.threshold(leaves, 0.9) is None


def test_nothing_known_is_no_calibration():
    assert of.calibration([], 0.9) is None


def test_an_interval_of_a_share_is_sensible_at_its_ends():
    lower, upper = of.wilson(10, 10)
    assert (lower, upper) == pytest.approx((0.722467, 1.0))


@given(st.lists(st.tuples(st.sampled_from([0.1, 0.5, 0.55, 0.9]), st.integers(0, 1)), min_size=1))
def test_bins_hold_every_leaf_once(pairs):
    leaves = sorted((Sure(confidence, 1, right) for confidence, right in pairs), reverse=True)
    for bins in (of.equal_width(leaves), of.equal_mass(leaves)):
        assert sum(each.leaves for each in bins) == len(pairs)
        assert all(each.lower - 1e-12 <= each.confidence <= each.upper + 1e-12 for each in bins)


def leaf(document, confidence, outcome="correct"):
    return Leaf(document, "m", ("a",), outcome, 1, 1, confidence=confidence)


def test_more_leaves_than_are_kept_are_counted_by_rounded_confidence():
    kept = Confidences()
    rows = [leaf("d", at / 1_000, "correct" if at % 2 else "wrong") for at in range(1_000)]
    for place in range(KEPT // 1_000 + 1):
        kept.add(place, rows)
    counted = kept.all(["d"] * (KEPT // 1_000 + 1))
    assert len(kept) == sum(each.leaves for each in counted) == KEPT + 1_000
    assert len(counted) == 1_000
    few = Confidences()
    few.add(0, rows)
    assert of.brier(counted) == pytest.approx(of.brier(few.all(["d"])))
    assert of.error_of(of.equal_width(counted)) == pytest.approx(of.error_of(of.equal_width(few.all(["d"]))))
    assert of.aurc(counted) == pytest.approx(of.aurc(few.all(["d"])), abs=1e-2)
    assert sum(len(kept.all([], held_out=half)) for half in (True, False)) == 1_000
