"""The page of a report: what was found first, then what it rests on, down to each error in its document."""

from collections.abc import Iterator
from dataclasses import astuple, fields
from typing import Final

from langchain_nuextract.evaluation.gallery import Gallery
from langchain_nuextract.evaluation.report_charts import calibration_section, comparison_section
from langchain_nuextract.evaluation.report_data import NO_SHARES, FieldData, ModelData, OutcomeCounts, ReportData
from langchain_nuextract.evaluation.report_tables import DASH, figure, percent, table_of_rows, titled_table, whole
from langchain_nuextract.viewer import element, page, safe

_SHADES: Final = 9


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
        *(comparison_section(each, gallery) for each in report.comparisons),
        gallery.html(),
        *map(calibration_section, report.models),
        _groups(report),
        titled_table("Method", ("", ""), ((name, safe(text)) for name, text in report.method.items())),
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
        ("seconds", [figure(m.cost.seconds) for m in report.models]),
        ("tokens in / out", [f"{whole(m.cost.input_tokens)} / {whole(m.cost.output_tokens)}" for m in report.models]),
        ("price", [figure(m.cost.price) for m in report.models]),
        ("repairs by rule, in documents", [", ".join(rules) or "none" for rules in repairs]),
    ):  # fmt: skip
        rows.append((title, *numbers))
    return titled_table("Models", head, rows)


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
    return element(
        "section", element("h2", "Fields"), legend, table_of_rows(columns, (element("tr", *row) for row in rows))
    )


def _heat(field: FieldData, gallery: Gallery) -> Iterator[str]:
    for score in field.scores:
        share = score.exact_match
        shade = "" if share is None else f" h{min(int(share * _SHADES), _SHADES - 1)}"
        counts = ", ".join(f"{each.name} {getattr(score.outcomes, each.name)}" for each in fields(OutcomeCounts))
        leads = gallery.first_error(field.field, score.model)
        shown = element("a", percent(share), href=leads) if leads else percent(share)
        yield element("td", shown, class_=f"heat{shade}", title=f"{score.model}: {counts}")


def _groups(report: ReportData) -> str:
    if not any(each.group for each in report.groups):
        return ""
    columns = ("group", "documents", *(model.name for model in report.models))
    rows = (
        (each.group or DASH, str(each.documents), *(percent(share) for share in each.exact_match))
        for each in report.groups
    )
    return titled_table("Groups", columns, rows)


def _measure(name: str, model: ModelData) -> str:
    value, counts = model.metrics.get(name), model.outcomes
    # Of a handful of leaves a share alone would say too much.
    match name:
        case "hallucination_rate":
            return f"{percent(value)} ({counts.hallucinated} of {counts.hallucinated + counts.absent})"
        case "omission_rate":
            return f"{percent(value)} ({counts.missed} of {counts.missed + counts.correct + counts.wrong})"
        case _:
            return figure(value) if name in NO_SHARES else percent(value)


def _slashed(counts: object) -> str:
    return " / ".join(map(str, astuple(counts)))  # pyright: ignore[reportArgumentType]
