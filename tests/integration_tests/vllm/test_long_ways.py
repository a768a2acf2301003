"""Long documents on a real server: pages, the server's own count of tokens, cancellation, NuExtract 1.5's own way."""

import asyncio
import re
import time
from typing import Any

import httpx
import pytest

from langchain_nuextract import NuExtractor, PageOptions, RecoveryPolicy
from tests.integration_tests.vllm.server import Server
from tests.pdfs import lines, pdf

pytestmark = pytest.mark.vllm

PAGES = 6
ROWS = [f"2025-01-{row + 1:02} toll bridge no {700 + row} {row + 11}.50" for row in range(4 * PAGES)]
DOCUMENT = pdf(*(lines("Statement of account", *ROWS[4 * page : 4 * page + 4]) for page in range(PAGES)))
TEMPLATE = {"paid": ["yes", "no"], "rows": [{"day": "verbatim-string", "sum": "verbatim-string"}]}
ROW = r'\{"day": "2025-01-\d\d", "sum": "\d\d\.50"\}'
ANSWERS = rf'\{{"paid": "(yes|no)", "rows": \[{ROW}(, {ROW})?\]\}}'
"""The answers that the model is left where it is not to matter what it would write: that depends on the processor."""
POLICY = RecoveryPolicy(max_calls=2, on_failure="partial")
WIDTH = 4
"""Chunks that are asked about at once, where a test counts them."""


def extractor(server: Server, model: str, **settings: Any) -> NuExtractor[Any]:
    known: dict[str, Any] = {"temperature": 0, "max_tokens": 40, "timeout": 300, "recovery": POLICY, **settings}
    return NuExtractor(TEMPLATE, model=model, base_url=server.url, **known)


def metric(server: Server, name: str) -> float:
    """The sum of what a server counts under a name, with its labels."""
    text = httpx.get(server.url.removesuffix("/v1") + "/metrics", timeout=30).text
    return sum(map(float, re.findall(rf"^{name}[^\n]* (\S+)$", text, re.MULTILINE)))


def test_pages_are_chunks_and_each_value_has_its_page(nuextract3: Server) -> None:
    """The tiny model reads no images, so pages are given as their text."""
    forced = {"max_tokens": 120, "extra_body": {"structured_outputs": {"regex": ANSWERS}}}
    extract = extractor(nuextract3, nuextract3.models[0], pages=PageOptions(use="text"), **forced)
    details = extract.long(chunk_characters=200, passes=0, scalars="first").detailed.invoke(DOCUMENT)
    assert [each.name for each in details.chunks] == [f"page {number}" for number in range(1, PAGES + 1)]
    assert details.document.text.count("Statement of account") == PAGES
    assert [each.error for each in details.chunks] == [""] * PAGES
    assert PAGES <= len(details.json["rows"]) <= 2 * PAGES
    offsets = {page.number: offset for offset, page in details.document.paged}
    for each in details.evidence:
        (page,) = {place.page for place in each.places}
        assert offsets[page] <= each.span.start < offsets.get(page + 1, len(details.document.text))
        assert details.document.text[slice(*each.span)] == each.quotation
    print(f"\n{len(details.json['rows'])} rows, {len(details.evidence)} values placed")  # noqa: T201


def test_the_server_counts_the_tokens_of_a_document_once(nuextract3: Server) -> None:
    text = "\n".join(ROWS)
    counted = 'http_requests_total{handler="/tokenize"'
    before = metric(nuextract3, re.escape(counted))
    long = extractor(nuextract3, nuextract3.models[0]).long(chunk_tokens=200, passes=0, scalars="first")
    details = long.detailed.invoke(text)
    assert metric(nuextract3, re.escape(counted)) == before + 1
    url = nuextract3.url.removesuffix("/v1") + "/tokenize"
    tokens = [
        httpx.post(url, json={"prompt": text[slice(*each.core)], "add_special_tokens": False}, timeout=60).json()[
            "count"
        ]
        for each in details.chunks
    ]
    print(f"\nchunks of {tokens} tokens, 200 wanted")  # noqa: T201
    assert len(tokens) >= 2
    assert all(count <= 230 for count in tokens)
    assert max(tokens) > 120


def test_a_document_that_is_given_up_leaves_no_request_on_the_server(nuextract3: Server) -> None:
    """It has far more chunks than come to their end meanwhile, on whatever machine."""
    running = "vllm:num_requests_(?:running|waiting){"
    finished = 'vllm:request_success_total{[^}]*finished_reason="(?:stop|length|repetition)"'
    settings = {"max_tokens": 400, "extra_body": {"ignore_eos": True}, "recovery": RecoveryPolicy(max_calls=1)}
    long = extractor(nuextract3, nuextract3.models[0], **settings).long(chunk_characters=200, max_concurrency=WIDTH)

    async def main() -> float:
        start = metric(nuextract3, finished)
        task = asyncio.create_task(long.ainvoke("\n".join(ROWS * 100)))
        await until(lambda: metric(nuextract3, running) >= 2 or metric(nuextract3, finished) > start + 1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        before = await asyncio.to_thread(metric, nuextract3, finished)
        await until(lambda: metric(nuextract3, running) == 0)
        await long.aclose()
        return before

    before = asyncio.run(main())
    # Those that were under way may have come to their end just then; no other has begun.
    assert metric(nuextract3, finished) - before <= WIDTH


async def until(reached: Any) -> None:
    """Wait until something is so; fail if it is not within five minutes, which is no measure of speed."""
    end = time.monotonic() + 300
    while not await asyncio.to_thread(reached):
        assert time.monotonic() < end
        await asyncio.sleep(0.2)


def test_nuextract_1_5_goes_on_with_its_answer(nuextract2: Server) -> None:
    model = next(name for name in nuextract2.models if name.endswith("1.5"))
    template = {"paid": "string", "country": "string"}
    # The prompt ends with the bracket that opens the answer.
    answers = r'\s?"paid": "(in cash|by card)", "country": "(France|Spain)"\}'
    known: dict[str, Any] = {"max_tokens": 80, "extra_body": {"structured_outputs": {"regex": answers}}}
    extract = NuExtractor(
        template, model=model, base_url=nuextract2.url, recovery=POLICY, temperature=0, timeout=300, **known
    )
    text = "".join(f"Part {number}: paid in cash in France.\n" for number in range(1, 9))
    long = extract.long(chunk_characters=len(text) // 4, method="continue")
    details = long.detailed.invoke(text)
    prompts = [str(attempt.request.messages[0]["content"]) for attempt in details.attempts]
    assert len(prompts) == len(details.chunks) >= 4
    assert all("### Current:" in prompt for prompt in prompts)
    assert "".join(text[slice(*each.core)] for each in details.chunks) == text
    assert [each.error for each in details.chunks] == [""] * len(details.chunks)
    assert details.json["paid"] in {"in cash", "by card"}
    assert details.json["country"] in {"France", "Spain"}
