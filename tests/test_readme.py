"""The README's Python blocks run, one after another in one namespace, and print what it says they print.

The first starts the embedded model; the others ask a fake endpoint.
"""

import io
import json
import math
import re
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from langchain_nuextract.testing import FakeEndpoint, FakeReply

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000d49444154789c6360000000000500017a5eab3f0000000049454e44ae426082"
)
README = Path(__file__).parents[1] / "README.md"
BLOCK = re.compile(r"```python\n(.*?)```(?:\n+```text\n(.*?)```)?", re.DOTALL)
INVOICE = {
    "supplier": "Northwind",
    "invoice_number": "NW-1",
    "items": [{"description": "Lamp", "quantity": 2, "price": 3.5}],
    "total": 7.0,
}
PAYMENT = {"payer": "Museum", "currency": "EUR", "confirmed": True}
NOTHING = {"payer": None, "currency": None, "confirmed": None}


def blocks():
    text = README.read_text(encoding="utf-8")
    return [
        pytest.param(found[1], found[2], "\n" * text[: found.start(1)].count("\n"), id=f"line-{number}")
        for found in BLOCK.finditer(text)
        if (number := text[: found.start(1)].count("\n") + 1)
    ]


@pytest.fixture(scope="module")
def endpoint():
    def answer(received):
        template = json.loads(received.body["chat_template_kwargs"]["template"])
        if "payer" not in template:
            return INVOICE
        said = PAYMENT if "Museum" in received.text else NOTHING
        return FakeReply(said, logprobs=sure(said)) if received.body.get("logprobs") else said

    with FakeEndpoint(answer) as fake:
        yield fake


def sure(said):
    """Each letter as a token of its own."""
    return {"content": [{"token": letter, "logprob": math.log(0.99)} for letter in json.dumps(said)]}


@pytest.fixture(scope="module")
def namespace():
    return {"__name__": "readme"}


@pytest.fixture(autouse=True)
def reader(endpoint, monkeypatch, tmp_path):
    """Somebody with an endpoint, in a folder with a scan."""
    monkeypatch.setenv("NUEXTRACT_BASE_URL", endpoint.url)
    monkeypatch.setenv("NUEXTRACT_MODEL", "numind/NuExtract3")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "scan.png").write_bytes(PIXEL)


@pytest.mark.parametrize(("code", "printed", "above"), blocks())
def test_the_readme_does_what_it_says(code, printed, above, endpoint, namespace):
    output = io.StringIO()
    with redirect_stdout(output):
        exec(compile(above + code.replace("http://localhost:8000/v1", endpoint.url), README, "exec"), namespace)
    if printed is not None:
        assert output.getvalue() == printed
