"""What is counted of an evaluation: sums of leaves, and a few bytes a document."""

from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import fsum
from typing import Final

from langchain_nuextract.dialects.messages import Usage
from langchain_nuextract.evaluation.answer import Answer
from langchain_nuextract.evaluation.confidences import Confidences
from langchain_nuextract.evaluation.leaf import Leaf, field_of
from langchain_nuextract.evaluation.report_data import AnswerCounts, EvidenceCounts, OutcomeCounts
from langchain_nuextract.paths import Path

MOST_FIELDS: Final = 32_767
"""Fields that are told apart where two models' leaves are paired; open schemas may have any number of keys."""
MICRO: Final = 1_000_000
"""Likeness and seconds are summed in whole millionths: sums of floats would depend on the order of the documents."""


def share(part: float, whole: float) -> float | None:
    """Divide; None where there is nothing to take a share of."""
    return part / whole if whole else None


@dataclass(slots=True)
class LeafCounts:
    """Sums over leaves."""

    outcomes: Counter[str] = field(default_factory=Counter[str])
    leaves: int = 0
    exact: int = 0
    passed: int = 0
    similarity: int = 0
    """In millionths."""

    def add(self, leaf: Leaf) -> None:
        """Count a leaf."""
        self.outcomes[leaf.outcome] += 1
        self.leaves += 1
        self.exact += leaf.is_exact
        self.passed += leaf.passed
        # In whole millionths: sums of floats depend on their order, and leaves may come in any.
        self.similarity += round(leaf.similarity * MICRO)

    @property
    def outcome_counts(self) -> OutcomeCounts:
        """The outcomes as data."""
        return OutcomeCounts(**self.outcomes)

    @property
    def exact_match(self) -> float | None:
        """Share of leaves that are right, of those that are absent from both too."""
        return share(self.exact, self.leaves)

    @property
    def precision(self) -> float | None:
        """Share of the predicted values that are right; a wrong value counts here and in `recall`."""
        return share(self.outcomes["correct"], self._sum("correct", "wrong", "hallucinated"))

    @property
    def recall(self) -> float | None:
        """Share of the gold's values that are found."""
        return share(self.outcomes["correct"], self._sum("correct", "wrong", "missed"))

    @property
    def f1(self) -> float | None:
        """The harmonic mean of precision and recall."""
        both = self._sum("correct", "wrong", "hallucinated") + self._sum("correct", "wrong", "missed")
        return share(2 * self.outcomes["correct"], both)

    @property
    def hallucination_rate(self) -> float | None:
        """Share of what the document does not have that is predicted all the same."""
        return share(self.outcomes["hallucinated"], self.outcomes["hallucinated"] + self.outcomes["absent"])

    @property
    def omission_rate(self) -> float | None:
        """Share of what the document has that is not predicted."""
        return share(self.outcomes["missed"], self._sum("missed", "correct", "wrong"))

    def _sum(self, *outcomes: str) -> int:
        return sum(self.outcomes[each] for each in outcomes)


@dataclass(slots=True)
class DocumentCounts:
    """What is kept of each document, in the order in which they came: some 60 bytes with 20 leaves."""

    places: "array[int]" = field(default_factory=lambda: array("I"))
    """Which document of the gold it is."""
    right: "array[int]" = field(default_factory=lambda: array("I"))
    leaves: "array[int]" = field(default_factory=lambda: array("I"))
    right_as_written: "array[int]" = field(default_factory=lambda: array("I"))
    groups: "array[int]" = field(default_factory=lambda: array("I"))
    readable: bytearray = field(default_factory=bytearray)
    valid: bytearray = field(default_factory=bytearray)
    """Whether the model wrote valid JSON; 0 where that is not known."""
    slots: "array[int]" = field(default_factory=lambda: array("H"))
    """Of each leaf of the gold, one after the other: twice the number of its field, and one more if it is right."""


@dataclass(slots=True)
class Tally:
    """All that is counted. It holds no leaf: 100,000 documents of 20 leaves take some 10 MB."""

    documents: DocumentCounts = field(default_factory=DocumentCounts)
    fields: dict[str, LeafCounts] = field(default_factory=dict[str, LeafCounts])
    rules: dict[str, str] = field(default_factory=dict[str, str])
    """By which rule each field is compared."""
    group_names: dict[str, int] = field(default_factory=dict[str, int])
    field_numbers: dict[str, int] = field(default_factory=dict[str, int])
    """The fields of the gold's leaves, as `DocumentCounts.slots` numbers them."""
    answers: Counter[str] = field(default_factory=Counter[str])
    repair_rules: Counter[str] = field(default_factory=Counter[str])
    evidence: Counter[str] = field(default_factory=Counter[str])
    confidences: Confidences = field(default_factory=Confidences)
    timed: int = 0
    """Documents of which the seconds are known."""
    microseconds: int = 0
    counted: int = 0
    """Documents of which the tokens are known."""
    usage: Usage = field(default_factory=Usage)
    knows_written: bool = True
    """Whether it is known of all documents what the model wrote."""

    def add(self, place: int, leaves: Sequence[Leaf], answer: Answer, slots: Iterable[Path]) -> None:
        """Count a document.

        Args:
            place: Which document of the gold it is.
            leaves: Its rows.
            answer: What they were made of.
            slots: The places of the gold's own leaves, the same for every model.
        """
        for leaf in leaves:
            self.fields.setdefault(leaf.field, LeafCounts()).add(leaf)
            self.rules.setdefault(leaf.field, leaf.rule)
            if leaf.grounded is not None and leaf.outcome in {"correct", "wrong", "hallucinated"}:
                right = "right" if leaf.outcome == "correct" else "wrong"
                self.evidence[f"{right}_{'grounded' if leaf.grounded else 'ungrounded'}"] += 1
        self.confidences.add(place, leaves)
        self._add_document(place, leaves, answer)
        exact = {leaf.path for leaf in leaves if leaf.is_exact}
        for path in slots:
            name = field_of(path)
            number = self.field_numbers.setdefault(name, len(self.field_numbers))
            # One number for both, field and outcome: of a million leaves, objects would take gigabytes.
            self.documents.slots.append(2 * min(number, MOST_FIELDS) + (path in exact))
        self._add_answer(answer)

    def _add_document(self, place: int, leaves: Sequence[Leaf], answer: Answer) -> None:
        kept = self.documents
        kept.places.append(place)
        kept.right.append(sum(leaf.is_exact for leaf in leaves))
        kept.leaves.append(len(leaves))
        kept.right_as_written.append(sum(bool(leaf.exact_as_written) for leaf in leaves))
        kept.groups.append(self.group_names.setdefault(leaves[0].group if leaves else "", len(self.group_names)))
        kept.readable.append(answer.readable)
        kept.valid.append(bool(answer.valid))

    def _add_answer(self, answer: Answer) -> None:
        self.answers["documents"] += 1
        self.answers["valid"] += bool(answer.valid)
        # Read though it was no valid JSON, or with a rule of the reader's on record.
        self.answers["repaired"] += bool(answer.readable and (answer.repairs or answer.valid is False))
        self.answers["asked_again"] += answer.calls > 1
        self.answers["unreadable"] += not answer.readable
        self.answers["failed"] += answer.failed
        # An answer that nobody could read is counted as such, not as invalid too.
        self.answers["invalid"] += bool(answer.readable and answer.problem)
        self.knows_written &= answer.raw is not None or answer.failed
        self.repair_rules.update({repair.rule for repair in answer.repairs})
        if answer.seconds is not None:
            self.timed += 1
            self.microseconds += round(answer.seconds * MICRO)
        if answer.usage is not None:
            self.counted += 1
            self.usage += answer.usage

    @property
    def total(self) -> LeafCounts:
        """All leaves."""
        counts = self.fields.values()
        return LeafCounts(
            sum((each.outcomes for each in counts), Counter[str]()),
            sum(each.leaves for each in counts),
            sum(each.exact for each in counts),
            sum(each.passed for each in counts),
            sum(each.similarity for each in counts),
        )

    @property
    def answer_counts(self) -> AnswerCounts:
        """How the answers could be read, as data."""
        rules = dict(sorted(self.repair_rules.items(), key=lambda each: (-each[1], each[0])))
        return AnswerCounts(**self.answers, repair_rules=rules)

    @property
    def evidence_counts(self) -> EvidenceCounts:
        """Right and wrong, with and without evidence, as data."""
        return EvidenceCounts(**self.evidence)

    @property
    def exact_match_by_document(self) -> Sequence[float]:
        """Of each document the share of its leaves that is right; 1 of one without leaves."""
        kept = self.documents
        return [right / leaves if leaves else 1.0 for right, leaves in zip(kept.right, kept.leaves, strict=True)]

    def exact_match_by_group(self) -> Mapping[str, tuple[int, float]]:
        """Of each group how many documents it has, and the mean share of their leaves that is right."""
        found: dict[str, list[float]] = {}
        names = list(self.group_names)
        for group, exact in zip(self.documents.groups, self.exact_match_by_document, strict=True):
            found.setdefault(names[group], []).append(exact)
        return {name: (len(shares), fsum(shares) / len(shares)) for name, shares in sorted(found.items())}
