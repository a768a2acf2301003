"""The connections to one endpoint: made when needed, used within deadlines, closed when nobody needs them."""

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Final, cast
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass
from weakref import WeakKeyDictionary, ref

from langchain_nuextract.client.background_loop import BACKGROUND, arun, run
from langchain_nuextract.client.config import Endpoint, with_scheme
from langchain_nuextract.client.error_mapping import ErrorContext, broken_connections, explain
from langchain_nuextract.client.http_request import AsyncResponse, AsyncTransport, HttpRequest, WholeReply
from langchain_nuextract.client.reply_body import OK, read_whole
from langchain_nuextract.client.secrets import Secrets, without_frames
from langchain_nuextract.client.tls import tls_context
from langchain_nuextract.errors import EndpointError

if TYPE_CHECKING:
    import httpx2

    from langchain_nuextract.client.aiohttp_transport import AiohttpTransport


class Connections:
    """The transports to an endpoint.

    Each event loop has one of aiohttp's, which ends with the loop. Where httpx is needed, there is one, and it is used
    on the background loop alone: for a client of the caller's, which would not outlive the loop that it was first used
    on, and for SOCKS, which aiohttp does not know.

    Raises:
        ValueError: A certificate cannot be read, or a client of the caller's is of the wrong kind, or comes with
            settings that are its own.
        EndpointError: The proxy needs a package that is not installed.
    """

    def __init__(self, endpoint: Endpoint, secrets: Secrets) -> None:
        own, own_async = endpoint.http_client, endpoint.http_async_client
        special = endpoint.proxy or endpoint.cert or endpoint.verify is not True
        for name, client, is_async in (("http_client", own, False), ("http_async_client", own_async, True)):
            # Both kinds have the same methods, but for the one that closes them.
            if client is not None and not (hasattr(client, "build_request") and hasattr(client, "aclose") is is_async):
                kind = "AsyncClient" if is_async else "Client"
                raise ValueError(f"{name} must be an httpx2.{kind}, or httpx's, not {type(client).__name__}")
        if (own or own_async) and special:
            raise ValueError("verify, cert and proxy cannot be given beside a client of your own, which has its own")
        self._endpoint = endpoint
        self._secrets = secrets
        self._headers = endpoint.all_headers()
        # Read at once, for a wrong file is to be told when the model is made; the usual one costs something.
        self._tls = tls_context(endpoint.verify, endpoint.cert) if special else None
        self._proxy = with_scheme(endpoint.proxy.get_secret_value()) if endpoint.proxy else None
        self._threaded: AsyncTransport | None = None
        self._httpx: AsyncTransport | None = None
        by_environment = None if self._proxy else proxy_for(endpoint.url)
        if by_environment and by_environment.startswith("socks"):
            self._proxy = by_environment
        if own or own_async or (self._proxy and self._proxy.startswith("socks")):
            self._connect_by_httpx()
        self.in_background: Final = self._httpx is not None or self._threaded is not None
        """Whether they are to be used on the background loop alone."""
        self._of_loops: WeakKeyDictionary[asyncio.AbstractEventLoop, ref[AiohttpTransport]] = WeakKeyDictionary()

    def _connect_by_httpx(self) -> None:
        from langchain_nuextract.client.httpx_transports import HttpxTransport, ThreadedTransport  # noqa: PLC0415 rare

        own = cast("httpx2.Client | None", self._endpoint.http_client)
        own_async = cast("httpx2.AsyncClient | None", self._endpoint.http_async_client)
        self._threaded = ThreadedTransport(own, self._headers) if own else None
        self._httpx = HttpxTransport(own_async, self._headers, is_callers=True) if own_async else None
        if own_async:
            BACKGROUND.keep_for(own_async)
        if own or own_async:
            return
        try:
            self._httpx = HttpxTransport.through(str(self._proxy), self._tls, self._headers)
        except ImportError:
            reason = 'a SOCKS proxy needs another package: pip install "httpx2[socks]"'
            raise EndpointError(self._endpoint.url, None, reason) from None

    async def fetch(self, request: HttpRequest, place: ErrorContext, *, sync: bool) -> WholeReply:
        """Send a request and read the whole reply.

        Args:
            request: What is sent.
            place: What to say of it in messages.
            sync: Whether it is for a sync caller.

        Raises:
            EndpointError: Something broke on the way.
        """
        try:
            async with asyncio.timeout(request.deadline):
                return await self.here(sync=sync).fetch(request)
        except broken_connections() as error:
            raise explain(error, place, self._secrets.hide_text) from without_frames(error)

    async def open(self, request: HttpRequest, place: ErrorContext, *, sync: bool) -> AsyncResponse | WholeReply:
        """Send a request and wait for the head of its response; one with an error status is read at once.

        Raises:
            EndpointError: Something broke on the way.
        """
        try:
            async with asyncio.timeout(request.deadline):
                response = await self.here(sync=sync).send(request)
                return response if response.status_code in OK else await read_whole(response)
        except broken_connections() as error:
            raise explain(error, place, self._secrets.hide_text) from without_frames(error)

    def here(self, *, sync: bool) -> AsyncTransport:
        """Give the transport of the running loop.

        Args:
            sync: Whether it is for a sync caller, who may have given a client for such calls.
        """
        if self.in_background:
            preferred, other = (self._threaded, self._httpx) if sync else (self._httpx, self._threaded)
            return preferred or other  # pyright: ignore[reportReturnType]  # there is one
        loop = asyncio.get_running_loop()
        known = self._of_loops.get(loop)
        transport = known() if known else None
        if not transport or transport.session.closed:
            from langchain_nuextract.client.aiohttp_transport import AiohttpTransport  # noqa: PLC0415  aiohttp is large

            proxy = self._proxy or proxy_for(self._endpoint.url)
            tls = self._tls
            if tls is None and self._endpoint.url.startswith("https:"):
                tls = tls_context(verify=True, cert=None)
            transport = AiohttpTransport(self._headers, tls=tls, proxy=proxy)
            self._of_loops[loop] = ref(transport)
        return transport

    def close(self) -> None:
        """Close all connections; those of other threads' event loops as soon as these run."""
        if BACKGROUND.can_wait:
            run(self._close_in_background())
            BACKGROUND.end_if_idle()
        self.close_elsewhere()

    async def aclose(self) -> None:
        """Close all connections; those of other event loops than this one and the background's as soon as these run."""
        await self._close_of(asyncio.get_running_loop())
        if BACKGROUND.is_here:
            await self._close_in_background()
        elif BACKGROUND.can_wait:
            await arun(self._close_in_background())
            # It waits for the thread, which the loop need not do.
            await asyncio.to_thread(BACKGROUND.end_if_idle)
        self.close_elsewhere()

    async def _close_in_background(self) -> None:
        await self._close_of(asyncio.get_running_loop())
        for transport in filter(None, (self._httpx, self._threaded)):
            await transport.close()
        if self.in_background:
            # A client that was closed cannot be used again, and this can.
            self._connect_by_httpx()

    async def _close_of(self, loop: asyncio.AbstractEventLoop) -> None:
        known = self._of_loops.pop(loop, None)
        if transport := known and known():
            await transport.close()

    def close_elsewhere(self) -> None:
        """Let each event loop close its connections itself, as soon as it runs."""
        for loop, transport in list(self._of_loops.items()):
            with suppress(RuntimeError):  # it is closed, and so are its connections
                loop.call_soon_threadsafe(_close, transport)
        self._of_loops.clear()


def _close(transport: "ref[AiohttpTransport]") -> None:
    if here := transport():
        here.begin_close()


def proxy_for(url: str) -> str | None:
    """Look up which proxy the environment names for an address, if any; none for what is no address."""
    try:
        parts, proxies = urlsplit(url), getproxies()
    except ValueError:
        return None
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    return with_scheme(proxy) if proxy and not proxy_bypass(str(parts.hostname)) else None
