"""What is asked about a document, and an answer to it: at once or as it grows, sync and async."""

import asyncio
import os
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Sequence
from contextlib import aclosing, closing
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TYPE_CHECKING, Generic, TypeVar, cast

from langchain_core.documents.base import Blob
from langchain_core.runnables.config import ContextThreadPoolExecutor

from langchain_nuextract import counters
from langchain_nuextract.batch.protocols import Replies
from langchain_nuextract.client.background_loop import CallGroup
from langchain_nuextract.dialects.messages import Reply, Request
from langchain_nuextract.documents.options import DEFAULT, PageOptions
from langchain_nuextract.documents.read import read
from langchain_nuextract.documents.source import Source, Text
from langchain_nuextract.engine.attempt import Attempt
from langchain_nuextract.engine.caller import Caller, Flow
from langchain_nuextract.engine.drivers import StreamFlow, astream_flow, stream_flow
from langchain_nuextract.engine.flow import arun_flow, extract, extract_whole, run_flow
from langchain_nuextract.engine.pages import read_document
from langchain_nuextract.engine.plan import Plan
from langchain_nuextract.engine.result import Extraction
from langchain_nuextract.errors import ExtractionError
from langchain_nuextract.paths import JSON
from langchain_nuextract.runnables.callbacks.events import AOnAttempts, OnAttempts
from langchain_nuextract.runnables.callers import asend_once
from langchain_nuextract.runnables.example_selection import Selection

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True)
class Executor(Generic[T_co]):
    """What is asked about each document."""

    plan: Plan[T_co]
    selection: Selection[T_co] | None = None
    """How examples are chosen for it; None if they are the same for all."""
    pages: PageOptions = DEFAULT
    """How to read what has pages."""
    replies: Replies | None = field(default=None, kw_only=True)
    """Where the replies about parts of documents are kept, so that a run that was stopped asks for the others only."""

    def flow(self, document: object) -> Flow[T_co]:
        """Say what is asked about a document, as a generator of requests that is sent replies."""
        return read_document(*self._planned(document))

    async def aflow(self, document: object) -> Flow[T_co]:
        """Say what is asked about a document; see `flow`."""
        return read_document(*await self._aplanned(document))

    def extract(self, document: object, caller: Caller, on_attempts: OnAttempts | None = None) -> Extraction[T_co]:
        """Ask about a document."""
        attempts: list[Attempt] = []
        try:
            with counting(attempts):
                plan, source = self._planned(document)
                match source.parts:
                    case (Text(),):
                        extraction = run_flow(extract(plan, source), caller.send)
                    case _ if source.pages:
                        extraction = run_pages(plan, source, caller)
                    case _:
                        extraction = run_flow(extract_whole(plan, source), caller.send)
                attempts.extend(extraction.attempts)
        finally:
            if on_attempts and attempts:
                on_attempts(attempts)
        return extraction

    async def aextract(
        self, document: object, caller: Caller, on_attempts: AOnAttempts | None = None
    ) -> Extraction[T_co]:
        """Ask about a document; see `extract`."""
        attempts: list[Attempt] = []
        try:
            with counting(attempts):
                plan, source = await self._aplanned(document)
                if source.pages:
                    ask = partial(asend_once, caller, self.replies) if self.replies else caller.asend
                    extraction = await arun_pages(plan, source, ask, caller.width)
                else:
                    extraction = await arun_flow(extract_whole(plan, source), caller.asend)
                attempts.extend(extraction.attempts)
        finally:
            if on_attempts and attempts:
                await on_attempts(attempts)
        return extraction

    def stream_flow(self, document: object, caller: Caller, on_attempts: OnAttempts | None = None) -> Generator[object]:
        """Ask about a document and yield the object while it grows; the last one is validated."""
        attempts: list[Attempt] = []
        try:
            with counting(attempts):
                streamed = StreamFlow(*self._planned(document))
                yield from stream_flow(streamed, caller)
                value = streamed.value
                attempts.extend(streamed.attempts)
        finally:
            if on_attempts and attempts:
                on_attempts(attempts)
        yield value

    async def astream_flow(
        self, document: object, caller: Caller, on_attempts: AOnAttempts | None = None
    ) -> AsyncGenerator[object]:
        """Ask about a document and yield the object while it grows; see `stream_flow`."""
        attempts: list[Attempt] = []
        try:
            with counting(attempts):
                plan, source = await self._aplanned(document)
                has_pages = bool(source.pages)
                streamed = await asyncio.to_thread(StreamFlow, plan, source) if has_pages else StreamFlow(plan, source)
                async with aclosing(astream_flow(streamed, caller, in_thread=has_pages)) as growing:
                    async for partial in growing:
                        yield partial
                value = streamed.value
                attempts.extend(streamed.attempts)
        finally:
            if on_attempts and attempts:
                await on_attempts(attempts)
        yield value

    def _planned(self, document: object) -> tuple[Plan[T_co], Source]:
        source = read(document, self.pages)
        return self.selection.plan_for(source) if self.selection else self.plan, source

    async def _aplanned(self, document: object) -> tuple[Plan[T_co], Source]:
        # Files may take their time, in which others on the event loop go on.
        is_file = isinstance(document, bytes | os.PathLike | Blob) and not isinstance(document, str)
        given = cast("object", document)
        source = await asyncio.to_thread(read, given, self.pages) if is_file else read(given, self.pages)
        return await self.selection.aplan_for(source) if self.selection else self.plan, source

    @cached_property
    def sample_request(self) -> Request:
        """A request such as there will be for each document."""
        with closing(read_document(self.plan, Source((Text("a document"),)))) as flow:
            return next(flow)[0]

    @cached_property
    def ls_arguments(self) -> dict[str, JSON]:
        """Arguments of a call by which tracers are shown the schema."""
        from langchain_nuextract.runnables.ls_metadata import ls_arguments  # noqa: PLC0415 few need it

        return ls_arguments(self.plan.target)


def run_pages(plan: Plan[T], source: Source, caller: Caller) -> Extraction[T]:
    """Ask about a document with pages, and about parts of it side by side where it takes several requests."""
    from langchain_nuextract.engine.long.drivers import run_long  # noqa: PLC0415  what merges is large
    from langchain_nuextract.engine.long.flow import PAGES, extract_pages  # noqa: PLC0415

    with ContextThreadPoolExecutor(PAGES.width(caller.width)) as threads, CallGroup() as calls:
        steps = run_long(extract_pages(plan, source), partial(calls.call, caller.send), threads)
        return next(each for each in steps if not callable(each))


async def arun_pages(
    plan: Plan[T], source: Source, ask: Callable[[Request], Awaitable[Reply]], width: int | None
) -> Extraction[T]:
    """Do the same on an event loop."""
    from langchain_nuextract.engine.long.drivers import arun_long  # noqa: PLC0415  what merges is large
    from langchain_nuextract.engine.long.flow import PAGES, extract_pages  # noqa: PLC0415

    flow = extract_pages(plan, source)
    steps = arun_long(flow, ask, PAGES.width(width), in_thread=True)
    async with aclosing(steps):
        async for each in steps:
            if not callable(each):
                return each
    raise AssertionError  # the last step is the extraction


@dataclass(frozen=TYPE_CHECKING, slots=True)
class counting:  # noqa: N801  # it reads as a word of the language
    """Count an extraction when it has ended, with the attempts in the list; those of one that failed are put there."""

    attempts: list[Attempt]

    def __enter__(self) -> None:
        """Begin it."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        """Count it."""
        attempts = self.attempts
        if isinstance(error, ExtractionError):
            attempts.extend(cast("Sequence[Attempt]", error.attempts))
        seconds, repairs, read, written = 0.0, 0, 0, 0
        for attempt in attempts:
            reply = attempt.reply
            seconds, repairs = seconds + reply.seconds, repairs + len(attempt.repairs)
            read, written = read + reply.usage.input_tokens, written + reply.usage.output_tokens
        counters.add(
            documents=1,
            # A stream that nobody reads to its end has not failed.
            failures=error is not None and not isinstance(error, GeneratorExit),
            requests=len(attempts),
            recoveries=max(len(attempts) - 1, 0),
            repairs=repairs,
            input_tokens=read,
            output_tokens=written,
            seconds=seconds,
        )
