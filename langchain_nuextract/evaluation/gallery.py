"""The errors of a report, each beside the document it was made on."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from langchain_nuextract.evaluation.leaf import Leaf, Mark, Outcome
from langchain_nuextract.evaluation.report_data import AnswerData, DocumentData, ReportData
from langchain_nuextract.paths import JSON, Path, show
from langchain_nuextract.viewer import Box, DocumentView, PageView, ValueView, difference, element, safe, source_pane

_SIGNS: Final[dict[Outcome, str]] = {
    "correct": "✓ right",
    "wrong": "≠ wrong",
    "missed": "\N{MINUS SIGN} missed",
    "hallucinated": "+ hallucinated",
    "absent": "✓ absent",
}
_GOLD: Final = "c2"
_MODELS: Final = ("c0", "c5", "c3", "c1", "c7")
"""The colours of what is right, and of what each model gave."""
_LONGEST_RAW: Final = 4_000
"""Characters of an answer that are shown as it came."""


class Gallery:
    """The documents with errors, and the names by which charts and tables lead to them.

    Args:
        report: The report they are of.
        shown: Whether to show documents and values; if not, there are hashes and outcomes alone.
    """

    def __init__(self, report: ReportData, *, shown: bool) -> None:
        self._report = report
        self._shown = shown
        self._documents = {each.id: number for number, each in enumerate(report.documents)}
        self._colours = {model.name: _MODELS[n % len(_MODELS)] for n, model in enumerate(report.models)}
        self._first: dict[tuple[str, str], str] = {}
        for number, document in enumerate(report.documents):
            for row, leaf in enumerate(document.leaves):
                if not leaf.is_exact:
                    self._first.setdefault((leaf.field, leaf.model), f"vg{number}-{row}")

    def first_error(self, field: str, model: str) -> str:
        """Give the address of the first error of a model on a field; empty if none is shown."""
        name = self._first.get((field, model))
        return f"#{name}" if name else ""

    def document(self, ids: Sequence[str]) -> str:
        """Give the address of the first of some documents that is shown; empty if none is."""
        return next((f"#g{self._documents[each]}" for each in ids if each in self._documents), "")

    def html(self) -> str:
        """Write them."""
        if not self._report.documents:
            return ""
        more = self._report.documents_left_out
        left_out = f" {more} more documents with errors are in leaves.jsonl." if more else ""
        legend = "".join(
            element("mark", safe(name), class_=colour) + " "
            for name, colour in (("right", _GOLD), *self._colours.items())
        )
        intro = element("p", f"The worst first.{left_out} Places in the documents: ", legend, class_="legend")
        articles = (self._article(number, each) for number, each in enumerate(self._report.documents))
        return element("section", element("h2", "Errors"), intro) + "".join(articles)

    def _article(self, number: int, document: DocumentData) -> str:
        known = (document.group, document.sha256 and f"SHA-256 {document.sha256[:16]}")
        scores = (f"{each.model} {each.exact} of {each.leaves} right" for each in document.answers)
        head = element("h3", safe(document.id)) + element(
            "p", safe(" · ".join(filter(None, (*known, *scores)))), class_="facts"
        )
        table = self._table(number, document)
        if not self._shown:
            return element("article", head, table, id=f"g{number}")
        pane = source_pane(_view(document, self._colours), f"g{number}")
        values = element("section", table, *map(_raw, document.answers), class_="values", tabindex="0")
        return element("article", head, element("div", pane, values, class_="sides"), id=f"g{number}")

    def _table(self, number: int, document: DocumentData) -> str:
        columns = ("field", "model", "", *(("expected", "predicted") if self._shown else ()), "sure", "repaired by")
        head = element("tr", *(element("th", each, scope="col") for each in columns))
        shown = [(row, leaf) for row, leaf in enumerate(document.leaves) if not leaf.is_exact or leaf.evidence]
        first = {leaf.path: row for row, leaf in reversed(shown)}
        # The place of what is right leads to the first row of its field.
        rights = {first.get(path): f"vg{number}-{at}" for at, path in enumerate(_gold(document), len(document.leaves))}
        rows = (
            element("tr", *self._cells(leaf, rights.get(row)), id=f"vg{number}-{row}", data_v=f"g{number}-{row}")
            for row, leaf in shown
        )
        return element("div", element("table", element("thead", head), element("tbody", *rows)), class_="wide")

    def _cells(self, leaf: Leaf, right: str | None) -> Iterator[str]:
        yield element("th", element("span", safe(show(leaf.path)), id=right), scope="row")
        yield element("td", safe(leaf.model), class_=self._colours.get(leaf.model))
        sign = _SIGNS[leaf.outcome] if leaf.readable else "✗ unreadable"
        yield element("td", sign, class_="outcome" if leaf.is_exact else "outcome bad")
        if self._shown:
            gold, predicted = _text(leaf.gold), _text(leaf.predicted)
            shown = difference(gold, predicted) if gold and predicted else (safe(gold), safe(predicted))
            yield from (element("td", each) for each in shown)
        yield element("td", "" if leaf.confidence is None else f"{leaf.confidence:.0%}", class_="number")
        yield element("td", safe(", ".join(leaf.repairs)))


def _view(document: DocumentData, colours: dict[str, str]) -> DocumentView:
    """The document with the places of what is right and of what each model gave, in a colour each."""
    values = tuple(
        ValueView(leaf.path, tuple(_spans(leaf.evidence)), tuple(_boxes(leaf.evidence, document)), colour=colour)
        for leaf in document.leaves
        for colour in [colours.get(leaf.model, "")]
    )
    right = (
        ValueView(path, tuple(_spans(marks)), tuple(_boxes(marks, document)), colour=_GOLD)
        for path, marks in _gold(document).items()
    )
    if not document.pages:
        return DocumentView(document.id, None, document.text, (*values, *right))
    pages: list[PageView] = []
    offset = 0
    for each in document.pages:
        pages.append(PageView(f"page {each.number}", offset, offset + len(each.text), each.image))
        offset += len(each.text) + 1
    text = document.text or "\n".join(each.text for each in document.pages)
    return DocumentView(document.id, None, text, (*values, *right), tuple(pages))


def _gold(document: DocumentData) -> dict[Path, tuple[Mark, ...]]:
    """The places of what is right, of the fields that have a row: the same ones, whichever models were asked."""
    rows = {leaf.path for leaf in document.leaves if not leaf.is_exact or leaf.evidence}
    return {leaf.path: leaf.gold_evidence for leaf in document.leaves if leaf.gold_evidence and leaf.path in rows}


def _spans(marks: Iterable[Mark]) -> Iterator[tuple[int, int]]:
    yield from ((each.start, each.end) for each in marks if each.start is not None and each.end is not None)


def _boxes(marks: Iterable[Mark], document: DocumentData) -> Iterator[Box]:
    numbers = {page.number: at for at, page in enumerate(document.pages)}
    for each in marks:
        at = numbers.get(each.page or 1)
        if each.box and at is not None:
            yield Box(at, *each.box)


def _raw(answer: AnswerData) -> str:
    """What a model wrote, to be unfolded."""
    if not (answer.raw or answer.problem or answer.repairs):
        return ""
    more = "…" if len(answer.raw) > _LONGEST_RAW else ""
    summary = element("summary", f"What {safe(answer.model)} wrote")
    lines = [answer.problem, *answer.repairs]
    listed = element("ul", *(element("li", safe(line)) for line in lines if line)) if any(lines) else ""
    return element("details", summary, listed, element("pre", safe(answer.raw[:_LONGEST_RAW]) + more))


def _text(value: JSON) -> str:
    return value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)
