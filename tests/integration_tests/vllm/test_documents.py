"""Real documents through the tiny model: nothing crashes, and what is not valid is an error that says what there is."""

import json
import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from langchain_nuextract import (
    ChatNuExtract,
    Extraction,
    ExtractionError,
    InvalidExtraction,
    NuExtractor,
    RecoveryPolicy,
)
from langchain_nuextract.errors import ContextOverflow
from tests.integration_tests.vllm.server import Server

pytestmark = pytest.mark.vllm

BESIDE = Path(__file__).resolve().parents[4] / "shared" / "data"
SHARED = Path(os.environ.get("NUEXTRACT_SHARED_DATA", BESIDE)) / "extraction"
AT_ONCE = 32
LONGEST = 1800
"""Characters of a document: the prompts of longer ones take the processor minutes."""


def documents() -> list[dict[str, Any]]:
    """The documents with a text, each with its template or JSON Schema."""
    rows = [
        json.loads(line)
        for file in sorted(SHARED.glob("*.jsonl"))
        for line in file.read_text(encoding="utf-8").splitlines()
    ]
    return [
        row for row in rows if 0 < len(row.get("text") or "") <= LONGEST and (row.get("template") or row.get("schema"))
    ]


def outcome(server: Server, row: dict[str, Any]) -> Extraction[Any] | Exception:
    llm = ChatNuExtract(model=server.models[0], base_url=server.url, temperature=0, max_tokens=24, timeout=1_200)
    policy = RecoveryPolicy(max_calls=2)
    extract = NuExtractor(row.get("schema") or row["template"], llm=llm, recovery=policy)
    try:
        return extract.detailed.invoke(row["text"])
    except (ExtractionError, ContextOverflow) as error:
        return error


# Two hundred requests: minutes of the processor.
@pytest.mark.timeout(1_800)
@pytest.mark.skipif(not SHARED.is_dir(), reason=f"there are no documents in {SHARED}")
def test_a_hundred_documents_end_valid_or_in_an_error_that_says_what_there_is(
    nuextract2: Server, nuextract3: Server
) -> None:
    asked = [(server, row) for row in documents() for server in (nuextract3, nuextract2)][:100]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        outcomes = list(pool.map(lambda one: outcome(*one), asked))
    print("\n", Counter(type(each).__name__ for each in outcomes))  # noqa: T201
    assert len(outcomes) >= 100
    for each, (_, row) in zip(outcomes, asked, strict=True):
        if isinstance(each, Extraction):
            assert each.value is not None
            assert each.document.text == row["text"]
        elif isinstance(each, InvalidExtraction):
            assert isinstance(each.partial, dict)
            assert each.problems
            assert each.attempts
        else:
            assert str(each)
