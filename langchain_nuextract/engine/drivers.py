"""Driving an extraction whose replies come in pieces: its object, shown while it grows."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing, closing
from functools import partial
from time import perf_counter
from typing import Final, Generic, TypeVar, cast

from langchain_nuextract.dialects.messages import Piece, Request, joined_reply
from langchain_nuextract.documents.source import Source
from langchain_nuextract.engine.attempt import Attempt
from langchain_nuextract.engine.caller import Caller
from langchain_nuextract.engine.pages import read_document
from langchain_nuextract.engine.plan import Plan
from langchain_nuextract.engine.result import Extraction
from langchain_nuextract.engine.streaming.partial_models import partial_type
from langchain_nuextract.engine.streaming.partial_objects import PartialObjects
from langchain_nuextract.errors import EndpointError, ExtractionError
from langchain_nuextract.paths import JSON, fields

T = TypeVar("T")

ALWAYS_SHOWN: Final = 20
"""Parts after each of which a stream shows the object; then each time that it has grown by this part of it."""


class Pace:
    """Says when to show an object that grows part by part, so that all of it takes time that is linear in its size."""

    def __init__(self) -> None:
        self._seen = self._shown = 0

    def is_due(self) -> bool:
        """Count one part more; tell whether the object is to be shown with it."""
        self._seen += 1
        # Each of the first 20 parts is shown, and behind 1,000 parts about every 50th.
        if self._seen - self._shown <= self._shown // ALWAYS_SHOWN:
            return False
        self._shown = self._seen
        return True


class StreamFlow(Generic[T]):
    """An extraction whose replies come in pieces.

    Args:
        plan: What is asked.
        source: The document.
    """

    def __init__(self, plan: Plan[T], source: Source) -> None:
        self.outcome: Extraction[T] | ExtractionError | None = None
        """What has come out of it, when it has ended."""
        self.request: Request | None = None
        """What is to be sent now; None when it has ended."""
        self._preview: Callable[[], JSON] | None = None
        self._pace = Pace()
        self._type = partial_type(plan.target.type)
        self._flow = read_document(plan, source, self._tell)
        self.growth = PartialObjects(plan, source)
        """What is to be shown of the reply that comes in, and whether the rest of it is worth waiting for."""
        self._go_on(lambda: next(self._flow))

    def _tell(self, preview: Callable[[], JSON]) -> None:
        self._preview = preview

    def add(self, piece: Piece) -> Iterator[object]:
        """Take a piece of the reply; yield what can be shown now."""
        self._pieces.append(piece)
        return self.growth.feed(piece.text)

    def joined(self) -> Iterator[object]:
        """Yield what the pages say that were read so far, where that is new: only the first ones are shown growing."""
        preview, self._preview = self._preview, None
        if preview and self.request and self._pace.is_due():
            yield self._type.make(self._type.attributes(fields(preview())))

    def end(self) -> None:
        """Take the reply as what has come of it."""
        reply = joined_reply(
            self._pieces, perf_counter() - self._started, "repetition" if self.growth.ran_away else None
        )
        self._go_on(lambda: self._flow.send((reply,)))

    def fail(self, error: EndpointError) -> None:
        """Go on without a reply."""
        self._go_on(lambda: self._flow.throw(error))

    @property
    def value(self) -> T:
        """The object.

        Raises:
            ExtractionError: There is none.
        """
        assert self.outcome  # noqa: S101  # asked for at the end
        if isinstance(self.outcome, ExtractionError):
            raise self.outcome
        return self.outcome.value

    @property
    def attempts(self) -> Sequence[Attempt]:
        """The calls that were made, when it has ended."""
        return cast("Sequence[Attempt]", self.outcome.attempts) if self.outcome else ()

    def _go_on(self, step: Callable[[], tuple[Request, ...]]) -> None:
        self.request = None
        try:
            (self.request,) = step()
        except StopIteration as done:
            self.outcome = done.value
        except ExtractionError as error:
            self.outcome = error
        else:
            self._pieces: list[Piece] = []
            self._started = perf_counter()
            self.growth.begin(self.request)


def stream_flow(streamed: StreamFlow[T], caller: Caller) -> Iterator[object]:
    """Yield the object of an extraction while it grows; its `value` is the last one."""
    while request := streamed.request:
        try:
            with closing(caller.stream(request)) as pieces:
                for piece in pieces:
                    yield from streamed.add(piece)
                    if streamed.growth.runs_away():
                        break
        except EndpointError as error:
            streamed.fail(error)
        else:
            streamed.end()
        yield from streamed.joined()


async def astream_flow(streamed: StreamFlow[T], caller: Caller, *, in_thread: bool = False) -> AsyncGenerator[object]:
    """Yield the object of an extraction while it grows; see `stream_flow`, and `arun_flow` for threads."""
    while request := streamed.request:
        try:
            async with aclosing(caller.astream(request)) as pieces:
                async for piece in pieces:
                    for grown in streamed.add(piece):
                        yield grown
                    if streamed.growth.runs_away():
                        break
        except EndpointError as error:
            step = partial(streamed.fail, error)
        else:
            step = streamed.end
        await asyncio.to_thread(step) if in_thread else step()
        for grown in streamed.joined():
            yield grown
