"""`nuextract label-studio` without a server."""

import json

import pytest

from langchain_nuextract.cli import main
from langchain_nuextract.evaluation.label_studio import Config, check_tasks
from langchain_nuextract.testing import FakeEndpoint
from tests.unit_tests.evaluation.label_studio.orders import TEXT, VALUE, annotation, answer, exported

SCHEMA = "tests.unit_tests.evaluation.label_studio.orders:Order"


def test_tasks_fit_the_configuration_and_say_what_was_found(tmp_path, capsys):
    (tmp_path / "a.txt").write_bytes(TEXT.encode())
    assert main(["label-studio", "config", SCHEMA]) == 0
    config = capsys.readouterr().out
    with FakeEndpoint(lambda _: VALUE) as server:
        settings = ["--schema", SCHEMA, "--base-url", server.url, "--model", "numind/NuExtract3"]
        assert main(["label-studio", "tasks", str(tmp_path / "a.txt"), *settings]) == 0
    (made,) = json.loads(capsys.readouterr().out)
    check_tasks([made], Config.parse(config))
    assert {"from_name": "buyer", "text": ["Ida"]} in [
        {"from_name": each["from_name"], **each["value"]} for each in made["predictions"][0]["result"]
    ]


def test_an_export_becomes_the_lines_of_a_gold(tmp_path, capsys):
    path = tmp_path / "export.json"
    done = annotation(answer("buyer", "textarea", {"text": ["Ida"]}), answer("mood", "choices", {"choices": ["good"]}))
    path.write_text(json.dumps([exported(done), exported(task=2)]), encoding="utf-8")
    assert main(["label-studio", "gold", str(path), "--schema", SCHEMA]) == 0
    printed = capsys.readouterr()
    (line,) = map(json.loads, printed.out.splitlines())
    assert (line["id"], line["expected"], line["text"]) == ("order-1", {"buyer": "Ida"}, TEXT)
    assert "1 documents; 0 skipped, 1 not annotated" in printed.err
    assert "mood: 1 answers left out" in printed.err


@pytest.mark.parametrize("command", [["push", "t.json"], ["pull", "--project", "1", "--schema", SCHEMA]])
def test_a_missing_token_is_said_before_anything_is_sent(command, tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("LABEL_STUDIO_API_KEY", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.json").write_text("[]", encoding="utf-8")
    assert main(["label-studio", *command]) == 2
    assert "set LABEL_STUDIO_API_KEY" in capsys.readouterr().err
