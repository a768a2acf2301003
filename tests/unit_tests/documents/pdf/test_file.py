"""PDFs that cannot be read say why, and what to do."""

import pickle
import subprocess
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor

import pytest

from langchain_nuextract.documents.options import PageOptions
from langchain_nuextract.documents.pdf import child
from langchain_nuextract.documents.pdf.file import PDF
from langchain_nuextract.errors import (
    BrokenDocument,
    EmptyDocument,
    PasswordNeeded,
    TooLarge,
    UnreadableDocument,
    WrongKind,
)
from tests.pdfs import Sheet, lines, pdf, scan

WHOLE = pdf(lines("one"), lines("two"))


def read(content: bytes, **options: object) -> list[str]:
    return [page.text for page in PDF.of(content, "claim.pdf", PageOptions(**options)).pages()]


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", EmptyDocument),
        (b"<html>Please log in</html>", WrongKind),
        (pdf(), EmptyDocument),
        (WHOLE[: len(WHOLE) // 3], BrokenDocument),
        (b"%PDF-1.7\nnothing", BrokenDocument),
    ],
)
@pytest.mark.parametrize("isolate", [False, True])
def test_a_file_that_cannot_be_opened_says_why(content: bytes, error: type[UnreadableDocument], isolate: bool):
    with pytest.raises(error, match=r"claim\.pdf") as found:
        read(content, isolate=isolate)
    assert isinstance(found.value, ValueError)
    assert pickle.loads(pickle.dumps(found.value)).name == "claim.pdf"


def test_lines_of_a_server_before_the_file_do_no_harm():
    assert read(b"HTTP/1.1 200 OK\r\nServer: x\r\n\r\n" + WHOLE) == ["one", "two"]


def test_a_broken_table_of_contents_is_rebuilt():
    assert read(WHOLE.replace(b"startxref\n", b"startxref\n9")) == ["one", "two"]


def test_more_pages_than_the_limit_are_refused_and_never_left_out():
    with pytest.raises(TooLarge, match=r"2 pages, more than the limit of 1.*max_pages"):
        read(WHOLE, max_pages=1)
    assert read(WHOLE, max_pages=1, pages="2") == ["two"]


@pytest.mark.parametrize("pages", ["3", "0", "3-4", "1-9"])
def test_pages_that_there_are_not_are_named(pages: str):
    with pytest.raises(ValueError, match=r"claim\.pdf: it has the pages 1 to 2"):
        read(WHOLE, pages=pages)


@pytest.mark.parametrize("pages", ["a", "1;2", "1-2-3"])
def test_what_is_no_list_of_pages_is_refused(pages: str):
    with pytest.raises(ValueError, match="1-3,7"):
        PageOptions(pages=pages)


def test_a_huge_page_is_rendered_with_no_more_pixels_than_asked_for(size_of):
    file = PDF.of(pdf(Sheet(lines("poster"), size=(14_400, 14_400))), "poster.pdf")
    width, height = size_of(file.picture(1, max_pixels=500_000))
    assert 400_000 < width * height <= 500_000


def test_a_page_is_rendered_as_fine_as_asked_for(size_of):
    file = PDF.of(pdf(Sheet(lines("page"), size=(72, 144))), "small.pdf", PageOptions(dpi=100))
    assert size_of(file.picture(1, max_pixels=10**7)) == (100, 200)


def test_scans_are_jpegs_and_drawn_pages_pngs():
    assert PDF.of(scan(), "scan.pdf").picture(1, max_pixels=10**6).startswith("data:image/jpeg")
    assert PDF.of(WHOLE, "a.pdf").picture(1, max_pixels=10**6).startswith("data:image/png")
    jpeg = PDF.of(WHOLE, "a.pdf", PageOptions(image_format="jpeg"))
    assert jpeg.picture(1, max_pixels=10**6).startswith("data:image/jpeg")


def test_many_threads_read_at_once():
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(lambda _: read(WHOLE), range(40))) == [["one", "two"]] * 40


def test_equal_files_are_equal_and_show_no_contents():
    one, other = PDF.of(WHOLE, "a.pdf"), PDF.of(bytes(bytearray(WHOLE)), "a.pdf")
    assert one == other
    assert hash(one) == hash(other)
    assert "%PDF" not in repr(one)
    assert "secret" not in repr(PDF.of(WHOLE, "a.pdf", PageOptions(password="secret")))


def test_an_isolated_file_that_takes_too_long_is_given_up():
    with warnings.catch_warnings(), pytest.raises(TooLarge, match=r"longer than 0\.01 s"):
        read(WHOLE, isolate=True, seconds=0.01)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such limit")
def test_an_isolated_file_has_no_more_memory_than_a_page_needs():
    program = f"from {child.__name__} import bound_memory\nbound_memory()\nbytes(5 * 2**30)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert b"MemoryError" in done.stderr


def test_a_password_that_no_file_can_have_is_a_wrong_one():
    with pytest.raises(PasswordNeeded, match="is wrong"):
        read(WHOLE, password="\ud800")
