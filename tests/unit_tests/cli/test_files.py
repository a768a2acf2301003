"""Folders of mixed files on the command line."""

import json
from pathlib import Path

import pytest

from langchain_nuextract.cli import main
from langchain_nuextract.cli.files import expand
from langchain_nuextract.testing import FakeEndpoint
from tests.pdfs import lines, pdf, scan

TEMPLATE = {"number": "string"}


@pytest.fixture
def claims(tmp_path: Path) -> Path:
    folder = tmp_path / "claims"
    (folder / "old").mkdir(parents=True)
    (folder / "b.pdf").write_bytes(pdf(lines("Claim 7"), lines("Page two")))
    (folder / "a.txt").write_text("Claim 5")
    (folder / ".hidden").write_text("x")
    (folder / "old" / "c.pdf").write_bytes(pdf(lines("Claim 9")))
    (folder / "template.json").write_text(json.dumps(TEMPLATE))
    return folder


def test_a_folder_gives_its_files_by_name(claims: Path):
    assert [Path(name).name for name in expand([str(claims)], recursive=False, include=[])] == [
        "a.txt", "b.pdf", "template.json",
    ]  # fmt: skip
    found = expand([str(claims), "-"], recursive=True, include=["*.pdf", "*.txt"])
    assert [Path(name).name for name in found] == ["a.txt", "b.pdf", "c.pdf", "-"]


def test_a_folder_without_such_files_is_named(claims: Path):
    with pytest.raises(ValueError, match=r"claims: there is no file that is named \*\.docx.*--recursive"):
        expand([str(claims)], recursive=False, include=["*.docx"])


def test_a_folder_of_mixed_files_is_extracted_from(claims: Path, capsys: pytest.CaptureFixture[str]):
    (claims / "scan.pdf").write_bytes(scan())
    (claims / "broken.pdf").write_bytes(b"%PDF-1.7 nothing")
    with FakeEndpoint({"number": "7"}) as endpoint:
        code = main(
            ["extract", str(claims), "--recursive", "--include", "*.pdf", "--include", "*.txt", "--jsonl", "--schema",
             str(claims / "template.json"), "--base-url", endpoint.url, "--model", "numind/NuExtract-2.0-2B"]
        )  # fmt: skip
        requests = len(endpoint.requests)
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert code == 1
    assert [(Path(row["file"]).name, row.get("error")) for row in rows] == [
        ("a.txt", None), ("b.pdf", None), ("broken.pdf", "BrokenDocument"), ("c.pdf", None), ("scan.pdf", None),
    ]  # fmt: skip
    assert requests == 5


@pytest.mark.parametrize("command", [["markdown"], ["extract", "--schema", '{"a": "date"}', "--model", "NuExtract3"]])
def test_a_file_with_more_bytes_than_are_allowed_is_refused_with_the_flag_to_raise(command, tmp_path, capsys):
    page = tmp_path / "page.html"
    page.write_text("<p>Pay by noon.</p>", encoding="utf-8")
    assert (
        main(
            [*command, str(page), "--max-bytes", "5"] + ["--base-url", "http://127.0.0.1:9/v1"] * ("extract" in command)
        )
        == 1
    )
    assert "Raise --max-bytes." in capsys.readouterr().err
