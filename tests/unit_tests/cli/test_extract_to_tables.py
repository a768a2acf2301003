"""Where `nuextract extract` writes, and in which form."""

import csv
import json
import sys
from io import StringIO
from os import terminal_size

import pyarrow.parquet as pq
import pytest

from langchain_nuextract.cli import main
from langchain_nuextract.testing import FakeEndpoint

TEMPLATE = {"boat": "string", "length": "number", "crew": [{"name": "string"}], "harbour": {"town": "string"}}


def answer(received):
    if "illegible" in received.text:
        return "no JSON"
    number = int(received.text.split("Boat ")[1].split(".")[0])
    crew = [{"name": "Åsa"}, {"name": "日本"}]
    return {"boat": f"=Boat {number}", "length": number + 0.5, "crew": crew, "harbour": {"town": "Kiel\x1b[2J"}}


@pytest.fixture(scope="module")
def endpoint():
    with FakeEndpoint(answer) as endpoint:
        yield endpoint


@pytest.fixture
def boats(tmp_path):
    folder = tmp_path / "boats"
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.txt").write_text(f"Boat {number}.", encoding="utf-8")
    (folder / "9.txt").write_text("illegible", encoding="utf-8")
    (tmp_path / "boat.json").write_text(json.dumps(TEMPLATE), encoding="utf-8")
    return folder


@pytest.fixture
def extract(boats, endpoint):
    def run(*arguments):
        settings = ["--base-url", endpoint.url, "--model", "numind/NuExtract3", "--max-calls", "1"]
        return main(["extract", *map(str, arguments), "--schema", str(boats.parent / "boat.json"), *settings])

    return run


def test_a_name_that_ends_with_parquet_is_a_parquet_file(extract, boats, tmp_path, capsys):
    assert extract(boats, "-o", tmp_path / "out.parquet", "--explode", "crew") == 1
    rows = pq.read_table(tmp_path / "out.parquet").to_pylist()
    assert [row["_id"] for row in rows] == [str(boats / f"{number}.txt") for number in (0, 1, 2, 9)]
    assert [row["length"] for row in rows] == [0.5, 1.5, 2.5, None]
    assert rows[-1]["_error_type"] == "NoJSONInReply"
    assert pq.read_table(tmp_path / "out.crew.parquet").num_rows == 6
    failed, wrote, last = capsys.readouterr().err.splitlines()
    assert failed.startswith(f"{boats / '9.txt'}: no JSON object")
    assert wrote == f"wrote 4 rows to {tmp_path / 'out.parquet'}"
    assert last == "1 of 4 failed: 1 NoJSONInReply"


def test_a_folder_has_parts_and_the_same_command_goes_on_there(extract, boats, tmp_path, endpoint, capsys):
    out = f"{tmp_path / 'out'}/"
    extract(boats, "-o", out)
    (boats / "5.txt").write_text("Boat 5.", encoding="utf-8")
    before = len(endpoint.requests)
    assert extract(boats, "-o", out) == 0
    assert len(endpoint.requests) - before == 1
    assert pq.read_table(out).num_rows == 5
    assert "wrote 1 row to" in capsys.readouterr().err.splitlines()[-1]


def test_csv_goes_to_a_file_or_to_a_pipe(extract, boats, tmp_path, capsys):
    extract(boats, "-o", tmp_path / "out.csv")
    written = (tmp_path / "out.csv").read_text("utf-8")
    capsys.readouterr()
    extract(boats, "--format", "csv")
    assert capsys.readouterr().out.splitlines() == written.splitlines()
    rows = list(csv.DictReader(StringIO(written)))
    assert [row["boat"] for row in rows] == ["'=Boat 0", "'=Boat 1", "'=Boat 2", ""]
    assert rows[0]["harbour.town"] == "Kiel\x1b[2J"


def test_lines_of_json_go_to_a_file_that_is_there_when_it_is_whole(extract, boats, tmp_path, capsys):
    extract(boats, "-o", tmp_path / "out.jsonl", "--evidence")
    assert capsys.readouterr().out == ""
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text("utf-8").splitlines()]
    assert [line.get("error") for line in lines] == [None, None, None, "NoJSONInReply"]
    assert lines[1]["value"]["length"] == 1.5
    assert {path.name for path in tmp_path.iterdir()} == {"boats", "boat.json", "out.jsonl"}


def test_several_files_are_lines_in_a_pipe_and_one_is_an_object(extract, boats, capsys):
    extract(boats)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["file"] for line in lines] == [str(boats / f"{number}.txt") for number in (0, 1, 2, 9)]
    extract(boats / "1.txt")
    assert json.loads(capsys.readouterr().out)["length"] == 1.5


@pytest.fixture
def terminal(monkeypatch):
    def of_width(width):
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
        monkeypatch.setattr("langchain_nuextract.cli.writing.get_terminal_size", lambda: terminal_size((width, 24)))

    return of_width


def test_several_files_are_a_table_on_a_terminal(extract, boats, capsys, terminal):
    terminal(120)
    extract(boats)
    shown = capsys.readouterr()
    header, first, *_, failed = shown.out.splitlines()
    assert header.split() == ["file", "boat", "length", "crew", "harbour.town"]
    assert "=Boat 0" in first
    assert "2 items" in first
    assert "\x1b" not in shown.out
    assert failed.endswith("(NoJSONInReply)")


def test_a_narrow_terminal_has_the_columns_that_fit_and_names_the_others(extract, boats, capsys, terminal):
    terminal(70)
    extract(boats, boats / "0.txt")
    shown = capsys.readouterr()
    assert all(len(line) <= 70 for line in shown.out.splitlines())
    assert shown.out.splitlines()[0].split() == ["file", "boat", "length"]
    assert "not shown: crew, harbour.town (-o FILE.csv writes all)" in shown.err.splitlines()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-o", "out.xlsx"], "'out.xlsx' does not end with .parquet, .csv or .jsonl: add --format"),
        (["--format", "parquet"], "needs a place to write to"),
        (["--format", "table", "-o", "out.csv"], "table is printed: leave --output out"),
        (["--explode", "crew"], "write to a file of .csv or .parquet"),
        (["-o", "out.csv", "--explode", "boats"], "no list 'boats'. The lists are 'crew'"),
    ],
)
def test_what_cannot_be_written_is_said_before_anything_is_asked(  # noqa: PLR0913, PLR0917  # fixtures
    arguments, said, extract, boats, endpoint, capsys
):
    before = len(endpoint.requests)
    assert extract(boats, *arguments) == 2
    assert said in capsys.readouterr().err
    assert len(endpoint.requests) == before
