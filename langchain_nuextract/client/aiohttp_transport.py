"""How bytes go out and come in through aiohttp.

The SDK of OpenAI is not used: building its objects and walking its pool cost ten times what aiohttp does, and it reads
`OPENAI_…` variables. Redirects are never followed, for they could carry a document to another host.
"""

import asyncio
import errno
from base64 import b64encode
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import suppress
from contextvars import Context, ContextVar
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from ssl import SSLContext
from typing import Final, Self
from weakref import WeakSet, ref

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.tracing import Trace
from yarl import URL

from langchain_nuextract.client.config import Timeouts
from langchain_nuextract.client.http_request import AsyncResponse, HttpRequest, WholeReply
from langchain_nuextract.client.reply_body import MOST_BYTES, read_whole

try:
    import resource
except ImportError:  # Windows, which has no such limit
    resource = None

_IDLE: Final = 4.0
"""Seconds. Idle connections are dropped before uvicorn, which vLLM runs on, does so after five."""
_LARGE: Final = 2**20
"""Bytes from which on aiohttp wants to be given a file, so as not to hold up the loop."""
_NEVER: Final = 3.0e8
"""Seconds: ten years."""
_NO_FILES_LEFT: Final = frozenset({errno.EMFILE, errno.ENFILE})
_UNTIL_FREE: Final = 0.02
"""Seconds after which a request looks again for a connection, where the process may open no more."""
_RESENDS: Final = 100
"""Kept connections that may turn out to be closed, one after the other."""
_connecting: ContextVar[list[object]] = ContextVar("_connecting")
"""Where it is noted that a new connection is made for the request that is being sent."""


class AiohttpTransport:
    """Carries requests through a session of aiohttp. The running event loop owns it: its connections end with the loop.

    `asyncio.run` and its like shut down async generators before they close a loop, so one of them closes the session.
    Where a loop is closed without that, as after `run_until_complete` in a task of Celery's, it drops its timers: one
    that never fires holds this, which frees the sockets when it goes.
    """

    def __init__(self, headers: Mapping[str, str], *, tls: SSLContext | None = None, proxy: str | None = None) -> None:
        self._connector = _Connector(tls)
        self.session = aiohttp.ClientSession(
            headers=headers, connector=self._connector, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False
        )
        # Apart from its address, for that is shown in errors.
        self._proxy, self._proxy_headers = _parted(URL(proxy)) if proxy else (None, None)
        self._end = _close_in_the_end(self.session)
        with suppress(StopIteration):
            # Up to its yield, where the loop knows it; there is nothing to await before.
            self._end.__anext__().send(None)
        # In a context of its own, for the caller's variables must not live as long.
        self._loop = asyncio.get_running_loop()
        self._timer = ref(self._loop.call_later(_NEVER, _hold, self, context=Context()))

    async def fetch(self, sending: HttpRequest) -> WholeReply:
        """Send a request and read the whole reply: at once, where its head says that it is short and as it stands."""
        response = await self._respond(sending)
        headers = response.headers
        length = headers.get("Content-Length", "")
        is_plain = "Content-Encoding" not in headers and "Transfer-Encoding" not in headers
        if is_plain and length.isdecimal() and int(length) <= MOST_BYTES:
            return WholeReply(response.status, headers, await response.read())
        return await read_whole(_AiohttpResponse(response, response.status, headers))

    async def send(self, sending: HttpRequest) -> AsyncResponse:
        """Send a request and wait for the head of its response."""
        response = await self._respond(sending)
        return _AiohttpResponse(response, response.status, response.headers)

    async def _respond(self, sending: HttpRequest) -> aiohttp.ClientResponse:
        content = sending.content
        made: list[object] = []
        _connecting.set(made)
        resends = 0
        while True:
            try:
                return await self.session.request(
                    sending.method,
                    sending.url,
                    data=BytesIO(content) if len(content) >= _LARGE else content or None,
                    headers=sending.headers or None,
                    params=list(sending.params) or None,
                    timeout=_aiohttp_timeout(sending.timeout, stream=sending.stream),
                    allow_redirects=False,
                    proxy=self._proxy,
                    proxy_headers=self._proxy_headers,
                )
            except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as error:
                if getattr(error, "errno", None) in _NO_FILES_LEFT and self._connector.is_open:
                    # One of the others will be free soon, within the deadline of this request.
                    made.clear()
                    await asyncio.sleep(_UNTIL_FREE)
                # The server closed a kept connection just now. On a new one it would be a failure.
                elif made or resends == _RESENDS:
                    raise
                else:
                    resends += 1

    async def close(self) -> None:
        """Close all connections."""
        if timer := self._timer():
            timer.cancel()
        await self._end.aclose()

    def begin_close(self) -> None:
        """Close all connections in a task of the running loop."""
        self._closing = asyncio.create_task(self.close())

    def __del__(self) -> None:
        """Free the sockets: this is dropped with its loop, which can be asked for nothing any more."""
        if not self.session.closed:
            self.session.detach()
            self._connector.abandon()
            # uvloop is closing its sockets just now, and must not lose their handles meanwhile.
            vars(self._loop).setdefault("_nuextract_connectors", []).append(self._connector)


def _parted(proxy: URL) -> tuple[URL, dict[str, str] | None]:
    """Part a proxy's address from its credentials."""
    if proxy.user is None:
        return proxy, None
    login = b64encode(f"{proxy.user}:{proxy.password or ''}".encode()).decode()
    return proxy.with_user(None), {"Proxy-Authorization": f"Basic {login}"}


async def _close_in_the_end(session: aiohttp.ClientSession) -> AsyncGenerator[None]:
    try:
        yield
    finally:
        await session.close()


def _hold(transport: AiohttpTransport) -> None:
    """Do nothing, in ten years."""


class _Connector(aiohttp.TCPConnector):
    """Knows its connections, so that they can be ended without their loop."""

    def __init__(self, tls: SSLContext | None) -> None:
        super().__init__(limit=_most_connections(), keepalive_timeout=_IDLE, ssl=tls or True)  # pyright: ignore[reportUnknownMemberType]
        self._opened: WeakSet[ResponseHandler] = WeakSet()
        self._begun = 0

    async def _create_connection(
        self,
        req: aiohttp.ClientRequest,
        traces: list[Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109  # its name in aiohttp
    ) -> ResponseHandler:
        _connecting.get().append(self)
        self._begun += 1
        try:
            opened = await super()._create_connection(req, traces, timeout)
        finally:
            self._begun -= 1
        self._opened.add(opened)
        return opened

    @property
    def is_open(self) -> bool:
        """Whether there is a connection, or one is being made."""
        return self._begun > 0 or any(each.transport for each in self._opened)

    def abandon(self) -> None:
        """Free the sockets of all connections, whose loop is closed."""
        for connection in self._opened:
            if transport := connection.transport:
                _abandon(transport)

    def __del__(self, _: object = None) -> None:
        """Say nothing, unlike aiohttp, of connections that have ended with their loop."""


def _most_connections() -> int:
    """Leave a quarter of the files that the process may open to others: documents, checkpoints, modules. 0 is no limit.

    What is beyond that waits for a connection, as it does where other connections have taken those files.
    """
    if resource is None:
        return 0
    most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 0 if most == resource.RLIM_INFINITY else max(most * 3 // 4, 1)


def _abandon(transport: asyncio.BaseTransport) -> None:
    """Free a transport's socket. asyncio would ask the loop to do it, which is closed, so this is what it would do."""
    tls = getattr(transport, "_ssl_protocol", None)
    # uvloop's transports have no such method: uvloop closes its sockets with the loop.
    if lost := getattr(getattr(tls, "_transport", transport), "_call_connection_lost", None):
        with suppress(RuntimeError):
            lost(None)


@dataclass(frozen=True, slots=True, repr=False)
class _AiohttpResponse:
    """A response of aiohttp's, to be read as those of httpx are. It is not shown, for its headers may hold the key."""

    response: aiohttp.ClientResponse
    status_code: int
    headers: Mapping[str, str]

    def aiter_raw(self) -> AsyncIterator[bytes]:
        return self

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        content = self.response.content
        try:
            piece = await content.readany()
        except aiohttp.ClientError:
            # What came before the connection broke, and nobody had asked for yet: aiohttp has it, and no way to it.
            take: Callable[[int], bytes] | None = getattr(content, "_read_nowait", None)
            piece = take(-1) if take else b""
            if not piece:
                raise
        if not piece:
            raise StopAsyncIteration
        return piece

    async def aclose(self) -> None:
        self.response.close()


@cache
def _aiohttp_timeout(timeout: Timeouts, *, stream: bool) -> aiohttp.ClientTimeout:
    connect, read, _, pool = timeout
    # An answer that comes at once has the deadline; a timer for each piece of it would have nothing to add.
    return aiohttp.ClientTimeout(total=None, connect=pool, sock_connect=connect, sock_read=read if stream else None)
