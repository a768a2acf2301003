"""The endpoint as it is spoken to: sending, retrying, streams and the list of models."""

import asyncio
import os
from collections.abc import AsyncGenerator, Generator, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Lock
from typing import ClassVar, Final, NamedTuple, Self
from weakref import WeakKeyDictionary, WeakValueDictionary, finalize, ref

import httpx2

from langchain_nuextract.client.config import Endpoint
from langchain_nuextract.client.error_mapping import (
    ErrorContext,
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
from langchain_nuextract.client.request_body import Options
from langchain_nuextract.client.response import EventReader, decode, encode, well_formed
from langchain_nuextract.client.transports import (
    AsyncResponse,
    AsyncTransport,
    HttpRequest,
    open_async,
    open_sync,
    send,
)
from langchain_nuextract.errors import EndpointError
from langchain_nuextract.paths import JSON, fields, integer, items

_LOOK: Final = (5.0, 5.0, 5.0, 5.0)
"""Seconds. Looking something up for an error message must not take long."""
_OK: Final = range(200, 300)
_OF_VLLM: Final = frozenset({"kv_transfer_params", "prompt_token_ids"})
"""Keys that vLLM's answers have on both routes (0.32), and the first events of its streams, mostly with null."""


@dataclass(frozen=True, slots=True)
class ApiCall:
    """One request to the endpoint."""

    path: str
    """`/chat/completions`, …, after the endpoint's `/v1`."""
    body: Mapping[str, JSON]
    options: Options = field(default_factory=Options)
    """A timeout or headers for this request alone."""


class _Kept(NamedTuple):
    """An event loop's transport, and the generator that closes it when the loop ends or this is dropped."""

    transport: AsyncTransport
    keeper: AsyncGenerator[None]


class Client:
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
        self.is_vllm = False
        """Whether an answer has shown that it is vLLM."""
        self._headers = endpoint.all_headers()
        self._lock = Lock()
        self._client: httpx2.Client | None = None
        self._process = os.getpid()
        self._async_transports: WeakKeyDictionary[asyncio.AbstractEventLoop, _Kept] = WeakKeyDictionary()
        self._models: tuple[ServedModel, ...] = ()

    def post(self, call: ApiCall, *, holds: str = "choices") -> Mapping[str, JSON]:
        """Send a request and read the JSON object that comes back.

        Args:
            call: The request.
            holds: The key under which an answer has what was asked for.

        Raises:
            EndpointError: It failed for good; retryable failures have been retried.
        """
        place, sending = self._place(call), self._sending(call)
        return self._seen(_read(self.endpoint.policy.run(lambda: self._fetch(place, sending)), place, holds))

    async def apost(self, call: ApiCall, *, holds: str = "choices") -> Mapping[str, JSON]:
        """Do the same on an event loop."""
        place, sending = self._place(call), self._sending(call)
        return self._seen(_read(await self.endpoint.policy.arun(lambda: self._afetch(place, sending)), place, holds))

    def events(self, call: ApiCall) -> Generator[Mapping[str, JSON]]:
        """Send a request and yield the events of its answer; only the opening of the stream is retried.

        Raises:
            EndpointError: It failed for good, or the stream broke off or stalled in between.
        """
        place, sending = self._place(call), self._sending(call, stream=True)
        response = self.endpoint.policy.run(lambda: self._open(place, sending))
        events = _Events(place, response.headers)
        try:
            with _explained(place):
                for received in response.iter_bytes():
                    yield from map(self._seen, events.read(received))
            yield from events.end()
        finally:
            response.close()

    async def aevents(self, call: ApiCall) -> AsyncGenerator[Mapping[str, JSON]]:
        """Do the same on an event loop."""
        place, sending = self._place(call), self._sending(call, stream=True)
        response = await self.endpoint.policy.arun(lambda: self._aopen(place, sending))
        events = _Events(place, response.headers)
        try:
            with _explained(place):
                async for received in response.aiter_bytes():
                    for event in events.read(received):
                        yield self._seen(event)
            for event in events.end():
                yield event
        finally:
            await response.aclose()

    def models(self) -> tuple[ServedModel, ...]:
        """Ask which models are served, once; empty if the endpoint does not tell within a few seconds."""
        if not self._models:
            with suppress(EndpointError, ValueError):
                self._models = served_models(decode(self._fetch(self._list, self._listing())))
        return self._models

    async def amodels(self) -> tuple[ServedModel, ...]:
        """Do the same on an event loop."""
        if not self._models:
            with suppress(EndpointError, ValueError):
                self._models = served_models(decode(await self._afetch(self._list, self._listing())))
        return self._models

    def context_of(self, model: str) -> int | None:
        """Tell how many tokens a model takes, prompt and answer together; None if the endpoint does not say."""
        return context_of(model, self.models())

    def _seen(self, body: Mapping[str, JSON]) -> Mapping[str, JSON]:
        self.is_vllm = self.is_vllm or not _OF_VLLM.isdisjoint(body)
        return body

    def _place(self, call: ApiCall) -> ErrorContext:
        # llama.cpp and vLLM have it outside of /v1.
        before = self.endpoint.root if call.path == "/tokenize" else self.endpoint.url
        return ErrorContext(before + call.path, str(call.body.get("model", "")))

    def _sending(self, call: ApiCall, *, stream: bool = False) -> HttpRequest:
        options = call.options
        return HttpRequest(
            method="POST",
            url=self._place(call).url,
            headers={**self._headers, **options.headers} if options.headers else self._headers,
            timeout=options.timeout or self.endpoint.timeouts(stream=stream),
            content=encode(call.body),
            params=(*self.endpoint.query, *options.query),
        )

    @property
    def _list(self) -> ErrorContext:
        return ErrorContext(f"{self.endpoint.url}/models", "")

    def _listing(self) -> HttpRequest:
        return HttpRequest("GET", self._list.url, self._headers, _LOOK, params=self.endpoint.query)

    def _fetch(self, place: ErrorContext, sending: HttpRequest) -> bytes:
        response = self._open(place, sending)
        with _explained(place):
            return response.read()

    async def _afetch(self, place: ErrorContext, sending: HttpRequest) -> bytes:
        response = await self._aopen(place, sending)
        with _explained(place):
            return await response.aread()

    def _open(self, place: ErrorContext, sending: HttpRequest) -> httpx2.Response:
        with _explained(place):
            response = send(self._sync(), sending)
            if response.status_code in _OK:
                return response
            refusal = _refusal(response.status_code, response.read(), response.headers)
        looked_up = refusal.asks_for_models and sending.content
        raise explain_refusal(refusal, place, self.models() if looked_up else ())

    async def _aopen(self, place: ErrorContext, sending: HttpRequest) -> AsyncResponse:
        transport = await self._async()
        with _explained(place):
            response = await transport.send(sending)
            if response.status_code in _OK:
                return response
            refusal = _refusal(response.status_code, await response.aread(), response.headers)
        looked_up = refusal.asks_for_models and sending.content
        raise explain_refusal(refusal, place, await self.amodels() if looked_up else ())

    def forget(self, loop: asyncio.AbstractEventLoop) -> None:
        """Let the transport of an event loop go."""
        self._async_transports.pop(loop, None)

    def _sync(self) -> httpx2.Client:
        with self._lock:
            if self._client is None or self._process != os.getpid():
                # A forked process must not write into the connections of its parent.
                self._client, self._process = open_sync(self.endpoint), os.getpid()
                if self._client is not self.endpoint.http_client:
                    finalize(self, self._client.close)
            return self._client

    async def _async(self) -> AsyncTransport:
        loop = asyncio.get_running_loop()
        kept = self._async_transports.get(loop)
        if kept is None:
            kept = self._async_transports[loop] = self._open_async()
            # Runs up to its yield without giving way, so that nobody else opens a second one meanwhile.
            await anext(kept.keeper)
        return kept.transport

    def _open_async(self) -> _Kept:
        transport = open_async(self.endpoint)
        return _Kept(transport, _keep(transport, ref(self), close=not self.endpoint.http_async_client))


async def _keep(transport: AsyncTransport, wire: "ref[Client]", *, close: bool) -> AsyncGenerator[None]:
    """Close the transport when its event loop shuts its generators down, or when nobody holds the wire any more."""
    # It holds the transport, which would complain if it were garbage itself before it is closed.
    holding = finalize(wire(), id, transport)
    try:
        yield
    finally:
        holding.detach()
        if kept := wire():
            kept.forget(asyncio.get_running_loop())
        if close:
            await transport.close()


class _Events:
    """Reads the body of a streamed reply, whoever iterates over it."""

    def __init__(self, place: ErrorContext, headers: Mapping[str, str]) -> None:
        self._place = place
        self._streams = "text/event-stream" in headers.get("content-type", "")
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
def _explained(place: ErrorContext) -> Generator[None]:
    """Turn what breaks on the way into one of our errors."""
    try:
        yield
    except broken_connections() as error:
        raise explain(error, place) from error


def _refusal(status: int, content: bytes, headers: Mapping[str, str]) -> Refusal:
    try:
        body: JSON = decode(content)
    except ValueError:
        body = content.decode("utf-8", "replace")
    return refusal_of(status, body, headers)


def _read(content: bytes, place: ErrorContext, holds: str) -> Mapping[str, JSON]:
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
