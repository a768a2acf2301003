"""A report: evaluations of the same documents side by side, what it shows, and its files."""

import json
from importlib.metadata import version
from os import PathLike
from pathlib import Path
from typing import cast, get_args

from langchain_nuextract.engine.recovery import check_choice
from langchain_nuextract.errors import EvaluationError
from langchain_nuextract.evaluation.comparison import Resampled, comparison
from langchain_nuextract.evaluation.comparison_data import ComparisonData, Interval
from langchain_nuextract.evaluation.confidences import KEPT
from langchain_nuextract.evaluation.evaluation import Evaluation
from langchain_nuextract.evaluation.report_data import FieldData, FieldScore, GroupScore, ReportData
from langchain_nuextract.evaluation.report_documents import GALLERY, documents_of
from langchain_nuextract.evaluation.report_page import report_html
from langchain_nuextract.evaluation.statistics import LARGE, RESAMPLES
from langchain_nuextract.evaluation.summary import cost_sentence, summary_of
from langchain_nuextract.evaluation.tally import MICRO, LeafCounts, share


class Gain:
    """What one model gains on another: `report.gain.mean`, `report.gain.interval`."""

    def __init__(self, data: ComparisonData) -> None:
        self.data = data

    @property
    def mean(self) -> float:
        """Mean over documents of the exact match of the second less that of the first."""
        return self.data.gain_mean

    @property
    def interval(self) -> Interval:
        """Where the mean lies with 95 % certainty."""
        return self.data.interval


class Report:
    """Evaluations of the same documents, each further one compared with the first. Made by `compare`."""

    def __init__(self, evaluations: tuple[Evaluation, ...], seed: int, resample: Resampled | None, title: str) -> None:
        """Compare; see `compare`."""
        for each in evaluations:
            if not isinstance(cast("object", each), Evaluation):
                raise TypeError(f"compare takes evaluations, which evaluate(…) makes, not {type(each).__name__}")
        if resample is not None:
            check_choice("resample", resample, get_args(Resampled))
        names = [each.name for each in evaluations]
        if len(set(names)) < len(names):
            raise EvaluationError(", ".join(names), "two models have the same name; give each its own by name=…")
        self.evaluations = evaluations
        self.title = title
        self.seed = seed
        first, *others = evaluations
        self.comparisons = tuple(comparison(first, each, seed=seed, resample=resample) for each in others)

    @property
    def gain(self) -> Gain:
        """What the second model gains on the first.

        Raises:
            ValueError: There is but one model.
        """
        if not self.comparisons:
            raise ValueError("there is nothing to compare one model with")
        return Gain(self.comparisons[0])

    @property
    def verdict(self) -> str:
        """One sentence a comparison; of one model alone its exact match."""
        if self.comparisons:
            first, *others = (each.data for each in self.evaluations)
            pairs = zip(self.comparisons, others, strict=True)
            return " ".join(each.sentence + cost_sentence(first, other) for each, other in pairs)
        [only] = self.evaluations
        documents = len(only.tally.documents.places)
        return f"{only.name} has {only.exact_match:.1%} of the leaves of a document right, on {documents} documents."

    @property
    def metrics(self) -> dict[str, float]:
        """All numbers, flat, by the model's name and the number's: `tuned/exact_match`, `tuned/gain_mean`."""
        flat = {f"{each.name}/{name}": value for each in self.evaluations for name, value in each.metrics.items()}
        for each in self.comparisons:
            ends = {"gain_mean_lower": each.interval.lower, "gain_mean_upper": each.interval.upper}
            numbers = {"gain_mean": each.gain_mean, "mcnemar_p": each.mcnemar_p, "wilcoxon_p": each.wilcoxon_p, **ends}
            flat |= {f"{each.second}/{name}": value for name, value in numbers.items() if value is not None}
        return flat

    @property
    def summary(self) -> str:
        """It in Markdown: what `summary.md` has, for comments on a change and for assertions."""
        return summary_of(self.data(documents=False, most=0))

    def data(self, *, documents: bool = True, most: int = GALLERY) -> ReportData:
        """Give it as plain data.

        Args:
            documents: Whether texts, pictures and values are in it; for confidential documents, hashes alone.
            most: How many documents with errors are in it.
        """
        names = dict.fromkeys(name for each in self.evaluations for name in each.tally.fields)
        shown = documents_of(self.evaluations, contents=documents, most=most)
        return ReportData(
            title=self.title,
            verdict=self.verdict,
            models=tuple(each.data for each in self.evaluations),
            fields=tuple(_field(name, self.evaluations) for name in names),
            groups=tuple(_groups(self.evaluations)),
            comparisons=self.comparisons,
            documents=shown.documents,
            documents_left_out=shown.left_out,
            method=self._method(),
        )

    def to_html(self, path: str | PathLike[str], *, documents: bool = True) -> None:
        """Write it as one page that needs nothing else; without `documents` it has no word of them."""
        html = report_html(self.data(documents=documents), documents=documents)
        _write(Path(path), html)

    def write(self, folder: str | PathLike[str], *, documents: bool = True) -> None:
        """Write `report.json`, `summary.md`, `report.html` and the rows of all models, `leaves.jsonl`, to a folder.

        Without `documents`, rows have no values, and nothing else has a word of the documents.
        """
        to = Path(folder)
        to.mkdir(parents=True, exist_ok=True)
        data = self.data(documents=documents)
        self.write_json(to / "report.json", documents=documents)
        _write(to / "summary.md", summary_of(data))
        _write(to / "report.html", report_html(data, documents=documents))
        self.write_leaves(to / "leaves.jsonl", documents=documents)

    def write_json(self, path: str | PathLike[str], *, documents: bool = True) -> None:
        """Write it as `report.json`: its data, and the documents' rows without their contents."""
        row = self.data(documents=False, most=GALLERY if documents else 0).as_json()
        _write(Path(path), json.dumps(row, ensure_ascii=False, indent=1) + "\n")

    def write_leaves(self, path: str | PathLike[str], *, documents: bool = True) -> None:
        """Write the rows of all models, one after the other; without `documents` their values are left out."""
        with Path(path).open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
            for row in (row for each in self.evaluations for row in each.leaf_file):
                kept = row if documents else {**row, "gold": None, "predicted": None}
                file.write(json.dumps(kept, ensure_ascii=False) + "\n")

    def _method(self) -> dict[str, str]:
        gold, settings = self.evaluations[0].gold, self.evaluations[0].settings
        rules = sorted({rule for each in self.evaluations for rule in each.tally.rules.values()})
        by = self.comparisons[0].resampled if self.comparisons else "documents"
        method = {
            "documents": f"{len(self.evaluations[0].tally.documents.places)} of {gold.name}",
            "gold": f"SHA-256 {gold.sha256}",
            "exact match": "strictly equal or absent from both, as a share of a document's leaves; null, missing and "
            "empty are absent; nothing of an unreadable answer counts",
            "precision and recall": "a wrong value counts against both",
            "lists": "items are paired so that most of their leaves agree, unless a rule says in order",
            "rules": ", ".join(rules),
            "reading": "; ".join(f"{each.name}: {each.settings.reading}" for each in self.evaluations),
            "calls": "; ".join(f"{each.name}: {each.settings.max_calls or '-'}" for each in self.evaluations),
            "interval": f"paired percentile bootstrap of {by}, {RESAMPLES} resamples, seed {self.seed}; of more than "
            f"{LARGE} the normal distribution",
            "tests": "McNemar exact on the gold's leaves, Holm over fields; Wilcoxon signed rank on documents. Leaves "
            "of one document hang together: trust the interval rather than McNemar",
            "calibration": f"confidence in ten bins; target of straight-through {settings.target_accuracy:.0%}; beyond "
            f"{KEPT} leaves confidence is rounded to four digits",
            "version": version("langchain-nuextract"),
        }
        if settings.compare:
            method["rules by path"] = "; ".join(f"{path}: {rule}" for path, rule in settings.compare.items())
        return method


def compare(
    first: Evaluation,
    *others: Evaluation,
    seed: int = 0,
    resample: Resampled | None = None,
    title: str = "Evaluation",
) -> Report:
    """Compare models on the same documents, each further one with the first.

        report = compare(base, tuned)
        report.to_html("report.html")
        report.gain.mean, report.gain.interval

    Args:
        first: What the others are compared with.
        *others: The others; without any, the report is of one model.
        seed: Of the random numbers of the bootstrap.
        resample: What is resampled: documents, or groups where the gold has ten or more, unless said otherwise.
        title: What to call the report.

    Raises:
        EvaluationError: They were evaluated on other documents, or two have the same name.
    """
    return Report((first, *others), seed, resample, title)


def _write(path: Path, text: str) -> None:
    # Half a surrogate pair, as broken answers and names of files have them, is written as the escape of JSON.
    path.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")


def _field(name: str, evaluations: tuple[Evaluation, ...]) -> FieldData:
    counts = [each.tally.fields.get(name, LeafCounts()) for each in evaluations]
    rule = next(each.tally.rules[name] for each in evaluations if name in each.tally.rules)
    scores = tuple(
        FieldScore(
            each.name,
            counted.outcome_counts,
            counted.exact_match,
            share(counted.passed, counted.leaves),
            share(counted.similarity / MICRO, counted.leaves),
            counted.f1,
        )
        for each, counted in zip(evaluations, counts, strict=True)
    )
    return FieldData(name, rule, max(counted.leaves for counted in counts), scores)


def _groups(evaluations: tuple[Evaluation, ...]) -> list[GroupScore]:
    """Give the scores of groups, if there are several, as many as people look at."""
    groups = [each.tally.exact_match_by_group() for each in evaluations]
    if len(groups[0]) < 2:  # noqa: PLR2004
        return []
    return [
        GroupScore(name, groups[0][name][0], tuple(each[name][1] if name in each else None for each in groups))
        for name in list(groups[0])[:GALLERY]
    ]
