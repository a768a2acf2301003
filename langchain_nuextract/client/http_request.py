"""One HTTP request, and what carries it: aiohttp, or a client of the caller's."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from langchain_nuextract.client.config import Timeouts


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One HTTP request, ready to go."""

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    timeout: Timeouts
    """For each step of it."""
    deadline: float | None
    """Seconds for all of it."""
    content: bytes = field(default=b"", repr=False)
    params: Sequence[tuple[str, Any]] = field(default=(), repr=False)
    stream: bool = False
    """Whether the answer is to come in pieces, between which it may be silent for as long as the timeout says."""


class AsyncResponse(Protocol):
    """A response whose body is still to be read."""

    @property
    def status_code(self) -> int:
        """The HTTP status."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """Its headers, whatever the case of their names."""
        ...

    def aiter_raw(self) -> AsyncIterator[bytes]:
        """Read the body as it comes in, compressed as it is."""
        ...

    async def aclose(self) -> None:
        """Free the connection; what of the body is not read yet is given up."""
        ...


class AsyncTransport(Protocol):
    """What carries requests, on one event loop."""

    async def send(self, sending: HttpRequest) -> AsyncResponse:
        """Send a request and wait for the head of its response."""
        ...

    async def close(self) -> None:
        """Close all connections."""
        ...
