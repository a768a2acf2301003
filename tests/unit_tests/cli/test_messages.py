"""What commands tell: one line, the file named once, and flags rather than arguments of Python."""

import io
import re
from collections import Counter
from pathlib import Path

import pytest

import langchain_nuextract
from langchain_nuextract.cli import main
from langchain_nuextract.cli.messages import FLAGS, failure, failures, in_flags, reason_of
from langchain_nuextract.errors import InvalidExtraction, Problem, TooLarge, WrongKind

SOURCES = Path(langchain_nuextract.__file__).parent.rglob("*.py")
TEXTS = [path.read_text(encoding="utf-8") for path in SOURCES if path.parts[-2:] != ("cli", "messages.py")]
ERRORS = re.sub(r'"\n\s*f?"', "", "\n".join(TEXTS))
"""All of the package's source but the table itself, with texts that stand on several lines put together."""


@pytest.mark.parametrize("phrase", FLAGS)
def test_each_phrase_stands_in_a_message_of_the_package(phrase):
    assert phrase.replace('"', "'") in ERRORS.replace('"', "'")


@pytest.mark.parametrize("phrase", FLAGS)
def test_no_argument_of_python_is_left_in_what_is_told(phrase):
    assert in_flags(f"Oh! {phrase}.") == f"Oh! {FLAGS[phrase]}."


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (FileNotFoundError(2, "No such file or directory", "deep/a.txt"), "a.txt: No such file or directory"),
        (WrongKind("a.txt", "it is a folder."), "a.txt: it is a folder."),
        (TooLarge("a.txt", "too many pixels.", page=3), "a.txt: page 3: too many pixels."),
        (ValueError("one\n  two"), "a.txt: one; two"),
        (RuntimeError(), "a.txt: RuntimeError"),
        (
            InvalidExtraction([Problem(("a",), "expected a date"), Problem((), "odd")], partial=None, reply=""),
            "a.txt: the answer does not satisfy the schema; expected a date @ $.a; odd @ $",
        ),
    ],
)
def test_a_failure_is_one_line_that_names_its_file_once(error, told):
    assert failure("a.txt", error) == told


def test_failures_are_counted_by_kind():
    assert failures(Counter(ReplyTimeout=3, EmptyDocument=4), 10) == "7 of 10 failed: 4 EmptyDocument, 3 ReplyTimeout"


def test_an_error_of_a_file_that_nobody_named_names_it():
    assert reason_of(FileNotFoundError(2, "No such file or directory", "gold.jsonl")) == (
        "gold.jsonl: No such file or directory"
    )


SCHEMA_FILES = {"shop.py": "class Order: ...\n", "bad.json": '{"a": "string",}', "bad.py": "["}


@pytest.mark.parametrize(
    ("named", "words"),
    [
        ("none.json", "the schema 'none.json': No such file or directory"),
        ("shop.py:Ordr", "there is no Ordr in shop; did you mean Order?"),
        ("shop.py", "name the class in it, shop.py:Class"),
        ("no.such:Order", "A module is looked for in this folder and among what is installed"),
        ("bad.json", "Expecting property name"),
        ("bad.py:Order", "was never closed"),
        ("shop.py:Order", "Make it a BaseModel, a dataclass or a TypedDict"),
        ("Order", "expected module:Class"),
    ],
)
def test_a_schema_that_cannot_be_read_is_told_with_what_to_write(named, words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for name, text in SCHEMA_FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert main(["schema", named]) == 2
    [told] = capsys.readouterr().err.splitlines()
    assert words in told


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["extract", "a.txt", "--schema", '{"a": "string"}', "--embedded", "--base-url", "http://a"], "leave out"),
        (["extract", "a.txt", "--schema", '{"a": "string"}', "--base-url", "a", "--model", "b"], "http://a?"),
        (["extract", "a.txt", "--schema", '{"a": "string"}', "--model", "b"], "by --base-url or NUEXTRACT_BASE_URL"),
        (["view", "none.jsonl"], "none.jsonl: No such file or directory"),
        (["draft", "none.txt", "--base-url", "http://127.0.0.1:9", "--model", "NuExtract3"], "none.txt: No such file"),
        (["doctor"], "by --base-url or NUEXTRACT_BASE_URL"),
        (["markdown", "-"], "standard input: no endpoint is set"),
    ],
)
def test_a_command_that_is_called_wrongly_says_so_in_one_line(arguments, words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"A permit.")))
    (tmp_path / "a.txt").write_text("A permit.", encoding="utf-8")
    assert main(arguments) in {1, 2}
    [told] = capsys.readouterr().err.splitlines()
    assert words in told
