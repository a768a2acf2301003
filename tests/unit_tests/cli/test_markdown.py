"""`nuextract markdown` against a fake endpoint."""

import base64
import json

import pytest

from langchain_nuextract.cli import main
from langchain_nuextract.testing import FakeEndpoint
from tests.pdfs import lines, pdf

PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4AWNo+N8AAAQCAgC7yg/iAAAAAElFTkSuQmCC")


@pytest.fixture
def files(tmp_path):
    (tmp_path / "a.html").write_text("<h1>Fees</h1><p hidden>x</p><a href='b'>b</a>", encoding="utf-8")
    (tmp_path / "scan.png").write_bytes(PNG)
    return tmp_path


def test_html_is_converted_without_a_model(files, capsys):
    assert main(["markdown", str(files / "a.html"), "--page-url", "https://h.example/"]) == 0
    printed = capsys.readouterr()
    assert printed.out == "# Fees\n\n[b](https://h.example/b)\n"
    assert printed.err.endswith("a.html: hidden elements left out: 1 characters\n")


def test_pages_go_to_the_model_and_each_file_is_a_line(files, capsys):
    with FakeEndpoint("# Scan") as endpoint:
        settings = ["--model", "numind/NuExtract3", "--base-url", endpoint.url, "--jsonl"]
        assert main(["markdown", str(files / "scan.png"), str(files / "a.html"), *settings]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["markdown"] for line in lines] == ["# Scan", "# Fees\n\n[b](b)"]
    assert len(endpoint.requests) == 1


def test_html_may_go_to_a_model(files, capsys):
    with FakeEndpoint("# Fees\n\nb") as endpoint:
        settings = ["--how", "model", "--model", "jinaai/ReaderLM-v2", "--base-url", endpoint.url]
        assert main(["markdown", str(files / "a.html"), *settings]) == 0
    assert capsys.readouterr().out == "# Fees\n\nb\n"
    assert "Markdown format" in endpoint.requests[0].text


def test_a_file_that_fails_does_not_end_the_run(files, capsys):
    assert main(["markdown", str(files / "none.html"), str(files / "a.html"), "--jsonl"]) == 1
    failed, read = map(json.loads, capsys.readouterr().out.splitlines())
    assert (failed["error"], read["markdown"]) == ("FileNotFoundError", "# Fees\n\n[b](b)")


def test_pages_are_chosen_and_opened_as_for_extraction(files, capsys):
    (files / "five.pdf").write_bytes(pdf(*(lines(f"page {at}") for at in range(1, 6))))
    with FakeEndpoint("text") as endpoint:
        settings = ["--model", "numind/NuExtract3", "--base-url", endpoint.url]
        assert main(["markdown", str(files / "five.pdf"), "--pages", "2-3", "--max-pages", "2", *settings]) == 0
        assert main(["markdown", str(files / "five.pdf"), "--pages", "9", *settings]) == 1
    assert len(endpoint.requests) == 2
    assert "five.pdf: it has the pages 1 to 5" in capsys.readouterr().err
