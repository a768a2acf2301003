"""What is asked about a long document, or about one that may be."""

from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import aclosing, closing
from dataclasses import dataclass, field
from functools import partial
from typing import Generic, TypeVar

from langchain_core.runnables.config import ContextThreadPoolExecutor

from langchain_nuextract.client.background_loop import CallGroup
from langchain_nuextract.documents.source import Source, Text
from langchain_nuextract.engine.attempt import Attempt
from langchain_nuextract.engine.caller import Caller, Flow
from langchain_nuextract.engine.drivers import Pace
from langchain_nuextract.engine.long.chunks import size_of
from langchain_nuextract.engine.long.drivers import arun_long, run_long
from langchain_nuextract.engine.long.flow import TextSize, extract_any, extract_long
from langchain_nuextract.engine.long.options import LongOptions
from langchain_nuextract.engine.long.result import LongExtraction, long_extraction
from langchain_nuextract.engine.long.rounds import LongFlow, Preview, in_turn, without_open_items
from langchain_nuextract.engine.long.sliding_window import extract_continued
from langchain_nuextract.engine.plan import Plan
from langchain_nuextract.engine.streaming.partial_models import partial_type
from langchain_nuextract.errors import ContextOverflow
from langchain_nuextract.paths import fields
from langchain_nuextract.runnables.callbacks.events import AOnAttempts, OnAttempts
from langchain_nuextract.runnables.callers import asend_once
from langchain_nuextract.runnables.executor import Executor, counting
from langchain_nuextract.runnables.token_counter import TokenCounter

T_co = TypeVar("T_co", covariant=True)

_ALWAYS_FITS = 4_000
"""Bytes of a text of which it need not be asked whether a model takes it."""


def _size_in_bytes(source: Source) -> int:
    return len(source.text.encode("utf-8", "surrogatepass"))


def _text_source(document: str) -> Source:
    return Source((Text(document),))


@dataclass(frozen=True)
class LongExecutor(Executor[T_co], Generic[T_co]):
    """What is asked about each document, long or not."""

    options: LongOptions | None = None
    """None to ask about chunks only where the model refuses the whole document for its length."""
    counter: TokenCounter = field(default_factory=lambda: TokenCounter(None), compare=False)

    def flow(self, document: object) -> Flow[T_co]:
        """Say what is asked about a document, as a generator of requests that is sent replies."""
        plan, source = self._planned(document)
        return in_turn(self._flow(plan, source, self._size(source)))

    async def aflow(self, document: object) -> Flow[T_co]:
        """Say what is asked about a document; see `flow`."""
        plan, source = await self._aplanned(document)
        return in_turn(self._flow(plan, source, await self._asize(source)))

    def extract(self, document: object, caller: Caller, on_attempts: OnAttempts | None = None) -> LongExtraction[T_co]:
        """Ask about a document."""
        with closing(self._steps(document, caller, on_attempts)) as steps:
            return next(each for each in steps if not callable(each))

    async def aextract(
        self, document: object, caller: Caller, on_attempts: AOnAttempts | None = None
    ) -> LongExtraction[T_co]:
        """Ask about a document; see `extract`."""
        async with aclosing(self._asteps(document, caller, on_attempts)) as steps:
            async for each in steps:
                if not callable(each):
                    return each
        raise AssertionError  # the last step is the extraction

    def stream_flow(self, document: object, caller: Caller, on_attempts: OnAttempts | None = None) -> Generator[object]:
        """Ask about a document and yield the object as far as it is finished, chunk by chunk; the last is validated."""
        if self.options is None and not (isinstance(document, str) and self._size(_text_source(document)).is_too_long):
            try:
                yield from super().stream_flow(document, caller, on_attempts)
            except ContextOverflow:
                # Nothing was shown of it: it is asked about in chunks.
                pass
            else:
                return
        partials = _Partials(self.plan)
        with closing(self._steps(document, caller, on_attempts)) as steps:
            for each in steps:
                yield from partials.value(each)

    async def astream_flow(
        self, document: object, caller: Caller, on_attempts: AOnAttempts | None = None
    ) -> AsyncGenerator[object]:
        """Ask about a document and yield the object as far as it is finished; see `stream_flow`."""
        if self.options is None and not (
            isinstance(document, str) and (await self._asize(_text_source(document))).is_too_long
        ):
            try:
                async with aclosing(super().astream_flow(document, caller, on_attempts)) as growing:
                    async for grown in growing:
                        yield grown
            except ContextOverflow:
                pass
            else:
                return
        partials = _Partials(self.plan)
        async with aclosing(self._asteps(document, caller, on_attempts)) as steps:
            async for each in steps:
                for value in partials.value(each):
                    yield value

    def _steps(
        self, document: object, caller: Caller, on_attempts: OnAttempts | None
    ) -> Generator[Preview | LongExtraction[T_co]]:
        attempts: list[Attempt] = []
        try:
            with counting(attempts), ContextThreadPoolExecutor(self._width(caller)) as threads, CallGroup() as calls:
                plan, source = self._planned(document)
                flow = self._flow(plan, source, self._size(source))
                for each in run_long(flow, partial(calls.call, caller.send), threads):
                    step = each if callable(each) else long_extraction(each)
                    attempts.extend(() if callable(step) else step.attempts)
                    yield step
        finally:
            if on_attempts and attempts:
                on_attempts(attempts)

    async def _asteps(
        self, document: object, caller: Caller, on_attempts: AOnAttempts | None
    ) -> AsyncGenerator[Preview | LongExtraction[T_co]]:
        plan, source = await self._aplanned(document)
        flow = self._flow(plan, source, await self._asize(source))
        # What takes one request is not worth keeping apart from the document.
        keeps = self.replies and (self.options or source.pages or _size_in_bytes(source) > _ALWAYS_FITS)
        ask = partial(asend_once, caller, self.replies) if self.replies and keeps else caller.asend
        attempts: list[Attempt] = []
        try:
            with counting(attempts):
                async with aclosing(arun_long(flow, ask, self._width(caller), in_thread=bool(source.pages))) as steps:
                    async for each in steps:
                        step = each if callable(each) else long_extraction(each)
                        attempts.extend(() if callable(step) else step.attempts)
                        yield step
        finally:
            if on_attempts and attempts:
                await on_attempts(attempts)

    def _width(self, caller: Caller) -> int:
        return (self.options or LongOptions()).width(caller.width)

    def _size(self, source: Source) -> TextSize:
        context = self.counter.context() if self._needs_context(source) else None
        return self.counter.count(source.text, context) if self._needs_counting(source, context) else TextSize(context)

    async def _asize(self, source: Source) -> TextSize:
        context = await self.counter.acontext() if self._needs_context(source) else None
        needs = self._needs_counting(source, context)
        return await self.counter.acount(source.text, context) if needs else TextSize(context)

    def _needs_context(self, source: Source) -> bool:
        """Whether it matters how long the model's context is: no token is less than a byte."""
        if source.images or (self.options and self.options.chunk_characters is not None):
            return False
        return (self.options is None or self.options.chunk_tokens == "auto") and _size_in_bytes(source) > _ALWAYS_FITS

    def _needs_counting(self, source: Source, context: int | None) -> bool:
        """Whether what is done depends on how many tokens a text has."""
        if source.images or (self.options and self.options.chunk_characters is not None):
            return False
        tokens = self.options.chunk_tokens if self.options else context
        least = _ALWAYS_FITS if tokens == "auto" else tokens
        # Where nobody says how much fits, it is tried.
        return least is not None and _size_in_bytes(source) > least

    def _flow(self, plan: Plan[T_co], source: Source, text: TextSize) -> LongFlow[T_co]:
        if self.options is None:
            return extract_any(plan, source, text if text.is_too_long else None)
        size = size_of(plan, source.text, self.options, characters=text.characters, context=text.context)
        extract: Callable[..., LongFlow[T_co]] = (
            extract_continued if self.options.method == "continue" else extract_long
        )
        return extract(plan, source, self.options, size)


class _Partials:
    """The partial objects of a stream."""

    def __init__(self, plan: Plan[object]) -> None:
        self._type = partial_type(plan.target.type)
        self._pace = Pace()

    def value(self, step: Preview | LongExtraction[object]) -> Generator[object]:
        """Yield what is to be shown of a step, if it is time for it."""
        if not callable(step):
            yield step.value
        elif self._pace.is_due() and (attributes := self._type.attributes(fields(without_open_items(step())))):
            yield self._type.make(attributes)
