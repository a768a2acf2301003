"""What a client's requests tell about its endpoint as a whole, for all of them to go by.

| what happens                                      | the request                       | the run                |
|---------------------------------------------------|-----------------------------------|------------------------|
| never reached: refused, no such name, TLS         | fails at once                     | stops                  |
| reached before, then gone, silent or 5xx          | is sent again, up to `patience`   | stops after `patience` |
| 5xx or no answer, while others are answered       | is sent again `max_retries` times | goes on                |
| 429, 408, 409, 425                                | is sent again `max_retries` times | goes on                |
| 401, 403, 404, and `/v1/models` refuses too       | fails at once                     | stops                  |
| 401, 403, 404, and the model is not listed        | fails at once                     | stops                  |
| 401, 403, 404, and the model is listed            | fails at once                     | goes on                |
| … 16 times on end, without a success between      | fails at once                     | stops                  |
| any other 4xx                                     | fails at once                     | goes on                |
| 200 with an error object                          | as the status in it says          | as that                |
| 200 without an answer, from one that answers well | is sent once more                 | goes on                |

With `max_retries=0` nothing is sent again. A run is a batch, or `extract_many`; `EndpointError.stops_run` tells it.
"""

from time import monotonic
from typing import Final

from langchain_nuextract.errors import EndpointBusy, EndpointError, EndpointUnreachable, ReplyTimeout

_REFUSALS: Final = 16
"""Refusals on end, without a success between, after which none is taken for one document's."""
_SERVER_ERROR: Final = 500
_JITTER: Final = 1.0
"""Seconds that two attempts may be further apart than the patience that is left."""


class Availability:
    """Whether an endpoint answers.

    Args:
        patience: Seconds that an endpoint which answered before may be gone.
    """

    def __init__(self, patience: float) -> None:
        self.has_answered = False
        """Whether it has given a good answer."""
        self.is_well = False
        """Whether its last answer was good, so that another one says nothing new."""
        self._patience = patience
        self.is_reached = False
        """Whether there has ever been a connection."""
        self._down_since: float | None = None
        self._last_failure = 0.0
        self.refusals = 0
        """401, 403 and 404 on end, without a success between."""

    def succeed(self) -> None:
        """Take note of a good answer."""
        self.is_well = self.has_answered = self.is_reached = True
        self._down_since = None
        self.refusals = 0

    def fail(self, error: EndpointError) -> bool:
        """Take note of a failure.

        Returns:
            Whether it is the first one of an outage.
        """
        self.is_well = False
        if isinstance(error, EndpointUnreachable) and not error.connected and not self.is_reached:
            error.stops_run = True
            return True
        self.is_reached = True
        is_gone = isinstance(error, EndpointUnreachable | ReplyTimeout)
        if not is_gone and not (isinstance(error, EndpointBusy) and (error.status or 0) >= _SERVER_ERROR):
            self._down_since = None
            return False
        now = monotonic()
        # What failed long ago tells nothing of now.
        is_first = self._down_since is None or now - self._last_failure > self._patience + _JITTER
        if is_first:
            self._down_since = now
        self._last_failure = now
        error.stops_run = now - (self._down_since or now) >= self._patience
        return is_first

    def refuse(self, error: EndpointError, *, by_all: bool) -> None:
        """Take note of a refusal.

        Args:
            error: What the request got.
            by_all: Whether the endpoint refuses everything that this client asks.
        """
        self.is_well = False
        self.refusals += 1
        error.stops_run = by_all or self.refusals >= _REFUSALS

    def left(self) -> float | None:
        """Tell for how many seconds more an outage is waited out; None if there is none."""
        return None if self._down_since is None else self._patience - (monotonic() - self._down_since)
