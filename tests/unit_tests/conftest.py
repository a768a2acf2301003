"""Both colours: every test that asks a model runs sync and async through one fixture."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from langchain_core.messages import AIMessageChunk

from langchain_nuextract import ChatNuExtract
from langchain_nuextract.client import aiohttp_transport
from langchain_nuextract.client.retry import _Run
from langchain_nuextract.testing import FakeEndpoint


class Run:
    """Asks a model, or an extractor, in one of the two ways."""

    def __init__(self, *, asynchronous: bool) -> None:
        self.asynchronous = asynchronous

    def __call__(self, asked: Any, document: Any = "a document", config: Any = None, **kwargs: Any) -> Any:
        if self.asynchronous:
            return asyncio.run(asked.ainvoke(document, config, **kwargs))
        return asked.invoke(document, config, **kwargs)

    def stream(
        self, asked: Any, document: Any = "a document", *, into: list[Any] | None = None, **kwargs: Any
    ) -> list[Any]:
        chunks = [] if into is None else into
        if self.asynchronous:
            asyncio.run(_collect(asked.astream(document, **kwargs), chunks))
        else:
            # One by one, as below.
            for chunk in asked.stream(document, **kwargs):
                chunks.append(chunk)
        return chunks


async def _collect(stream: AsyncIterator[AIMessageChunk], chunks: list[Any]) -> None:
    # One by one: what came before a break must not be lost.
    async for chunk in stream:
        chunks.append(chunk)  # noqa: PERF401


@pytest.fixture(params=["invoke", "ainvoke"])
def run(request: pytest.FixtureRequest) -> Run:
    return Run(asynchronous=request.param == "ainvoke")


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NUEXTRACT_BASE_URL", "NUEXTRACT_API_KEY", "NUEXTRACT_MODEL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def kept_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connections that were idle are used again, however late: a machine that stops for seconds opens no others."""
    monkeypatch.setattr(aiohttp_transport, "_IDLE", 600.0)


@pytest.fixture
def chat() -> Callable[..., ChatNuExtract]:
    def make(endpoint: FakeEndpoint, **settings: Any) -> ChatNuExtract:
        return ChatNuExtract(**{"model": "numind/NuExtract3", "base_url": endpoint.url, "max_retries": 0, **settings})

    return make


@pytest.fixture
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """What failed is sent again after a hundredth of the usual wait, in tests of which none is about waits."""
    wait = _Run.wait
    monkeypatch.setattr(_Run, "wait", lambda self, state: wait(self, state) / 100)
