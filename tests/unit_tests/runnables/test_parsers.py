"""Parsers of files, as LangChain's loaders use them."""

from pathlib import Path

import pytest
from langchain_core.document_loaders import BaseBlobParser
from langchain_core.documents.base import Blob

from langchain_nuextract import DocumentParser, HTMLParser, ImageParser, MailParser, PageOptions, PDFParser, WrongKind
from tests.pdfs import lines, pdf, scan

MAIL = (
    b"From: Ada <ada@example.org>\nTo: bo@example.org\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\n"
    b"MIME-Version: 1.0\n\nHello.\n"
)


def test_each_page_is_a_document_with_the_metadata_of_langchain(tmp_path: Path):
    path = tmp_path / "two.pdf"
    path.write_bytes(pdf(lines("one"), lines("two")))
    documents = PDFParser().parse(Blob.from_path(path, metadata={"team": "claims"}))
    assert [document.page_content for document in documents] == ["one", "two"]
    assert documents[1].metadata == {
        "source": str(path), "page": 1, "total_pages": 2, "page_label": "2", "team": "claims"
    }  # fmt: skip


def test_a_page_without_text_says_so():
    (document,) = DocumentParser().parse(Blob.from_data(scan(), path="scan.pdf"))
    assert document.page_content == ""
    assert document.metadata["warnings"] == ["scan.pdf page 1: it has no text that could be read"]


def test_pages_are_chosen():
    blob = Blob.from_data(pdf(lines("one"), lines("two")))
    (document,) = DocumentParser(PageOptions(pages="2")).parse(blob)
    assert (document.page_content, document.metadata["page"]) == ("two", 1)


def test_a_mail_is_one_document():
    (document,) = MailParser().parse(Blob.from_data(MAIL))
    assert document.page_content == "Subject: Grüße\nFrom: Ada <ada@example.org>\nTo: bo@example.org\n\nHello."


def test_a_guessed_encoding_is_in_the_metadata():
    text = "Die Größe der Tür beträgt 80 mal 200 Zentimeter, über das Schloß hinaus.\n" * 5
    (document,) = DocumentParser().parse(Blob.from_data(text.encode("cp1252"), path="door.txt"))
    assert document.page_content == text
    assert "guessed" in document.metadata["warnings"][0]


@pytest.mark.parametrize("parser", [PDFParser(), ImageParser(), MailParser()])
def test_a_parser_of_one_kind_refuses_others(parser: BaseBlobParser):
    with pytest.raises(WrongKind, match="looks like a text"):
        parser.parse(Blob.from_data(b"Just text."))


def test_a_page_of_html_is_one_document_of_markdown(tmp_path: Path):
    path = tmp_path / "fees.html"
    path.write_text("<title>Fees</title><script>x()</script><h1>Fees</h1><p>12 <b>euros</b>")
    (document,) = HTMLParser().parse(Blob.from_path(path))
    assert document.page_content == "# Fees\n\n12 **euros**"
    assert document.metadata == {"source": str(path), "title": "Fees"}


@pytest.mark.parametrize("blob", [Blob.from_data(b"12 <b>euros</b>"), Blob.from_data("12 <b>euros</b>", path="a.part")])
def test_a_part_of_a_page_that_nothing_says_a_kind_of_is_html(blob: Blob):
    (document,) = HTMLParser().parse(blob)
    assert document.page_content == "12 **euros**"


@pytest.mark.parametrize(
    "blob", [Blob.from_data(pdf(lines("one"))), Blob.from_data(MAIL, path="note.eml")], ids=["pdf", "mail"]
)
def test_what_is_known_for_another_kind_is_not_taken_for_html(blob: Blob):
    with pytest.raises(WrongKind, match="a page of HTML was expected"):
        HTMLParser().parse(blob)


def test_the_html_in_a_mail_gives_no_title():
    mail = MAIL.replace(b"\n\nHello.", b"\nContent-Type: text/html\n\n<title>Newsletter</title><p>Hello.")
    (document,) = MailParser().parse(Blob.from_data(mail))
    assert document.page_content.endswith("\n\nHello.")
    assert document.metadata == {"source": "the blob"}
