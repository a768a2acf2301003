"""Schemas as people have them: files in any of the usual encodings and forms, classes, and JSON on the command line."""

import json
import re
import subprocess
import sys

import pytest

from langchain_nuextract.cli import main

TEMPLATE = {"name": "string", "age": "integer"}
CLASS = """
import datetime
from pydantic import BaseModel
from neighbour import Street

class Person(BaseModel):
    name: str
    age: int
    born: datetime.date
    street: Street

    class Inner(BaseModel):
        age: int
"""
NEIGHBOUR = """
from pydantic import BaseModel

class Street(BaseModel):
    number: int
"""


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        pytest.param("nowhere:Thing", "nowhere", id="no-module"),
        pytest.param("json:Thing", "Thing", id="no-class"),
        pytest.param("Thing", "module:Class", id="no-colon"),
        pytest.param("missing.py:Thing", "there is no file", id="no-python-file"),
        pytest.param("{broken", "broken", id="no-json"),
        pytest.param("json:JSONDecoder()", "JSONDecoder()", id="no-attribute"),
        pytest.param("missing.json", "missing.json", id="no-file"),
    ],
)
def test_a_wrong_schema_is_an_error_that_names_it(schema, message, capsys):
    assert main(["schema", schema]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "content"),
    [
        pytest.param("a.json", json.dumps(TEMPLATE).encode(), id="json"),
        pytest.param("a.JSON", json.dumps(TEMPLATE).encode(), id="upper-case"),
        pytest.param("a.json", json.dumps(TEMPLATE).encode("utf-8-sig"), id="byte-order-mark"),
        pytest.param("a.json", json.dumps(TEMPLATE).encode("utf-16"), id="utf-16"),
        pytest.param("a.json", b"\xfe\xff" + json.dumps(TEMPLATE).encode("utf-16-be"), id="utf-16-big-endian"),
        pytest.param("a.yaml", b"name: string\nage: integer\n", id="yaml"),
        pytest.param("a b.yml", b"{name: string, age: integer}", id="yml"),
    ],
)
def test_a_schema_is_shown_as_the_model_gets_it(name, content, tmp_path, capsys):
    (tmp_path / name).write_bytes(content)
    assert main(["schema", str(tmp_path / name), "--dialect", "3"]) == 0
    assert '"age": "integer"' in capsys.readouterr().out


def test_a_schema_may_be_json_on_the_command_line(capsys):
    assert main(["schema", f" {json.dumps(TEMPLATE)}"]) == 0
    assert '"age": "integer"' in capsys.readouterr().out


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The current folder, with a module that imports another; neither stays loaded."""
    (tmp_path / "people.py").write_text(CLASS, encoding="utf-8")
    (tmp_path / "neighbour.py").write_text(NEIGHBOUR, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield tmp_path
    for name in ("people", "neighbour"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize("attribute", ["Person", "Person.Inner"])
@pytest.mark.parametrize("form", ["{0}/people.py", "./people.py", "people.py", "people"])
def test_a_schema_may_be_a_class_in_a_file(form, attribute, folder, capsys):
    assert main(["schema", f"{form.format(folder)}:{attribute}"]) == 0
    assert '"age": "integer"' in capsys.readouterr().out


@pytest.mark.parametrize("form", ["people.py", "people"])
def test_the_command_finds_a_class_in_the_folder_it_is_run_in(form, folder):
    command = [sys.executable, "-m", "langchain_nuextract.cli", "schema", f"{form}:Person"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert '"age": "integer"' in done.stdout


def test_two_schemas_are_an_error(capsys):
    with pytest.raises(SystemExit) as raised:
        main(["extract", "a.txt", "--schema", "a:B", "--schema", "c:D"])
    assert raised.value.code == 2
    assert "--schema is given twice: 'a:B' and 'c:D'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "text"), [("a.json", '{"a":' * 50_000 + "1" + "}" * 50_000), ("a.yaml", "[" * 20_000)]
)
def test_a_schema_that_is_nested_too_deeply_is_refused(name, text, tmp_path, capsys):
    (tmp_path / name).write_text(text)
    assert main(["schema", str(tmp_path / name)]) == 2
    # Where JSON is read in spite of it, as Python 3.14 does, the schema is refused.
    assert re.search("is nested (too deeply|deeper than)", capsys.readouterr().err)
