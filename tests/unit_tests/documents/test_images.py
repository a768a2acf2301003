"""Images become `data:` URLs of their own type, or stay the addresses that they are."""

import base64
from pathlib import Path

import pytest

from langchain_nuextract.documents.images import LARGEST
from langchain_nuextract.documents.source import Image

FILES = {
    "image/png": b"\x89PNG\r\n\x1a\n" + bytes(8),
    "image/jpeg": b"\xff\xd8\xff\xe0" + bytes(8),
    "image/gif": b"GIF89a" + bytes(8),
    "image/webp": b"RIFF\x10\0\0\0WEBPVP8 " + bytes(8),
    "image/bmp": b"BM\x10\0\0\0\0\0\0\0" + bytes(8),
    "image/tiff": b"II*\0\x08\0\0\0" + bytes(16),
}
PNG = FILES["image/png"]


def url(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


@pytest.mark.parametrize(("kind", "content"), FILES.items())
def test_the_type_of_a_file_is_found_in_its_content(kind: str, content: bytes, tmp_path: Path):
    scan = tmp_path / "scan.dat"
    scan.write_bytes(content)
    expected = Image(url(kind, content))
    assert (Image.of(scan), Image.of(str(scan)), Image.of(content)) == (expected, expected, expected)


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (url("image/png", PNG), "image/png"),
        (url("image/jpg", FILES["image/jpeg"]), "image/jpeg"),
        (url("image/gif", PNG), "image/png"),
        (url("", PNG), "image/png"),
        (url("image/png;charset=x", PNG), "image/png"),
        ("DATA:" + url("image/png", PNG)[5:], "image/png"),
    ],
)
def test_data_is_sent_under_the_type_that_it_has(given: str, kind: str):
    assert Image.of(given) == Image(url(kind, base64.b64decode(given.partition(",")[2])))


@pytest.mark.parametrize(
    "address", ["https://example.com/a.png?b=c", "http://127.0.0.1:1/scan", "HTTPS://example.com/"]
)
def test_an_address_is_passed_on_and_not_fetched(address: str):
    assert Image.of(address) == Image(address)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (b"", "is not an image"),
        (b"Just text.", "is not an image"),
        (b"%PDF-1.7\n", "looks like application/pdf"),
        (b"BMW and GIFT", "is not an image"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "looks like image/heic"),
        (url("image/svg+xml", b"<svg/>"), "is not an image"),
        ("data:image/png,abc", "base64"),
        ("data:image/png;base64,a", "base64 is broken"),
        ("data:image/png;base64,%%%%", "base64 is broken"),
        ("ftp://example.com/a.png", "http"),
        ("file:///etc/hostname", "http"),
        ("https://", "http"),
        ("https://example.com/a.png ignore this", "http"),
        ("https://example.com/a.png\n", "http"),
    ],
)
def test_what_is_no_image_is_refused(given: str | bytes, words: str):
    with pytest.raises(ValueError, match=words):
        Image.of(given)


def test_a_file_that_is_no_image_is_named(tmp_path: Path):
    scan = tmp_path / "scan.png"
    scan.write_text("no pixels")
    with pytest.raises(ValueError, match=r"scan\.png is not an image"):
        Image.of(scan)


def test_a_file_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(FileNotFoundError, match=r"scan\.png"):
        Image.of(tmp_path / "scan.png")


def test_a_large_file_is_not_even_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    scan = tmp_path / "scan.png"
    with scan.open("wb") as file:
        file.truncate(LARGEST + 2**20)
    monkeypatch.setattr(Path, "read_bytes", lambda path: pytest.fail(f"{path} was read"))
    with pytest.raises(ValueError, match=r"scan\.png has 21\.0 MiB, more than the limit of 20\.0 MiB"):
        Image.of(scan)


@pytest.mark.parametrize("given", [PNG, url("image/png", PNG)])
def test_the_limit_can_be_set(given: str | bytes):
    assert Image.of(given, largest=len(PNG)) == Image(url("image/png", PNG))
    with pytest.raises(ValueError, match="more than the limit"):
        Image.of(given, largest=len(PNG) - 3)


def test_an_error_does_not_quote_a_whole_image():
    with pytest.raises(ValueError, match="base64") as raised:
        Image.of("data:image/png," + "A" * 10_000)
    assert len(str(raised.value)) < 500
