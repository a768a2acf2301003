"""One model against another, as plain data: a part of a report."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Verdict: TypeAlias = Literal["better", "worse", "not shown", "equal"]
"""What a comparison shows of the second model: its interval lies above 0, below 0, about 0, or nothing differs."""


@dataclass(frozen=True, slots=True)
class Interval:
    """Where a number lies with some certainty."""

    lower: float
    upper: float
    level: float = 0.95


@dataclass(frozen=True, slots=True)
class PairedPoint:
    """Documents that did as well as each other with both models: a point of the scatter."""

    first: float
    """The share of leaves that the first model has right."""
    second: float
    documents: int
    ids: tuple[str, ...]
    """The first few of them."""


@dataclass(frozen=True, slots=True)
class GainBar:
    """Documents by how many leaves the second model has right more than the first one."""

    leaves: int
    documents: int


@dataclass(frozen=True, slots=True)
class FieldGain:
    """What the second model gains on one field."""

    field: str
    gain: float | None
    only_first_right: int
    only_second_right: int
    p: float | None
    """McNemar's exact p-value; None with fewer than ten documents."""
    p_holm: float | None
    """The same, corrected for that many fields are looked at."""


@dataclass(frozen=True, slots=True)
class ComparisonData:
    """The second model against the first, on the same documents."""

    first: str
    second: str
    finding: Verdict
    sentence: str
    """What it shows, for people."""
    documents: int
    resampled: Literal["documents", "groups"]
    gain_mean: float
    """Mean over documents of the exact match of the second less that of the first."""
    interval: Interval
    """Of the mean gain, by paired bootstrap."""
    gain_median_of_differences: float
    gain_difference_of_medians: float
    gain_mean_as_written: float | None
    """The mean gain if no answer were repaired; None if it is not known what the models wrote."""
    better: int
    equal: int
    worse: int
    only_first_right: int
    only_second_right: int
    mcnemar_p: float | None
    wilcoxon_statistic: float | None
    wilcoxon_p: float | None
    stuck_at_zero: tuple[str, ...]
    fallen_to_zero: tuple[str, ...]
    newly_unreadable: tuple[str, ...]
    newly_readable: tuple[str, ...]
    scatter: tuple[PairedPoint, ...]
    gains: tuple[GainBar, ...]
    fields: tuple[FieldGain, ...]
    newly_invalid: tuple[str, ...] = ()
    """Documents of which the first model wrote valid JSON and the second did not, whatever could be read of it."""

    @property
    def to_look_at(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Documents that people should look at, as the reports list them: what is odd of them, and their ids."""
        return (
            ("stuck at 0", self.stuck_at_zero),
            ("fallen to 0", self.fallen_to_zero),
            ("no valid JSON any more, as written", self.newly_invalid),
            ("newly unreadable", self.newly_unreadable),
            ("newly readable", self.newly_readable),
        )
