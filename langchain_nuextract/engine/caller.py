"""How an extraction speaks to whoever drives it: the requests that it yields, and what sends them."""

from collections.abc import AsyncGenerator, Generator
from typing import Protocol, TypeAlias, TypeVar

from langchain_nuextract.dialects.messages import Piece, Reply, Request
from langchain_nuextract.engine.result import Extraction

T = TypeVar("T")

Flow: TypeAlias = Generator[tuple[Request, ...], tuple[Reply, ...], Extraction[T]]
"""An extraction that does no I/O; see `langchain_nuextract.engine.flow`."""


class Caller(Protocol):
    """A way in which requests reach the model."""

    @property
    def width(self) -> int | None:
        """How many requests may be under way at once; None if nobody has said."""
        ...

    def send(self, request: Request) -> Reply:
        """Send a request and wait for the reply."""
        ...

    async def asend(self, request: Request) -> Reply:
        """Do the same on an event loop."""
        ...

    def stream(self, request: Request) -> Generator[Piece]:
        """Send a request and yield the reply as it comes in; closing it gives the rest up."""
        ...

    def astream(self, request: Request) -> AsyncGenerator[Piece]:
        """Do the same on an event loop."""
        ...
