"""Pages a second and MB/s of HTML, and the memory that takes, beside the libraries beneath and markdownify, in one run.

    python -m tests.bench.documents [--pages 100] [--megabytes 1]

The PDF and the page of HTML are made here. Each measure runs in a process of its own, the best of three rounds counts,
and the last column says how many times the seconds of the package's own measure above it a library takes.
"""

import argparse
import multiprocessing
import resource
import sys
from collections.abc import Callable
from time import perf_counter
from typing import NamedTuple

import markdownify
import pypdfium2
import turbohtml

from langchain_nuextract.documents.html import to_markdown
from langchain_nuextract.documents.pdf.file import PDF
from tests.pdfs import lines, pdf

ROUNDS = 3
PIXELS = 1_000_000
SCALE = (PIXELS / (600 * 800)) ** 0.5
"""By which a page has so many pixels."""
WORDS = "The workshop delivered walnut boards, cut to size and planed on both sides."
BLOCK = (
    f'<div class="claim"><h2>Claim {{0}}</h2><p>{WORDS} <b>{{0}}.50&nbsp;&euro;</b> to <a href="/c/{{0}}">Ada</a>.</p>'
    "<table><tr><th>Item<th>Price</tr><tr><td>Oak {0}<td>820</tr><tr><td>Ash<td>{0}</tr></table>"
    "<ul><li>left<li>right</ul><script>show({0})</script></div>\n"
)


def text(content: bytes) -> None:
    for page in PDF.of(content, "bench.pdf").pages():
        assert page.text


def text_and_boxes(content: bytes) -> None:
    for page in PDF.of(content, "bench.pdf").pages():
        assert page.boxes(0, len(page.text))[0]


def render(content: bytes) -> None:
    file = PDF.of(content, "bench.pdf")
    for number in range(1, file.count() + 1):
        assert file.picture(number, max_pixels=PIXELS)


def pdfium_text(content: bytes) -> None:
    with pypdfium2.PdfDocument(content) as document:
        for number in range(len(document)):
            assert document[number].get_textpage().get_text_range()


def pdfium_boxes(content: bytes) -> None:
    with pypdfium2.PdfDocument(content) as document:
        for number in range(len(document)):
            page = document[number].get_textpage()
            assert [page.get_charbox(at) for at in range(page.count_chars())]


def pdfium_render(content: bytes) -> None:
    with pypdfium2.PdfDocument(content) as document:
        for number in range(len(document)):
            assert document[number].render(scale=SCALE).to_pil()


def html(content: bytes) -> None:
    assert to_markdown(content).markdown


def html_and_spans(content: bytes) -> None:
    assert to_markdown(content).spans


def turbohtml_alone(content: bytes) -> None:
    assert turbohtml.parse(content.decode()).to_markdown()


def markdownify_alone(content: bytes) -> None:
    assert markdownify.markdownify(content.decode())


class Measure(NamedTuple):
    name: str
    run: Callable[[bytes], None]
    others: dict[str, Callable[[bytes], None]]


OF_PDF = (
    Measure("text of pages", text, {"pypdfium2": pdfium_text}),
    Measure("text and boxes", text_and_boxes, {"pypdfium2": pdfium_boxes}),
    Measure("render", render, {"pypdfium2, without PNG": pdfium_render}),
)
OF_HTML = (
    Measure("HTML to Markdown", html, {"turbohtml": turbohtml_alone, "markdownify": markdownify_alone}),
    Measure("HTML with spans", html_and_spans, {}),
)


def timed(run: Callable[[bytes], None], content: bytes) -> tuple[float, float]:
    """Seconds of the best round, and by how many MB the process grew."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    seconds = []
    for _ in range(ROUNDS):
        started = perf_counter()
        run(content)
        seconds.append(perf_counter() - started)
    return min(seconds), (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024


def measured(run: Callable[[bytes], None], content: bytes) -> tuple[float, float]:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(timed, (run, content))


def show(measure: Measure, content: bytes, amount: float, unit: str) -> None:
    own, memory = measured(measure.run, content)
    print(f"{measure.name:<26}{amount / own:>10.1f} {unit:<8}{memory:>8.0f} MB")
    for name, run in measure.others.items():
        seconds, memory = measured(run, content)
        print(f"  {name:<24}{amount / seconds:>10.1f} {unit:<8}{memory:>8.0f} MB{seconds / own:>9.2f} x")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=100)
    parser.add_argument("--megabytes", type=float, default=1.0)
    options = parser.parse_args()
    sheets = [lines(f"Page {number}", *[WORDS] * 40) for number in range(options.pages)]
    page = "<!doctype html><title>Claims</title>"
    page += "".join(BLOCK.format(number) for number in range(int(options.megabytes * 1e6 / len(BLOCK))))
    for measure in OF_PDF:
        show(measure, pdf(*sheets), options.pages, "pages/s")
    for measure in OF_HTML:
        show(measure, page.encode(), len(page) / 1e6, "MB/s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
