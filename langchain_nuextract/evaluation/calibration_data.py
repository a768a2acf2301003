"""How well confidence tells right from wrong, as plain data: a part of a report."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CalibrationBin:
    """The leaves of which the model was about as sure."""

    lower: float
    upper: float
    leaves: int
    confidence: float
    """Their mean."""
    accuracy: float
    """The share of them that is right."""


@dataclass(frozen=True, slots=True)
class RiskPoint:
    """What is taken as it is, and how much of that is wrong, where all from a confidence up is."""

    threshold: float
    coverage: float
    risk: float


@dataclass(frozen=True, slots=True)
class Threshold:
    """The lowest confidence from which up a target accuracy is reached."""

    target: float
    threshold: float
    coverage: float
    accuracy: float
    accuracy_lower: float
    """The lower end of Wilson's 95 % interval of the accuracy."""
    accuracy_upper: float
    held_out_coverage: float | None = None
    """Of a threshold that is chosen by one half of the documents: what it lets through of the other half."""
    held_out_accuracy: float | None = None
    """How much of that is right."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """How well a model's confidence tells right from wrong."""

    leaves: int
    ece: float
    """Expected calibration error over ten bins of equal width."""
    ece_equal_mass: float
    """The same over ten bins of as many leaves each."""
    brier: float
    aurc: float
    """Area under the risk-coverage curve: the mean risk, the surest leaves first."""
    bins: tuple[CalibrationBin, ...]
    risk_coverage: tuple[RiskPoint, ...]
    """At most 100 points, by rising coverage."""
    straight_through: Threshold | None = None
    """None if no threshold reaches the target."""
