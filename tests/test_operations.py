"""The guide for operations says what is so: its code runs, and its figures are those of the package."""

import io
import re
from contextlib import redirect_stdout
from dataclasses import asdict
from pathlib import Path

import pytest

from langchain_nuextract import ChatNuExtract, PageOptions, RecoveryPolicy, counters
from langchain_nuextract.batch.checkpoint import LEASE_SECONDS
from langchain_nuextract.cli.commands import EXIT_CODES
from langchain_nuextract.client.reply_body import MOST_BYTES
from langchain_nuextract.parsing.json.cursor import DEEPEST
from langchain_nuextract.schema.python_types.bounded_patterns import MOST_LETTERS

GUIDE = (Path(__file__).parents[1] / "docs" / "operations.md").read_text(encoding="utf-8")
MODEL = ChatNuExtract(model="numind/NuExtract3", base_url="http://127.0.0.1:9/v1")


def row(start: str) -> str:
    """The cell behind the first one of a row of a table."""
    return re.search(rf"^\| {re.escape(start)}[^|]*\| ([^|]*) \|", GUIDE, re.MULTILINE)[1]


def test_its_code_writes_every_counter():
    code, printed = re.search(r"```python\n(.*?)```\n+```text\n(.*?)```", GUIDE, re.DOTALL).groups()
    output, names = io.StringIO(), {"__name__": "operations"}
    with redirect_stdout(output):
        exec(compile(code, "operations.md", "exec"), names)
    assert output.getvalue() == printed
    lines = [line for line in names["exposition"]() if not line.startswith("#")]
    assert [line.split()[0] for line in lines] == [f"nuextract_{name}_total" for name in asdict(counters.read())]
    assert all(float(line.split()[1]) >= 0 for line in lines)


LIMITS = [
    ("seconds of one request", f"{MODEL.request_timeout:.0f}"),
    ("seconds after which no further attempt", f"{MODEL.retry_seconds:.0f}"),
    ("seconds, calls and output tokens", f"none, {RecoveryPolicy().max_calls}, none"),
    ("bytes of a reply", f"{MOST_BYTES // 2**20} MiB"),
    ("bytes of a file", f"{PageOptions().max_bytes // 2**20} MiB"),
    ("levels of nesting", str(DEEPEST)),
    ("letters on which a pattern", f"{MOST_LETTERS:,}"),
]


@pytest.mark.parametrize(("limit", "default"), LIMITS)
def test_its_limits_are_the_defaults(limit, default):
    assert row(limit) == default


def test_its_other_figures_are_so():
    assert f"up to `patience` ({MODEL.patience:.0f} s)" in GUIDE
    assert f"`max_retries` ({MODEL.max_retries}) times" in GUIDE
    assert f"for {LEASE_SECONDS:.0f} seconds" in GUIDE


def test_it_has_every_exit_code():
    told = re.search(r"## Exit codes.*?## ", GUIDE, re.DOTALL)[0]
    assert set(re.findall(r"\b\d+\b", told)) == set(re.findall(r"\b\d+\b", EXIT_CODES))


def test_it_has_every_logger():
    package = Path(__file__).parents[1] / "langchain_nuextract"
    logs = {path for path in package.rglob("*.py") if "getLogger(__name__)" in path.read_text(encoding="utf-8")}
    names = {".".join(("langchain_nuextract", *path.relative_to(package).with_suffix("").parts)) for path in logs}
    assert set(re.findall(r"^\| `(langchain_nuextract[.\w]*)`", GUIDE, re.MULTILINE)) == names
