"""Sending again because the network or the server failed, not because the answer did."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import monotonic
from typing import Generic, TypeVar

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, wait_exponential, wait_random

from langchain_nuextract import counters
from langchain_nuextract.client.availability import Availability
from langchain_nuextract.errors import EndpointBusy, EndpointError, NotAChatReply

_log = logging.getLogger(__name__)

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often, how fast and for how long a failed request is sent again. `availability` has the table."""

    retries: int = 3
    """Further attempts after the first, while the endpoint answers others; with 0 there is never another."""
    first: float = 0.5
    """Seconds before the second attempt; doubled for each one after it, with up to as much jitter on top."""
    longest: float = 30.0
    """Seconds between two attempts at the most, unless the server asks for more by `Retry-After`."""
    total: float = 300.0
    """No wait is begun that would end later than this many seconds after the first attempt began."""
    patience: float = 60.0
    """Seconds that an endpoint which answered before may be gone or answer 5xx, whatever `retries` says."""

    async def arun(self, attempt: Callable[[], Awaitable[R]], endpoint: Availability | None = None) -> R:
        """Call until it succeeds, fails for good, or this policy's bounds are reached.

        Args:
            attempt: Sends the request once.
            endpoint: What is known of the endpoint, which is told what becomes of each attempt.
        """
        started, endpoint = monotonic(), endpoint or Availability(self.patience)
        try:
            # Outside of tenacity, which costs a tenth of what a whole request costs.
            answer = await attempt()
        except EndpointError as error:
            return await self.again(attempt, endpoint, error, started)
        endpoint.succeed()
        return answer

    async def again(
        self, attempt: Callable[[], Awaitable[R]], endpoint: Availability, error: EndpointError, started: float
    ) -> R:
        """Go on after a first attempt that failed; see `arun`.

        Args:
            attempt: Sends the request once.
            endpoint: What is known of the endpoint, which is told of the first attempt as well.
            error: What came of the first attempt.
            started: When that began, by the monotonic clock.
        """
        run: _Run[R] = _Run(self, endpoint, attempt, started)
        run.fail(error)
        if not run.may_succeed_later(error):
            raise error
        run.failed = error
        return await AsyncRetrying(
            retry=retry_if_exception(run.may_succeed_later),
            stop=run.is_over,
            wait=run.wait,
            before_sleep=run.log,
            retry_error_callback=_give_up,
        )(run.again)


class _Run(Generic[R]):
    """The attempts of one request whose first one failed."""

    def __init__(
        self, policy: RetryPolicy, endpoint: Availability, attempt: Callable[[], Awaitable[R]], started: float
    ) -> None:
        self.failed: EndpointError | None = None
        """The first failure, which tenacity counts as if it had made the attempt."""
        self._policy = policy
        self._endpoint = endpoint
        self._attempt = attempt
        self._started = started
        self._wait = wait_exponential(multiplier=policy.first, max=policy.longest)
        self._jitter = wait_random(0, policy.first)
        self._is_news = False
        self._garbage = 0

    def fail(self, error: EndpointError) -> None:
        self._is_news = self._endpoint.fail(error)
        self._garbage += isinstance(error, NotAChatReply)

    async def again(self) -> R:
        failed, self.failed = self.failed, None
        if failed:
            raise failed
        try:
            answer = await self._attempt()
        except EndpointError as error:
            self.fail(error)
            raise
        self._endpoint.succeed()
        return answer

    def may_succeed_later(self, error: BaseException) -> bool:
        if isinstance(error, NotAChatReply):
            # A gateway may fail once; a server that never gave an answer is no model's.
            return self._endpoint.has_answered and self._garbage == 1 and self._policy.retries > 0
        return isinstance(error, EndpointError) and error.retryable and self._endpoint.is_reached

    def is_over(self, state: RetryCallState) -> bool:
        waited = monotonic() - self._started + state.upcoming_sleep
        left = self._endpoint.left()
        waits_on = left is not None and left > 0 and self._policy.retries > 0
        return waited > self._policy.total or (state.attempt_number > self._policy.retries and not waits_on)

    def wait(self, state: RetryCallState) -> float:
        error = _error_of(state)
        asked = error.retry_after if isinstance(error, EndpointBusy) else None
        left = self._endpoint.left()
        own = self._wait(state) if left is None else min(self._wait(state), max(left, 0.0))
        return (asked or own) + self._jitter(state)

    def log(self, state: RetryCallState) -> None:
        # Only the kind of error: its message may quote the server, and a server may quote the document.
        kind = type(_error_of(state)).__name__
        counters.add(retries=1)
        level = logging.WARNING if self._is_news or self._endpoint.left() is None else logging.DEBUG
        _log.log(
            level, "attempt %d failed (%s); asking again in %.1f s", state.attempt_number, kind, state.upcoming_sleep
        )


def _error_of(state: RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None


def _give_up(state: RetryCallState) -> None:
    error = _error_of(state)
    if error:
        error.add_note(f"Attempts made: {state.attempt_number}.")
        raise error
