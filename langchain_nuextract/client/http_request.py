"""One HTTP request, its reply, and what carries them: aiohttp, or a client of the caller's."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from langchain_nuextract.client.config import Timeouts


@dataclass(frozen=TYPE_CHECKING, slots=True)
class HttpRequest:
    """One HTTP request, ready to go."""

    method: str
    url: str
    timeout: Timeouts
    """For each step of it."""
    deadline: float | None
    """Seconds for all of it."""
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    """Those of this request alone; they win over those that every request has."""
    content: bytes = field(default=b"", repr=False)
    params: Sequence[tuple[str, Any]] = field(default=(), repr=False)
    stream: bool = False
    """Whether the answer is to come in pieces, between which it may be silent for as long as the timeout says."""


@dataclass(frozen=TYPE_CHECKING, slots=True)
class WholeReply:
    """A reply as it came. Nothing of it is shown with the frames of an error, for it may hold the key."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)


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
    """What carries requests, on one event loop; it is made with the headers that each of them has."""

    async def fetch(self, sending: HttpRequest) -> WholeReply:
        """Send a request and read the whole reply; see `reply_body.read_whole`."""
        ...

    async def send(self, sending: HttpRequest) -> AsyncResponse:
        """Send a request and wait for the head of its response."""
        ...

    async def close(self) -> None:
        """Close all connections."""
        ...
