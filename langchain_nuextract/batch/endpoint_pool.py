"""Several endpoints of the same model, asked as one.

Each attempt of a request goes to the endpoint with the fewest requests under way. Failed requests are sent again as
often as the model's own settings say, and no more often: it is the attempts of one request that go to different
endpoints.

- An endpoint that is overloaded (429, 503, or no answer in time) is given half as many requests at a time, and one more
  with each round of good answers; while its `Retry-After` lasts, it is given none.
- An endpoint that fails five times in a row and cannot be given less, or that refuses the key or the model, is left out
  for a second, then tried with one request, and so on with longer and longer pauses, up to 30 seconds. Such a trial
  costs the request no attempt.
- Where no endpoint is left, requests wait until one is back, as long as the model's `patience`. If none has ever
  answered, or all refuse the key or the model, they fail at once.

With `vllm-router` or another gateway in front of the servers, name its address alone.
"""

import asyncio
import copy
from collections.abc import Mapping, Sequence
from itertools import islice
from time import monotonic
from typing import Final, TypeVar

from langchain_nuextract.batch.protocols import Extractor
from langchain_nuextract.client.client import Client
from langchain_nuextract.client.config import normal_url
from langchain_nuextract.client.request_body import ApiCall
from langchain_nuextract.errors import (
    AccessDenied,
    ContextOverflow,
    EndpointBusy,
    EndpointError,
    EndpointUnreachable,
    ReplyTimeout,
    RequestRefused,
    UnknownModel,
)
from langchain_nuextract.paths import JSON

T = TypeVar("T")

_FAILURES: Final = 5
"""Failures in a row after which an endpoint is left out."""
_PAUSE: Final = 1.0
"""Seconds that an endpoint is left out at first; doubled each time."""
_LONGEST_PAUSE: Final = 30.0
_OVERLOADED: Final = frozenset({429, 503})
_OF_DOCUMENT: Final = frozenset({400, 413, 422})
"""Statuses that tell of the request rather than of the endpoint."""


def pool_for(extractor: Extractor, urls: Sequence[str], *, most: int) -> "EndpointPool | None":
    """Make the connections of a batch; without any address, to the extractor's own endpoint, with regard to its load.

    Args:
        extractor: It tells key, headers and timeouts.
        urls: Addresses as for `base_url`.
        most: Requests that an endpoint may have under way.

    Returns:
        None if the extractor asks a model that is none of ours: it is asked as it is.

    Raises:
        ValueError: An address is not usable, or the model is none of ours and endpoints are named.
    """
    if llm := extractor.api_model:
        return EndpointPool(llm.client, urls or (llm.client.endpoint.url,), most=most)
    if urls:
        raise ValueError("endpoints can be named for a ChatNuExtract only, which this extractor does not ask")
    return None


class EndpointPool(Client):
    """The connections to several endpoints, on one event loop."""

    def __init__(self, client: Client, urls: Sequence[str], *, most: int) -> None:
        super().__init__(client.endpoint)
        self._backends = [_Backend(client.sibling(normal_url(url)), most) for url in dict.fromkeys(urls)]
        self._waiting: dict[asyncio.Future[None], None] = {}
        self._lost_since = monotonic()
        """When there was last an endpoint that was not left out."""

    def wait_for_first_answer(self) -> None:
        """Take endpoints that do not answer yet for ones that will: wait for them as if they had answered before.

        For one of many processes of a run, which may begin while an endpoint is away. With `max_retries=0` nothing is
        waited for.
        """
        if self.endpoint.policy.retries:
            self.availability.is_reached = True
            for backend in self._backends:
                backend.has_answered = True

    async def apost(self, call: ApiCall, *, holds: str = "choices") -> Mapping[str, JSON]:
        """Send a request to whichever endpoint has least to do."""
        return await self.endpoint.policy.arun(lambda: self._attempt_anywhere(call, holds), self.availability)

    async def _attempt_anywhere(self, call: ApiCall, holds: str) -> Mapping[str, JSON]:
        while True:
            backend = await self._acquire()
            # A request that is a trial of an endpoint that was left out fails without its document failing: another
            # is asked.
            trial, started = backend.is_out and not self._is_hopeless, monotonic()
            try:
                reply = await backend.client.attempt(call, holds=holds)
            except EndpointError as error:
                backend.fail(error, started, longest=self.endpoint.policy.total)
                # It is the endpoint that is wrong, and not the request, where there is another one to be asked.
                is_dead = isinstance(error, EndpointUnreachable) and not error.connected
                is_misled = (is_dead or not error.retryable) and not all(each.is_out for each in self._backends)
                if not backend.is_out or not (trial or is_misled):
                    raise
            else:
                backend.succeed()
                return reply
            finally:
                # Also where the request was cancelled: the room that it took is free again.
                backend.in_flight -= 1
                self._wake()

    async def _acquire(self) -> "_Backend":
        while (backend := self._free()) is None:
            lost = self._lost()
            until = self._lost_since + self.endpoint.policy.patience
            if lost and (not lost.retryable or monotonic() > until):
                lost.stops_run = True
                raise lost
            await self._wait(until if lost else None)
        backend.in_flight += 1
        return backend

    def _free(self) -> "_Backend | None":
        backends, now = self._backends, monotonic()
        free = [backend for backend in backends if backend.room(now)]
        # None has ever answered: their pauses would only put off the error that tells what is wrong.
        if not free and self._is_hopeless:
            free = [backend for backend in backends if backend.in_flight < backend.most]
        return min(free, key=lambda backend: backend.in_flight, default=None)

    @property
    def _is_hopeless(self) -> bool:
        """Whether there is nothing to wait for."""
        return not any(backend.has_answered or not backend.is_out for backend in self._backends)

    def _lost(self) -> EndpointError | None:
        """Why every endpoint is left out, if every one is."""
        if not all(backend.is_out for backend in self._backends):
            self._lost_since = monotonic()
            return None
        # One that may pass, if there is one; a copy, for one error raised in many places would gather their tracebacks.
        errors = [backend.last for backend in self._backends if backend.last]
        return copy.copy(next((error for error in errors if error.retryable), errors[0]))

    async def _wait(self, until: float | None) -> None:
        """Wait until an endpoint may be free."""
        now = monotonic()
        times = [backend.rests_until for backend in self._backends if backend.rests_until > now]
        times += [until] if until else []
        waiter = asyncio.get_running_loop().create_future()
        self._waiting[waiter] = None
        try:
            await asyncio.wait((waiter,), timeout=max(min(times) - now, 0.001) if times else None)
        finally:
            del self._waiting[waiter]
            # If this one is cancelled, its turn is another's.
            self._wake()

    def _wake(self) -> None:
        """Let as many go on as there is room for, those that wait longest first."""
        now = monotonic()
        for waiter in islice(self._waiting, sum(backend.room(now) for backend in self._backends)):
            if not waiter.done():
                waiter.set_result(None)


class _Backend:
    """One endpoint: what it has to do, and how much it may be given."""

    def __init__(self, client: Client, most: int) -> None:
        self.client = client
        self.most = most
        self.in_flight = 0
        """Requests under way."""
        self.rests_until = 0.0
        self.has_answered = False
        self.last: EndpointError | None = None
        """Its last failure."""
        self._limit = float(most)
        self._changed = 0.0
        """When it was last given less, or left out."""
        self._failures = 0
        self._pause = _PAUSE

    @property
    def is_out(self) -> bool:
        """Whether it is left out, and taken back only if it passes a trial."""
        return self._failures >= _FAILURES

    def room(self, now: float) -> int:
        """How many more requests it may be given."""
        return max((1 if self.is_out else int(self._limit)) - self.in_flight, 0) if now >= self.rests_until else 0

    def succeed(self) -> None:
        """Take note of a good answer."""
        if self.is_out:
            self.rests_until = 0.0
        self.has_answered = True
        self._failures, self._pause = 0, _PAUSE
        # One more for each round of good answers, half as many at trouble: as TCP finds out what a line can carry.
        self._limit = min(self._limit + 1 / self._limit, self.most)

    def fail(self, error: EndpointError, started: float, *, longest: float) -> None:
        """Take note of a failed request that was begun at some time."""
        refused = isinstance(error, AccessDenied | UnknownModel | RequestRefused) and not error.stops_run
        if refused or isinstance(error, ContextOverflow) or error.status in _OF_DOCUMENT:
            # It is this document that the endpoint refuses; the next one may be as short as others were.
            self.succeed()
        elif started >= self._changed:
            # Those that were under way at the last change tell of the same trouble.
            self.last = error
            if self._limit > 1 and (error.status in _OVERLOADED or isinstance(error, ReplyTimeout)):
                self._limit, self._changed = max(self._limit / 2, 1.0), monotonic()
            else:
                self._count(error)
        asked = error.retry_after if isinstance(error, EndpointBusy) else None
        # A Retry-After of an hour would hold the run up for longer than it may last; then it is tried anyway.
        if asked is not None and asked <= longest:
            self.rests_until = max(self.rests_until, monotonic() + asked)

    def _count(self, error: EndpointError) -> None:
        # A wrong key or model is wrong for every request, so that no second failure is waited for.
        wrong = isinstance(error, AccessDenied | UnknownModel | RequestRefused)
        dead = isinstance(error, EndpointUnreachable) and not error.connected and not self.has_answered
        self._failures = _FAILURES if wrong or dead else self._failures + 1
        if self.is_out:
            now = monotonic()
            self.rests_until, self._changed = now + self._pause, now
            self._pause = min(self._pause * 2, _LONGEST_PAUSE)
