"""The `nuextract` command against a fake endpoint."""

import base64
import io
import json
import os
import shlex
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from langchain_nuextract.cli import main
from langchain_nuextract.testing import FakeEndpoint, FakeReply
from tests.pdfs import lines, pdf

TEMPLATE = {"name": "string", "age": "integer"}


@pytest.fixture
def files(tmp_path):
    schema = tmp_path / "person.json"
    schema.write_text(json.dumps(TEMPLATE), encoding="utf-8")
    for number in (1, 2, 3):
        (tmp_path / f"{number}.txt").write_text(f"Zoë is {number}.", encoding="utf-8")
    return tmp_path


def endpoint():
    return FakeEndpoint(lambda received: {"name": "Zoë", "age": int(received.text[-2])})


def extract(endpoint, folder, *arguments):
    settings = ["--base-url", endpoint.url, "--model", "numind/NuExtract3", "--schema", str(folder / "person.json")]
    return main(["extract", *arguments, *settings])


def test_one_file_is_printed_as_json(files, capsys):
    with endpoint() as server:
        assert extract(server, files, str(files / "1.txt")) == 0
    assert json.loads(capsys.readouterr().out) == {"name": "Zoë", "age": 1}


def test_many_files_are_printed_a_line_each_in_order(files, capsys):
    names = [str(files / f"{number}.txt") for number in (3, 1, 2)]
    with endpoint() as server:
        assert extract(server, files, *names, "--jsonl") == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["file"], line["value"]["age"]) for line in lines] == list(zip(names, (3, 1, 2), strict=True))


@pytest.mark.parametrize(
    ("name", "content", "noticed"),
    [
        ("old.txt", ("Die Größe der Tür über dem Schloß, für Zoë. " * 9).encode("cp1252"), "its encoding was guessed"),
        ("page.pdf.html", pdf(lines("Zoe is 4")), "called a page of HTML, and was read as a PDF"),
    ],
)
def test_what_was_noticed_about_a_file_is_told_in_a_line(name, content, noticed, files, capsys):
    (files / name).write_bytes(content)
    with FakeEndpoint({"name": None, "age": None}) as server:
        assert extract(server, files, str(files / name), "--use", "text") == 0
        shown = capsys.readouterr()
        assert extract(server, files, str(files / name), "--use", "text", "--jsonl") == 0
        line = json.loads(capsys.readouterr().out)
    [told] = shown.err.splitlines()
    assert told.startswith(f"{name}: ")
    assert noticed in told
    assert line["warnings"] == [told]


def test_what_cannot_be_read_need_not_cost_the_file(files, capsys):
    with FakeEndpoint({"name": "Zoë", "age": "unreadable"}) as server:
        assert extract(server, files, str(files / "1.txt"), "--on-failure", "drop") == 0
        shown = capsys.readouterr()
        assert extract(server, files, str(files / "1.txt"), "--on-failure", "drop", "--jsonl") == 0
        line = json.loads(capsys.readouterr().out)
        assert extract(server, files, str(files / "1.txt")) == 1
    assert json.loads(shown.out) == {"name": "Zoë", "age": None}
    assert shown.err.count("left out: ") == len(line["left_out"]) > 0
    assert "$.age" in shown.err
    assert line["value"] == {"name": "Zoë", "age": None}
    assert all(problem.endswith("@ $.age") for problem in line["left_out"])


def test_a_run_with_a_checkpoint_goes_on_where_it_was_stopped(files, capsys):
    names = [str(files / f"{number}.txt") for number in (1, 2, 3)]
    with endpoint() as server:
        for count in (2, 3):
            assert extract(server, files, *names[:count], "--jsonl", "--checkpoint", str(files / "run.db")) == 0
    assert len(server.requests) == 3
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["value"]["age"] for line in lines] == [1, 2, 1, 2, 3]


def test_several_endpoints_share_the_work(files, capsys):
    names = [str(files / f"{number % 3 + 1}.txt") for number in range(40)]
    with endpoint() as first, endpoint() as second:
        assert extract(first, files, *names, "--jsonl", "--base-url", second.url) == 0
    assert len(first.requests) + len(second.requests) == len(capsys.readouterr().out.splitlines()) == 40
    assert first.requests
    assert second.requests


def test_a_file_that_is_no_checkpoint_is_refused(files, capsys):
    with endpoint() as server:
        assert extract(server, files, str(files / "1.txt"), "--checkpoint", str(files / "2.txt")) == 2
    assert "2.txt" in capsys.readouterr().err


def test_a_failed_file_is_told_and_fails_the_command(files, capsys):
    (files / "4.txt").write_text(" ", encoding="utf-8")
    names = [str(files / "4.txt"), str(files / "1.txt"), str(files / "none.txt")]
    with endpoint() as server:
        assert extract(server, files, *names, "--jsonl") == 1
    blank, good, none = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert blank["error"] == "EmptyDocument"
    assert good["value"]["age"] == 1
    assert "none.txt" in none["problems"][0]


def test_an_invalid_answer_is_printed_with_what_could_be_read(files, capsys):
    with FakeEndpoint({"name": "Zoë", "age": "old"}) as server:
        assert extract(server, files, str(files / "1.txt"), "--jsonl") == 1
    line = json.loads(capsys.readouterr().out)
    assert line["error"] == "InvalidExtraction"
    assert line["partial"]["name"] == "Zoë"
    assert "$.age" in line["problems"][0]


def stdin(content):
    return io.TextIOWrapper(io.BytesIO(content))


def test_text_may_come_from_standard_input(files, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", stdin("Zoë is 7.".encode()))
    with endpoint() as server:
        assert extract(server, files, "-") == 0
    assert json.loads(capsys.readouterr().out)["age"] == 7


def test_an_image_may_come_from_standard_input(files, capsys, monkeypatch):
    image = base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
    )
    monkeypatch.setattr("sys.stdin", stdin(image))
    with FakeEndpoint({"name": "Zoë", "age": 7}) as server:
        assert extract(server, files, "-") == 0
    content = server.requests[0].body["messages"][-1]["content"]
    assert [part["type"] for part in content] == ["image_url"]


def test_bytes_that_are_no_document_are_an_error_that_names_their_source(files, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", stdin(b"\x00\x80\xff\x01" * 50))
    with endpoint() as server:
        assert extract(server, files, "-") == 1
    assert "standard input" in capsys.readouterr().err
    assert server.requests == []


def test_without_an_endpoint_it_says_how_to_get_one(files, capsys, monkeypatch):
    monkeypatch.delenv("NUEXTRACT_BASE_URL", raising=False)
    assert main(["extract", str(files / "1.txt"), "--schema", str(files / "person.json"), "--model", "NuExtract3"]) == 2
    assert "NUEXTRACT_BASE_URL" in capsys.readouterr().err


def test_wrong_settings_are_told_in_a_sentence(files, capsys):
    settings = ["--schema", str(files / "person.json"), "--model", "numind/NuExtract3", "--base-url", "nonsense"]
    assert main(["extract", str(files / "1.txt"), *settings]) == 2
    said = capsys.readouterr().err
    assert (
        said
        == "nuextract: --base-url must be an address such as http://localhost:8000/v1, not 'nonsense'. Did you mean http://nonsense?\n"
    )


def test_it_ends_quietly_when_nobody_reads_on(files):
    names = [str(files / f"{number % 3 + 1}.txt") for number in range(200)]
    with endpoint() as server:
        settings = ["--schema", str(files / "person.json"), "--model", "numind/NuExtract3", "--base-url", server.url]
        command = shlex.join([sys.executable, "-m", "langchain_nuextract.cli", "extract", *names, "--jsonl", *settings])
        shell = ["/bin/bash", "-c", f"set -o pipefail; {command} | head -n 1"]
        done = subprocess.run(shell, capture_output=True, text=True, check=False)
    assert json.loads(done.stdout)["value"]["age"] == 1
    assert done.stderr == ""


@pytest.mark.parametrize(("stop", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_and_keeps_what_is_finished(stop, code, files):
    names = [str(files / f"{number}.txt") for number in range(1, 200)]
    for number, name in enumerate(names, start=1):
        Path(name).write_text(f"Zoë is {number % 10}.", encoding="utf-8")
    stopped = threading.Event()

    def answer(received):
        # However late the signal is sent, the run is not over before.
        if len(server.requests) > 40:
            stopped.wait(120)
        return FakeReply({"name": "Zoë", "age": int(received.text[-2])}, delay=0.1)

    with FakeEndpoint(answer) as server:
        settings = ["--schema", str(files / "person.json"), "--model", "numind/NuExtract3", "--base-url", server.url]
        command = [sys.executable, "-m", "langchain_nuextract.cli", "extract", *names, "--jsonl", *settings]
        command += ["--checkpoint", str(files / "run.db"), "--concurrency", "8"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            seen = [process.stdout.readline()]
            process.send_signal(stop)
            rest, said = process.communicate(timeout=100)
        stopped.set()
        seen += rest.splitlines()
        asked = len(server.requests)
        [told] = said.splitlines()
        assert process.returncode == code
        assert told == "nuextract: stopped, and goes on where it was when it is begun again"
        assert len(seen) <= asked < len(names)
        assert main(command[3:]) == 0
    # Only those under way when it was stopped are asked about twice.
    assert len(server.requests) - len(names) <= 8


ODD = {"name": "Zoë 🙂 日本", "age": 7}


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_values_that_the_terminal_cannot_show_are_written_as_escapes(encoding, files, monkeypatch):
    printed = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(printed, encoding))
    with FakeEndpoint(ODD) as server:
        settings = ["--schema", str(files / "person.json"), "--model", "numind/NuExtract3", "--base-url", server.url]
        assert main(["extract", str(files / "1.txt"), *settings]) == 0
    assert json.loads(printed.getvalue().decode(encoding)) == ODD


def test_a_terminal_of_another_encoding_gets_what_it_can_show(files):
    with FakeEndpoint(ODD) as server:
        settings = ["--schema", str(files / "person.json"), "--model", "numind/NuExtract3", "--base-url", server.url]
        command = [sys.executable, "-m", "langchain_nuextract.cli", "extract", str(files / "1.txt"), *settings]
        environment = {**os.environ, "PYTHONIOENCODING": "latin-1"}
        done = subprocess.run(command, capture_output=True, env=environment, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout.decode("latin-1")) == ODD


def test_a_serializer_that_fails_does_not_end_the_run(tmp_path, capsys):
    (tmp_path / "person.py").write_text(FAILING, encoding="utf-8")
    names = [str(tmp_path / f"{number}.txt") for number in (1, 2)]
    for name in names:
        Path(name).write_text("Zoë", encoding="utf-8")
    with FakeEndpoint({"name": "Zoë"}) as server:
        settings = [
            "--base-url",
            server.url,
            "--model",
            "numind/NuExtract3",
            "--schema",
            f"{tmp_path}/person.py:Person",
        ]
        assert main(["extract", *names, "--jsonl", *settings]) == 0
    printed = capsys.readouterr()
    assert [json.loads(line)["value"] for line in printed.out.splitlines()] == [{"name": "Zoë"}] * 2
    assert "no such thing" in printed.err


FAILING = """
from pydantic import BaseModel, field_serializer

class Person(BaseModel):
    name: str

    @field_serializer("name")
    def show(self, name):
        raise LookupError("no such thing")
"""


def test_help_tells_the_exit_codes(capsys):
    with pytest.raises(SystemExit):
        main(["extract", "--help"])
    assert "130  stopped by Ctrl-C; 143 by SIGTERM" in capsys.readouterr().out


def test_a_folder_with_failures_ends_in_a_line_that_counts_them(files, capsys):
    folder = files / "scans"
    folder.mkdir()
    for name, text in (("a.txt", "Zoë is 1."), ("b.txt", " "), ("c.txt", ""), ("d.txt", "\0\x80\1" * 9)):
        (folder / name).write_bytes(text.encode("latin-1"))
    with endpoint() as server:
        assert extract(server, files, str(folder), "--jsonl") == 1
    *told, total = capsys.readouterr().err.splitlines()
    assert [line.rpartition("/")[2].partition(":")[0] for line in told if str(folder) in line] == [
        "b.txt",
        "c.txt",
        "d.txt",
    ]
    assert total == "3 of 4 failed: 2 EmptyDocument, 1 WrongKind"


def test_a_missing_file_is_named_once(files, capsys):
    with endpoint() as server:
        assert extract(server, files, str(files / "none.txt")) == 1
    assert capsys.readouterr().err == f"{files / 'none.txt'}: No such file or directory\n"


def test_evidence_is_printed_with_the_file_and_the_page(files, capsys):
    (files / "page.pdf").write_bytes(pdf(lines("Dora is 41")))
    with FakeEndpoint({"name": "Dora", "age": 41}) as server:
        assert extract(server, files, str(files / "page.pdf"), "--use", "text", "--evidence") == 0
    line = json.loads(capsys.readouterr().out)
    assert line["file"] == str(files / "page.pdf")
    name = line["evidence"][0]
    assert (name["path"], name["quotation"], name["match"], name["page"]) == ("$.name", "Dora", "exact", 1)


def test_confidence_is_asked_for_and_printed(files, capsys):
    text = '{"name": "Zoë", "age": 1}'
    tokens = [{"token": each, "bytes": [*each.encode()], "logprob": -0.1} for each in text]
    with FakeEndpoint(FakeReply(text, logprobs={"content": tokens})) as server:
        assert extract(server, files, str(files / "1.txt"), "--confidence") == 0
    assert server.requests[0].body["logprobs"]
    assert {each["path"] for each in json.loads(capsys.readouterr().out)["confidence"]} == {"$.name", "$.age"}


@pytest.mark.parametrize("form", ["lines", "list"])
def test_examples_come_from_a_file(form, files, capsys):
    records = [
        {"input": "Ann is 5.", "output": {"name": "Ann", "age": 5}},
        {"file": "2.txt", "output": {"name": "Zoë"}},
    ]
    text = json.dumps(records) if form == "list" else "\n".join(map(json.dumps, records))
    (files / "examples.jsonl").write_text(text, encoding="utf-8")
    with endpoint() as server:
        assert extract(server, files, str(files / "1.txt"), "--examples", str(files / "examples.jsonl")) == 0
    sent = json.dumps(server.requests[0].body, ensure_ascii=False)
    assert "Ann is 5." in sent
    assert "Zoë is 2." in sent


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"input": "a", "outptu": {}}', "line 1: its keys are 'input', 'outptu'"),
        ('{"input": "a"', "line 1: no JSON"),
        ('["a"]', "example 1: its keys are none"),
        ('{"input": "a", "output": {"nmae": "b"}}', "did you mean 'name'?"),
    ],
)
def test_wrong_examples_are_told_with_their_line(text, words, files, capsys):
    (files / "examples.jsonl").write_text(text, encoding="utf-8")
    with endpoint() as server:
        assert extract(server, files, str(files / "1.txt"), "--examples", str(files / "examples.jsonl")) == 2
    assert words in capsys.readouterr().err
    assert server.requests == []


def test_what_the_model_is_to_do_is_set_by_flags(files):
    flags = ["--temperature", "0.25", "--max-tokens", "321", "--thinking", "--instructions", "Heed the age."]
    limits = ["--timeout", "20", "--max-retries", "0", "--patience", "1", "--max-calls", "1", "--max-seconds", "30"]
    with endpoint() as server:
        assert extract(server, files, str(files / "1.txt"), *flags, *limits, "--long", "--verbatim", "checked") == 0
    body = next(request.body for request in server.requests if request.path == "/v1/chat/completions")
    assert (body["temperature"], body["max_tokens"]) == (0.25, 321)
    assert body["chat_template_kwargs"]["enable_thinking"] is True
    assert "Heed the age." in json.dumps(body)


def test_hints_speak_of_flags(files, capsys):
    settings = ["--schema", str(files / "person.json"), "--base-url", "http://127.0.0.1:9", "--model", "NuExtract3"]
    assert main(["extract", str(files / "1.txt"), *settings]) == 2
    assert "--base-url or NUEXTRACT_BASE_URL" in capsys.readouterr().err
