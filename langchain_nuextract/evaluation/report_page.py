"""The page of a report: what was found first, then what it rests on, down to each error in its document."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, fields
from typing import Final

from langchain_nuextract.evaluation.gallery import Gallery
from langchain_nuextract.evaluation.report_data import (
    Calibration,
    ComparisonData,
    FieldData,
    ModelData,
    OutcomeCounts,
    ReportData,
)
from langchain_nuextract.viewer import charts, element, page, safe

_COUNTS: Final = ("per_document", "price", "ece", "brier", "aurc", "rouge")
"""Words in the names of metrics that are no shares; all others people read as per cent."""
_SHADES: Final = 9
_DASH: Final = "\N{EN DASH}"


def report_html(report: ReportData, *, documents: bool = True) -> str:
    """Write a report as one HTML page that loads nothing and works without script.

        Path("report.html").write_text(report_html(report), encoding="utf-8")

    Args:
        report: What it says.
        documents: Show the documents with errors, and the values in them. If False, of what is confidential there are
            the documents' ids and hashes, the names of fields and the outcomes alone.
    """
    gallery = Gallery(report, shown=documents)
    sections = (
        _models(report),
        _fields(report, gallery),
        *(_comparison(each, gallery) for each in report.comparisons),
        gallery.html(),
        *(_calibration(each) for each in report.models if each.calibration),
        _groups(report),
        _table("Method", ("", ""), ((name, safe(text)) for name, text in report.method.items())),
    )
    head = element("header", element("h1", safe(report.title)), element("p", safe(report.verdict), class_="verdict"))
    return page(report.title, (head, element("main", *filter(None, sections), class_="report")))


def _models(report: ReportData) -> str:
    head = ("", *(model.name for model in report.models))
    named = dict.fromkeys(name for model in report.models for name in model.metrics)
    rows: list[tuple[str, ...]] = [(name, *(_measure(name, model) for model in report.models)) for name in named]
    answers = [model.answers for model in report.models]
    read = [f"{a.documents} / {a.valid} / {a.repaired} / {a.asked_again} / {a.unreadable}" for a in answers]
    repairs = [[f"{safe(rule)} {count}" for rule, count in each.repair_rules.items()] for each in answers]
    for title, numbers in (
        ("leaves: correct / wrong / missed / hallucinated / absent", [_slashed(m.outcomes) for m in report.models]),
        ("answers: all / valid / repaired / asked again / unreadable", read),
        ("right with / without evidence, wrong with / without", [_slashed(m.evidence) for m in report.models]),
        ("seconds", [_figure(m.cost.seconds) for m in report.models]),
        ("tokens in / out", [f"{_whole(m.cost.input_tokens)} / {_whole(m.cost.output_tokens)}" for m in report.models]),
        ("price", [_figure(m.cost.price) for m in report.models]),
        ("repairs by rule, in documents", [", ".join(rules) or "none" for rules in repairs]),
    ):  # fmt: skip
        rows.append((title, *numbers))
    return _table("Models", head, rows)


def _fields(report: ReportData, gallery: Gallery) -> str:
    columns = ("field", "rule", "leaves", *(model.name for model in report.models))
    rows = (
        (
            element("th", safe(each.field), scope="row"),
            element("td", safe(each.rule)),
            element("td", str(each.leaves), class_="number"),
            *_heat(each, gallery),
        )
        for each in report.fields
    )
    legend = element("p", "Exact match a field; the darker, the worse. A number leads to its errors.", class_="legend")
    return element("section", element("h2", "Fields"), legend, _rows(columns, (element("tr", *row) for row in rows)))


def _heat(field: FieldData, gallery: Gallery) -> Iterator[str]:
    for score in field.scores:
        share = score.exact_match
        shade = "" if share is None else f" h{min(int(share * _SHADES), _SHADES - 1)}"
        counts = ", ".join(f"{each.name} {getattr(score.outcomes, each.name)}" for each in fields(OutcomeCounts))
        leads = gallery.first_error(field.field, score.model)
        shown = element("a", _percent(share), href=leads) if leads else _percent(share)
        yield element("td", shown, class_=f"heat{shade}", title=f"{score.model}: {counts}")


def _comparison(each: ComparisonData, gallery: Gallery) -> str:
    points = [
        charts.Point(
            point.first,
            point.second,
            point.documents,
            f"{point.documents} at {point.first:.0%} and {point.second:.0%}: {', '.join(point.ids)}",
            gallery.document(point.ids),
        )
        for point in each.scatter
    ]
    at_zero = [point for point in points if not (point.x and point.y)]
    others = [point for point in points if point.x and point.y]
    bars = [charts.Bar(f"{bar.leaves:+d}" if bar.leaves else "0", bar.documents) for bar in each.gains]
    drawn = element(
        "div",
        charts.square(each.first, each.second, charts.dots(others), charts.dots(at_zero, "dot zero")),
        charts.histogram(bars, "leaves gained a document", "documents"),
        class_="charts",
    )
    legend = (
        "Each point is a number of documents: the share of leaves that is right with one model and with the other. "
        "Above the diagonal the second one is better; documents at 0 are of another colour."
    )
    return element(
        "section",
        element("h2", f"{safe(each.second)} against {safe(each.first)}"),
        element("p", safe(each.sentence), class_="verdict"),
        element("p", legend, class_="legend"),
        drawn,
        _table("", ("", ""), _figures(each)),
        _field_gains(each),
    )


def _figures(each: ComparisonData) -> Iterator[tuple[str, str]]:
    low, high = each.interval.lower, each.interval.upper
    yield "finding", safe(each.finding)
    yield "mean gain", f"{each.gain_mean:+.1%}, {each.interval.level:.0%} interval {low:+.1%} to {high:+.1%}"
    yield "resampled", f"{each.documents} documents, by {each.resampled}"
    if each.gain_mean_as_written is not None:
        yield "mean gain if no answer were repaired", f"{each.gain_mean_as_written:+.1%}"
    yield "median of the differences", f"{each.gain_median_of_differences:+.1%}"
    yield "difference of the medians", f"{each.gain_difference_of_medians:+.1%}"
    yield "documents better / equal / worse", f"{each.better} / {each.equal} / {each.worse}"
    yield (
        "leaves right with one alone",
        f"{safe(each.first)} {each.only_first_right}, {safe(each.second)} {each.only_second_right}",
    )
    yield "McNemar, exact, p", _figure(each.mcnemar_p)
    yield "Wilcoxon, p", _figure(each.wilcoxon_p)
    for title, ids in each.to_look_at:
        yield title, f"{len(ids)}: {safe(', '.join(ids))}" if ids else "none"


def _field_gains(each: ComparisonData) -> str:
    columns = ("field", "gain", f"right with {each.first} alone", f"right with {each.second} alone", "p", "p (Holm)")
    rows = (
        (
            gain.field,
            _DASH if gain.gain is None else f"{gain.gain:+.1%}",
            str(gain.only_first_right),
            str(gain.only_second_right),
            _figure(gain.p),
            _figure(gain.p_holm),
        )
        for gain in each.fields
    )
    return _table("", columns, rows)


def _calibration(model: ModelData) -> str:
    found = model.calibration
    if found is None:
        return ""
    largest = max((each.leaves for each in found.bins), default=1) or 1
    bins = [
        charts.Point(
            each.confidence,
            each.accuracy,
            30 * each.leaves / largest,
            f"{each.leaves} leaves, {each.lower:.0%} to {each.upper:.0%} sure: {each.accuracy:.0%} right",
        )
        for each in found.bins
        if each.leaves
    ]
    curve = [(each.coverage, each.risk) for each in found.risk_coverage]
    drawn = element(
        "div",
        charts.square("confidence", "share that is right", charts.dots(bins)),
        charts.square("coverage", "risk", charts.line(curve)),
        class_="charts",
    )
    return element(
        "section",
        element("h2", f"How sure {safe(model.name)} is, and how right"),
        drawn,
        _table("", ("", ""), _calibration_figures(found)),
    )


def _calibration_figures(found: Calibration) -> Iterator[tuple[str, str]]:
    yield "leaves with a confidence", str(found.leaves)
    yield "expected calibration error, ten bins of equal width", _figure(found.ece)
    yield "the same, bins of as many leaves each", _figure(found.ece_equal_mass)
    yield "Brier score", _figure(found.brier)
    yield "area under the risk-coverage curve", _figure(found.aurc)
    best = found.straight_through
    if best is None:
        yield "straight-through", "no confidence reaches the accuracy that was asked for"
        return
    accuracy = f"{best.accuracy:.1%} of them right ({best.accuracy_lower:.1%} to {best.accuracy_upper:.1%})"
    yield f"for {best.target:.0%} right, take what is at least this sure", f"{best.threshold:.3f}"
    yield "that many leaves are", f"{best.coverage:.0%}, {accuracy}"
    if best.held_out_coverage is not None:
        right = _percent(best.held_out_accuracy)
        yield "on documents that it was not chosen by", f"{_percent(best.held_out_coverage)}, {right} of them right"


def _groups(report: ReportData) -> str:
    if not any(each.group for each in report.groups):
        return ""
    columns = ("group", "documents", *(model.name for model in report.models))
    rows = (
        (each.group or _DASH, str(each.documents), *(_percent(share) for share in each.exact_match))
        for each in report.groups
    )
    return _table("Groups", columns, rows)


def _table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table with a heading. The first cell of a row is plain text, the others are HTML."""
    body = (
        element(
            "tr", element("th", safe(first), scope="row"), *(element("td", each, class_="number") for each in others)
        )
        for first, *others in rows
    )
    table = _rows(columns, body)
    return element("section", element("h2", safe(title)), table) if title else table


def _rows(columns: Sequence[str], rows: Iterable[str]) -> str:
    head = element("tr", *(element("th", safe(each), scope="col") for each in columns)) if any(columns) else ""
    return element("div", element("table", element("thead", head), element("tbody", *rows)), class_="wide")


def _measure(name: str, model: ModelData) -> str:
    value, counts = model.metrics.get(name), model.outcomes
    # Of a handful of leaves a share alone would say too much.
    match name:
        case "hallucination_rate":
            return f"{_percent(value)} ({counts.hallucinated} of {counts.hallucinated + counts.absent})"
        case "omission_rate":
            return f"{_percent(value)} ({counts.missed} of {counts.missed + counts.correct + counts.wrong})"
        case _:
            return _figure(value) if any(word in name for word in _COUNTS) else _percent(value)


def _percent(share: float | None) -> str:
    return _DASH if share is None else f"{share:.1%}"


def _figure(value: float | None) -> str:
    return _DASH if value is None else f"{value:.4g}"


def _whole(value: int | None) -> str:
    return _DASH if value is None else f"{value:,}"


def _slashed(counts: object) -> str:
    return " / ".join(map(str, astuple(counts)))  # pyright: ignore[reportArgumentType]
