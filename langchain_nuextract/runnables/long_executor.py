"""What is asked about a long document, and how many tokens it has."""

from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import aclosing, closing
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar, cast

from langchain_core.runnables.config import ContextThreadPoolExecutor

from langchain_nuextract.batch.protocols import Replies
from langchain_nuextract.client.client import ApiCall, Client
from langchain_nuextract.dialects.messages import Reply, Request
from langchain_nuextract.documents.source import Source
from langchain_nuextract.engine.caller import Caller, Flow
from langchain_nuextract.engine.long.chunks import size_of
from langchain_nuextract.engine.long.continuation import extract_continued
from langchain_nuextract.engine.long.drivers import Preview, arun_long, run_long
from langchain_nuextract.engine.long.flow import LongFlow, extract_any, extract_long, in_turn
from langchain_nuextract.engine.long.options import LongOptions
from langchain_nuextract.engine.long.result import LongExtraction
from langchain_nuextract.engine.plan import Plan
from langchain_nuextract.engine.result import Attempt
from langchain_nuextract.engine.streaming.partial_models import partial_type
from langchain_nuextract.errors import ContextOverflow, EndpointError, ExtractionError
from langchain_nuextract.paths import JSON, fields, items
from langchain_nuextract.runnables.api_model import ApiModel
from langchain_nuextract.runnables.callbacks.events import AOnAttempts, OnAttempts
from langchain_nuextract.runnables.executor import Executor, counting

T = TypeVar("T")

_MOST_COUNTED = 400_000
"""Characters that a server is asked to count: those of longer documents have as many tokens as these have."""
_ALWAYS_SHOWN = 20
"""Chunks after each of which a stream shows the object; then each time that it has grown by this part of it."""


class TokenCounter:
    """Tells how many characters a token has, by the endpoint's `/tokenize`.

    Args:
        model: Whose endpoint; None if nobody can be asked.
    """

    def __init__(self, model: ApiModel | None) -> None:
        self._model = model
        self._is_known = model is not None

    def count(self, text: str) -> float | None:
        """Give the characters of a token; None if the endpoint does not tell."""
        if not (self._is_known and self._model):
            return None
        try:
            return _characters(self._client.post(self._call(text), holds="tokens"), text)
        except EndpointError as error:
            return self._failed(error)

    async def acount(self, text: str) -> float | None:
        """Do the same on an event loop."""
        if not (self._is_known and self._model):
            return None
        try:
            return _characters(await self._client.apost(self._call(text), holds="tokens"), text)
        except EndpointError as error:
            return self._failed(error)

    def context(self) -> int | None:
        """Give the tokens that the model takes; None if nobody says."""
        return self._client.context_of(self._model.model_name) if self._model else None

    @property
    def _client(self) -> Client:
        assert self._model  # noqa: S101  # asked before
        return self._model.client

    def _call(self, text: str) -> ApiCall:
        assert self._model  # noqa: S101  # asked before
        shown = text[:_MOST_COUNTED]
        # vLLM reads `prompt`, llama.cpp reads `content`.
        body: dict[str, JSON] = {"prompt": shown, "content": shown, "add_special_tokens": False}
        return ApiCall("/tokenize", {"model": self._model.model_name, **body})

    def _failed(self, error: EndpointError) -> None:
        if error.stops_run or error.retryable:
            raise error
        self._is_known = False


def _characters(body: Any, text: str) -> float | None:
    counted = len(items(fields(body).get("tokens")))
    return min(len(text), _MOST_COUNTED) / counted if counted else None


@dataclass(frozen=True)
class LongExecutor(Executor[T], Generic[T]):
    """What is asked about each document, long or not."""

    options: LongOptions | None = None
    """None to ask about chunks only where the model refuses the whole document for its length."""
    counter: TokenCounter = field(default_factory=lambda: TokenCounter(None), compare=False)
    replies: Replies | None = None
    """Where the replies about chunks are kept."""

    def flow(self, document: Any) -> Flow[T]:
        """Say what is asked about a document, as a generator of requests that is sent replies."""
        return in_turn(self._long(*self._planned(document)))

    async def aflow(self, document: Any) -> Flow[T]:
        """Say what is asked about a document; see `flow`."""
        return in_turn(await self._along(*await self._aplanned(document)))

    def extract(self, document: Any, caller: Caller, on_attempts: OnAttempts | None = None) -> LongExtraction[T]:
        """Ask about a document."""
        with closing(self._steps(document, caller, on_attempts)) as steps:
            return next(each for each in steps if not callable(each))

    async def aextract(
        self, document: Any, caller: Caller, on_attempts: AOnAttempts | None = None
    ) -> LongExtraction[T]:
        """Ask about a document; see `extract`."""
        async with aclosing(self._asteps(document, caller, on_attempts)) as steps:
            async for each in steps:
                if not callable(each):
                    return each
        raise AssertionError  # the last step is the extraction

    def stream_flow(self, document: Any, caller: Caller, on_attempts: OnAttempts | None = None) -> Generator[Any]:
        """Ask about a document and yield the object as far as it is finished, chunk by chunk; the last is validated."""
        if self.options is None:
            try:
                yield from super().stream_flow(document, caller, on_attempts)
            except ContextOverflow:
                # Nothing was shown of it: it is asked about in chunks.
                pass
            else:
                return
        shown = _Shown(self.plan)
        with closing(self._steps(document, caller, on_attempts)) as steps:
            for each in steps:
                yield from shown.value(each)

    async def astream_flow(
        self, document: Any, caller: Caller, on_attempts: AOnAttempts | None = None
    ) -> AsyncGenerator[Any]:
        """Ask about a document and yield the object as far as it is finished; see `stream_flow`."""
        if self.options is None:
            try:
                async for grown in super().astream_flow(document, caller, on_attempts):
                    yield grown
            except ContextOverflow:
                pass
            else:
                return
        shown = _Shown(self.plan)
        async with aclosing(self._asteps(document, caller, on_attempts)) as steps:
            async for each in steps:
                for value in shown.value(each):
                    yield value

    def _steps(
        self, document: Any, caller: Caller, on_attempts: OnAttempts | None
    ) -> Generator[Preview | LongExtraction[T]]:
        with counting() as attempts, ContextThreadPoolExecutor(self._width) as threads:
            try:
                for each in run_long(self._long(*self._planned(document)), caller.send, threads):
                    attempts.extend(() if callable(each) else each.attempts)
                    yield each
            except ExtractionError as error:
                attempts.extend(cast("tuple[Attempt, ...]", error.attempts))
                if on_attempts:
                    on_attempts(attempts)
                raise
            if on_attempts:
                on_attempts(attempts)

    async def _asteps(
        self, document: Any, caller: Caller, on_attempts: AOnAttempts | None
    ) -> AsyncGenerator[Preview | LongExtraction[T]]:
        plan, source = await self._aplanned(document)
        flow = await self._along(plan, source)
        ask = _Kept(caller, self.replies).asend if self.replies else caller.asend
        with counting() as attempts:
            try:
                async with aclosing(arun_long(flow, ask, self._width, in_thread=bool(source.pages))) as steps:
                    async for each in steps:
                        attempts.extend(() if callable(each) else each.attempts)
                        yield each
            except ExtractionError as error:
                attempts.extend(cast("tuple[Attempt, ...]", error.attempts))
                if on_attempts:
                    await on_attempts(attempts)
                raise
            if on_attempts:
                await on_attempts(attempts)

    @property
    def _width(self) -> int:
        return (self.options or LongOptions()).max_concurrency

    def _long(self, plan: Plan[T], source: Source) -> LongFlow[T]:
        needs = self._needs_counting(source)
        characters = self.counter.count(source.text) if needs else None
        return self._flow(plan, source, characters, self.counter.context() if needs == "auto" else None)

    async def _along(self, plan: Plan[T], source: Source) -> LongFlow[T]:
        needs = self._needs_counting(source)
        characters = await self.counter.acount(source.text) if needs else None
        return self._flow(plan, source, characters, self.counter.context() if needs == "auto" else None)

    def _needs_counting(self, source: Source) -> int | str:
        """Whether the size of chunks depends on what the endpoint counts; no token is less than a byte."""
        if self.options is None or self.options.chunk_characters is not None or source.images:
            return 0
        tokens = self.options.chunk_tokens
        fits = isinstance(tokens, int) and len(source.text.encode("utf-8", "surrogatepass")) <= tokens
        return 0 if fits else tokens

    def _flow(self, plan: Plan[T], source: Source, characters: float | None, context: int | None) -> LongFlow[T]:
        if self.options is None:
            return extract_any(plan, source)
        size = size_of(plan, source.text, self.options, characters=characters, context=context)
        extract: Callable[..., LongFlow[T]] = extract_continued if self.options.method == "continue" else extract_long
        return extract(plan, source, self.options, size)

    def keeping(self, replies: Replies) -> "LongExecutor[T]":
        """Give the same, with replies kept and those that were kept before not asked for again."""
        return replace(self, replies=replies)


@dataclass(frozen=True, slots=True)
class _Kept:
    """A caller that asks nothing twice."""

    caller: Caller
    replies: Replies

    async def asend(self, request: Request) -> Reply:
        known = await self.replies.get(request)
        if known is None:
            known = await self.caller.asend(request)
            await self.replies.put(request, known)
        return known


class _Shown:
    """The partial objects of a stream."""

    def __init__(self, plan: Plan[Any]) -> None:
        self._type = partial_type(plan.target.type)
        self._seen = self._shown = 0

    def value(self, step: Preview | LongExtraction[Any]) -> Generator[Any]:
        """Yield what is to be shown of a step, if it is time for it."""
        if not callable(step):
            yield step.value
            return
        self._seen += 1
        if self._seen - self._shown > self._shown // _ALWAYS_SHOWN:
            self._shown = self._seen
            if attributes := self._type.attributes(fields(step())):
                yield self._type.make(attributes)
