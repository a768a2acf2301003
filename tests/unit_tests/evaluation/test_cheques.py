"""The example with cheques, from the drawing to the report."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from langchain_nuextract.cli import main
from langchain_nuextract.evaluation.label_studio import Config, check_tasks

pytest.importorskip("PIL")

EXAMPLE = Path(__file__).parents[3] / "examples" / "cheques"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    to = tmp_path_factory.mktemp("cheques")
    subprocess.run([sys.executable, EXAMPLE / "draw.py", to], check=True)
    return to


def test_twelve_cheques_are_drawn_and_a_report_says_which_model_is_better(folder, capsys):
    models = [
        each for name in ("base", "tuned") for each in ("--predictions", str(EXAMPLE / "predictions" / f"{name}.jsonl"))
    ]
    schema = f"{EXAMPLE / 'schema.py'}:Cheque"
    assert main(["evaluate", str(folder / "gold.jsonl"), "--schema", schema, *models, "--output", str(folder)]) == 0
    assert "tuned" in capsys.readouterr().out
    report = json.loads((folder / "report.json").read_text("utf-8"))
    [found] = report["comparisons"]
    assert (found["documents"], found["fallen_to_zero"]) == (12, ["cheque-12"])
    assert found["newly_invalid"] == ["cheque-02", "cheque-06", "cheque-09", "cheque-12"]
    assert found["newly_unreadable"] == ["cheque-12"]
    assert found["gain_mean"] > 0 > found["gain_mean_as_written"]
    html = (folder / "report.html").read_text("utf-8")
    assert html.count("data:image/jpeg;base64,") == 12


def test_the_tuned_models_answers_become_tasks_to_correct(folder, capsys):
    predicted = str(EXAMPLE / "predictions" / "tuned.jsonl")
    schema = ["--schema", f"{EXAMPLE / 'schema.py'}:Cheque", "--document", "image"]
    assert main(["label-studio", "tasks", str(folder / "gold.jsonl"), "--predictions", predicted, *schema]) == 0
    tasks = json.loads(capsys.readouterr().out)
    assert len(tasks) == 12
    assert {each["data"]["image"][:15] for each in tasks} == {"data:image/jpeg"}
    assert main(["label-studio", "config", schema[1], *schema[2:]]) == 0
    check_tasks(tasks, Config.parse(capsys.readouterr().out))


def test_the_cheques_become_rows_to_train_on(folder, tmp_path, capsys):
    split = ["--split", "60/20/20", "--seed", "5"]
    command = ["export-training", str(folder / "gold.jsonl"), "--schema", f"{EXAMPLE / 'schema.py'}:Cheque"]
    assert main([*command, "--dialect", "3", "--output", str(tmp_path), *split]) == 0
    parts = {part: (tmp_path / f"{part}.jsonl").read_text("utf-8").splitlines() for part in ("train", "test")}
    banks = {part: {json.loads(line)["group"] for line in lines} for part, lines in parts.items()}
    assert all(banks.values())
    assert not banks["train"] & banks["test"]
    assert "rows in train.jsonl" in capsys.readouterr().err


def test_the_same_cheques_are_drawn_each_time(folder, tmp_path):
    subprocess.run([sys.executable, EXAMPLE / "draw.py", tmp_path], check=True)
    for file in tmp_path.iterdir():
        assert file.read_bytes() == (folder / file.name).read_bytes()
