"""What an evaluation of one model comes to: its numbers, and the files that all of them derive from."""

import shutil
import tempfile
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import fsum
from pathlib import Path

from langchain_nuextract.evaluation.answer import Answer
from langchain_nuextract.evaluation.calibration import calibration
from langchain_nuextract.evaluation.calibration_data import Calibration
from langchain_nuextract.evaluation.gold import Gold
from langchain_nuextract.evaluation.leaf import Leaf
from langchain_nuextract.evaluation.report_data import Cost, ModelData
from langchain_nuextract.evaluation.row_file import RowFile
from langchain_nuextract.evaluation.statistics import median
from langchain_nuextract.evaluation.tally import MICRO, Tally, share
from langchain_nuextract.paths import Path as JSONPath


@dataclass(frozen=True, slots=True)
class EvaluationSettings:
    """How an evaluation was done, for those who read its numbers."""

    reading: str = "repaired"
    max_calls: int | None = None
    target_accuracy: float = 0.98
    """What goes through without a person looking at it is to be right to this share."""
    prices: tuple[float, float] | None = None
    """Of a million tokens of input, and of output."""
    compare: Mapping[str, str] = field(default_factory=dict[str, str])
    """Rules by path, as they were given."""


class Evaluation:
    """One model's answers to a gold, leaf by leaf.

    Its rows are in a file, `leaves.jsonl`, and the answers in another, which can be evaluated again; in memory are sums
    and some bytes a document. Without a folder of its own the files are deleted with the object.
    """

    def __init__(self, name: str, gold: Gold[object], settings: EvaluationSettings, folder: Path | None) -> None:
        """Begin an evaluation; `evaluate` is what makes one."""
        self.name = name
        self.gold = gold
        self.settings = settings
        self.tally = Tally()
        self.folder = folder or Path(tempfile.mkdtemp(prefix="nuextract-evaluation-"))
        if folder is None:
            weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)
        else:
            folder.mkdir(parents=True, exist_ok=True)
        self.leaf_file = RowFile(self.folder / "leaves.jsonl")
        self.answer_file = RowFile(self.folder / "answers.jsonl")

    @property
    def metrics(self) -> dict[str, float]:
        """All numbers by name, flat, as mlflow and W&B take them; those that there are none of are left out."""
        fields = {
            f"field/{name.removeprefix('$.')}/{metric}": value
            for name, counts in self.tally.fields.items()
            for metric, value in (("exact_match", counts.exact_match), ("f1", counts.f1))
        }
        return {name: value for name, value in {**self.data.metrics, **fields}.items() if value is not None}

    @property
    def exact_match(self) -> float:
        """The mean over documents of the share of leaves that are right."""
        shares = self.tally.exact_match_by_document
        return fsum(shares) / len(shares)

    @property
    def summary(self) -> str:
        """A few lines for people: what an assertion that failed should say."""
        shown = "\n".join(f"  {name}: {value:.4g}" for name, value in self.data.metrics.items() if value is not None)
        return f"{self.name}, {len(self.tally.documents.places)} documents\n{shown}"

    @property
    def data(self) -> ModelData:
        """Its numbers as data."""
        ids, kept = self.gold.ids, self.tally.documents
        rows = list(zip(kept.places, kept.right, kept.readable, strict=True))
        return ModelData(
            name=self.name,
            outcomes=self.tally.total.outcome_counts,
            metrics=self._metrics(),
            answers=self.tally.answer_counts,
            evidence=self.tally.evidence_counts,
            cost=self.cost,
            calibration=self.calibration,
            zero_documents=tuple(sorted(ids[place] for place, right, _ in rows if not right)),
            unreadable_documents=tuple(sorted(ids[place] for place, _, readable in rows if not readable)),
        )

    @property
    def calibration(self) -> Calibration | None:
        """How well its confidence tells right from wrong; None if it gave none."""
        ids, sure = self.gold.ids, self.tally.confidences
        halves = sure.all(ids, held_out=False), sure.all(ids, held_out=True)
        return calibration(sure.all(ids), self.settings.target_accuracy, halves)

    @property
    def cost(self) -> Cost:
        """What it took."""
        tally, usage, prices = self.tally, self.tally.usage, self.settings.prices
        price = None
        if prices and tally.counted:
            price = (usage.input_tokens * prices[0] + usage.output_tokens * prices[1]) / 1e6
        return Cost(
            tally.microseconds / MICRO if tally.timed else None,
            usage.input_tokens if tally.counted else None,
            usage.output_tokens if tally.counted else None,
            price,
        )

    def _metrics(self) -> dict[str, float | None]:
        tally, total = self.tally, self.tally.total
        answers, evidence = tally.answer_counts, tally.evidence_counts
        kept, documents = self.tally.documents, len(self.tally.documents.places)
        by_document = tally.exact_match_by_document
        exact = [Fraction(right, leaves or 1) for right, leaves in zip(kept.right, kept.leaves, strict=True)]
        by_field = [counts.exact_match for counts in tally.fields.values() if counts.exact_match is not None]
        written = [right / (leaves or 1) for right, leaves in zip(kept.right_as_written, kept.leaves, strict=True)]
        wrong = evidence.wrong_grounded + evidence.wrong_ungrounded
        right = evidence.right_grounded + evidence.right_ungrounded
        cost, sure = self.cost, self.calibration
        return {
            "exact_match": fsum(by_document) / documents,
            "exact_match_median": float(median(exact)),
            "exact_match_of_leaves": total.exact_match,
            "exact_match_of_fields": share(fsum(by_field), len(by_field)),
            "exact_match_as_written": fsum(written) / documents if tally.knows_written else None,
            "passed": share(total.passed, total.leaves),
            "similarity": share(total.similarity / MICRO, total.leaves),
            "precision": total.precision,
            "recall": total.recall,
            "f1": total.f1,
            "hallucination_rate": total.hallucination_rate,
            "omission_rate": total.omission_rate,
            "perfect_documents": sum(each == 1 for each in by_document) / documents,
            "zero_documents": sum(not each for each in kept.right) / documents,
            "valid_json": share(answers.valid, documents) if tally.knows_written else None,
            "readable": 1 - answers.unreadable / documents,
            "repaired": answers.repaired / documents,
            "asked_again": answers.asked_again / documents,
            "evidence_rate": share(evidence.right_grounded + evidence.wrong_grounded, right + wrong),
            "wrong_with_evidence": share(evidence.wrong_grounded, wrong),
            "ece": sure and sure.ece,
            "brier": sure and sure.brier,
            "aurc": sure and sure.aurc,
            "seconds_per_document": share(cost.seconds or 0.0, tally.timed),
            "tokens_per_document": share(tally.usage.total_tokens, tally.counted),
            "price": cost.price,
        }

    def leaves(self) -> Iterator[Leaf]:
        """Read the rows of all documents, in the order in which they were evaluated."""
        return map(Leaf.from_json, self.leaf_file)

    def add(self, place: int, leaves: Sequence[Leaf], answer: Answer, slots: Iterable[JSONPath]) -> None:
        """Count a document and write its rows; see `Tally.add`. Both files must be open."""
        self.tally.add(place, leaves, answer, slots)
        self.leaf_file.append(leaf.as_json() for leaf in leaves)
        self.answer_file.append([answer.as_json(self.gold.ids[place])])
