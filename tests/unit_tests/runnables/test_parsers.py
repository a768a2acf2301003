"""Parsers of files, as LangChain's loaders use them."""

from pathlib import Path

import pytest
from langchain_core.document_loaders import BaseBlobParser
from langchain_core.documents.base import Blob

from langchain_nuextract import DocumentParser, ImageParser, MailParser, PageOptions, PDFParser, WrongKind
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
