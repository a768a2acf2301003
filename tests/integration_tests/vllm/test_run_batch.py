"""A batch file, run by vLLM without a server."""

import os
import subprocess
from typing import Literal

import pytest
from pydantic import BaseModel

from langchain_nuextract import ChatNuExtract, ContextOverflow, ExtractionError, NuExtractor
from tests.integration_tests.vllm import build
from tests.integration_tests.vllm.server import SETTINGS, START_SECONDS, TEMPLATES

pytestmark = pytest.mark.vllm

MODEL = "numind/NuExtract3"


class Payment(BaseModel):
    payer: Literal["Museum of Clocks", "City Library"]
    confirmed: bool


def run_batch(folder):
    """Run requests.jsonl to replies.jsonl."""
    command = [
        *(build.PYTHON, "-m", "vllm.entrypoints.cli.main", "run-batch"),
        *("-i", folder / "requests.jsonl", "-o", folder / "replies.jsonl"),
        *("--model", build.MODEL, "--served-model-name", MODEL),
        *("--chat-template", TEMPLATES / "nuextract3.jinja", "--chat-template-content-format", "openai"),
        *("--max-model-len", 2048, "--enforce-eager"),
    ]
    done = subprocess.run(
        [str(word) for word in command],
        env={**os.environ, **SETTINGS},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=START_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]


def test_a_batch_file_is_run_and_read(tmp_path):
    documents = ["Payer: Museum of Clocks. Confirmed.", " ", "Payer: City Library. Not confirmed.", "word " * 3000]
    llm = ChatNuExtract(model=MODEL, base_url="http://localhost:8000/v1", max_tokens=120)
    held = NuExtractor(Payment, llm=llm, dialect="instruct").detailed
    free = NuExtractor(Payment, llm=llm, dialect="3").detailed
    with (tmp_path / "requests.jsonl").open("wb") as requests:
        for extract in (held, free):
            assert extract.to_batch_file(documents, tmp_path / "part.jsonl") == 3
            requests.write((tmp_path / "part.jsonl").read_bytes())
    run_batch(tmp_path)

    museum, blank, library, long = held.from_batch_results(tmp_path / "replies.jsonl", documents)
    # Held to the schema, the tiny model cannot but give one; which, is its own affair.
    assert isinstance(museum.unwrap().value, Payment)
    assert museum.unwrap().document.text == documents[0]
    assert museum.usage.input_tokens > 0
    assert isinstance(blank.error, ValueError)
    assert isinstance(long.error, ContextOverflow)

    # The tiny model need not make sense of them, but it was asked and its answers were read.
    doubtful = [library, *free.from_batch_results(tmp_path / "replies.jsonl", documents)]
    assert isinstance(doubtful.pop().error, ContextOverflow)
    assert isinstance(doubtful.pop(2).error, ValueError)
    assert all(one.error is None or isinstance(one.error, ExtractionError) for one in doubtful)
