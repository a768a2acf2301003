"""A model that runs in circles is stopped: by the server where it is told to, and by closing the stream elsewhere."""

import re
import time

import httpx
import pytest
from pydantic import BaseModel, Field

from langchain_nuextract import ChatNuExtract, InvalidExtraction, NuExtractor, RecoveryPolicy
from tests.vllm.server import Server

pytestmark = pytest.mark.vllm

ENDLESS = "Tell me a joke about cats."
LIMIT = 800


# Held to these fields, the tiny model says "The cat was a cat, and it was a cat, …" until the last token.
class Joke(BaseModel):
    """Joke to tell user."""

    setup: str = Field(description="question to set up a joke")
    punchline: str = Field(description="answer to resolve the joke")


def joker(server: Server, **policy: object) -> NuExtractor[Joke]:
    llm = ChatNuExtract(model=server.models[0], base_url=server.url, temperature=0, max_tokens=LIMIT, timeout=120)
    return NuExtractor(Joke, llm=llm, dialect="instruct", recovery=RecoveryPolicy(max_calls=1, **policy))


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


def test_the_server_stops_a_loop_that_it_is_told_to_look_for(nuextract2: Server) -> None:
    unstopped, stopped = (written(joker(nuextract2, stop_repetition=stop), streamed=False) for stop in (False, True))
    print(f"\nending and characters: {unstopped} by itself, {stopped} when stopped")  # noqa: T201
    assert unstopped[0] == "length"
    assert stopped[0] == "repetition"
    assert stopped[1] < unstopped[1] / 2


def test_a_loop_in_a_stream_is_seen_and_the_server_stops_working_on_it(nuextract2: Server) -> None:
    reason, size = written(joker(nuextract2), streamed=True)
    print(f"\nending and characters: {reason}, {size} when the stream was closed")  # noqa: T201
    assert reason == "repetition"
    assert size < LIMIT * 2
    until = time.monotonic() + 5
    while running(nuextract2) and time.monotonic() < until:
        time.sleep(0.1)
    assert running(nuextract2) == 0
