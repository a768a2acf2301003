"""Files are bounded by the bytes that are read, and what is none is refused before it is waited for."""

import os

import pytest
from langchain_core.documents.base import Blob

from langchain_nuextract import HTMLReader, Image, PageOptions, TooLarge, WrongKind
from langchain_nuextract.documents import bounded
from langchain_nuextract.documents.read import read

pytestmark = pytest.mark.skipif(os.name != "posix", reason="pipes and devices are POSIX's")

WAYS = [
    pytest.param(read, id="path"),
    pytest.param(lambda path: read(Blob.from_path(path)), id="blob"),
    pytest.param(Image.of, id="image"),
    pytest.param(lambda path: HTMLReader().invoke(path), id="html"),
]


@pytest.fixture(params=["zero", "pipe", "link to a pipe", "random"])
def endless(request, tmp_path):
    pipe, link = tmp_path / "pipe", tmp_path / "link"
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    devices = [tmp_path / "zero", tmp_path / "random"]
    for device in devices:
        device.symlink_to(f"/dev/u{device.name}" if device.name == "random" else f"/dev/{device.name}")
    return {"zero": devices[0], "random": devices[1], "pipe": pipe, "link to a pipe": link}[request.param]


@pytest.mark.parametrize("way", WAYS)
def test_what_may_never_end_or_begin_is_refused(endless, way):
    with pytest.raises(WrongKind, match="pipe or a device"):
        way(endless)


def test_a_file_that_says_that_it_is_smaller_than_it_is_is_read_up_to_the_limit(tmp_path, monkeypatch):
    """As those of `/proc` do, which have no size at all, and those that grow meanwhile."""
    file = tmp_path / "grows.txt"
    file.write_text("x" * 5000)
    real = os.fstat
    monkeypatch.setattr(bounded.os, "fstat", lambda number: os.stat_result([*real(number)[:6], 0, 0, 0, 0]))
    with pytest.raises(TooLarge, match="more than the limit"):
        read(file, PageOptions(max_bytes=4000))


def test_a_link_to_a_file_is_read(tmp_path):
    (tmp_path / "note.txt").write_text("Ann pays.")
    (tmp_path / "link.txt").symlink_to(tmp_path / "note.txt")
    assert read(tmp_path / "link.txt").text == "Ann pays."
