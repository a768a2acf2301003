"""The examples, run on the embedded model."""

import json
import runpy
from importlib import import_module
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[3] / "examples"
LONGEST = 60


@pytest.fixture
def output(embedded, monkeypatch, capsys):
    """Run an example as a script, and give what it prints."""

    def run(name):
        runpy.run_path(str(EXAMPLES / name), run_name="__main__")
        return capsys.readouterr().out

    monkeypatch.setenv("NUEXTRACT_BASE_URL", embedded.base_url)
    monkeypatch.setenv("NUEXTRACT_MODEL", embedded.model)
    monkeypatch.setenv("NUEXTRACT_API_KEY", embedded.api_key)
    monkeypatch.syspath_prepend(str(EXAMPLES))
    return run


def test_the_quickstart(output):
    told = output("quickstart.py")
    read = json.loads(told[: told.index("\n\nrepaired:")])
    assert read == {
        "vendor": "Harbour Lane Office Supplies Ltd",
        "invoice_number": "HL-2026-0417",
        "invoice_date": "2026-03-12",
        "items": [
            {"description": "A4 copy paper, box", "quantity": 6, "unit_price": 18.5},
            {"description": "Ergonomic desk chair", "quantity": 2, "unit_price": 189.0},
            {"description": "LED desk lamp", "quantity": 3, "unit_price": 42.9},
        ],
        "total": 741.24,
    }
    assert "480-486  '741.24'" in told


def test_the_chain(output):
    first, second = output("chain.py").splitlines()
    assert first.startswith("3 x")
    assert second.startswith("12 x")


def test_retrieval_with_a_filter(output):
    found = output("rag.py")
    assert "'total': 18.5" in found
    assert "'source': 'c.txt'" in found
    assert "741.24" not in found


def test_the_agent_with_the_tool(output):
    told = output("agent_tool.py")
    assert '"total":741.24' in told
    assert "kept for the program: $.total stands at" in told


def test_the_walk_through_the_details(output):
    told = output("details.py")
    assert "total=741.24" in told
    assert "evidence: $.total = document[" in told
    assert "attempts: [" in told


def test_the_batch_with_a_checkpoint(output):
    told = output("batch.py")
    assert "first run: payer='Museum of Clocks' amount=1.5" in told
    assert "0: payer='Museum of Clocks' amount=1.5 (from the checkpoint)" in told
    assert "3: the input: the document is empty" in told
    assert "4: payer='Harbour Lane Stationers' amount=5.5" in told


def test_html_as_markdown_without_a_model(output):
    told = output("html_to_markdown.py")
    assert "| Bumper | 820 |" in told
    assert "150 € stands in the HTML as: 150 &euro;" in told
    assert "words that the page does not have: 0%" in told


def test_a_page_as_markdown(output):
    told = output("page_to_markdown.py")
    assert told.startswith("# Claim 4711\n\n![](img_1.png)")
    assert "the page does not say: A dented bumper" in told


@pytest.mark.usefixtures("output")
def test_a_long_document(monkeypatch, capsys):
    example = import_module("long_document")
    monkeypatch.setattr(example, "MOST", 3_000)
    example.main()
    told = capsys.readouterr().out
    chunks = [line for line in told.splitlines() if line.startswith("chunk ")]
    assert len(chunks) >= 2
    assert json.loads(told[told.index("\n{") :]).keys() == {"name", "sections"}


@pytest.mark.parametrize("example", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.name)
def test_an_example_is_short(example):
    assert len(example.read_text(encoding="utf-8").splitlines()) < LONGEST


def test_a_pdf(output):
    told = output("pdf.py")
    read = json.loads(told[: told.index("}") + 1])
    assert read == {"claim_number": "C-2026-118", "policy_holder": "Ada Holm", "sum_claimed": 730.5}
    assert "'C-2026-118' on page 1 at 0.2" in told
    assert "'730.50' on page 2" in told


def test_a_photo(output):
    pytest.importorskip("rapidocr")
    told = output("photo.py")
    assert json.loads(told[: told.index("}") + 1])["total"] == 12.4
    assert "$.receipt_number: '4711' (ocr)" in told
