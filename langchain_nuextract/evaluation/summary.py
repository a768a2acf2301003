"""A report in Markdown, short enough for a comment on a change."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from langchain_nuextract.evaluation.comparison_data import ComparisonData
from langchain_nuextract.evaluation.report_data import NO_SHARES, ModelData, ReportData

_NAMED: Final = 10
"""Documents of a list that are named."""


def summary_of(report: ReportData) -> str:
    """Write the verdict, the models' numbers, the fields, and the documents to look at."""
    models = [model.name for model in report.models]
    parts = [
        f"# {_escaped(report.title)}",
        _escaped(report.verdict),
        _table(
            ("", *models),
            [
                (name, *(_shown(name, model.metrics.get(name)) for model in report.models))
                for name in report.models[0].metrics
            ],
        ),
        _table(
            ("field", "rule", *models),
            [
                (field.field, field.rule, *(_shown("", score.exact_match) for score in field.scores))
                for field in report.fields
            ],
        ),
        *(part for comparison in report.comparisons for part in _comparison(comparison)),
    ]
    return "\n\n".join(parts) + "\n"


def cost_sentence(first: ModelData, second: ModelData) -> str:
    """Say what the second model takes of the first one's time, tokens and price, as far as both are known."""
    names = {"seconds_per_document": "time", "tokens_per_document": "tokens", "price": "price"}
    both = [(shown, first.metrics.get(name), second.metrics.get(name)) for name, shown in names.items()]
    shares = [f"{other / one:.0%} of the {shown}" for shown, one, other in both if one and other]
    return f" {second.name} takes {', '.join(shares)} that {first.name} takes." if shares else ""


def _signed(gain: float) -> str:
    """Write a gain: +0.0000 for none at all, whose sign floats may have as minus."""
    return f"{gain + 0.0:+.4f}"


def _comparison(found: ComparisonData) -> Iterator[str]:
    yield f"## {_escaped(found.second)} against {_escaped(found.first)}"
    rows = [
        (
            "mean gain",
            f"{_signed(found.gain_mean)} ({_signed(found.interval.lower)} to {_signed(found.interval.upper)})",
        ),
        ("median of the differences", _signed(found.gain_median_of_differences)),
        ("difference of the medians", _signed(found.gain_difference_of_medians)),
        ("documents better, equal, worse", f"{found.better}, {found.equal}, {found.worse}"),
        ("leaves only one has right", f"{found.only_first_right} first, {found.only_second_right} second"),
        ("McNemar p", "too few documents" if found.mcnemar_p is None else f"{found.mcnemar_p:.4f}"),
        ("Wilcoxon p", "none" if found.wilcoxon_p is None else f"{found.wilcoxon_p:.4f}"),
    ]
    yield _table(("", "value"), rows)
    yield "\n".join(f"- {title}: {_named(ids)}" for title, ids in found.to_look_at)


def _named(ids: Sequence[str]) -> str:
    more = f" and {len(ids) - _NAMED} more" if len(ids) > _NAMED else ""
    return ", ".join(map(_escaped, ids[:_NAMED])) + more if ids else "none"


def _shown(name: str, value: float | None) -> str:
    if value is None:
        return "\N{EN DASH}"
    return f"{value:.4g}" if name in NO_SHARES else f"{value:.1%}"


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [[*map(_escaped, row)] for row in (head, *rows)]
    lines.insert(1, ["---"] * len(lines[0]))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _escaped(text: str) -> str:
    """Keep a name from being Markdown or HTML: ids and fields come from documents and schemas."""
    for mark in "\\`*[]<>|":
        text = text.replace(mark, f"\\{mark}")
    return " ".join(text.split())
