"""The endpoint as it is spoken to: clients, sending, retrying, streams and the list of models."""

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from ssl import SSLContext
from threading import Lock
from typing import Any, ClassVar, Final, NamedTuple, Self, TypeAlias
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary, WeakValueDictionary, finalize

import httpx2
import openai
from openai._types import RequestOptions
from pydantic import SecretStr

from langchain_nuextract.endpoint.faults import (
    Place,
    Refusal,
    ServedModel,
    broken_connections,
    context_of,
    cut_off,
    explain,
    explain_inner,
    explain_refusal,
    not_a_reply,
    refusal_of,
)
from langchain_nuextract.endpoint.replies import EventReader, decode, encode, well_formed
from langchain_nuextract.endpoint.retrying import RetryPolicy
from langchain_nuextract.loose import fields, integer, items
from langchain_nuextract.paths import JSON

NO_KEY: Final = "EMPTY"
"""Sent where the server needs no key; the name that vLLM's documentation uses."""

Timeouts: TypeAlias = tuple[float | None, float | None, float | None, float | None]

_LIMITS: Final = httpx2.Limits(max_connections=None, max_keepalive_connections=None, keepalive_expiry=4.0)
"""Idle connections are dropped before uvicorn, which vLLM runs on, does so after five seconds."""

_LOOK: Final[RequestOptions] = {"timeout": 5.0, "follow_redirects": False}
"""Looking something up for an error message must not take long."""


def normal_url(base_url: str) -> str:
    """Bring an endpoint's address to the form that is asked: without a slash at the end, `/v1` if it has no path.

    Raises:
        ValueError: It is no http(s) address, or holds a user, a password, a query or a fragment.
    """
    parts = urlsplit(base_url.strip())
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(
            f"base_url must be an address such as http://localhost:8000/v1, not {parts.netloc or base_url!r}"
        )
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise ValueError(
            "base_url must be a bare address: pass credentials by api_key or default_headers, and a "
            "query by default_query"
        )
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/') or '/v1'}"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """How the endpoint is reached. Equal settings share their connections."""

    url: str
    """Its address up to and including `/v1`."""
    key: SecretStr | None = None
    timeout: Timeouts = (10.0, 600.0, 600.0, 600.0)
    """Seconds for connecting, reading, writing, and waiting for a free connection; None for no limit."""
    silence: float | None = None
    """Seconds that a stream may be silent for; None for the same as reading."""
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    query: tuple[tuple[str, Any], ...] = field(default=(), repr=False)
    policy: RetryPolicy = field(default_factory=RetryPolicy)
    proxy: str | None = None
    http_client: Any = None
    """The caller's own client for sync calls; never closed from here."""
    http_async_client: Any = None
    """The caller's own client for async calls; never closed from here."""

    @property
    def root(self) -> str:
        """The server's address, without `/v1`."""
        return self.url.removesuffix("/v1")

    def client_settings(self) -> dict[str, Any]:
        """Say what the SDK's clients are told; what they are not told they would read from `OPENAI_…` variables."""
        return {
            "api_key": self._key,
            "base_url": self.url,
            "timeout": _httpx_timeout(self.timeout),
            "max_retries": 0,
            "default_query": dict(self.query),
        }

    def transport(self) -> dict[str, Any]:
        """Say how our own HTTP clients are made."""
        return {"timeout": _httpx_timeout(self.timeout), "proxy": self.proxy, "verify": _tls(), "limits": _LIMITS}

    def options(self, *, stream: bool) -> RequestOptions:
        """Say how one request is sent. Redirects are not followed: they could carry a document to another host."""
        if stream and self.silence:
            connect, _, *others = self.timeout
            return {"follow_redirects": False, "timeout": _httpx_timeout((connect, self.silence, *others))}
        return {"follow_redirects": False}

    def all_headers(self) -> dict[str, str]:
        """Write the headers of each request; the caller's own win."""
        basic = {
            "Accept": "application/json",
            "Content-Type": "application/json",
            "User-Agent": "langchain-nuextract",
            "Authorization": f"Bearer {self._key}",
        }
        return basic | dict(self.headers)

    @property
    def _key(self) -> str:
        return self.key.get_secret_value() if self.key else NO_KEY


@cache
def _tls() -> SSLContext:
    """Read the certificates once: each client would take a twentieth of a second for it."""
    return httpx2.create_ssl_context()


def _httpx_timeout(timeout: Sequence[float | None]) -> httpx2.Timeout:
    connect, read, write, pool = timeout
    return httpx2.Timeout(connect=connect, read=read, write=write, pool=pool)


@dataclass(frozen=True, slots=True)
class Call:
    """One request to the endpoint."""

    path: str
    """`/chat/completions`, …, after the endpoint's `/v1`."""
    body: Mapping[str, JSON]
    options: RequestOptions = field(default_factory=RequestOptions)
    """A timeout or headers for this request alone."""


class _OurHeadersOnly:
    """The SDK would add headers from `OPENAI_CUSTOM_HEADERS`, `OPENAI_ORG_ID` and others, and describe the machine."""

    def __init__(self, headers: dict[str, str], **settings: Any) -> None:
        self._our_headers = headers
        super().__init__(**settings)

    @property
    def default_headers(self) -> dict[str, Any]:
        return self._our_headers


class _SyncClient(_OurHeadersOnly, openai.OpenAI):
    pass


class _AsyncClient(_OurHeadersOnly, openai.AsyncOpenAI):
    pass


class _Kept(NamedTuple):
    """An event loop's client, and the generator that closes it when the loop ends or this is dropped."""

    client: _AsyncClient
    keeper: AsyncGenerator[None]


class Wire:
    """A connection to one endpoint. Clients are made when first needed: one for threads, one for each event loop."""

    _shared: ClassVar[WeakValueDictionary[Endpoint, Self]] = WeakValueDictionary()
    _sharing: ClassVar[Lock] = Lock()

    @classmethod
    def to(cls, endpoint: Endpoint) -> Self:
        """Get the connection that all who have these settings share, for as long as one of them holds it."""
        with cls._sharing:
            wire = cls._shared.get(endpoint)
            if wire is None:
                wire = cls._shared[endpoint] = cls(endpoint)
            return wire

    def __deepcopy__(self, memo: object) -> Self:
        """Share it with copies, whose settings are the same."""
        return self

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._lock = Lock()
        self._client: _SyncClient | None = None
        self._process = os.getpid()
        self._async_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, _Kept] = WeakKeyDictionary()
        self._models: tuple[ServedModel, ...] = ()

    def post(self, call: Call, *, holds: str = "choices") -> Mapping[str, JSON]:
        """Send a request and read the JSON object that comes back.

        Args:
            call: The request.
            holds: The key under which an answer has what was asked for.

        Raises:
            EndpointError: It failed for good; retryable failures have been retried.
        """
        place, sending = self._place(call), self._sending(call)
        response = self.endpoint.policy.run(lambda: self._send(place, sending))
        return _read(response.content, place, holds)

    async def apost(self, call: Call, *, holds: str = "choices") -> Mapping[str, JSON]:
        """Do the same on an event loop."""
        place, sending = self._place(call), self._sending(call)
        response = await self.endpoint.policy.arun(lambda: self._asend(place, sending))
        return _read(response.content, place, holds)

    def events(self, call: Call) -> Iterator[Mapping[str, JSON]]:
        """Send a request and yield the events of its answer; only the opening of the stream is retried.

        Raises:
            EndpointError: It failed for good, or the stream broke off or stalled in between.
        """
        place, sending = self._place(call), self._sending(call, stream=True)
        response = self.endpoint.policy.run(lambda: self._send(place, sending))
        events = _Events(place, response)
        try:
            with _explained(place):
                for received in response.iter_bytes():
                    yield from events.read(received)
            yield from events.end()
        finally:
            response.close()

    async def aevents(self, call: Call) -> AsyncIterator[Mapping[str, JSON]]:
        """Do the same on an event loop."""
        place, sending = self._place(call), self._sending(call, stream=True)
        response = await self.endpoint.policy.arun(lambda: self._asend(place, sending))
        events = _Events(place, response)
        try:
            with _explained(place):
                async for received in response.aiter_bytes():
                    for event in events.read(received):
                        yield event
            for event in events.end():
                yield event
        finally:
            await response.aclose()

    def models(self) -> tuple[ServedModel, ...]:
        """Ask which models are served, once; empty if the endpoint does not tell within a few seconds."""
        if not self._models:
            with suppress(openai.OpenAIError, ValueError):
                response = self._sync().get("/models", cast_to=httpx2.Response, options=_LOOK)
                self._models = served_models(decode(response.content))
        return self._models

    async def amodels(self) -> tuple[ServedModel, ...]:
        """Do the same on an event loop."""
        if not self._models:
            with suppress(openai.OpenAIError, ValueError):
                client = await self._async()
                response = await client.get("/models", cast_to=httpx2.Response, options=_LOOK)
                self._models = served_models(decode(response.content))
        return self._models

    def context_of(self, model: str) -> int | None:
        """Tell how many tokens a model takes, prompt and answer together; None if the endpoint does not say."""
        return context_of(model, self.models())

    def _place(self, call: Call) -> Place:
        # llama.cpp and vLLM have it outside of /v1.
        before = self.endpoint.root if call.path == "/tokenize" else self.endpoint.url
        return Place(before + call.path, str(call.body.get("model", "")))

    def _sending(self, call: Call, *, stream: bool = False) -> dict[str, Any]:
        return {
            "content": encode(call.body),
            "cast_to": httpx2.Response,
            "options": self.endpoint.options(stream=stream) | call.options,
            "stream": stream,
        }

    def _send(self, place: Place, sending: dict[str, Any]) -> httpx2.Response:
        try:
            return self._sync().post(place.url, **sending)
        except openai.APIStatusError as error:
            refusal = _refusal(error)
            raise explain_refusal(refusal, place, self.models() if refusal.asks_for_models else ()) from error
        except openai.APIError as error:
            raise explain(error, place) from error

    async def _asend(self, place: Place, sending: dict[str, Any]) -> httpx2.Response:
        client = await self._async()
        try:
            return await client.post(place.url, **sending)
        except openai.APIStatusError as error:
            refusal = _refusal(error)
            raise explain_refusal(refusal, place, await self.amodels() if refusal.asks_for_models else ()) from error
        except openai.APIError as error:
            raise explain(error, place) from error

    def _sync(self) -> _SyncClient:
        with self._lock:
            if self._client is None or self._process != os.getpid():
                # A forked process must not write into the connections of its parent.
                self._client, self._process = self._open_sync(), os.getpid()
            return self._client

    def _open_sync(self) -> _SyncClient:
        http = self.endpoint.http_client or openai.DefaultHttpxClient(**self.endpoint.transport())
        client = _SyncClient(self.endpoint.all_headers(), http_client=http, **self.endpoint.client_settings())
        if http is not self.endpoint.http_client:
            finalize(client, http.close)
        return client

    async def _async(self) -> _AsyncClient:
        loop = asyncio.get_running_loop()
        kept = self._async_clients.get(loop)
        if kept is None:
            kept = self._async_clients[loop] = self._open_async()
            # Runs up to its yield without giving way, so that nobody else opens a second one meanwhile.
            await anext(kept.keeper)
        return kept.client

    def _open_async(self) -> _Kept:
        http = self.endpoint.http_async_client or openai.DefaultAsyncHttpxClient(**self.endpoint.transport())
        client = _AsyncClient(self.endpoint.all_headers(), http_client=http, **self.endpoint.client_settings())
        return _Kept(client, _keep(client, self._async_clients, close=http is not self.endpoint.http_async_client))


async def _keep(
    client: _AsyncClient, clients: MutableMapping[asyncio.AbstractEventLoop, _Kept], *, close: bool
) -> AsyncGenerator[None]:
    """Close the client when its event loop shuts its generators down, or when nobody holds this one any more."""
    try:
        yield
    finally:
        clients.pop(asyncio.get_running_loop(), None)
        if close:
            await client.close()


class _Events:
    """Reads the body of a streamed reply, whoever iterates over it."""

    def __init__(self, place: Place, response: httpx2.Response) -> None:
        self._place = place
        self._streams = "text/event-stream" in response.headers.get("content-type", "")
        self._reader = EventReader()
        self._whole = b""

    def read(self, received: bytes) -> Iterator[Mapping[str, JSON]]:
        """Yield the events that are complete now."""
        if not self._streams:
            self._whole += received
            return
        try:
            yield from map(self._checked, self._reader.feed(received))
        except ValueError as error:
            raise not_a_reply(self._place, received) from error

    def end(self) -> Iterator[Mapping[str, JSON]]:
        """Check that the stream is complete; a server that does not stream has sent one whole answer instead."""
        if not self._streams:
            yield _read(self._whole, self._place, "choices")
        elif not self._reader.complete:
            raise cut_off(self._place)

    def _checked(self, event: Mapping[str, JSON]) -> Mapping[str, JSON]:
        if error := event.get("error"):
            raise explain_inner(error, self._place)
        if not well_formed(event):
            raise not_a_reply(self._place, encode(event))
        return event


@contextmanager
def _explained(place: Place) -> Generator[None]:
    """Turn what breaks while a body is read into one of our errors."""
    try:
        yield
    except broken_connections() as error:
        raise explain(error, place) from error


def _refusal(error: openai.APIStatusError) -> Refusal:
    return refusal_of(error.status_code, error.body, error.response.headers)


def _read(content: bytes, place: Place, holds: str) -> Mapping[str, JSON]:
    try:
        body = fields(decode(content))
    except ValueError as error:
        raise not_a_reply(place, content) from error
    if not body.get(holds) or not well_formed(body):
        raise not_a_reply(place, content)
    return body


def served_models(body: JSON) -> tuple[ServedModel, ...]:
    """Read the answer to `/models`: vLLM's `max_model_len`, llama.cpp's `meta`, or bare names."""
    listed = map(fields, items(fields(body).get("data")))
    return tuple(ServedModel(str(model["id"]), _context(model)) for model in listed if model.get("id"))


def _context(model: Mapping[str, JSON]) -> int | None:
    meta = fields(model.get("meta"))
    found = (model.get("max_model_len"), meta.get("n_ctx"), meta.get("n_ctx_train"))
    return next((size for size in map(integer, found) if size), None)
