"""Which kind a file is: by its bytes, and where these may be several kinds of text, by what it is called."""

import io
import zipfile

import pytest

from langchain_nuextract.documents import kinds
from tests.pdfs import lines, pdf

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


def zipped(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "called", "kind"),
    [
        pytest.param(pdf(lines("one")), None, kinds.PDF, id="pdf"),
        pytest.param(pdf(lines("one")), kinds.HTML, kinds.PDF, id="pdf-called-html"),
        pytest.param(b"\r\nHTTP/1.1 200\r\n" + pdf(lines("one")), kinds.PDF, kinds.PDF, id="lines-before-a-pdf"),
        pytest.param(b"A file begins with %PDF-1.7, as they say.", None, kinds.TEXT, id="text-about-pdf"),
        pytest.param(PNG, kinds.TEXT, kinds.IMAGE, id="png-called-text"),
        pytest.param(b"II*\0\x08\0\0\0" + bytes(300), None, kinds.TIFF, id="tiff"),
        pytest.param(b"MM\0*\0\0\0\x08" + bytes(300), None, kinds.TIFF, id="tiff-of-the-other-end"),
        pytest.param(zipped("word/document.xml"), None, kinds.DOCX, id="docx"),
        pytest.param(zipped("ppt/presentation.xml"), None, kinds.PPTX, id="pptx"),
        pytest.param(zipped("xl/workbook.xml"), kinds.DOCX, kinds.XLSX, id="xlsx-called-docx"),
        pytest.param(zipped("notes.txt"), kinds.DOCX, kinds.OTHER, id="archive"),
        pytest.param(
            zipped("word/document.xml").replace(b"PK\x01\x02\x14\x03\x14", b"PK\x01\x02\x14\x03\xff"),
            kinds.DOCX,
            kinds.DOCX,
            id="office-file-of-no-version",
        ),
        pytest.param(zipped("word/document.xml")[:40], kinds.DOCX, kinds.DOCX, id="cut-office-file"),
        pytest.param(OLE + "__substg1.0_".encode("utf-16-le"), None, kinds.MSG, id="outlook"),
        pytest.param(OLE, kinds.MSG, kinds.OTHER, id="old-word"),
        pytest.param(b"\n <!-- saved --><HTML lang=no>", None, kinds.HTML, id="html"),
        pytest.param(b'<?xml version="1.0"?><html>', None, kinds.HTML, id="xhtml"),
        pytest.param(b"<htmlish>", None, kinds.TEXT, id="a-tag-like-html"),
        pytest.param(b"<p>One</p>", kinds.HTML, kinds.HTML, id="part-of-html-called-html"),
        pytest.param(b"<html>", kinds.TEXT, kinds.TEXT, id="html-called-text"),
        pytest.param(b"Subject: Rope\nMIME-Version: 1.0\n\nHello", None, kinds.EML, id="mail"),
        pytest.param(b"Content-Transfer-Encoding: 8bit\nX-A: b\n c\nReceived: x\n\nHi", None, kinds.EML, id="folded"),
        pytest.param(b"Received: x\n\nHi", kinds.HTML, kinds.EML, id="mail-called-html"),
        pytest.param(b"<!doctype html><p>x", kinds.EML, kinds.HTML, id="html-called-mail"),
        pytest.param(b"From: Ada\nTo: Bo\nSubject: Rope\n\nHello", None, kinds.TEXT, id="letter"),
        pytest.param(b"Just text.", None, kinds.TEXT, id="text"),
    ],
)
def test_the_bytes_of_a_file_tell_its_kind(content, called, kind):
    assert kinds.detected(content, called)[0] is kind


@pytest.mark.parametrize(
    ("name", "mime", "kind"),
    [
        ("claim.PDF", None, kinds.PDF),
        ("claim.pdf", "text/html; charset=utf-8", kinds.HTML),
        ("claim.pdf", "application/octet-stream", kinds.PDF),
        ("photo.heic", "", kinds.HEIC),
        ("claim.pdf.eml", None, kinds.EML),
        ("claim", "IMAGE/TIFF", kinds.TIFF),
        ("claim.xyz", None, None),
    ],
)
def test_a_type_counts_for_more_than_a_name(name, mime, kind):
    assert kinds.named(name, mime) is kind


def test_no_type_and_no_suffix_is_of_two_kinds():
    for signs in (
        [each for kind in kinds.KINDS for each in kind.types], [each for kind in kinds.KINDS for each in kind.suffixes]
    ):  # fmt: skip
        assert len(signs) == len(set(signs))
