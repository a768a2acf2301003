"""Files beside the documents: schemas, golds, predictions, tasks, as editors and shells write them."""

import json
import os

import pytest

from langchain_nuextract.cli import main
from langchain_nuextract.errors import EvaluationError
from langchain_nuextract.evaluation import Gold, gold_document

SCHEMA = {"Größe": "verbatim-string"}
ROWS = [{"id": f"ö{n}", "text": "Größe M", "expected": {"Größe": "M"}} for n in range(3)]
PREDICTED = ["--predictions", "found.jsonl"]
LINES = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s.json").write_text(json.dumps(SCHEMA), encoding="utf-8")
    (tmp_path / "gold.jsonl").write_text(LINES, encoding="utf-8")
    values = [{"id": row["id"], "value": row["expected"]} for row in ROWS]
    (tmp_path / "found.jsonl").write_text("".join(json.dumps(row) + "\n" for row in values), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_schemas_and_golds_are_read_in_every_unicode_encoding(encoding, folder, capsys):
    (folder / "s.JSON").write_text(json.dumps(SCHEMA, ensure_ascii=False), encoding=encoding)
    (folder / "g.jsonl").write_text(LINES, encoding=encoding)
    assert main(["evaluate", "g.jsonl", "--schema", "s.JSON", "--predictions", "found.jsonl"]) == 0
    assert "has 100.0% of the leaves of a document right" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["schema", "cp1252.json"], "the schema 'cp1252.json': it is neither in UTF-8 nor in UTF-16"),
        (["schema", "comma.json"], "the schema 'comma.json': this is no JSON: "),
        (["schema", "empty.yaml"], "the schema 'empty.yaml': the file is empty"),
        (["schema", "script.py:Order"], 'Put what it does as a script under `if __name__ == "__main__":`'),
        (["schema", "shop.py:Order.lines"], "there is no lines in Order; did you mean line?"),
        (["evaluate", "cp1252.jsonl"], "cp1252.jsonl line 1: this is not utf-8. Save it as UTF-8"),
        (["evaluate", "long.jsonl"], "long.jsonl line 1: it has more than 5,000 letters: is this JSON lines?"),
        (["evaluate", "pipe.jsonl"], "pipe.jsonl: it is a pipe or a device, and a gold is read more than once"),
        (["evaluate", "gold.jsonl", "--compare", "$.a={b"], "--compare '$.a={b': the rule is no JSON"),
        (["evaluate", "gold.jsonl", "--name", "a", "--name", "b"], "--name is given 2 times, for 1 model"),
        (["evaluate", "gold.jsonl", "--metric", "exact_mach", "--fail-under", "1"], "did you mean exact_match?"),
        (["view", "gold.jsonl"], 'gold.jsonl line 1: there is no "file" in it'),
        (["view", "long.jsonl"], "long.jsonl line 1: it has more than 5,000 letters"),
        (["view", "cp1252.jsonl"], "cp1252.jsonl line 1: this is not utf-8. Save it as UTF-8"),
        (["label-studio", "push", "gold.jsonl"], "gold.jsonl: this is no JSON"),
        (["label-studio", "push", "list.json"], "list.json: this is no list of tasks"),
        (["label-studio", "gold", "pipe.jsonl"], "pipe.jsonl: it is a pipe or a device, and no file"),
        (
            ["label-studio", "tasks", "gold.jsonl", "--predictions", "found.jsonl", "--document", "image"],
            "ö0: there is no image",
        ),
        (
            ["export-training", "gold.jsonl", "--dialect", "3", "-o", "t", "--split", "1", "--examples", "-1"],
            "examples: -1",
        ),
        (["draft", "--pydantic", "sample.pdf"], "this is no name for a class. Name the file before --pydantic"),
        (["draft", "sample.pdf", "--pydantic", "class"], "this is no name for a class"),
        (["demo", "-o", "nowhere/page.html"], "the folder 'nowhere' does not exist"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_is_wrong_with_a_file_is_told_in_a_line(arguments, told, folder, monkeypatch, capsys):
    monkeypatch.setattr(gold_document, "_LONGEST", 5000)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", "token")
    (folder / "cp1252.json").write_bytes('{"Größe": "string"}'.encode("cp1252"))
    (folder / "cp1252.jsonl").write_bytes(LINES.encode("cp1252"))
    (folder / "comma.json").write_text('{"a": "string",}', encoding="utf-8")
    (folder / "empty.yaml").touch()
    (folder / "list.json").write_text('["a"]', encoding="utf-8")
    (folder / "script.py").write_text("import sys\nsys.exit(3)\n", encoding="utf-8")
    (folder / "shop.py").write_text("class Order:\n    line = 1\n", encoding="utf-8")
    (folder / "long.jsonl").write_bytes(bytes(6000))
    os.mkfifo(folder / "pipe.jsonl")
    if arguments[0] == "evaluate":
        arguments = [*arguments, *PREDICTED]
    if {"evaluate", "export-training", "gold", "tasks"}.intersection(arguments[:2]):
        arguments = [*arguments, "--schema", "s.json"]
    assert main(arguments) == 2
    [*_, line] = capsys.readouterr().err.splitlines()
    assert told in line


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["view", "found.jsonl", "--limit", "0"], "argument --limit: it must be at least 1, not 0"),
        (["evaluate", "gold.jsonl", "--target-accuracy", "98"], "argument --target-accuracy: it must be from 0 to 1"),
    ],
)
def test_a_number_that_cannot_be_is_told_with_what_can(arguments, told, capsys):
    with pytest.raises(SystemExit):
        main(arguments)
    assert told in capsys.readouterr().err


def test_half_a_surrogate_pair_is_an_escape_in_all_that_is_written(folder, capsys):
    name = "half \udcff"
    rows = [{"id": f"{name} {n}", "text": "Größe M", "expected": {"Größe": "M"}} for n in range(3)]
    (folder / "g.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    (folder / "p.jsonl").write_text(
        "".join(json.dumps({"id": row["id"], "value": {"Größe": "\ud83d"}}) + "\n" for row in rows), encoding="utf-8"
    )
    wanted = ["--schema", "s.json", "--predictions", "p.jsonl", "--output", "r", "--title", name]
    assert main(["evaluate", "g.jsonl", *wanted]) == 0
    leaves = [json.loads(line) for line in (folder / "r" / "leaves.jsonl").read_text(encoding="utf-8").splitlines()]
    assert {leaf["predicted"] for leaf in leaves} == {"\ud83d"}
    trained = ["--schema", "s.json", "--dialect", "3", "-o", "t", "--split", "1"]
    assert main(["export-training", "g.jsonl", *trained]) == 0
    lines = (folder / "t" / "train.jsonl").read_text(encoding="utf-8").splitlines()
    assert sorted(json.loads(line)["id"] for line in lines) == [row["id"] for row in rows]


def test_a_gold_in_another_encoding_is_an_error_of_the_package(folder):
    (folder / "g.jsonl").write_bytes(LINES.encode("cp1252"))
    with pytest.raises(EvaluationError) as raised:
        Gold.from_jsonl("g.jsonl", SCHEMA)
    assert raised.value.where == "g.jsonl line 1"
