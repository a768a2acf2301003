"""Probabilities of tokens, asked for and read over the wire: plain and streamed, on both routes."""

import asyncio
import json
import math
from collections.abc import AsyncIterator
from typing import Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler

from langchain_nuextract import ChatNuExtract, NuExtractor
from langchain_nuextract.documents.source import Source, Text
from langchain_nuextract.engine.drivers import StreamFlow, astream_flow, stream_flow
from langchain_nuextract.paths import JSON
from langchain_nuextract.runnables.direct_caller import DirectCaller, direct_caller
from langchain_nuextract.testing import FakeEndpoint, FakeReply

MODEL = "numind/NuExtract3"
TEMPLATE = {"name": "string", "total": "number"}
ANSWER = {"name": "Köln 😀", "total": 12.5}
TEXT = json.dumps(ANSWER, ensure_ascii=False)
HALF = math.log(0.5)


def content(text: str) -> dict[str, Any]:
    return {"content": [{"token": each, "bytes": list(each.encode()), "logprob": HALF} for each in text]}


def lists(text: str) -> dict[str, Any]:
    return {"tokens": list(text), "token_logprobs": [HALF] * len(text), "text_offset": list(range(len(text)))}


def streamed(text: str, size: int, said: Any, logprobs: Any) -> FakeReply:
    """Events of some letters each."""
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    events: list[JSON] = [{"choices": [{"index": 0, **said(piece), "logprobs": logprobs(piece)}]} for piece in pieces]
    return FakeReply(events=[*events, {"choices": [{"index": 0, **said(""), "finish_reason": "stop"}]}])


def in_chat(text: str) -> dict[str, Any]:
    return {"delta": {"content": text}}


def in_completion(text: str) -> dict[str, Any]:
    return {"text": text}


def extractor(endpoint: FakeEndpoint, **settings: Any) -> NuExtractor[Any]:
    connection: dict[str, Any] = {} if "llm" in settings else {"model": MODEL, "base_url": endpoint.url}
    known: dict[str, Any] = {**connection, "logprobs": True, **settings}
    return NuExtractor(TEMPLATE, **known)


def sure(extraction: Any) -> dict[Any, Any]:
    return {each.path: (round(each.joint, 9), round(each.mean, 9), each.tokens) for each in extraction.confidence}


EXPECTED = {("name",): (0.5**8, 0.5, 8), ("total",): (0.5**4, 0.5, 4)}


@pytest.mark.parametrize(
    ("dialect", "logprobs", "asked"),
    [
        pytest.param("3", content, {"logprobs": True, "top_logprobs": 1}, id="chat"),
        pytest.param("nuextract-3-inline", content, {"logprobs": 1}, id="llama.cpp's completions"),
        pytest.param("nuextract-3-inline", lists, {"logprobs": 1}, id="vLLM's completions"),
    ],
)
def test_probabilities_are_asked_for_and_read(run, dialect, logprobs, asked):
    with FakeEndpoint(FakeReply(ANSWER, logprobs=logprobs(TEXT))) as endpoint:
        found = run(extractor(endpoint, dialect=dialect).detailed)
    assert sure(found) == EXPECTED
    body = endpoint.requests[0].body
    assert {name: body[name] for name in ("logprobs", "top_logprobs") if name in body} == asked


def test_they_are_not_asked_for_otherwise(run):
    with FakeEndpoint(ANSWER) as endpoint:
        found = run(extractor(endpoint, logprobs=False).detailed)
    assert "logprobs" not in endpoint.requests[0].body
    assert found.confidence == ()


def test_a_model_that_asks_for_them_itself_will_do(run):
    with FakeEndpoint(FakeReply(ANSWER, logprobs=content(TEXT))) as endpoint:
        llm = ChatNuExtract(model=MODEL, base_url=endpoint.url, logprobs=True)
        found = run(extractor(endpoint, llm=llm, logprobs=False).detailed)
    assert sure(found) == EXPECTED


def test_an_endpoint_that_tells_none_gives_no_confidence(run):
    with FakeEndpoint(ANSWER) as endpoint:
        found = run(extractor(endpoint).detailed)
    assert found.value == ANSWER
    assert found.confidence == ()


@pytest.mark.parametrize("size", [1, 3, 7, 100])
@pytest.mark.parametrize(
    ("dialect", "said", "logprobs"),
    [
        pytest.param("3", in_chat, content, id="chat"),
        pytest.param("nuextract-3-inline", in_completion, content, id="llama.cpp's completions"),
        pytest.param("nuextract-3-inline", in_completion, lists, id="vLLM's completions"),
    ],
)
def test_a_streamed_reply_has_the_same_however_it_is_cut(run, size, dialect, said, logprobs):
    with FakeEndpoint(streamed(TEXT, size, said, logprobs)) as endpoint:
        llm = ChatNuExtract(model=MODEL, base_url=endpoint.url, streaming=True)
        extract = extractor(endpoint, llm=llm, dialect=dialect).detailed
        # Only where somebody listens to its runs does the model's own setting count.
        found = run(extract.with_config(callbacks=[BaseCallbackHandler()]))
    assert endpoint.requests[0].body["stream"] is True
    assert sure(found) == EXPECTED


class Listener(BaseCallbackHandler):
    """Counts the tokens of each reply."""

    def __init__(self) -> None:
        self.tokens: list[int] = []

    def on_llm_end(self, response: Any, **kwargs: Any) -> None:
        about = response.generations[0][0].message.response_metadata
        self.tokens.append(len(about["logprobs"]["content"]))


def test_a_streamed_extraction_asks_for_them_too(run):
    listener = Listener()
    with FakeEndpoint(streamed(TEXT, 4, in_chat, content)) as endpoint:
        extract = extractor(endpoint).with_config(callbacks=[listener])
        assert run.stream(extract)[-1] == ANSWER
    assert endpoint.requests[0].body["logprobs"] is True
    assert listener.tokens == [len(TEXT)]


@pytest.mark.parametrize("size", [1, 3, 100])
@pytest.mark.parametrize(
    ("dialect", "said", "logprobs"),
    [
        pytest.param("3", in_chat, content, id="chat"),
        pytest.param("nuextract-3-inline", in_completion, lists, id="completions"),
    ],
)
def test_a_stream_that_nobody_listens_to_has_them_too(run, size, dialect, said, logprobs):
    with FakeEndpoint(streamed(TEXT, size, said, logprobs)) as endpoint:
        extract = extractor(endpoint, dialect=dialect)
        asking = direct_caller(extract.llm, None)
        assert isinstance(asking, DirectCaller)
        growing = StreamFlow(extract.executor.plan, Source((Text("a document"),)))
        if run.asynchronous:
            asyncio.run(ended(astream_flow(growing, asking)))
        else:
            assert [*stream_flow(growing, asking)]
    assert endpoint.requests[0].body["stream"] is True
    assert sure(growing.outcome) == EXPECTED


async def ended(grown: AsyncIterator[Any]) -> None:
    assert [each async for each in grown]
