"""One document of many: looked up in the checkpoint, or asked about and kept there."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, Generic, TypeVar, cast

from langchain_core.runnables import RunnableConfig

from langchain_nuextract.batch.checkpoint import CheckpointRow
from langchain_nuextract.batch.checkpoint_thread import CheckpointThread
from langchain_nuextract.batch.chunk_replies import ChunkReplies
from langchain_nuextract.batch.digest import digest
from langchain_nuextract.batch.event_loop import Later
from langchain_nuextract.batch.protocols import Extractor, Resumable
from langchain_nuextract.batch.result import Result
from langchain_nuextract.batch.serialize import OutOfDate, kept_error, kept_extraction, replay
from langchain_nuextract.dialects.messages import Usage
from langchain_nuextract.documents.read import read
from langchain_nuextract.documents.source import Source
from langchain_nuextract.engine.attempt import Attempt
from langchain_nuextract.engine.long.result import LongExtraction
from langchain_nuextract.engine.result import Extraction
from langchain_nuextract.errors import CheckpointError, EndpointError, ExtractionError

Out = TypeVar("Out")

_WAIT_SECONDS: Final = 0.2
"""After which a document that another run is at is looked up again."""


@dataclass(frozen=True)
class Worker(Generic[Out]):
    """What all documents of a batch share; to be used on one event loop."""

    extractor: Extractor
    select_output: Callable[[Extraction[object]], Out]
    """What to hand out of an extraction."""
    checkpoint: CheckpointThread | None = None
    config: RunnableConfig | None = None
    _busy: dict[str, asyncio.Event] = field(default_factory=dict[str, asyncio.Event])
    """The documents that are asked about now, for equal ones to wait for."""

    @cached_property
    def settings(self) -> str:
        """What the extractor was made of, as a hash."""
        return self.extractor.fingerprint

    async def ask(self, numbered: tuple[int, object]) -> Result[Out]:
        """Extract from a document, given with its place; what goes wrong with it is part of the result.

        Raises:
            CheckpointError: The checkpoint cannot be used.
            Later: Another run with the same checkpoint is at this document.
        """
        index, document = numbered
        try:
            source = read(document, self.extractor.pages)
            if self.checkpoint is None:
                return self._result(index, document, await self._extract(source))
            return await self._ask_once(index, document, source, self.checkpoint)
        except (CheckpointError, Later):
            raise
        except Exception as error:  # noqa: BLE001  # as `return_exceptions` does: the result tells
            return Result(index, document, None, error, usage=_spent(error))

    async def _ask_once(
        self, index: int, document: object, source: Source, checkpoint: CheckpointThread
    ) -> Result[Out]:
        key = key_of(self.settings, source)
        async with self._alone(key):
            row = await checkpoint.call(lambda store: store.take(key))
            if isinstance(row, CheckpointRow):
                try:
                    kept = replay(row, await self.extractor.aflow(source))
                except ExtractionError as error:
                    return Result(index, document, None, error, reused=True, usage=_spent(error))
                except OutOfDate:
                    stale = row
                    row = await checkpoint.call(lambda store: store.take(key, stale))
                else:
                    return self._result(index, document, kept, reused=True)
            if row != "claimed":
                # Another run is at it, or has just finished it.
                raise Later(_WAIT_SECONDS)
            return self._result(index, document, await self._extract_and_keep(key, source, checkpoint))

    async def _extract_and_keep(self, key: str, source: Source, checkpoint: CheckpointThread) -> Extraction[object]:
        replies = ChunkReplies(key, checkpoint) if isinstance(self.extractor, Resumable) else None
        try:
            extraction = await self._extract(source, replies)
        except BaseException as error:
            cause = error.__cause__
            if isinstance(error, ExtractionError) and not (isinstance(cause, EndpointError) and cause.retryable):
                row = kept_error(error)
                await checkpoint.call(lambda store: store.put(key, row))
                if replies:
                    await replies.forget()
            else:
                await checkpoint.release(key)
            raise
        if isinstance(extraction, LongExtraction) and extraction.is_unfinished:
            # What the endpoint failed to do is asked again by the next run; all else is kept.
            await checkpoint.release(key)
            return extraction
        await checkpoint.call(lambda store: store.put(key, kept_extraction(extraction)))
        if replies:
            await replies.forget()
        return extraction

    async def _extract(self, source: Source, replies: ChunkReplies | None = None) -> Extraction[object]:
        extractor = self.extractor
        if replies and isinstance(extractor, Resumable):
            extractor = extractor.with_replies(replies)
        return await extractor.detailed.ainvoke(source, self.config)

    def _result(
        self, index: int, document: object, extraction: Extraction[object], *, reused: bool = False
    ) -> Result[Out]:
        return Result(index, document, self.select_output(extraction), reused=reused, usage=extraction.usage)

    @asynccontextmanager
    async def _alone(self, key: str) -> AsyncGenerator[None]:
        while key in self._busy:
            await self._busy[key].wait()
        self._busy[key] = asyncio.Event()
        try:
            yield
        finally:
            self._busy.pop(key).set()


def key_of(settings: str, source: Source) -> str:
    """Hash a document together with the fingerprint of an extractor."""
    return digest(f"{settings} {source!r}")


def _spent(error: Exception) -> Usage:
    attempts = cast("Sequence[Attempt]", error.attempts if isinstance(error, ExtractionError) else ())
    return sum((attempt.reply.usage for attempt in attempts), Usage())
