"""The blocks of docs/coming-from.md run where the peers are installed; all of them ask a fake endpoint."""

import ast
import json
import subprocess
import sys

import pytest

from langchain_nuextract.testing import FakeEndpoint
from tests.test_docs import BLOCK, ROOT

GUIDE = (ROOT / "docs" / "coming-from.md").read_text(encoding="utf-8")
PEERS = ROOT / ".venv-peers"
PAYMENT = {"payer": "The Museum", "amount": 12, "currency": "EUR"}
MENTIONS = {
    "extractions": [
        {"payer": "The Museum", "payer_attributes": {}},
        {"amount": "12", "amount_attributes": {"currency": "EUR"}},
    ]
}
MARK = "\f\n"
pytestmark = pytest.mark.docs


def answer(received):
    return MENTIONS if "extractions" in json.dumps(received.body.get("response_format")) else PAYMENT


@pytest.fixture(scope="module")
def printed():
    """What each block prints."""
    blocks = [code for code, _ in BLOCK.findall(GUIDE)]
    with FakeEndpoint(answer) as endpoint:
        script = f"print({MARK.strip(chr(10))!r})\n".join(blocks).replace("http://localhost:8000/v1", endpoint.url)
        done = subprocess.run([PEERS / "bin" / "python", "-c", script], stdout=subprocess.PIPE, text=True, check=True)
        return done.stdout.split(MARK)


@pytest.mark.parametrize("number", range(len(BLOCK.findall(GUIDE))))
def test_what_is_written_runs_and_prints_what_it_says(number, printed):
    _, expected = BLOCK.findall(GUIDE)[number]
    assert printed[number] == expected


def test_the_names_of_docling_are_those_of_its_sources():
    """It does not import without torch, and the block would fetch weights: so its sources are read."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    sources = PEERS / "lib" / version / "site-packages" / "docling"
    extractor = members(sources / "document_extractor.py")["DocumentExtractor"]
    methods = {
        each.name: {arg.arg for arg in each.args.args} for each in extractor if isinstance(each, ast.FunctionDef)
    }
    assert "allowed_formats" in methods["__init__"]
    assert {"source", "template"} <= methods["extract"]
    page = members(sources / "datamodel" / "extraction.py")["ExtractedPageData"]
    fields = {each.target.id for each in page if isinstance(each, ast.AnnAssign)}
    assert {"page_no", "extracted_data", "errors", "raw_text"} <= fields


def members(module):
    tree = ast.parse(module.read_text(encoding="utf-8"))
    return {each.name: each.body for each in tree.body if isinstance(each, ast.ClassDef)}
