"""`nuextract evaluate`, with models and with predictions."""

import json

import pytest

from langchain_nuextract.cli import main
from langchain_nuextract.testing import FakeEndpoint

SCHEMA = {"name": "string", "age": "integer"}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "person.json").write_text(json.dumps(SCHEMA))
    rows = [
        {"id": f"p{age}", "text": f"Ada is {age}.", "expected": {"name": "Ada", "age": str(age)}, "site": f"s{age % 2}"}
        for age in range(12)
    ]
    (tmp_path / "gold.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    for name, wrong in (("old", 2), ("new", 5)):
        answers = [
            {"id": f"p{age}", "output": json.dumps({"name": "Ada", "age": age if age % wrong else 77})}
            for age in range(12)
        ]
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in answers))
    return tmp_path


def evaluate(folder, *arguments):
    return main(["evaluate", str(folder / "gold.jsonl"), "--schema", str(folder / "person.json"), *map(str, arguments)])


def test_predictions_are_compared_and_everything_is_written(folder, capsys):
    both = ["--predictions", folder / "old.jsonl", "--predictions", folder / "new.jsonl"]
    files = {"--html": "r.html", "--json": "r.json", "--leaves": "l.jsonl", "--output": "all"}
    written = [each for option, name in files.items() for each in (option, folder / name)]
    assert evaluate(folder, *both, *written) == 0
    assert "It is not shown that new is better or worse than old: +12.5 points" in capsys.readouterr().out
    assert json.loads((folder / "r.json").read_text())["comparisons"][0]["second"] == "new"
    assert len((folder / "l.jsonl").read_text().splitlines()) == 2 * 12 * 2
    assert "<html" in (folder / "r.html").read_text()
    assert len(list((folder / "all").iterdir())) == 4


def test_thresholds_that_are_missed_end_with_1(folder, capsys):
    swapped = ["--predictions", folder / "new.jsonl", "--predictions", folder / "old.jsonl"]
    assert evaluate(folder, *swapped, "--fail-under", 0.7) == 0
    assert evaluate(folder, *swapped, "--fail-under", 0.9, "--max-regression", 0.02) == 1
    errors = capsys.readouterr().err
    assert "old: exact_match is 0.7500, below 0.9" in errors
    assert "old loses 0.1250 on new" in errors


def test_models_are_asked_at_their_endpoints(folder, capsys):
    def answer(received):
        age = int(received.text.rstrip(".").split()[-1])
        return {"name": "Ada", "age": age if "3" in received.body["model"] else None}

    with FakeEndpoint(answer) as one, FakeEndpoint(answer) as other:
        models = ["--model", "numind/NuExtract3", "--model", "numind/NuExtract-2.0-8B"]
        assert evaluate(folder, *models, "--base-url", one.url, "--base-url", other.url, "--group-by", "site") == 0
        assert (len(one.requests), len(other.requests)) == (12, 12)
    out = capsys.readouterr().out
    assert "NuExtract-2.0-8B is worse than numind/NuExtract3" in out


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        ([], "--model or --predictions"),
        (["--predictions", "nowhere.jsonl"], "nowhere.jsonl"),
        (["--model", "a", "--model", "b", "--model", "c", "--base-url", "x", "--base-url", "y"], "3 models and 2"),
        (["--predictions", "{old}", "--compare", "$.nme=exact"], "nme"),
        (["--predictions", "{old}", "--compare", "$.name"], "equals sign"),
        (["--predictions", "{old}", "--metric", "luck", "--fail-under", "0.5"], "luck"),
        (["--predictions", "{old}", "--predictions", "{old}"], "same name"),
    ],
)
def test_a_wrong_call_says_what_is_wrong(folder, capsys, arguments, part):
    filled = [each.replace("{old}", str(folder / "old.jsonl")) for each in arguments]
    assert evaluate(folder, *filled) == 2
    assert part in capsys.readouterr().err


def test_rules_can_be_given_by_path_and_in_json(folder, capsys):
    rules = ["--compare", "$.name=exact", "--compare", '$.age={"rule": "tolerance", "absolute": 100}']
    assert evaluate(folder, "--predictions", folder / "old.jsonl", *rules, "--metric", "passed", "--fail-under", 1) == 0
    assert "tolerance" in capsys.readouterr().out
