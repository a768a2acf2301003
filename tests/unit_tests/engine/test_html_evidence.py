"""Where the HTML says a value, of files, blobs and mails that are read as Markdown."""

import json
from email.message import EmailMessage
from pathlib import Path

import pytest
from langchain_core.documents.base import Blob
from pydantic import BaseModel

from langchain_nuextract import Target
from langchain_nuextract.dialects import dialect_named
from langchain_nuextract.dialects.messages import Reply
from langchain_nuextract.documents.options import PageOptions
from langchain_nuextract.documents.read import read
from langchain_nuextract.engine.options import ExtractionOptions
from langchain_nuextract.engine.pages import read_document
from langchain_nuextract.engine.plan import plan_for
from tests.pdfs import lines, pdf


class Quote(BaseModel):
    customer: str
    total: float
    places: list[str] = []


SAID = {"customer": "Bodø Båt & Tau", "total": 1250.5, "places": ["Vardø", "Ålesund"]}
PAGE = """<!doctype html><title>Tilbud</title><script>var total = "1 250,50";</script>
<h1>Tilbud for Bod&oslash; B&#229;t &amp; Tau</h1>
<p>Levering: <b>Vard</b>ø, <a href="https://example.no/">Ålesund</a></p>
<table><tr><th>Sum<th>1&nbsp;250,50</table>"""


def extracted(given, said=SAID, options=None):
    plan = plan_for(Target.of(Quote), dialect_named("nuextract-2.0"), ExtractionOptions())
    flow = read_document(plan, read(given, options or PageOptions()))
    next(flow)
    with pytest.raises(StopIteration) as done:
        flow.send((Reply(json.dumps(said), finish_reason="stop"),))
    return done.value.value


def quotations(extraction):
    return {each.path: each.in_html and each.in_html.quotation for each in extraction.evidence}


EXPECTED = {
    ("customer",): "Bod&oslash; B&#229;t &amp; Tau",
    ("total",): "1&nbsp;250,50",
    ("places", 0): "Vard</b>ø",
    ("places", 1): "Ålesund",
}


def test_values_of_a_file_of_html_are_pointed_at_in_the_html(tmp_path):
    path = tmp_path / "tilbud.html"
    path.write_text(PAGE, encoding="utf-8")
    extraction = extracted(Path(path))
    assert quotations(extraction) == EXPECTED
    for each in extraction.evidence:
        assert each.in_html.file == "tilbud.html"
        assert PAGE[each.in_html.start : each.in_html.end] == each.in_html.quotation
        assert extraction.document.text[slice(*each.span)] == each.quotation


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1"])
def test_places_count_characters_of_the_decoded_html(encoding):
    page = PAGE.replace("<title>", f'<meta charset="{encoding}"><title>')
    extraction = extracted(Blob.from_data(page.encode(encoding), mime_type="text/html"))
    assert quotations(extraction) == EXPECTED
    assert all(page[each.in_html.start : each.in_html.end] == each.in_html.quotation for each in extraction.evidence)


def mail(body: str, *files: tuple[bytes, str, str]) -> bytes:
    message = EmailMessage()
    message["Subject"] = "Tilbud Vardø"
    message["From"] = "ola@example.no"
    message.set_content(body, subtype="html")
    for content, kind, name in files:
        maintype, subtype = kind.split("/")
        message.add_attachment(content, maintype=maintype, subtype=subtype, filename=name)
    return bytes(message)


def test_in_a_mail_of_html_headers_have_no_place_and_the_text_has():
    page = PAGE.replace("\n", "")
    extraction = extracted(mail(page))
    found = quotations(extraction)
    # The first place that says it is the subject, which is no HTML.
    assert found.pop(("places", 0)) is None
    assert found == {path: said for path, said in EXPECTED.items() if path != ("places", 0)}


def test_each_of_several_files_of_html_has_its_own_places():
    order = b"<p>Kunde: Bod&oslash; B&aring;t &amp; Tau</p>"
    files = ((order, "text/html", "ordre.html"), (pdf(lines("Sum 1250.50")), "application/pdf", "faktura.pdf"))
    extraction = extracted(mail("<p>Til Ålesund</p>", *files), options=PageOptions(attachments=True, use="text"))
    found = {each.path: each for each in extraction.evidence}
    assert found["customer",].in_html == (10, 41, "Bod&oslash; B&aring;t &amp; Tau", "ordre.html")
    assert (found["total",].in_html, found["total",].places[0].page) == (None, 1)
    assert found["places", 1].in_html.quotation == "Ålesund"


def test_what_is_no_html_has_no_place_in_it():
    assert not any(quotations(extracted("Bodø Båt & Tau: 1250.5, Vardø, Ålesund")).values())


def test_documents_that_read_the_same_are_equal():
    assert read(b"<html><p>Rope 9.50") == read(b"<html><div><p>Rope 9.50</p></div>")


def test_what_was_noticed_in_reading_stands_in_the_report():
    report = extracted((PAGE + "<script>").encode(), {"customer": "A", "total": 1, "places": []}).report
    assert "noticed in reading the document:\n  the bytes: a <script> is never closed" in report
    assert "noticed" not in extracted("Bodø").report
