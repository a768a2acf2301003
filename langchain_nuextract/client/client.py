"""The endpoint as it is spoken to: sending, retrying, streams and the list of models."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Generator, Iterator, Mapping, Sequence
from contextlib import aclosing, closing, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from time import monotonic
from typing import Final, Self, TypeVar
from weakref import finalize

from langchain_nuextract.client.availability import Availability
from langchain_nuextract.client.background_generators import aiterate, iterate
from langchain_nuextract.client.background_loop import arun, run
from langchain_nuextract.client.closing import Closing
from langchain_nuextract.client.config import Endpoint
from langchain_nuextract.client.connections import Connections
from langchain_nuextract.client.error_mapping import ErrorContext, broken_connections, explain, not_a_reply
from langchain_nuextract.client.http_request import AsyncResponse, HttpRequest, WholeReply
from langchain_nuextract.client.inner_error import refusal_within
from langchain_nuextract.client.refusals import Refusal, explain_refusal, refusal_of
from langchain_nuextract.client.reply_body import OK, BodyReader, read_reply
from langchain_nuextract.client.request_body import SendOptions, needs_marker, with_marker
from langchain_nuextract.client.response import FIELDS, EventReader, decode, encode, examine
from langchain_nuextract.client.secrets import Secrets, without_frames
from langchain_nuextract.client.served_models import ServedModel, context_of, only_model, served_models
from langchain_nuextract.errors import AccessDenied, EndpointError, EndpointUnreachable
from langchain_nuextract.paths import JSON, fields

T = TypeVar("T")

_log = logging.getLogger(__name__)

_LOOK: Final = (5.0, 5.0, 5.0, 5.0)
"""Seconds. Looking something up for an error message must not take long."""
_OLD_MARKER: Final = "<__media__>"
"""What stands for an image in a raw prompt, for servers of llama.cpp that do not tell (before 2026)."""
_REFUSED: Final = frozenset({401, 403, 404})
_TELLING: Final = 8
"""Bytes of a body that tell whether it is a stream of events."""
_OF_VLLM: Final = frozenset({"kv_transfer_params", "prompt_token_ids"})
"""Keys that vLLM's answers have on both routes (0.32), and the first events of its streams, mostly with null."""


@dataclass(frozen=True, slots=True)
class ApiCall:
    """One request to the endpoint."""

    path: str
    """`/chat/completions`, …, after the endpoint's `/v1`."""
    body: Mapping[str, JSON]
    vllm_only: Mapping[str, JSON] = field(default_factory=dict[str, JSON])
    """Further fields of the body for an endpoint that is known to be vLLM when it is sent; those of the body win."""
    options: SendOptions = field(default_factory=SendOptions)
    """A timeout or headers for this request alone."""
    seconds: float | None = None
    """How long it may take, with all attempts and waits between them; None for as long as the policy allows."""
    constraint: Mapping[str, JSON] = field(default_factory=dict[str, JSON])
    """By what the decoding is constrained, as fields of the body: `response_format` has a JSON Schema,
    `structured_outputs` and `grammar` have a grammar."""

    def content(self, *, is_vllm: bool) -> dict[str, JSON]:
        """Give the whole body, for an endpoint that is known to be vLLM or not."""
        return {**(self.vllm_only if is_vllm else {}), **self.body, **self.constraint}


class Client(Closing):
    """Speaks to one endpoint, from any thread and event loop. It opens connections when they are first needed.

        with Client(Endpoint("http://localhost:8000/v1")) as client:
            reply = client.post(ApiCall("/chat/completions", {"model": …, "messages": […]}))

    Args:
        endpoint: Where it is, and how it is reached.

    Raises:
        ValueError: The settings contradict each other, or a certificate cannot be read.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.is_vllm = False
        """Whether an answer has shown that it is vLLM."""
        self.availability = Availability(endpoint.policy.patience)
        """What is known of the endpoint as a whole."""
        self._timeouts = {stream: endpoint.timeouts(stream=stream) for stream in (False, True)}
        self._secrets = Secrets(endpoint)
        self._connections = Connections(endpoint)
        # Not `__del__`: its weak references would be dead by then, if this were garbage in a circle.
        finalize(self, self._connections.close_elsewhere).atexit = False
        self._siblings: dict[str, Client] = {}
        self._models: tuple[ServedModel, ...] = ()
        self._only = ""
        self._marker = ""
        self._looking: _Looking | None = None

    def sibling(self, url: str) -> "Client":
        """Give the client for another address with the same settings, which lives as long as this one."""
        if url == self.endpoint.url:
            return self
        return self._siblings.setdefault(url, Client(replace(self.endpoint, url=url)))

    def close(self) -> None:
        """Close all connections, and end the thread of sync calls if nothing else uses it.

        Without it they are closed with their event loop, or when nobody holds this any more. The client may be used
        again; it then opens new ones. An event loop of another thread closes its own as soon as it runs.
        """
        for sibling in self._siblings.values():
            sibling.close()
        self._connections.close()

    async def aclose(self) -> None:
        """Do the same on an event loop."""
        for sibling in self._siblings.values():
            await sibling.aclose()
        await self._connections.aclose()

    def __eq__(self, other: object) -> bool:
        """Compare the settings: models with equal ones are equal, whichever connections they have."""
        return isinstance(other, Client) and other.endpoint == self.endpoint

    __hash__ = object.__hash__

    def __deepcopy__(self, memo: object) -> Self:
        """Share it with copies, whose settings are the same."""
        return self

    def post(self, call: ApiCall, *, holds: str = "choices") -> Mapping[str, JSON]:
        """Send a request and read the JSON object that comes back.

        Args:
            call: The request.
            holds: The key under which an answer has what was asked for.

        Raises:
            EndpointError: It failed for good; retryable failures have been retried.
        """
        return run(self._post(call, holds, sync=True))

    async def apost(self, call: ApiCall, *, holds: str = "choices") -> Mapping[str, JSON]:
        """Do the same on an event loop."""
        posting = self._post(call, holds, sync=False)
        return await (arun(posting) if self._connections.in_background else posting)

    async def attempt(self, call: ApiCall, *, holds: str = "choices") -> Mapping[str, JSON]:
        """Do the same without sending anything again, for callers who turn to another endpoint instead."""
        attempting = self._post(call, holds, sync=False, once=True)
        return await (arun(attempting) if self._connections.in_background else attempting)

    def events(self, call: ApiCall) -> Generator[Mapping[str, JSON]]:
        """Send a request and yield the events of its answer; only the opening of the stream is retried.

        Raises:
            EndpointError: It failed for good, or the stream broke off or stalled in between.
        """
        with closing(iterate(self._events(call, sync=True))) as received:
            for events in received:
                yield from events

    async def aevents(self, call: ApiCall) -> AsyncGenerator[Mapping[str, JSON]]:
        """Do the same on an event loop."""
        events = self._events(call, sync=False)
        async with aclosing(aiterate(events) if self._connections.in_background else events) as received:
            async for together in received:
                for event in together:
                    yield event

    def models(self) -> tuple[ServedModel, ...]:
        """Ask which models are served, once; empty if the endpoint does not tell within a few seconds."""
        return self._models or run(self._known_models(sync=True))

    def only_model(self) -> str:
        """Tell the model that is served, for a caller who named none.

        Raises:
            UnknownModel: There are several, and the error lists them; or the endpoint lists none.
            EndpointError: The endpoint did not tell.
        """
        return self._only or run(self._find_only(sync=True))

    async def aonly_model(self) -> str:
        """Do the same on an event loop."""
        if self._only:
            return self._only
        finding = self._find_only(sync=False)
        return await (arun(finding) if self._connections.in_background else finding)

    async def _find_only(self, *, sync: bool) -> str:
        models: tuple[ServedModel, ...] = ()
        with suppress(ValueError):
            models = self._models or await self._look(sync=sync)
        only = only_model(models, f"{self.endpoint.url}/models")
        if not self._only:
            _log.warning("no model is named: %s is asked, the only one that is served", only)
        self._only = only
        return only

    async def amodels(self) -> tuple[ServedModel, ...]:
        """Do the same on an event loop."""
        looking = self._known_models(sync=False)
        return await (arun(looking) if self._connections.in_background else looking)

    def context_of(self, model: str) -> int | None:
        """Tell how many tokens a model takes, prompt and answer together; None if the endpoint does not say."""
        return context_of(model, self.models())

    async def _marked(self, call: ApiCall, *, sync: bool) -> ApiCall:
        """Mark the images of a raw prompt, for which llama.cpp has a text of its own since it began to draw lots."""
        if not self._marker:
            props: JSON = None
            with suppress(EndpointError, ValueError):
                reply = await self._look_up(ErrorContext(f"{self.endpoint.root}/props", ""), sync=sync)
                props = decode(reply.content) if reply.status in OK else None
            self._marker = str(fields(props).get("media_marker") or _OLD_MARKER)
        return replace(call, body=with_marker(call.body, self._marker))

    async def _post(self, call: ApiCall, holds: str, *, sync: bool, once: bool = False) -> Mapping[str, JSON]:
        if "prompt" in call.body and needs_marker(call.body):
            call = await self._marked(call, sync=sync)
        request, place = self._request(call)
        attempt = partial(self._attempt, request, place, holds, sync=sync)
        if once:
            return await attempt()
        if call.seconds is not None:
            return await self._within(call.seconds, self.endpoint.policy.arun(attempt, self.availability), place)
        started = monotonic()
        try:
            body = await attempt()
        except EndpointError as error:
            return await self.endpoint.policy.again(attempt, self.availability, error, started)
        if not self.availability.is_well:
            self.availability.succeed()
        return body

    async def _attempt(
        self, request: HttpRequest, place: ErrorContext, holds: str, *, sync: bool
    ) -> Mapping[str, JSON]:
        reply = await self._fetch(request, place, sync=sync)
        if reply.status not in OK:
            raise await self._refused(reply, place, sync=sync)
        body = _read(reply, place, self._secrets, holds)
        if isinstance(body, Refusal):
            raise await self._meaning(body, place, sync=sync)
        self.is_vllm = self.is_vllm or not _OF_VLLM.isdisjoint(body)
        return body

    async def _within(self, seconds: float, running: Awaitable[T], place: ErrorContext) -> T:
        try:
            async with asyncio.timeout(seconds):
                return await running
        except broken_connections() as error:
            raise explain(error, place, self._secrets.hide_text) from without_frames(error)

    async def _events(self, call: ApiCall, *, sync: bool) -> AsyncGenerator[Sequence[Mapping[str, JSON]]]:
        """Yield the events of a stream, those together that came together."""
        if "prompt" in call.body and needs_marker(call.body):
            call = await self._marked(call, sync=sync)
        request, place = self._request(call, stream=True)
        limits = [seconds for seconds in (request.deadline, call.seconds) if seconds is not None]
        deadline = asyncio.get_running_loop().time() + min(limits) if limits else None
        opening = self.endpoint.policy.arun(partial(self._open, request, place, sync=sync), self.availability)
        response = await (opening if call.seconds is None else self._within(call.seconds, opening, place))
        try:
            events = _Events(place, response.headers, self._secrets)
            received = response.aiter_raw()
            while True:
                async with asyncio.timeout_at(deadline):
                    piece = await anext(received, None)
                if piece is None:
                    break
                together = [*map(self._seen, events.read(piece))]
                del piece  # it may hold the key, and whoever shows the error may show its frames
                yield together
                if events.failure:
                    break
            together = [*events.end()]
            if failure := events.failure:
                raise await self._meaning(failure, place, sync=sync) if isinstance(failure, Refusal) else failure
            yield together
        except broken_connections() as error:
            raise explain(error, place, self._secrets.hide_text) from without_frames(error)
        finally:
            await response.aclose()

    async def _look_up(self, place: ErrorContext, *, sync: bool) -> WholeReply:
        request = HttpRequest("GET", place.url, _LOOK, deadline=_LOOK[1], params=self.endpoint.query)
        return await self._fetch(request, place, sync=sync)

    async def _fetch(self, request: HttpRequest, place: ErrorContext, *, sync: bool) -> WholeReply:
        try:
            async with asyncio.timeout(request.deadline):
                return await self._connections.here(sync=sync).fetch(request)
        except broken_connections() as error:
            raise explain(error, place, self._secrets.hide_text) from without_frames(error)

    async def _open(self, request: HttpRequest, place: ErrorContext, *, sync: bool) -> AsyncResponse:
        try:
            async with asyncio.timeout(request.deadline):
                response = await self._connections.here(sync=sync).send(request)
                if response.status_code in OK:
                    return response
                reply = await read_reply(response)
        except broken_connections() as error:
            raise explain(error, place, self._secrets.hide_text) from without_frames(error)
        raise await self._refused(reply, place, sync=sync)

    def _request(self, call: ApiCall, *, stream: bool = False) -> tuple[HttpRequest, ErrorContext]:
        """Make the request of a call, with what to say of it in messages."""
        options, endpoint = call.options, self.endpoint
        whole = (options.timeout or endpoint.timeout)[1]
        # llama.cpp and vLLM have it outside of /v1.
        url = (endpoint.root if call.path == "/tokenize" else endpoint.url) + call.path
        request = HttpRequest(
            method="POST",
            url=url,
            timeout=options.timeout or self._timeouts[stream],
            # A little later, for a connection that is not made in time is to be called that.
            deadline=whole and whole * 1.01 + 0.05,
            headers=options.headers,
            content=encode(call.content(is_vllm=self.is_vllm)),
            params=(*endpoint.query, *options.query),
            stream=stream,
        )
        is_new = not self.availability.has_answered
        # The server has to compile it, which it may not be able to.
        has_grammar = bool(call.constraint) and "grammar" in fields(call.constraint.get("structured_outputs"))
        return request, ErrorContext(url, str(call.body.get("model", "")), has_grammar, is_new)

    def _seen(self, body: Mapping[str, JSON]) -> Mapping[str, JSON]:
        self.is_vllm = self.is_vllm or not _OF_VLLM.isdisjoint(body)
        return body

    async def _refused(self, reply: WholeReply, place: ErrorContext, *, sync: bool) -> EndpointError:
        words = self._secrets.hide(reply.content)
        try:
            body = decode(words)
        except ValueError:
            body = words.decode("utf-8", "replace")
        refusal = refusal_of(reply.status, body, self._secrets.hidden_headers(reply.headers))
        return await self._meaning(refusal, place, sync=sync)

    async def _meaning(self, refusal: Refusal, place: ErrorContext, *, sync: bool) -> EndpointError:
        """Say what an error status means, and whether it is this request's alone."""
        access = refusal.status in _REFUSED and not refusal.too_long
        models, by_all = self._models, False
        if access or (refusal.too_long and not models):
            try:
                models = await self._look(sync=sync)
            except AccessDenied:
                by_all = True
            except (EndpointError, ValueError):
                models = ()
        error = explain_refusal(refusal, place, models)
        if access:
            unlisted = bool(models) and place.model not in {model.id for model in models}
            self.availability.refuse(error, by_all=by_all or unlisted)
        return error

    async def _look(self, *, sync: bool) -> tuple[ServedModel, ...]:
        """Ask for the list of models, once for all requests that fail together."""
        known = self._looking
        if not known or not known.is_usable or (known.task.done() and not self.availability.refusals):
            known = self._looking = _Looking(asyncio.create_task(self._list(sync=sync)))
        return await known.models()

    async def _list(self, *, sync: bool) -> tuple[ServedModel, ...]:
        place = ErrorContext(f"{self.endpoint.url}/models", "")
        reply = await self._look_up(place, sync=sync)
        if reply.status not in OK:
            raise explain_refusal(refusal_of(reply.status, None), place, ())
        self._models = served_models(decode(reply.content))
        return self._models

    async def _known_models(self, *, sync: bool) -> tuple[ServedModel, ...]:
        with suppress(EndpointError, ValueError):
            return self._models or await self._list(sync=sync)
        return ()


@dataclass(slots=True)
class _Looking:
    """A question for the list of models, which all wait for that fail together."""

    task: asyncio.Task[tuple[ServedModel, ...]]
    _waiting: int = 0

    @property
    def is_usable(self) -> bool:
        """Whether it is of this event loop, and was not given up."""
        return self.task.get_loop() is asyncio.get_running_loop() and not self.task.cancelling()

    async def models(self) -> tuple[ServedModel, ...]:
        """Wait for the answer; the last one who is cancelled gives the question up."""
        self._waiting += 1
        try:
            return await asyncio.shield(self.task)
        except asyncio.CancelledError:
            if self._waiting == 1:
                self.task.cancel()
                await asyncio.wait([self.task])
            raise
        finally:
            self._waiting -= 1


class _Events:
    """Reads the body of a streamed reply, whoever iterates over it."""

    def __init__(self, place: ErrorContext, headers: Mapping[str, str], secrets: Secrets) -> None:
        self._place = place
        self._secrets = secrets
        self._headers = headers
        sent_as = headers.get("content-type", "").lower()
        self._streams = True if "text/event-stream" in sent_as else None
        """Whether events come, or one whole body; None while nothing has come that tells."""
        self._body = BodyReader(headers)
        self._reader = EventReader()
        self._whole: list[bytes] = []
        self.failure: EndpointError | Refusal | None = None
        """What was wrong behind the last event."""

    def read(self, received: bytes) -> Iterator[Mapping[str, JSON]]:
        """Yield the events that are complete now."""
        received = self._body.read(received)
        if self._streams is None:
            received = b"".join((*self._whole, received)).lstrip()
            self._whole.clear()
            if len(received) >= _TELLING:
                # Some gateways call a stream text.
                self._streams = received.startswith(FIELDS)
        if self._streams:
            yield from self._checked(self._reader.feed(received))
        else:
            self._whole.append(received)

    def end(self) -> Iterator[Mapping[str, JSON]]:
        """Check that the stream is complete; a server that does not stream has sent one whole answer instead."""
        if self.failure:
            return
        if self._streams:
            yield from self._checked(self._reader.end())
            if not self.failure and not self._reader.complete:
                self.failure = EndpointUnreachable(
                    self._place.url, None, "the stream ended before the answer was complete"
                )
            return
        body = _read(WholeReply(200, self._headers, b"".join(self._whole)), self._place, self._secrets)
        if isinstance(body, Refusal):
            self.failure = body
        else:
            yield body

    def _checked(self, events: Iterator[Mapping[str, JSON]]) -> Iterator[Mapping[str, JSON]]:
        """Yield events up to one that is an error, or none of a model's."""
        try:
            for event in events:
                error, is_answer = examine(event)
                if error:
                    self.failure = refusal_within(self._secrets.hidden(error))
                elif not is_answer:
                    self.failure = self._not_a_reply(encode(event))
                if self.failure:
                    return
                yield event
        except ValueError as error:
            self.failure = self._not_a_reply(str(error).encode("utf-8", "replace"))

    def _not_a_reply(self, received: bytes) -> EndpointError:
        return not_a_reply(self._place, self._secrets.hide(received))


def _read(
    reply: WholeReply, place: ErrorContext, secrets: Secrets, holds: str = "choices"
) -> Mapping[str, JSON] | Refusal:
    """Read a whole answer, or the error that came in its place.

    Raises:
        NotAChatReply: It is neither.
    """
    try:
        body = decode(reply.content)
    except ValueError:
        body = None
    body = body if isinstance(body, dict) else {}
    error, is_answer = examine(body)
    if error:
        return refusal_within(secrets.hidden(error))
    if is_answer and body.get(holds):
        return body
    del body  # it may hold the key, and whoever shows the error may show its frames
    raise not_a_reply(place, secrets.hide(reply.content))
