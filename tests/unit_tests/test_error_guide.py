"""docs/errors.md has an entry for each public error, and what it quotes is what is said."""

import builtins
import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

import langchain_nuextract
from langchain_nuextract import Image, NuExtractError, NuExtractor, PageOptions, RecoveryPolicy, Target
from langchain_nuextract.evaluation import Gold
from langchain_nuextract.local import LocalEndpoint
from langchain_nuextract.testing import FakeEndpoint, FakeReply
from tests import pdfs

GUIDE = Path(__file__).parents[2] / "docs" / "errors.md"
NOWHERE = "http://127.0.0.1:9/v1"
ERRORS = {
    name: kind
    for name in langchain_nuextract.__all__
    if isinstance(kind := getattr(langchain_nuextract, name), type) and issubclass(kind, NuExtractError)
}
BASES = {"NuExtractError", "UnreadableDocument", "EndpointError", "ExtractionError"}
LOCK = f"<< /Filter /Standard /V 1 /R 2 /P -4 /O <{'41' * 32}> /U <{'42' * 32}> >>"
"""How a PDF says that it has a password, which is none of those that are tried."""


class Invoice(BaseModel):
    supplier: str
    total: float


def sections() -> dict[str, list[str]]:
    """What is quoted below each heading that is one word."""
    found = re.split(r"^##+ (.+)\n", GUIDE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    pairs = zip(found[::2], found[1::2], strict=True)
    return {head: re.findall(r"^```text\n(.*?)\n```$", text, re.DOTALL | re.MULTILINE) for head, text in pairs}


def extract(
    document: Any = "Invoice of Northwind.", *, answer: Any = None, server: Any = None, **settings: Any
) -> None:
    with FakeEndpoint({} if answer is None else answer, **(server or {})) as fake:
        made = {"model": "numind/NuExtract3", "base_url": fake.url, "max_retries": 0, "patience": 0, **settings}
        NuExtractor(made.pop("schema", Invoice), **made).invoke(document)


def written(name: str, content: bytes) -> Path:
    Path(name).write_bytes(content)
    return Path(name)


def locked_pdf() -> bytes:
    return pdfs.pdf("", more=[LOCK]).replace(b"/Root", b"/ID [<00><00>] /Encrypt 4 0 R /Root")


def without_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def fail(name: str, *others: Any) -> Any:
        if name.partition(".")[0] == "markitdown":
            raise ImportError(name)
        return real(name, *others)

    monkeypatch.setattr(builtins, "__import__", fail)


def run_with_checkpoint(path: str) -> None:
    next(NuExtractor(Invoice, base_url=NOWHERE, model="numind/NuExtract3").extract_many(["x"], checkpoint=path))


def gold(line: str) -> None:
    written("gold.jsonl", line.encode())
    list(Gold.from_jsonl("gold.jsonl", Invoice))


ONCE = RecoveryPolicy(max_calls=1)
TEXT_ONLY = "numind/NuExtract-1.5"
RAISED = {
    "UnsupportedSchema": [lambda: extract(schema={"supplier": "strnig"})],
    "UnsupportedTask": [
        lambda: extract(model="some-model"),
        lambda: extract(Image("data:image/png;base64,"), model=TEXT_ONLY),
    ],
    "InvalidValue": [lambda: Target.of(Invoice).validate({"supplier": "Northwind", "total": "x"})],
    "PasswordNeeded": [lambda: extract(written("locked.pdf", locked_pdf()))],
    "BrokenDocument": [lambda: extract(written("claim.pdf", b"%PDF-1.7\nabc"))],
    "EmptyDocument": [lambda: extract("   ")],
    "TooLarge": [lambda: extract(written("archive.txt", b"x" * 2000), pages=PageOptions(max_bytes=1000))],
    "WrongKind": [lambda: extract(written("data.bin", b"\x00\x01\x02\xff" * 10))],
    "UnreadablePage": [lambda: extract(written("scan.pdf", pdfs.scan((60, 80))), model=TEXT_ONLY)],
    "MissingExtra": [lambda: extract(written("report.docx", b"PK\x03\x04"))],
    "EndpointUnreachable": [lambda: extract(base_url=NOWHERE)],
    "EndpointBusy": [lambda: extract(answer=FakeReply(status=503))],
    "ReplyTimeout": [lambda: extract(answer=FakeReply(delay=30), timeout=0.1)],
    "AccessDenied": [lambda: extract(server={"key": "right"}, api_key="wrong")],
    "UnknownModel": [lambda: extract(server={"models": ["other"]})],
    "ContextOverflow": [lambda: extract(answer=FakeReply(status=400, error="maximum context length is 100 tokens"))],
    "RequestRefused": [lambda: extract(answer=FakeReply(status=400, error="no such parameter"))],
    "NotAChatReply": [lambda: extract(answer=FakeReply(body="<html>Log in</html>"))],
    "NoJSONInReply": [lambda: extract(answer="I do not know.", recovery=ONCE)],
    "ReplyCutShort": [lambda: extract(answer=FakeReply("", finish_reason="length"), recovery=ONCE)],
    "InvalidExtraction": [lambda: extract(answer={"supplier": "Northwind"}, recovery=ONCE)],
    "CheckpointError": [lambda: run_with_checkpoint("none/run.db")],
    "EvaluationError": [lambda: gold('{"id": "a", "text": "x", "expectd": {}}')],
    "LocalEndpointError": [lambda: LocalEndpoint("model.gguf").start()],
}


def test_each_error_has_an_entry():
    assert ERRORS.keys() - sections().keys() == set()
    assert ERRORS.keys() - BASES == RAISED.keys()


@pytest.mark.parametrize("name", RAISED)
def test_what_the_guide_quotes_is_what_is_said(name, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    if name == "MissingExtra":
        without_extra(monkeypatch)
    quoted = sections()[name]
    for quote, fails in zip(quoted, RAISED[name], strict=True):
        with pytest.raises(ERRORS[name]) as raised:
            fails()
        pattern = ".*".join(re.escape(part.strip()) for part in quote.split("…"))
        assert re.match(pattern, str(raised.value), re.DOTALL), raised.value
