"""A report as plain data: what `report.json` holds, and what the page of a report is made of.

Shares are from 0 to 1, and None where there is nothing to take a share of. Everything is in a fixed order: models as
they were given, fields in the order of the gold, documents and groups by their names.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Final, cast

from langchain_nuextract.evaluation.calibration_data import Calibration
from langchain_nuextract.evaluation.comparison_data import ComparisonData
from langchain_nuextract.evaluation.leaf import Leaf, Mark
from langchain_nuextract.paths import JSON

VERSION: Final = 1
"""Of the form of `report.json`."""
NO_SHARES: Final = frozenset({"seconds_per_document", "tokens_per_document", "price", "brier", "ece", "aurc"})
"""The metrics that people do not read as per cent; all others of `ModelData.metrics` are shares."""


@dataclass(frozen=True, slots=True)
class OutcomeCounts:
    """How many leaves had each outcome; see `leaf.Outcome`."""

    correct: int = 0
    wrong: int = 0
    missed: int = 0
    hallucinated: int = 0
    absent: int = 0


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
