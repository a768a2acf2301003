"""A long document on a real server: fifty chunks run through, share their prefix, and go on after a kill."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler

from langchain_nuextract import Example, NuExtractor, RecoveryPolicy
from langchain_nuextract.runnables.long_extractor import LongExtractor
from tests.integration_tests.vllm.server import Server

pytestmark = pytest.mark.vllm

CHUNKS = 50
HEADER = f"{'Day':<12}{'Text':<30}{'Sum':>10}\n"
TEXT = HEADER + "".join(
    f"2025-{row // 28 % 12 + 1:02}-{row % 28 + 1:02}  {'toll bridge no ' + str(row):<30}{row % 90 + 1:>7}.50\n"
    for row in range(6 * CHUNKS)
)
TEMPLATE = {"paid": ["yes", "no"], "country": ["FR", "DE", "PL"], "rows": [{"kind": ["toll", "food", "fuel"]}]}
EXAMPLES = [
    Example(
        f"Bill {number}: 2025-01-0{number} bridge toll, paid in cash in France. {'Thank you for your visit. ' * 6}",
        {"paid": "yes", "country": "FR", "rows": [{"kind": "toll"}]},
    )
    for number in range(1, 9)
]
BLOCK = 128
"""Tokens that the cache holds together, at the most."""
REST = 300
"""Tokens of a chunk with its marks, at the most."""


KINDS = r'\{"kind": "(toll|food|fuel)"\}'
ANSWERS = rf'\{{"paid": "(yes|no)", "country": "(FR|DE|PL)", "rows": \[{KINDS}(, {KINDS})?\]\}}'
"""The answers that the model is left where it is not to matter what it would write: that depends on the processor."""


def long(url: str, model: str, **settings: Any) -> LongExtractor[Any]:
    """Half of the first answers of the tiny model are no JSON: then decoding is constrained."""
    policy = RecoveryPolicy(max_calls=2, on_failure="partial")
    extract = NuExtractor(
        TEMPLATE,
        model=model,
        base_url=url,
        examples=EXAMPLES,
        recovery=policy,
        temperature=0,
        timeout=600,
        **{"max_tokens": 48, **settings},
    )
    size = (len(TEXT) - len(HEADER)) // CHUNKS + 20
    return extract.long(chunk_characters=size, passes=0, scalars="first", max_concurrency=8)


def test_fifty_chunks_run_through_and_share_template_examples_and_header(nuextract3: Server) -> None:
    settings = {"max_tokens": 80, "extra_body": {"structured_outputs": {"regex": ANSWERS}}}
    details = long(nuextract3.url, nuextract3.models[0], **settings).detailed.invoke(TEXT)
    assert len(details.chunks) >= CHUNKS
    assert all(each.carried for each in details.chunks[1:])
    assert [each.error for each in details.chunks] == [""] * len(details.chunks)
    assert len(details.chunks) <= len(details.json["rows"]) <= 2 * len(details.chunks)
    assert "".join(TEXT[slice(*each.core)] for each in details.chunks) == TEXT
    first = [attempt.reply.usage for attempt in details.attempts if attempt.kind == "plain"][1:]
    shares = [usage.cached_tokens / usage.input_tokens for usage in first]
    print(f"\n{len(first)} chunks: {min(shares):.2f} to {max(shares):.2f} of the prompts were cached")  # noqa: T201
    assert all(usage.cached_tokens >= usage.input_tokens - REST - 2 * BLOCK for usage in first)
    assert sum(shares) / len(shares) > 0.5


CODE = """
import sys
from tests.integration_tests.vllm.test_long import TEXT, long
url, model, path = sys.argv[1:]
for result in long(url, model).extract_many([TEXT], checkpoint=path):
    print(result.error)
"""


class Calls(BaseCallbackHandler):
    """Counts the requests."""

    count = 0

    def on_chat_model_start(self, *_: Any, **__: Any) -> None:
        self.count += 1


def test_a_killed_run_goes_on_in_the_middle_of_its_document(nuextract3: Server, tmp_path: Path) -> None:
    path, url, model = tmp_path / "run.db", nuextract3.url, nuextract3.models[0]
    command = [sys.executable, "-c", CODE, url, model, str(path)]
    with subprocess.Popen(command, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}) as process:
        try:
            until = time.monotonic() + 600
            while kept(path) < 12 and process.poll() is None and time.monotonic() < until:
                time.sleep(0.05)
            assert process.poll() is None
        finally:
            process.send_signal(signal.SIGKILL)
    before, calls = kept(path), Calls()
    assert before >= 12
    (result,) = long(url, model).detailed.extract_many([TEXT], checkpoint=path, config={"callbacks": [calls]})
    details = result.unwrap()
    assert calls.count == len(details.attempts) - before
    assert kept(path) == 0
    (again,) = long(url, model).detailed.extract_many([TEXT], checkpoint=path)
    assert again.reused
    assert again.unwrap().json == details.json


def kept(path: Path) -> int:
    """How many replies about chunks are in the checkpoint."""
    if not path.exists():
        return 0
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as file:
            return file.execute("select count(*) from results where key like '%/%'").fetchone()[0]
    except sqlite3.OperationalError:
        return 0
