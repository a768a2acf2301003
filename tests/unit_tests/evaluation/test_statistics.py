"""Tests and intervals on whole counts, against values that are worked out elsewhere."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langchain_nuextract.evaluation.statistics import LARGE, bootstrap_interval, holm, mcnemar, median, wilcoxon


@pytest.mark.parametrize(
    ("only_first", "only_second", "p"),
    [(10, 21, 0.07075554598122835), (16, 20, 0.617719317029696), (0, 5, 0.0625), (0, 0, 1.0), (3, 3, 1.0)],
)
def test_mcnemar_is_exact(only_first, only_second, p):
    assert mcnemar(only_first, only_second) == pytest.approx(p)


def test_mcnemar_of_very_many_pairs_is_close_to_exact():
    assert mcnemar(480, 521) == pytest.approx(mcnemar(479, 520), rel=0.05)


def test_wilcoxon_drops_zeros_and_shares_ranks():
    found = wilcoxon([1, 1, 1, 2, 0, 0, -5, 1, -1, 1])
    assert found == pytest.approx((11.5, 0.3411336838916378))
    assert wilcoxon([0, 0, 0]) is None


def test_ties_of_fractions_are_ties():
    sevenths = [Fraction(6, 7) - Fraction(5, 7), Fraction(3, 7) - Fraction(2, 7), Fraction(-2, 7)]
    assert wilcoxon(sevenths) == wilcoxon([1, 1, -2])


def test_holm_corrects_the_smallest_most():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([]) == []


def test_the_bootstrap_is_near_the_reference():
    gains = [1, 1, 1, 2, 0, 0, -5, 1, -1, 1]
    interval = bootstrap_interval([(each / 7, 1) for each in gains])
    assert [interval.lower, interval.upper] == pytest.approx([-0.1714, 0.1429], abs=0.02)


units = st.lists(st.tuples(st.integers(-7, 7).map(lambda each: each / 7), st.integers(1, 3)), min_size=2, max_size=8)


@given(units)
def test_the_interval_of_negated_gains_is_the_negated_interval(gains):
    one = bootstrap_interval(gains, resamples=200)
    other = bootstrap_interval([(-total, size) for total, size in gains], resamples=200)
    assert (one.lower, one.upper) == (-other.upper, -other.lower)
    assert one.lower <= one.upper


def test_groups_are_resampled_whole():
    apart = bootstrap_interval([(1.0, 1), (1.0, 1), (1.0, 1), (-1.0, 1), (0.0, 1)])
    together = bootstrap_interval([(3.0, 3), (-1.0, 2)])
    assert (together.lower, together.upper) == (-0.5, 1.0)
    assert apart.lower < 0 < apart.upper


def test_of_very_many_units_the_interval_is_that_of_the_normal_distribution():
    few = bootstrap_interval([(float(at % 3 - 1), 1) for at in range(LARGE)], resamples=2_000)
    many = bootstrap_interval([(float(at % 3 - 1), 1) for at in range(LARGE + 2)])
    assert [many.lower, many.upper] == pytest.approx([few.lower, few.upper], abs=0.01)
    assert bootstrap_interval([(1.0, 1)]) is None


@given(st.lists(st.fractions(-1, 1, max_denominator=7), min_size=1, max_size=9))
def test_the_median_of_negated_values_is_the_negated_median(values):
    assert median([-value for value in values]) == -median(values)
