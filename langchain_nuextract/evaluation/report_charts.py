"""The parts of a report's page that have charts: one model against another, and how sure a model is."""

from collections.abc import Iterator

from langchain_nuextract.evaluation.calibration_data import Calibration
from langchain_nuextract.evaluation.comparison_data import ComparisonData
from langchain_nuextract.evaluation.gallery import Gallery
from langchain_nuextract.evaluation.report_data import ModelData
from langchain_nuextract.evaluation.report_tables import DASH, figure, percent, titled_table
from langchain_nuextract.viewer import charts, element, safe


def comparison_section(each: ComparisonData, gallery: Gallery) -> str:
    """Show what a comparison finds, each document as a point of a scatter, and what is gained on each field."""
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
        titled_table("", ("", ""), _figures(each)),
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
    yield "McNemar, exact, p", figure(each.mcnemar_p)
    yield "Wilcoxon, p", figure(each.wilcoxon_p)
    for title, ids in each.to_look_at:
        yield title, f"{len(ids)}: {safe(', '.join(ids))}" if ids else "none"


def _field_gains(each: ComparisonData) -> str:
    columns = ("field", "gain", f"right with {each.first} alone", f"right with {each.second} alone", "p", "p (Holm)")
    rows = (
        (
            gain.field,
            DASH if gain.gain is None else f"{gain.gain:+.1%}",
            str(gain.only_first_right),
            str(gain.only_second_right),
            figure(gain.p),
            figure(gain.p_holm),
        )
        for gain in each.fields
    )
    return titled_table("", columns, rows)


def calibration_section(model: ModelData) -> str:
    """Show how sure a model is against how right, and what could go through unseen; empty without confidence."""
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
        titled_table("", ("", ""), _calibration_figures(found)),
    )


def _calibration_figures(found: Calibration) -> Iterator[tuple[str, str]]:
    yield "leaves with a confidence", str(found.leaves)
    yield "expected calibration error, ten bins of equal width", figure(found.ece)
    yield "the same, bins of as many leaves each", figure(found.ece_equal_mass)
    yield "Brier score", figure(found.brier)
    yield "area under the risk-coverage curve", figure(found.aurc)
    best = found.straight_through
    if best is None:
        yield "straight-through", "no confidence reaches the accuracy that was asked for"
        return
    accuracy = f"{best.accuracy:.1%} of them right ({best.accuracy_lower:.1%} to {best.accuracy_upper:.1%})"
    yield f"for {best.target:.0%} right, take what is at least this sure", f"{best.threshold:.3f}"
    yield "that many leaves are", f"{best.coverage:.0%}, {accuracy}"
    if best.held_out_coverage is not None:
        right = percent(best.held_out_accuracy)
        yield "on documents that it was not chosen by", f"{percent(best.held_out_coverage)}, {right} of them right"
