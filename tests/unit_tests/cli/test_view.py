"""`nuextract view` on what `nuextract extract --jsonl` printed."""

import json
import re

import pytest

from langchain_nuextract.cli import main
from langchain_nuextract.testing import FakeEndpoint
from tests.pdfs import lines, pdf


@pytest.fixture
def results(tmp_path, capsys):
    (tmp_path / "a.txt").write_text("Zoë is 7 years old.", encoding="utf-8")
    (tmp_path / "b.pdf").write_bytes(pdf(lines("Ida is 9 years old")))
    schema = tmp_path / "person.json"
    schema.write_text(json.dumps({"name": "string", "age": "integer"}), encoding="utf-8")
    with FakeEndpoint(lambda received: {"name": "Ida" if "image" in str(received.body) else "Zoë", "age": 9}) as server:
        settings = ["--base-url", server.url, "--model", "numind/NuExtract3", "--schema", str(schema), "--jsonl"]
        assert main(["extract", str(tmp_path / "a.txt"), str(tmp_path / "b.pdf"), *settings]) == 0
    printed = tmp_path / "out.jsonl"
    printed.write_text(capsys.readouterr().out, encoding="utf-8")
    return printed


def test_the_files_are_shown_with_their_values_marked(results):
    assert main(["view", str(results)]) == 0
    html = results.with_suffix(".html").read_text(encoding="utf-8")
    assert re.findall(r"<mark[^>]*><a[^>]*>([^<]*)", html) == ["Zoë", "Ida", "9"]
    assert html.count("<rect") == 2
    assert "1 of 2 values placed" in html
    assert "2 of 2 values placed" in html


def test_more_documents_than_the_limit_are_counted(results, tmp_path, capsys):
    assert main(["view", str(results), "--limit", "1", "-o", str(tmp_path / "one.html")]) == 0
    assert "1 more documents are not shown: raise --limit" in capsys.readouterr().err


def test_a_file_that_is_gone_is_said_so_and_its_values_are_shown(results):
    (results.parent / "a.txt").unlink()
    assert main(["view", str(results)]) == 0
    html = results.with_suffix(".html").read_text(encoding="utf-8")
    assert "The document cannot be shown" in html
    assert "Zoë" in html


@pytest.mark.parametrize(
    ("content", "said"), [("{", "line 1: this is not JSON"), ("{}", 'line 1: there is no "file"'), ("", "no results")]
)
def test_what_is_no_result_is_named(content, said, tmp_path, capsys):
    path = tmp_path / "bad.jsonl"
    path.write_text(content, encoding="utf-8")
    assert main(["view", str(path)]) == 2
    assert said in capsys.readouterr().err
