"""An evaluation of a model that a real vLLM serves."""

import json

import pytest

from langchain_nuextract import NuExtractor
from langchain_nuextract.cli import main
from langchain_nuextract.evaluation import Gold, compare, evaluate

pytestmark = pytest.mark.vllm
SCHEMA = {"vendor": "verbatim-string", "total": "number"}
ROWS = [
    {
        "id": f"bill-{n}",
        "text": f"{firm} sends a bill. Total: {n}5.00 EUR.",
        "expected": {"vendor": firm, "total": n * 10 + 5},
    }
    for n, firm in enumerate(("Alder Ltd", "Birch Ltd", "Cedar Ltd"), start=1)
]


def test_every_leaf_has_an_outcome_and_each_answer_a_count(nuextract3, tmp_path):
    gold = Gold.from_rows(ROWS, SCHEMA)
    with NuExtractor(
        SCHEMA, model="numind/NuExtract3", base_url=nuextract3.url, temperature=0, max_tokens=60
    ) as extract:
        free = evaluate(extract, gold, name="free", many={"checkpoint": tmp_path / "run.db"})
        again = evaluate(extract, gold, name="again", many={"checkpoint": tmp_path / "run.db"})
    counts = free.tally.total.outcome_counts
    assert sum((counts.correct, counts.wrong, counts.missed, counts.hallucinated, counts.absent)) >= 6
    assert free.data.answers.documents == 3
    assert free.cost.input_tokens > 0
    # The second run asked nothing: all of it was in the checkpoint.
    assert [row.predicted for row in again.leaves()] == [row.predicted for row in free.leaves()]
    report = compare(free, again)
    assert report.gain.mean == 0
    report.write(tmp_path / "report")
    assert "bill-1" in (tmp_path / "report" / "report.html").read_text("utf-8")


def test_the_command_asks_the_server_and_writes_a_report(nuextract3, tmp_path, capsys):
    gold, schema = tmp_path / "gold.jsonl", tmp_path / "schema.json"
    gold.write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")
    schema.write_text(json.dumps(SCHEMA), encoding="utf-8")
    command = [
        "evaluate",
        str(gold),
        "--schema",
        str(schema),
        "--model",
        "numind/NuExtract3",
        "--base-url",
        nuextract3.url,
    ]
    assert main([*command, "--output", str(tmp_path / "out")]) == 0
    assert "$.vendor" in capsys.readouterr().out
    data = json.loads((tmp_path / "out" / "report.json").read_text("utf-8"))
    assert data["models"][0]["answers"]["documents"] == 3
