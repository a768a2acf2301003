"""A report as plain data: what `report.json` holds, and what the page of a report is made of.

Shares are from 0 to 1, and None where there is nothing to take a share of. Everything is in a fixed order: models as
they were given, fields in the order of the gold, documents and groups by their names.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Final, Literal, TypeAlias, cast

from langchain_nuextract.evaluation.leaf import Leaf, Mark
from langchain_nuextract.paths import JSON

VERSION: Final = 1
"""Of the form of `report.json`."""

Verdict: TypeAlias = Literal["better", "worse", "not shown", "equal"]
"""What a comparison shows of the second model: its interval lies above 0, below 0, about 0, or nothing differs."""


@dataclass(frozen=True, slots=True)
class OutcomeCounts:
    """How many leaves had each outcome; see `leaf.Outcome`."""

    correct: int = 0
    wrong: int = 0
    missed: int = 0
    hallucinated: int = 0
    absent: int = 0


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


@dataclass(frozen=True, slots=True)
class AnswerCounts:
    """How a model's answers could be read, in documents."""

    documents: int = 0
    valid: int = 0
    """Valid JSON at the first try, as it stands."""
    repaired: int = 0
    """Readable after repairs."""
    asked_again: int = 0
    """Took more than one call."""
    unreadable: int = 0
    """Gave no object, for whatever reason."""
    failed: int = 0
    """Of those: no answer came at all."""
    invalid: int = 0
    """Of those that were read: the schema does not admit them."""
    repair_rules: Mapping[str, int] = field(default_factory=dict[str, int])
    """Documents by repair rule, the most frequent first."""


@dataclass(frozen=True, slots=True)
class EvidenceCounts:
    """Right and wrong values that the document says, and that it does not say; those of which nobody knows left out."""

    right_grounded: int = 0
    right_ungrounded: int = 0
    wrong_grounded: int = 0
    """The document says it, but it is another value: a wrong pick."""
    wrong_ungrounded: int = 0
    """The document does not say it: invented or misread."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a model took, as far as is known."""

    seconds: float | None = None
    """Of all documents together, from request to object."""
    input_tokens: int | None = None
    output_tokens: int | None = None
    price: float | None = None
    """Of all documents together, in the currency of the prices that were given."""


@dataclass(frozen=True, slots=True)
class ModelData:
    """One model over all documents."""

    name: str
    outcomes: OutcomeCounts
    metrics: Mapping[str, float | None]
    """By name, in order: `exact_match`, `document_exact_mean`, `precision`, `hallucination_rate`, …"""
    answers: AnswerCounts
    evidence: EvidenceCounts
    cost: Cost
    calibration: Calibration | None = None
    zero_documents: tuple[str, ...] = ()
    """Documents of which nothing is right."""
    unreadable_documents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FieldScore:
    """One model on one field."""

    model: str
    outcomes: OutcomeCounts
    exact_match: float | None
    passed: float | None
    """The share that is right by the field's rule."""
    similarity: float | None
    f1: float | None


@dataclass(frozen=True, slots=True)
class FieldData:
    """One field, all models."""

    field: str
    """`$.items[].price`"""
    rule: str
    leaves: int
    scores: tuple[FieldScore, ...]
    """In the order of the models."""


@dataclass(frozen=True, slots=True)
class GroupScore:
    """The documents of one group."""

    group: str
    documents: int
    exact_match: tuple[float | None, ...]
    """The mean over its documents, in the order of the models."""


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


@dataclass(frozen=True, slots=True)
class PageData:
    """A page or an image of a document."""

    number: int
    image: str
    """A `data:` URL; empty where only the text is there."""
    text: str = ""


@dataclass(frozen=True, slots=True)
class AnswerData:
    """What one model made of one document."""

    model: str
    predicted: JSON
    raw: str
    """What the model wrote, as it came; empty if that is not known."""
    exact: int
    """Leaves that are right."""
    leaves: int
    repairs: tuple[str, ...] = ()
    """As people read them."""
    problem: str = ""
    """Why there is no object."""


@dataclass(frozen=True, slots=True)
class DocumentData:
    """A document with an error, for the gallery."""

    id: str
    group: str
    text: str
    pages: tuple[PageData, ...]
    gold: JSON
    answers: tuple[AnswerData, ...]
    """In the order of the models."""
    leaves: tuple[Leaf, ...]
    """All leaves of all models; those that are right have marks too."""
    sha256: str = ""
    """Of its content, for reports without documents."""


@dataclass(frozen=True, slots=True)
class ReportData:
    """A whole report."""

    title: str
    """What stands above it."""
    verdict: str
    """One sentence, with its interval."""
    models: tuple[ModelData, ...]
    """Each model's figures, in the order of the evaluations."""
    fields: tuple[FieldData, ...]
    """The figures of each field."""
    groups: tuple[GroupScore, ...]
    """The figures of each group of documents."""
    comparisons: tuple[ComparisonData, ...]
    """Each further model against the first one."""
    documents: tuple[DocumentData, ...]
    """Those with errors, the worst first; bounded, the rest is in `leaves.jsonl`."""
    documents_left_out: int
    """Documents with errors that are not in `documents`."""
    method: Mapping[str, str]
    """Rules, versions, hashes and seeds, by name, for people."""
    version: int = VERSION
    """Of this format; it grows when a reader of `report.json` has to change."""

    def as_json(self) -> dict[str, JSON]:
        """Give it as JSON, as it stands in `report.json`."""
        return cast("dict[str, JSON]", _json(self))


def _json(value: object) -> JSON:
    match value:
        case Leaf():
            return value.as_json()
        case Mark() | tuple():
            return [_json(each) for each in cast("tuple[object, ...]", value)]
        case Mapping():
            return {str(name): _json(each) for name, each in cast("Mapping[object, object]", value).items()}
        case _ if is_dataclass(value):
            return {each.name: _json(getattr(value, each.name)) for each in fields(value)}
        case _:
            return cast("JSON", value)
