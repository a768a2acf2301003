"""Asking again because the network or the server failed, not because the answer did."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any, TypeVar

from tenacity import (
    AsyncRetrying,
    RetryCallState,
    Retrying,
    retry_if_exception,
    stop_after_attempt,
    stop_before_delay,
    wait_exponential,
    wait_random,
)

from langchain_nuextract import counters
from langchain_nuextract.errors import EndpointBusy, EndpointError

_log = logging.getLogger(__name__)

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often, how fast and for how long a failed request is sent again; the same for sync and async."""

    retries: int = 3
    """Further attempts after the first."""
    first: float = 0.5
    """Seconds before the second attempt; doubled for each one after it, with up to as much jitter on top."""
    longest: float = 30.0
    """Seconds between two attempts at the most, unless the server asks for more by `Retry-After`."""
    total: float = 300.0
    """No wait is begun that would end later than this many seconds after the first attempt began."""

    def run(self, call: Callable[[], R]) -> R:
        """Call until it succeeds, fails for good, or this policy's bounds are reached."""
        started = monotonic()
        try:
            # Outside of tenacity, which costs a tenth of what a whole request costs.
            return call()
        except EndpointError as error:
            if not error.retryable:
                raise
            failed = error
        return Retrying(**self._bounds(started))(_Again(failed, call))

    async def arun(self, call: Callable[[], Awaitable[R]]) -> R:
        """Do the same on an event loop."""
        started = monotonic()
        try:
            return await call()
        except EndpointError as error:
            if not error.retryable:
                raise
            failed = error
        return await AsyncRetrying(**self._bounds(started))(_Again(failed, call).acall)

    def _bounds(self, started: float) -> dict[str, Any]:
        left = max(self.total - (monotonic() - started), 0.0)
        return {
            "retry": retry_if_exception(_may_succeed_later),
            "stop": stop_after_attempt(self.retries + 1) | stop_before_delay(left),
            "wait": self._wait,
            "before_sleep": _tell,
            "retry_error_callback": _give_up,
        }

    def _wait(self, state: RetryCallState) -> float:
        error = _error_of(state)
        asked = error.retry_after if isinstance(error, EndpointBusy) else None
        own = wait_exponential(multiplier=self.first, max=self.longest) + wait_random(0, self.first)
        return own(state) if asked is None else asked


class _Again:
    """A call whose first attempt has failed already, so that tenacity counts and waits as if it had made it."""

    def __init__(self, failed: EndpointError, call: Callable[[], Any]) -> None:
        self._failed: EndpointError | None = failed
        self._call = call

    def __call__(self) -> Any:
        self._fail_once()
        return self._call()

    async def acall(self) -> Any:
        self._fail_once()
        return await self._call()

    def _fail_once(self) -> None:
        failed, self._failed = self._failed, None
        if failed:
            raise failed


def _may_succeed_later(error: BaseException) -> bool:
    return isinstance(error, EndpointError) and error.retryable


def _error_of(state: RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None


def _tell(state: RetryCallState) -> None:
    # Only the kind of error: its message may quote the server, and a server may quote the document.
    kind = type(_error_of(state)).__name__
    counters.add(retries=1)
    _log.warning("attempt %d failed (%s); asking again in %.1f s", state.attempt_number, kind, state.upcoming_sleep)


def _give_up(state: RetryCallState) -> None:
    error = _error_of(state)
    if error:
        error.add_note(f"Attempts made: {state.attempt_number}.")
        raise error
