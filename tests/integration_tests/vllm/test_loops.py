"""A model that runs in circles is stopped: by the server where it is told to, and by closing the stream elsewhere."""

import asyncio
import re
import time
from dataclasses import replace

import httpx
import pytest
from pydantic import BaseModel, Field

from langchain_nuextract import ChatNuExtract, InvalidExtraction, NuExtractor, RecoveryPolicy
from langchain_nuextract.dialects import dialect_named
from langchain_nuextract.dialects.messages import Request, Usage
from tests.integration_tests.vllm.server import Server

pytestmark = pytest.mark.vllm

ENDLESS = "Tell me a joke about cats."
IN_CIRCLES = r'\{"setup": "(The cat was a cat, and ){400}"\}'
"""The model is made to run in circles: whether it does so of its own accord depends on the processor."""
FREE = replace(dialect_named("instruct"), constrained=False)
LIMIT = 1500


class Joke(BaseModel):
    """Joke to tell user."""

    setup: str = Field(description="question to set up a joke")
    punchline: str = Field(description="answer to resolve the joke")


def joker(server: Server, **policy: object) -> NuExtractor[Joke]:
    llm = ChatNuExtract(
        model=server.models[0],
        base_url=server.url,
        max_tokens=LIMIT,
        timeout=300,
        extra_body={"structured_outputs": {"regex": IN_CIRCLES}},
    )
    return NuExtractor(Joke, llm=llm, dialect=FREE, recovery=RecoveryPolicy(max_calls=1, **policy))


def written(extract: NuExtractor[Joke], *, streamed: bool) -> tuple[str | None, int]:
    """Why the answer ended, and the characters of it."""
    with pytest.raises(InvalidExtraction) as caught:
        list(extract.stream(ENDLESS)) if streamed else extract.invoke(ENDLESS)
    reply = caught.value.attempts[0].reply
    return reply.finish_reason, len(reply.text)


def running(server: Server) -> float:
    """How many requests the server is working on."""
    metrics = httpx.get(server.url.removesuffix("/v1") + "/metrics", timeout=30).text
    return sum(map(float, re.findall(r"^vllm:num_requests_running\{[^}]*\} (\S+)$", metrics, re.MULTILINE)))


def becomes(requests: int, server: Server) -> bool:
    """Whether the server works on so many requests within a while."""
    until = time.monotonic() + 300
    while (now := running(server)) != requests and time.monotonic() < until:
        time.sleep(0.1)
    return now == requests


def test_a_server_that_is_known_to_be_vllm_stops_a_loop(nuextract2: Server) -> None:
    extract = joker(nuextract2)
    extract.llm.invoke("Hello.", max_tokens=1)
    reason, size = written(extract, streamed=False)
    print(f"\nending and characters: {reason}, {size}")  # noqa: T201
    assert reason == "repetition"


TABLE = {
    "type": "object",
    "properties": {"rows": {"type": "array", "items": {"const": {"paid": True}}, "minItems": 12, "maxItems": 12}},
    "required": ["rows"],
}


@pytest.mark.parametrize(("rounds", "reason"), [(8, "repetition"), (64, "stop")])
def test_a_table_of_equal_rows_is_no_loop_after_as_many_rounds_as_are_asked_for(
    nuextract2: Server, rounds: int, reason: str
) -> None:
    llm = ChatNuExtract(model=nuextract2.models[0], base_url=nuextract2.url, temperature=0, max_tokens=300)
    request = RecoveryPolicy(stop_repetition=True).bound(Request(()), Usage(), 0.0)
    watch = {**request.firm["repetition_detection"], "min_count": rounds}
    answer = llm.invoke("Twelve rows.", structured_outputs={"json": TABLE}, repetition_detection=watch)
    assert request.firm["repetition_detection"]["min_count"] == 64
    assert answer.response_metadata["finish_reason"] == reason


def test_a_loop_in_a_stream_is_seen_and_the_server_stops_working_on_it(nuextract2: Server) -> None:
    reason, size = written(joker(nuextract2), streamed=True)
    print(f"\nending and characters: {reason}, {size} when the stream was closed")  # noqa: T201
    assert reason == "repetition"
    assert size < LIMIT
    assert becomes(0, nuextract2)


async def test_a_cancelled_batch_leaves_the_server_and_the_loop_free(nuextract2: Server) -> None:
    extract = joker(nuextract2, stop_repetition=False)
    before = asyncio.all_tasks()
    batch = asyncio.create_task(extract.abatch([ENDLESS] * 8))
    assert await asyncio.to_thread(becomes, 8, nuextract2)
    batch.cancel()
    with pytest.raises(asyncio.CancelledError):
        await batch
    assert asyncio.all_tasks() == before
    assert await asyncio.to_thread(becomes, 0, nuextract2)
