"""How well a model's confidence tells right from wrong, and what may go through without a person looking at it."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from math import fsum, sqrt
from typing import Final

from langchain_nuextract.evaluation.calibration_data import Calibration, CalibrationBin, RiskPoint, Threshold
from langchain_nuextract.evaluation.confidences import Sure
from langchain_nuextract.evaluation.statistics import Z_95

BINS: Final = 10
POINTS: Final = 100
"""Points of a curve at the most."""


def calibration(
    leaves: Sequence[Sure], target: float, halves: tuple[Sequence[Sure], Sequence[Sure]] | None = None
) -> Calibration | None:
    """Measure the calibration of leaves, the surest first.

    Args:
        leaves: The leaves; see `Confidences.all`.
        target: The accuracy that what goes straight through is to have.
        halves: The leaves that a threshold is chosen by, and those that it is tried on.

    Returns:
        None if there are no leaves.
    """
    number = sum(each.leaves for each in leaves)
    if not number:
        return None
    bins = equal_width(leaves)
    chosen = threshold(leaves, target)
    return Calibration(
        leaves=number,
        ece=error_of(bins),
        ece_equal_mass=error_of(equal_mass(leaves)),
        brier=brier(leaves),
        aurc=aurc(leaves),
        bins=tuple(bins),
        risk_coverage=tuple(risk_coverage(leaves)),
        straight_through=_held_out(chosen, target, halves) if chosen and halves else chosen,
    )


def equal_width(leaves: Iterable[Sure], bins: int = BINS) -> list[CalibrationBin]:
    """Sort leaves into bins of equal width, `[k/10, (k+1)/10)`, the last one closed; empty bins are left out."""
    found: dict[int, list[Sure]] = {}
    for each in leaves:
        # A confidence of 1 is in the last bin, and not in an eleventh.
        found.setdefault(min(int(each.confidence * bins), bins - 1), []).append(each)
    return [_bin(found[at], at / bins, (at + 1) / bins) for at in sorted(found)]


def equal_mass(leaves: Sequence[Sure], bins: int = BINS) -> list[CalibrationBin]:
    """Sort leaves into bins of about as many leaves each, the least sure first; those as sure stay together."""
    number = sum(each.leaves for each in leaves)
    found: list[list[Sure]] = [[]]
    before = 0
    for _, group in groupby(reversed(leaves), key=lambda each: each.confidence):
        alike = list(group)
        # Leaves that are as sure as each other have no order by which they could be parted.
        if before >= number * len(found) / bins and found[-1]:
            found.append([])
        found[-1] += alike
        before += sum(each.leaves for each in alike)
    return [
        _bin(each, min(sure.confidence for sure in each), max(sure.confidence for sure in each))
        for each in found
        if each
    ]


def _bin(leaves: Sequence[Sure], lower: float, upper: float) -> CalibrationBin:
    number = sum(each.leaves for each in leaves)
    mean = fsum(each.confidence * each.leaves for each in leaves) / number
    return CalibrationBin(lower, upper, number, mean, sum(each.right for each in leaves) / number)


def error_of(bins: Sequence[CalibrationBin]) -> float:
    """Expected calibration error: how far confidence is from accuracy, by the share of the leaves in each bin.

    Source: Naeini, Cooper and Hauskrecht, "Obtaining well calibrated probabilities using Bayesian binning", 2015.
    """
    number = sum(each.leaves for each in bins)
    return fsum(abs(each.accuracy - each.confidence) * each.leaves for each in bins) / number


def brier(leaves: Sequence[Sure]) -> float:
    """Mean of the squared distance of confidence from right (1) or wrong (0)."""
    errors = fsum(
        each.right * (1 - each.confidence) ** 2 + (each.leaves - each.right) * each.confidence**2 for each in leaves
    )
    return errors / sum(each.leaves for each in leaves)


def aurc(leaves: Sequence[Sure]) -> float:
    """Area under the risk-coverage curve: the mean over k of the share of wrong ones among the k surest.

    Source: Geifman, Uziel and El-Yaniv, "Bias-reduced uncertainty estimation for deep neural classifiers", 2019.
    """
    taken = wrong = 0
    risks: list[float] = []
    for each in leaves:
        share = (each.leaves - each.right) / each.leaves
        # Leaves of one confidence may come in any order; this is the mean over all of them.
        risks += [(wrong + share * at) / (taken + at) for at in range(1, each.leaves + 1)]
        taken, wrong = taken + each.leaves, wrong + each.leaves - each.right
    return fsum(risks) / len(risks)


def risk_coverage(leaves: Sequence[Sure]) -> list[RiskPoint]:
    """Give the curve: leaves that are as sure as each other are taken all or none; at most `POINTS` points."""
    number = _number(leaves)
    points = [RiskPoint(sure, taken / number, wrong / taken) for sure, taken, wrong in _steps(leaves)]
    if len(points) <= POINTS:
        return points
    places = {round(at * (len(points) - 1) / (POINTS - 1)) for at in range(POINTS)}
    return [points[at] for at in sorted(places)]


def threshold(leaves: Sequence[Sure], target: float) -> Threshold | None:
    """Find the lowest confidence from which up a share of the leaves is right that reaches the target."""
    number, best = _number(leaves), None
    for sure, taken, wrong in _steps(leaves):
        # The share may fall below the target and rise again: the last step that reaches it lets most through.
        if (taken - wrong) / taken >= target:
            lower, upper = wilson(taken - wrong, taken)
            best = Threshold(target, sure, taken / number, (taken - wrong) / taken, lower, upper)
    return best


def _held_out(chosen: Threshold, target: float, halves: tuple[Sequence[Sure], Sequence[Sure]]) -> Threshold:
    """Say what a threshold that was chosen by one half of the documents does on the other."""
    first, second = halves
    other = threshold(first, target)
    if other is None or not second:
        return chosen
    # A threshold looks better on the leaves by which it was chosen than on any others.
    kept = [each for each in second if each.confidence >= other.threshold]
    right, number = sum(each.right for each in kept), _number(kept)
    accuracy = right / number if number else None
    return Threshold(
        target,
        chosen.threshold,
        chosen.coverage,
        chosen.accuracy,
        chosen.accuracy_lower,
        chosen.accuracy_upper,
        held_out_coverage=number / _number(second),
        held_out_accuracy=accuracy,
    )


def wilson(right: int, number: int) -> tuple[float, float]:
    """Give the 95 % interval of a share, which is sensible for few and for shares near 0 and 1 too.

    Source: Wilson, "Probable inference, the law of succession, and statistical inference", 1927.
    """
    share, square = right / number, Z_95 * Z_95 / number
    middle = share + square / 2
    width = Z_95 * sqrt(share * (1 - share) / number + square / (4 * number))
    return max(0.0, (middle - width) / (1 + square)), min(1.0, (middle + width) / (1 + square))


def _number(leaves: Sequence[Sure]) -> int:
    return sum(each.leaves for each in leaves)


def _steps(leaves: Sequence[Sure]) -> list[tuple[float, int, int]]:
    """Of each confidence, from the highest: how many leaves are at least as sure, and how many of them are wrong."""
    steps: list[tuple[float, int, int]] = []
    taken = wrong = 0
    for sure, group in groupby(leaves, key=lambda each: each.confidence):
        for each in group:
            taken, wrong = taken + each.leaves, wrong + each.leaves - each.right
        steps.append((sure, taken, wrong))
    return steps
