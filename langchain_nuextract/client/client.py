"""The endpoint as it is spoken to: sending, retrying, streams and the list of models."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Generator, Mapping, Sequence
from contextlib import aclosing, closing
from dataclasses import replace
from functools import partial
from time import monotonic
from typing import Final, Self, TypeVar
from weakref import finalize

from langchain_nuextract.client.availability import Availability
from langchain_nuextract.client.background_generators import aiterate, iterate
from langchain_nuextract.client.background_loop import Work, arun, run
from langchain_nuextract.client.closing import Closing
from langchain_nuextract.client.config import Endpoint
from langchain_nuextract.client.connections import Connections
from langchain_nuextract.client.error_mapping import ErrorContext, broken_connections, explain
from langchain_nuextract.client.event_stream import StreamedBody
from langchain_nuextract.client.http_request import AsyncResponse, HttpRequest, WholeReply
from langchain_nuextract.client.lookups import Lookups
from langchain_nuextract.client.refusals import Refusal
from langchain_nuextract.client.reply_body import OK
from langchain_nuextract.client.request_body import ApiCall, needs_marker, with_marker
from langchain_nuextract.client.response import checked_body, encode_json, refusal_in
from langchain_nuextract.client.secrets import Secrets, without_frames
from langchain_nuextract.client.served_models import ServedModel, context_size
from langchain_nuextract.dialects.constraints import has_grammar
from langchain_nuextract.errors import EndpointError
from langchain_nuextract.paths import JSON

T = TypeVar("T")

_OF_VLLM: Final = frozenset({"kv_transfer_params", "prompt_token_ids"})
"""Keys that vLLM's answers have on both routes (0.32), and the first events of its streams, mostly with null."""


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
        self._connections = Connections(endpoint, self._secrets)
        # Not `__del__`: its weak references would be dead by then, if this were garbage in a circle.
        finalize(self, self._connections.close_elsewhere).atexit = False
        self._lookups = Lookups(endpoint, self._connections, self.availability)
        self._siblings: dict[str, Client] = {}

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
        return await self._there(self._post(call, holds, sync=False))

    async def attempt(self, call: ApiCall, *, holds: str = "choices") -> Mapping[str, JSON]:
        """Do the same without sending anything again, for callers who turn to another endpoint instead."""
        return await self._there(self._post(call, holds, sync=False, once=True))

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
        return self._lookups.models or run(self._lookups.known_models(sync=True))

    async def amodels(self) -> tuple[ServedModel, ...]:
        """Do the same on an event loop."""
        return await self._there(self._lookups.known_models(sync=False))

    def context_of(self, model: str) -> int | None:
        """Tell how many tokens a model takes, prompt and answer together; None if the endpoint does not say."""
        return context_size(model, self.models())

    def only_model(self) -> str:
        """Tell the model that is served, for a caller who named none.

        Raises:
            UnknownModel: There are several, and the error lists them; or the endpoint lists none.
            EndpointError: The endpoint did not tell.
        """
        return self._lookups.only or run(self._lookups.find_only(sync=True))

    async def aonly_model(self) -> str:
        """Do the same on an event loop."""
        return self._lookups.only or await self._there(self._lookups.find_only(sync=False))

    def _there(self, asking: Work[T]) -> Work[T]:
        """Let what an event loop asks run where the connections are."""
        return arun(asking) if self._connections.in_background else asking

    async def _post(self, call: ApiCall, holds: str, *, sync: bool, once: bool = False) -> Mapping[str, JSON]:
        request, place = await self._request(call, sync=sync)
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
        reply = await self._connections.fetch(request, place, sync=sync)
        is_answer = reply.status in OK
        body = checked_body(reply, place, self._secrets, holds) if is_answer else refusal_in(reply, self._secrets)
        if isinstance(body, Refusal):
            raise await self._lookups.explained(body, place, sync=sync)
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
        request, place = await self._request(call, sync=sync, stream=True)
        limits = [seconds for seconds in (request.deadline, call.seconds) if seconds is not None]
        deadline = asyncio.get_running_loop().time() + min(limits) if limits else None
        opening = self.endpoint.policy.arun(partial(self._open, request, place, sync=sync), self.availability)
        response = await (opening if call.seconds is None else self._within(call.seconds, opening, place))
        try:
            body = StreamedBody(place, response.headers, self._secrets)
            received = response.aiter_raw()
            while True:
                async with asyncio.timeout_at(deadline):
                    piece = await anext(received, None)
                if piece is None:
                    break
                together = [*body.read(piece)]
                del piece  # it may hold the key, and whoever shows the error may show its frames
                self.is_vllm = self.is_vllm or not all(map(_OF_VLLM.isdisjoint, together))
                yield together
                if body.failure:
                    break
            together = [*body.end()]
            if failure := body.failure:
                raise (
                    await self._lookups.explained(failure, place, sync=sync)
                    if isinstance(failure, Refusal)
                    else failure
                )
            yield together
        except broken_connections() as error:
            raise explain(error, place, self._secrets.hide_text) from without_frames(error)
        finally:
            await response.aclose()

    async def _open(self, request: HttpRequest, place: ErrorContext, *, sync: bool) -> AsyncResponse:
        response = await self._connections.open(request, place, sync=sync)
        if isinstance(response, WholeReply):
            raise await self._lookups.explained(refusal_in(response, self._secrets), place, sync=sync)
        return response

    async def _request(self, call: ApiCall, *, sync: bool, stream: bool = False) -> tuple[HttpRequest, ErrorContext]:
        """Make the request of a call, with what to say of it in messages."""
        if "prompt" in call.body and needs_marker(call.body):
            call = replace(call, body=with_marker(call.body, await self._lookups.marker(sync=sync)))
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
            content=encode_json(call.content(is_vllm=self.is_vllm)),
            params=(*endpoint.query, *options.query),
            stream=stream,
        )
        is_new = not self.availability.has_answered
        # The server has to compile it, which it may not be able to.
        may_break = bool(call.constraint) and has_grammar(call.constraint)
        return request, ErrorContext(url, str(call.body.get("model", "")), may_break, is_new)
