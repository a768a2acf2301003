"""How bytes go out and come in through httpx: a client of the caller's, and proxies that aiohttp does not know."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from ssl import SSLContext
from typing import Final, Self, TypeVar

import httpx2

from langchain_nuextract.client.background_loop import OWN_THREADS
from langchain_nuextract.client.http_request import AsyncResponse, HttpRequest, WholeReply
from langchain_nuextract.client.reply_body import read_whole

T = TypeVar("T")

_THREADS: Final = 64
"""Requests that a caller's own sync client has under way."""


class HttpxTransport:
    """Carries requests through an `httpx2.AsyncClient`, or one of the older httpx.

    Its connections belong to the event loop on which they were made, so it is to be used on one loop alone.
    """

    def __init__(self, client: httpx2.AsyncClient, headers: Mapping[str, str], *, is_callers: bool) -> None:
        self._client = client
        self._headers = headers
        self._is_callers = is_callers

    @classmethod
    def through(cls, proxy: str, tls: SSLContext | None, headers: Mapping[str, str]) -> Self:
        """Make one with a client of its own, which sends everything through a proxy.

        Raises:
            ImportError: It is a SOCKS proxy, and the package for these is not installed.
        """
        return cls(httpx2.AsyncClient(proxy=proxy, verify=tls or True), headers, is_callers=False)

    async def fetch(self, sending: HttpRequest) -> WholeReply:
        """Send a request and read the whole reply."""
        return await read_whole(await self.send(sending))

    async def send(self, sending: HttpRequest) -> AsyncResponse:
        """Send a request and wait for the head of its response."""
        request = _httpx_request(self._client, self._headers, sending)
        return await self._client.send(request, stream=True, follow_redirects=False)

    async def close(self) -> None:
        """Close all connections, unless it is the caller's to do so."""
        if not self._is_callers:
            await self._client.aclose()


class ThreadedTransport:
    """Carries requests through the caller's own `httpx2.Client`, or one of the older httpx, in threads."""

    def __init__(self, client: httpx2.Client, headers: Mapping[str, str]) -> None:
        self._client = client
        self._headers = headers
        self._process = 0

    async def fetch(self, sending: HttpRequest) -> WholeReply:
        """Send a request and read the whole reply."""
        return await read_whole(await self.send(sending))

    async def send(self, sending: HttpRequest) -> AsyncResponse:
        """Send a request and wait for the head of its response."""
        request = _httpx_request(self._client, self._headers, sending)
        sent = self.begin(partial(self._client.send, request, stream=True, follow_redirects=False))
        try:
            response = await asyncio.wrap_future(sent)
        except asyncio.CancelledError:
            # A thread cannot be interrupted. When its answer comes, the connection is free again, as it would not be
            # of an answer that nobody closes.
            if not sent.cancelled():
                sent.add_done_callback(_close_answer)
            raise
        return _ThreadedResponse(response, self)

    async def close(self) -> None:
        """End the threads, and leave the client open: it is the caller's."""
        if self._process:
            self._threads.shutdown(wait=False)
            self._process = 0

    def begin(self, call: Callable[[], T]) -> Future[T]:
        """Call a function in one of the threads."""
        if self._process != os.getpid():
            # A forked child has none of its parent's threads.
            self._threads, self._process = ThreadPoolExecutor(_THREADS, f"{OWN_THREADS}http"), os.getpid()
        return self._threads.submit(call)


def _close_answer(sent: Future[httpx2.Response]) -> None:
    if not (sent.cancelled() or sent.exception()):
        sent.result().close()


class _ThreadedResponse:
    """A response of a sync client, read in threads."""

    def __init__(self, response: httpx2.Response, transport: ThreadedTransport) -> None:
        self._response = response
        self._transport = transport
        self.status_code = response.status_code
        self.headers: Mapping[str, str] = response.headers

    async def aiter_raw(self) -> AsyncIterator[bytes]:
        received: Iterator[bytes] = self._response.iter_raw()
        while (piece := await asyncio.wrap_future(self._transport.begin(partial(next, received, None)))) is not None:
            yield piece

    async def aclose(self) -> None:
        await asyncio.wrap_future(self._transport.begin(self._response.close))


def _httpx_request(
    client: httpx2.Client | httpx2.AsyncClient, headers: Mapping[str, str], sending: HttpRequest
) -> httpx2.Request:
    # A timeout of httpx2's class would mean nothing to the older httpx; both take a tuple.
    return client.build_request(
        sending.method,
        sending.url,
        content=sending.content or None,
        headers={**headers, **sending.headers},
        params=list(sending.params) or None,
        timeout=sending.timeout,
    )
