"""Standard streams as they are outside of a terminal: full, closed, of another encoding; and being stopped."""

import io
import subprocess
import sys
from pathlib import Path

import pytest

from langchain_nuextract.cli import main

COMMAND = [sys.executable, "-m", "langchain_nuextract.cli"]
HELP = [[], *([name] for name in ("demo", "draft", "extract", "markdown", "evaluate", "view", "export-training"))]
HELP += [["label-studio"], ["label-studio", "tasks"], ["serve"], ["schema"], ["doctor"]]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
@pytest.mark.parametrize("arguments", [["schema", '{"payee": "string"}'], ["schema", "--help"], ["--version"]])
def test_a_full_disk_is_told_of_in_one_line(arguments):
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run([*COMMAND, *arguments], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, "nuextract: standard output: No space left on device\n")


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
@pytest.mark.parametrize("command", HELP, ids=" ".join)
def test_help_is_printed_in_every_encoding(command, encoding, monkeypatch):
    printed = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(printed, encoding))
    with pytest.raises(SystemExit) as raised:
        main([*command, "--help"])
    assert raised.value.code == 0
    assert b"usage: nuextract" in printed.getvalue()


def test_ctrl_c_while_the_command_is_loaded_leaves_no_traceback(monkeypatch):
    class Interrupted:
        def find_spec(self, name, *_):
            if name == "langchain_nuextract.cli.commands":
                raise KeyboardInterrupt

    monkeypatch.delitem(sys.modules, "langchain_nuextract.cli.commands", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Interrupted(), *sys.meta_path])
    assert main(["--version"]) == 130


@pytest.mark.parametrize(
    "command", [["extract", "-", "-", "--schema", '{"a": "date"}'], ["markdown", "-", "a.html", "-"]]
)
def test_standard_input_is_named_once(command, capsys):
    assert main(command) == 2
    assert "can be read once" in capsys.readouterr().err
