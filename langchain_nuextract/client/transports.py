"""How bytes go out and come in: through httpx2 for sync calls, aiohttp for async ones, or a client of the caller's.

The SDK of OpenAI is not used: building its objects and walking httpx2's pool cost ten times what aiohttp does, and it
reads `OPENAI_…` variables. Redirects are never followed, for they could carry a document to another host.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from ssl import SSLContext
from typing import Any, Final, Protocol
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
import httpx2

from langchain_nuextract.client.config import Endpoint, Timeouts

_IDLE: Final = 4.0
"""Seconds. Idle connections are dropped before uvicorn, which vLLM runs on, does so after five."""
_LIMITS: Final = httpx2.Limits(max_connections=None, max_keepalive_connections=None, keepalive_expiry=_IDLE)
_LARGE: Final = 2**20
"""Bytes from which on aiohttp wants to be given a file, so as not to hold up the loop."""


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One HTTP request, ready to go."""

    method: str
    url: str
    headers: Mapping[str, str]
    timeout: Timeouts
    content: bytes = b""
    params: Sequence[tuple[str, Any]] = ()


class AsyncResponse(Protocol):
    """A response whose body is still to be read, as httpx has it."""

    @property
    def status_code(self) -> int:
        """The HTTP status."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """Its headers, whatever the case of their names."""
        ...

    async def aread(self) -> bytes:
        """Read the whole body, decompressed, and free the connection."""
        ...

    def aiter_bytes(self) -> AsyncIterator[bytes]:
        """Read the body as it comes in."""
        ...

    async def aclose(self) -> None:
        """Give the body up."""
        ...


class AsyncTransport(Protocol):
    """What carries async requests."""

    async def send(self, sending: HttpRequest) -> AsyncResponse:
        """Send a request and wait for the head of its response."""
        ...

    async def close(self) -> None:
        """Close all connections."""
        ...

    @property
    def is_closed(self) -> bool:
        """Whether it can carry no more."""
        ...


def open_sync(endpoint: Endpoint) -> httpx2.Client:
    """Make a client for threads, or take the caller's."""
    return endpoint.http_client or httpx2.Client(proxy=endpoint.proxy, verify=_tls(), limits=_LIMITS)


def send(client: httpx2.Client, sending: HttpRequest) -> httpx2.Response:
    """Send a request and wait for the head of its response."""
    return client.send(_httpx_request(client, sending), stream=True, follow_redirects=False)


def open_async(endpoint: Endpoint) -> AsyncTransport:
    """Make a transport for the running event loop, or take the caller's client."""
    if endpoint.http_async_client:
        return HttpxTransport(endpoint.http_async_client)
    if endpoint.proxy or _environment_has_proxy(endpoint.url):
        # aiohttp knows no SOCKS, and would look into the environment at each request, on another thread.
        return HttpxTransport(httpx2.AsyncClient(proxy=endpoint.proxy, verify=_tls(), limits=_LIMITS))
    return AiohttpTransport(tls=_tls() if endpoint.url.startswith("https:") else True)


class HttpxTransport:
    """Carries requests through an `httpx2.AsyncClient`, or one of the older httpx."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self._client = client

    async def send(self, sending: HttpRequest) -> AsyncResponse:
        """Send a request and wait for the head of its response."""
        return await self._client.send(_httpx_request(self._client, sending), stream=True, follow_redirects=False)

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    @property
    def is_closed(self) -> bool:
        """Whether it can carry no more."""
        return self._client.is_closed


class AiohttpTransport:
    """Carries requests through a session of aiohttp."""

    def __init__(self, *, tls: SSLContext | bool) -> None:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=_IDLE, ssl=tls),
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    async def send(self, sending: HttpRequest) -> AsyncResponse:
        """Send a request and wait for the head of its response."""
        content = sending.content
        response = await self._session.request(
            sending.method,
            sending.url,
            data=BytesIO(content) if len(content) >= _LARGE else content or None,
            headers=sending.headers,
            params=list(sending.params) or None,
            timeout=_aiohttp_timeout(sending.timeout),
            allow_redirects=False,
        )
        return _AiohttpResponse(response)

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()

    @property
    def is_closed(self) -> bool:
        """Whether it can carry no more."""
        return self._session.closed


class _AiohttpResponse:
    """A response of aiohttp's, to be read as those of httpx are."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response
        self.status_code = response.status
        self.headers: Mapping[str, str] = response.headers

    async def aread(self) -> bytes:
        return await self._response.read()

    async def aiter_bytes(self) -> AsyncIterator[bytes]:
        async for received in self._response.content.iter_any():
            yield received

    async def aclose(self) -> None:
        self._response.close()


def _httpx_request(client: httpx2.Client | httpx2.AsyncClient, sending: HttpRequest) -> httpx2.Request:
    # A timeout of httpx2's class would mean nothing to the older httpx; both take a tuple.
    return client.build_request(
        sending.method,
        sending.url,
        content=sending.content or None,
        headers=dict(sending.headers),
        params=list(sending.params) or None,
        timeout=sending.timeout,
    )


def _environment_has_proxy(url: str) -> bool:
    parts, proxies = urlsplit(url), getproxies()
    return bool(proxies.get(parts.scheme) or proxies.get("all")) and not proxy_bypass(str(parts.hostname))


@cache
def _aiohttp_timeout(timeout: Timeouts) -> aiohttp.ClientTimeout:
    connect, read, _, pool = timeout
    return aiohttp.ClientTimeout(total=None, connect=pool, sock_connect=connect, sock_read=read)


@cache
def _tls() -> SSLContext:
    """Read the certificates once: each client would take a twentieth of a second for it."""
    return httpx2.create_ssl_context()
