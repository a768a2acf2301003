"""The Python blocks of README and guides run, those of one file one after another, and print what they say they print.

Blocks that start the embedded model do so; all others ask a fake endpoint, which answers in the shape of its template.
Guides that use other packages run in `make test-docs`, blocks that use an engine in `make test-ray` and
`make test-spark`.
"""

import io
import json
import math
import re
import shlex
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from langchain_nuextract.cli.commands import _parser
from langchain_nuextract.testing import FakeEndpoint, FakeReply

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000d49444154789c6360000000000500017a5eab3f0000000049454e44ae426082"
)
ROOT = Path(__file__).parents[1]
FILES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
SHELL = re.compile(r"^```(?:shell|console)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
PACKAGES = {"deploy", "rag"}
"""Guides whose blocks need other packages."""
ENGINES = {
    "ray": re.compile(r"^import (ray|daft|dask)|^\w+ = ray\.", re.MULTILINE),
    "spark": re.compile(r"^from pyspark", re.MULTILINE),
}
"""Blocks that run where `make test-ray` and `make test-spark` run."""
BLOCK = re.compile(r"^```python\n(.*?)^```$(?:\n+^```text\n(.*?)^```$)?", re.DOTALL | re.MULTILINE)
INVOICE = {"supplier": "Northwind", "invoice_number": "NW-1", "total": 7.0}
PAYMENT = {"payer": "Museum", "currency": "EUR", "confirmed": True}
DUE = {"payer": "The Museum", "amount": 12, "due": "2026-05-03"}
LEASES = {
    "Ines": {"tenant": "Ines", "rent": 450, "until": "2026-06-30", "extras": ["cellar"]},
    "Otto": {"tenant": "Otto", "rent": 900.5, "until": "2028-02-29", "extras": ["garage"]},
    "Rosa": {"tenant": "Rosa", "rent": None, "until": None, "extras": []},
}
NOTHING = {"payer": None, "currency": None, "confirmed": None}


PEERS = {"coming-from"}
"""Guides whose blocks run where the peers are installed: tests/integration_tests/peers."""


def blocks():
    for file in (file for file in FILES if file.stem not in PEERS):
        text = file.read_text(encoding="utf-8")
        for found in BLOCK.finditer(text):
            above = "\n" * text[: found.start(1)].count("\n")
            marks = [pytest.mark.docs] if file.stem in PACKAGES else []
            marks += [getattr(pytest.mark, engine) for engine, import_ in ENGINES.items() if import_.search(found[1])]
            yield pytest.param(file, (above + found[1], found[2]), id=f"{file.stem}-{len(above) + 1}", marks=marks)


@pytest.fixture(scope="module")
def endpoint():
    def answer(received):
        template = json.loads(received.body["chat_template_kwargs"]["template"])
        if "tenant" in template:
            said = next(lease for tenant, lease in LEASES.items() if tenant in received.text)
            return {"title": "Report", **said} if "title" in template else said
        if "payer" not in template:
            return INVOICE
        if "due" in template:
            return DUE
        said = PAYMENT if "Museum" in received.text else NOTHING
        return FakeReply(said, logprobs=sure(said)) if received.body.get("logprobs") else said

    with FakeEndpoint(answer) as fake:
        yield fake


def sure(said):
    """Each letter as a token of its own."""
    return {"content": [{"token": letter, "logprob": math.log(0.99)} for letter in json.dumps(said)]}


@pytest.fixture(scope="module")
def namespaces():
    """One for each file."""
    return {}


@pytest.fixture(autouse=True)
def reader(endpoint, monkeypatch, tmp_path_factory, namespaces, file):
    """Somebody with an endpoint, in a folder with a scan: the same for all blocks of a file."""
    monkeypatch.setenv("NUEXTRACT_BASE_URL", endpoint.url)
    monkeypatch.setenv("NUEXTRACT_MODEL", "numind/NuExtract3")
    if file not in namespaces:
        namespaces[file] = {"__name__": file.stem}, tmp_path_factory.mktemp(file.stem)
    monkeypatch.chdir(namespaces[file][1])
    Path("scan.png").write_bytes(PIXEL)


@pytest.mark.parametrize(("file", "block"), [*blocks()])
def test_what_is_written_runs_and_prints_what_it_says(file, block, endpoint, namespaces):
    code, printed = block
    output = io.StringIO()
    space, _ = namespaces[file]
    with redirect_stdout(output):
        exec(compile(code.replace("http://localhost:8000/v1", endpoint.url), file, "exec"), space)
    if printed is not None:
        assert output.getvalue() == printed


def commands():
    for file in FILES:
        for block in SHELL.findall(file.read_text(encoding="utf-8")):
            for line in block.replace("\\\n", "").splitlines():
                if line.startswith("nuextract "):
                    yield pytest.param(file, line, id=f"{file.stem}: {line}")


@pytest.mark.parametrize(("file", "line"), [*commands()])
def test_a_command_has_the_options_that_are_shown(file, line):
    words = shlex.split(line, comments=True)
    stop = min([words.index(mark) for mark in (">", "|", "&&") if mark in words], default=len(words))
    assert callable(_parser().parse_args(words[1:stop]).run)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_links_between_the_files_lead_somewhere(file):
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", file.read_text(encoding="utf-8"))
    assert [link for link in links if "://" not in link and not (file.parent / link).exists()] == []
