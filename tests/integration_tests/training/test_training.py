"""Rows that TRL trains on: `make test-training`."""

import json
import subprocess
from pathlib import Path

import pytest

from langchain_nuextract.evaluation import Gold
from langchain_nuextract.evaluation.training import TrainingOptions, export_training
from tests.integration_tests.training.build import PYTHON
from tests.integration_tests.vllm.build import MODEL

pytestmark = pytest.mark.training
STEP = Path(__file__).with_name("step.py")
TEMPLATE = {"buyer": "verbatim-string", "pieces": "integer"}


@pytest.mark.parametrize("dialect", ["2.0", "3"])
def test_a_step_learns_the_completion_and_nothing_else(dialect, tmp_path):
    # Longer than the 1,024 tokens that TRL keeps by default.
    rows = [
        {
            "id": str(n),
            "text": f"Order {n} of Ida: {n} lamps. " + "No news. " * 600,
            "expected": {"buyer": "Ida", "pieces": n},
        }
        for n in range(2)
    ]
    out = tmp_path / "rows"
    export_training(Gold.from_rows(rows, TEMPLATE), dialect, out, TrainingOptions(split=(1,)))
    command = [PYTHON, STEP, out / "train.jsonl", MODEL, tmp_path / "out"]
    done = subprocess.run([str(each) for each in command], capture_output=True, text=True, check=False, timeout=1500)
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    written = [json.loads(line) for line in (out / "train.jsonl").read_text(encoding="utf-8").splitlines()]
    # The tiny model's tokenizer joins line ends at the end of a prompt otherwise when more text follows.
    assert sorted(each.lstrip("\n") for each in found["learnt"]) == sorted(row["completion"] for row in written)
    assert sorted(found["given"]) == sorted(row["prompt"] + row["completion"] for row in written)
    assert found["loss"] > 0
