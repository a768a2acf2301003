"""What commands tell: one line, the file named once, and flags rather than arguments of Python."""

import io
import json
import re
import sys
from collections import Counter
from pathlib import Path

import pytest

import langchain_nuextract
from langchain_nuextract.cli import main
from langchain_nuextract.cli.messages import FLAGS, failure, failures, in_flags, reason_of
from langchain_nuextract.errors import InvalidExtraction, Problem, TooLarge, WrongKind
from langchain_nuextract.testing import FakeEndpoint

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


SCHEMA_FILES = {
    "shop.py": "class Order: ...\n",
    "bad.json": '{"a": string}',
    "bad.py": "[",
    "nothing.json": "\n",
    "bad.yaml": "payer: verbatim-string\nshares: [\n",
    "odd.yaml": "\x00",
    "hidden.py": "import datetime as dt\nclass Order:\n    date = None\n    due = date | None\n",
    "odd.py": "def order():\n    return 1 / 0\nOrder = order()\n",
    "lacks.py": "\nimport no_such_package\n",
    "later.py": "from __future__ import annotations\nfrom pydantic import BaseModel\n"
    "class Order(BaseModel):\n    lines: list[Line]\n",
}


@pytest.mark.parametrize(
    ("named", "words"),
    [
        ("none.json", "the schema 'none.json': No such file or directory"),
        ("shop.py:Ordr", "there is no Ordr in shop; did you mean Order?"),
        ("shop.py", "name the class in it, shop.py:Class"),
        ("no.such:Order", "A module is looked for in this folder and among what is installed"),
        ("bad.json", "Expecting value"),
        ("bad.py:Order", "was never closed"),
        ("shop.py:Order", "Make it a BaseModel, a dataclass or a TypedDict"),
        ("Order", "expected module:Class"),
        ("shop.Order", "Did you mean shop:Order?"),
        ("deep/shop.Order", "Did you mean deep.shop:Order?"),
        ("nothing.json", "the schema 'nothing.json': the file is empty"),
        ("bad.yaml", "the schema 'bad.yaml': this is no YAML in line 3: expected the node content"),
        ("odd.yaml", "the schema 'odd.yaml': this is no YAML"),
        ("hidden.py:Order", "hidden.py line 4: TypeError: unsupported operand"),
        ("odd.py:Order", "odd.py line 2: ZeroDivisionError: division by zero"),
        ("odd:Order", "odd.py line 2: ZeroDivisionError: division by zero"),
        ("lacks.py:Order", "lacks.py line 2: ModuleNotFoundError: No module named 'no_such_package'"),
        ("later.py:Order", "name 'Line' is not defined"),
    ],
)
def test_a_schema_that_cannot_be_read_is_told_with_what_to_write(named, words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for name, text in SCHEMA_FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert main(["schema", named]) == 2
    [told] = capsys.readouterr().err.splitlines()
    assert words in told


def extract(*flags, file="a.txt"):
    """A command that would extract from a file, if there were an endpoint."""
    endpoint = ["--model", "NuExtract3", "--base-url", "http://127.0.0.1:9"]
    return ["extract", file, "--schema", '{"a": "string"}', *endpoint, *flags]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["extract", "a.txt", "--schema", '{"a": "string"}', "--embedded", "--base-url", "http://a"], "leave out"),
        (["extract", "a.txt", "--schema", '{"a": "string"}', "--base-url", "a", "--model", "b"], "http://a?"),
        (["extract", "a.txt", "--schema", '{"a": "string"}', "--model", "b"], "by --base-url or NUEXTRACT_BASE_URL"),
        (extract("--temperature", "-1"), "--temperature must be at least 0, not -1.0"),
        (extract("--max-tokens", "0"), "--max-tokens must be at least 1, not 0"),
        (extract("--max-retries", "-1"), "--max-retries must be at least 0, not -1"),
        (extract("--timeout", "0"), "--timeout must be a number of seconds above 0, not 0.0"),
        (extract("--max-calls", "0"), "--max-calls must be a whole number of at least 1, not 0"),
        (extract("--pages", "3-1"), '--pages must be a list such as "1-3,7" or "2-", got \'3-1\''),
        (extract("--explode", "line", "-o", "a.csv"), "--explode: the schema has no list 'line'"),
        (extract("--jsonl", "-o", "a.csv"), "--jsonl, and 'a.csv' says csv: leave one of them out"),
        (extract("-o", "none/a.csv"), "none/a.csv: the folder 'none' does not exist. Make it first"),
        (extract("-o", "none/a.jsonl"), "none/a.jsonl: the folder 'none' does not exist. Make it first"),
        (extract("--include", "*.pdf", file="empty"), "empty: there is no file that is named *.pdf in this folder"),
        (extract(file="empty"), "empty: there is no file in this folder"),
        (extract(file="outer"), "outer: there is no file in this folder itself. Add --recursive for those in its"),
        (["view", "latin.txt"], "latin.txt line 1: this is not utf-8. Save it as UTF-8"),
        (["serve", "--port", "99999"], "there is no port 99999"),
        (["evaluate", "gold.jsonl", "--schema", '{"a": "string"}'], "by --model or --predictions"),
        (
            ["evaluate", "gold.jsonl", "--schema", '{"a": "string"}', "--model", "b", "--html", "none/a.html"],
            "none/a.html: the folder 'none' does not exist. Make it first",
        ),
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
    (tmp_path / "latin.txt").write_bytes("Gebühr".encode("cp1252"))
    (tmp_path / "empty").mkdir()
    (tmp_path / "outer" / "inner").mkdir(parents=True)
    assert main(arguments) in {1, 2}
    [told] = capsys.readouterr().err.splitlines()
    assert words in told


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["exract", "a.txt"], "did you mean extract?"),
        (["extract", "a.txt", "--shcema", "s.json"], "unrecognized arguments: --shcema; did you mean --schema?"),
        (["extract", "a.txt", "--schema", "s.json", "--concurency", "3"], "did you mean --concurrency?"),
        (["extract", "a.txt", "--schema", "s.json", "--concurency=3"], "did you mean --concurrency?"),
        (["extract", "a.txt", "--schema", "s.json", "--format", "jsonlines"], "did you mean jsonl?"),
        (["extract", "a.txt", "--schema", "s.json", "--zzz"], "unrecognized arguments: --zzz"),
        (["extract", "a.txt"], "the following arguments are required: --schema"),
        (["label-studio", "task"], "did you mean tasks?"),
    ],
)
def test_what_is_misspelt_is_told_with_the_nearest_that_there_is(arguments, words, capsys):
    with pytest.raises(SystemExit) as raised:
        main(arguments)
    assert raised.value.code == 2
    assert capsys.readouterr().err.splitlines()[-1].endswith(words)


def test_a_file_that_is_not_there_is_told_alike_on_stderr_and_in_lines(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.txt").write_text("A permit.", encoding="utf-8")
    (tmp_path / "page.html").write_text("<p>A permit.", encoding="utf-8")
    for module in [name for name in sys.modules if name.startswith("langchain_nuextract.documents.html.")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "turbohtml", None)
    with FakeEndpoint({"a": "permit"}) as endpoint:
        files = ["a.txt", "none.txt", "page.html"]
        assert main(
            ["extract", *files, "--schema", '{"a": "string"}', "--model", "NuExtract3", "--base-url", endpoint.url]
        )
    printed = capsys.readouterr()
    assert [json.loads(line).get("problems", []) for line in printed.out.splitlines()] == [
        [],
        ["none.txt: No such file or directory"],
        ['page.html: HTML needs another package: pip install "langchain-nuextract[html]"'],
    ]
    assert "none.txt: No such file or directory" in printed.err.splitlines()


def test_an_evaluation_takes_the_model_of_the_environment(tmp_path, monkeypatch, capsys):
    gold = tmp_path / "gold.jsonl"
    gold.write_text('{"id": "a", "text": "A permit.", "expected": {"a": "permit"}}\n', encoding="utf-8")
    with FakeEndpoint({"a": "permit"}) as endpoint:
        monkeypatch.setenv("NUEXTRACT_BASE_URL", endpoint.url)
        monkeypatch.setenv("NUEXTRACT_MODEL", "acme/NuExtract3")
        assert main(["evaluate", str(gold), "--schema", '{"a": "string"}']) == 0
    assert "acme/NuExtract3 has 100.0% of the leaves" in capsys.readouterr().out


def test_lines_in_a_file_are_utf_8(tmp_path, capsys):
    (tmp_path / "a.txt").write_text("Müller", encoding="utf-8")
    with FakeEndpoint({"a": "Müller"}) as endpoint:
        ask = ["--model", "NuExtract3", "--base-url", endpoint.url]
        assert (
            main(
                [
                    "extract",
                    str(tmp_path / "a.txt"),
                    "--schema",
                    '{"a": "string"}',
                    *ask,
                    "-o",
                    str(tmp_path / "o.jsonl"),
                ]
            )
            == 0
        )
    assert '"Müller"' in (tmp_path / "o.jsonl").read_text(encoding="utf-8")
    assert capsys.readouterr().err.endswith(f"wrote 1 line to {tmp_path / 'o.jsonl'}\n")


def test_what_cannot_be_written_since_stdout_is_closed_is_no_success(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdout", None)
    assert main(["schema", '{"name": "string"}']) == 2
    assert capsys.readouterr().err == "nuextract: standard output is closed. Write to a file.\n"


def test_standard_input_that_is_closed_has_nothing_in_it(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", None)
    with FakeEndpoint() as endpoint:
        assert main(["extract", "-", "--schema", '{"name": "string"}', "--base-url", endpoint.url]) == 1
    assert (capsys.readouterr().err, endpoint.requests) == ("standard input: the file is empty.\n", [])
