"""Whether a difference between two models is more than chance, on whole counts.

Differences of shares are compared as fractions: 6/7 - 5/7 and 3/7 - 2/7 are equal, as floating point numbers they are
not, and ranks with broken ties give other p-values.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from math import comb, erfc, fsum, sqrt
from random import Random
from typing import Final, NamedTuple

from langchain_nuextract.evaluation.comparison_data import Interval

RESAMPLES: Final = 10_000
LARGE: Final = 1_000
"""Units beyond which the interval is that of the normal distribution: the bootstrap comes to the same, in minutes."""
FEWEST: Final = 10
"""Documents below which no p-value is given."""
_EXACT: Final = 1_000
"""Pairs that differ up to which McNemar's test is exact."""
Z_95: Final = 1.959963984540054
"""The normal distribution has 95 % within this many standard deviations."""


class Wilcoxon(NamedTuple):
    """What the signed-rank test gives."""

    statistic: float
    """The smaller sum of ranks."""
    p: float


def bootstrap_interval(
    units: Sequence[tuple[float, int]], seed: int = 0, resamples: int = RESAMPLES
) -> Interval | None:
    """Give the 95 % percentile interval of a mean, by resampling units with replacement.

    Args:
        units: Of each document or group of documents the sum of its values, and how many there are. Pairs are resampled
            whole; their order must not depend on chance, as the result depends on it.
        seed: Of the random numbers.
        resamples: How many times.

    Returns:
        None with fewer than two units. The interval of the negated values is the negated one, exactly.

    Source: Efron and Tibshirani, "An introduction to the bootstrap", 1993, chapter 13.
    """
    if len(units) < 2:  # noqa: PLR2004
        return None
    # The bootstrap would take 10,000 draws of as many units, and come to the same.
    if len(units) > LARGE:
        return _normal_interval(units)
    chance, places = Random(seed), range(len(units))  # noqa: S311  # not for secrets
    sums, sizes = [unit[0] for unit in units], [unit[1] for unit in units]
    means: list[float] = []
    for _ in range(resamples):
        drawn = chance.choices(places, k=len(units))
        means.append(fsum(sums[at] for at in drawn) / sum(sizes[at] for at in drawn))
    # Two models compared the other way round must have the negated interval, to the last digit.
    means.sort()
    return Interval(_lower(means), -_lower([-mean for mean in reversed(means)]))


def _lower(ordered: Sequence[float]) -> float:
    """The 2.5th percentile, interpolated; the upper one is that of the negated values, so that both are alike."""
    place = 0.025 * (len(ordered) - 1)
    at = int(place)
    return ordered[at] + (ordered[min(at + 1, len(ordered) - 1)] - ordered[at]) * (place - at)


def _normal_interval(units: Sequence[tuple[float, int]]) -> Interval:
    number = sum(size for _, size in units)
    mean = fsum(total for total, _ in units) / number
    spread = Z_95 * sqrt(fsum((total - mean * size) ** 2 for total, size in units)) / number
    return Interval(mean - spread, mean + spread)


def wilcoxon(differences: Sequence[Fraction | int]) -> Wilcoxon | None:
    """Test whether paired differences lie about zero, by Wilcoxon's signed-rank test.

    Zeros are dropped, ties share their rank, the p-value is two-sided and that of the normal distribution, with its
    variance corrected for ties and without a continuity correction.

    Returns:
        None if all differences are zero.

    Source: Wilcoxon, "Individual comparisons by ranking methods", 1945.
    """
    sizes = sorted(abs(each) for each in differences if each)
    number = len(sizes)
    if not number:
        return None
    positive = negative = 0.0
    for each in differences:
        if each:
            first, behind = bisect_left(sizes, abs(each)), bisect_right(sizes, abs(each))
            rank = (first + 1 + behind) / 2
            # Ranks are multiples of a half, which floats add exactly in any order.
            positive, negative = (positive + rank, negative) if each > 0 else (positive, negative + rank)
    # Leaves are few, so that many documents gain the same: without this, p-values are too large.
    ties = sum(alike**3 - alike for alike in Counter(sizes).values())
    variance = number * (number + 1) * (2 * number + 1) / 24 - ties / 48
    statistic = min(positive, negative)
    z = (statistic - number * (number + 1) / 4) / sqrt(variance)
    return Wilcoxon(statistic, erfc(abs(z) / sqrt(2)))


def mcnemar(only_first_right: int, only_second_right: int) -> float:
    """Test whether two models are right about as often, by the pairs in which only one of them is.

    Exact and two-sided; beyond 1,000 such pairs by the normal distribution with a continuity correction.

    Returns:
        The p-value; 1 if there is no such pair.

    Source: McNemar, "Note on the sampling error of the difference between correlated proportions", 1947.

    Example:
        >>> mcnemar(0, 5)
        0.0625
    """
    fewer, number = min(only_first_right, only_second_right), only_first_right + only_second_right
    if number > _EXACT:
        # Counts are whole and the normal distribution is not: half a step on each side is taken off, Yates' correction.
        z = max(0.0, abs(only_first_right - only_second_right) - 1) / sqrt(number)
        return erfc(z / sqrt(2))
    tail = sum(comb(number, at) for at in range(fewer + 1))
    return min(1.0, 2 * tail / 2**number)


def holm(p_values: Sequence[float]) -> list[float]:
    """Correct p-values for that several hypotheses are tested.

    Source: Holm, "A simple sequentially rejective multiple test procedure", 1979.

    Example:
        >>> holm([0.01, 0.04, 0.03])
        [0.03, 0.06, 0.06]
    """
    corrected = [0.0] * len(p_values)
    highest = 0.0
    for done, at in enumerate(sorted(range(len(p_values)), key=lambda place: (p_values[place], place))):
        # A p-value that is corrected may not be below that of a hypothesis that was clearer.
        highest = max(highest, min(1.0, (len(p_values) - done) * p_values[at]))
        corrected[at] = highest
    return corrected


def median(values: Sequence[Fraction]) -> Fraction:
    """Give the middle value, or the mean of the two in the middle.

    Raises:
        ValueError: There is none.
    """
    if not values:
        raise ValueError("the median of nothing")
    ordered, middle = sorted(values), len(values) // 2
    return ordered[middle] if len(values) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
