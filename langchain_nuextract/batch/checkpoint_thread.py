"""A checkpoint on a thread of its own: a file that another program has locked never holds up the event loop."""

import asyncio
import os
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Literal, TypeVar

from langchain_nuextract.batch.checkpoint import LEASE_SECONDS, Checkpoint, CheckpointRow

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class CheckpointThread:
    """What `Checkpoint` does, for an event loop; see there."""

    checkpoint: Checkpoint
    thread: ThreadPoolExecutor

    async def take(self, key: str, stale: CheckpointRow | None = None) -> CheckpointRow | Literal["claimed", "busy"]:
        """Look a document up, and claim it if it is not finished."""
        return await _on(self.thread, lambda: self.checkpoint.take(key, stale))

    async def get(self, key: str) -> CheckpointRow | None:
        """Look something up, and claim nothing."""
        return await _on(self.thread, lambda: self.checkpoint.get(key))

    async def forget(self, prefix: str) -> None:
        """Drop what is kept under keys that begin so."""
        await _on(self.thread, lambda: self.checkpoint.forget(prefix))

    async def put(self, key: str, row: CheckpointRow) -> None:
        """Keep a document, and give up the claim to it."""
        await _on(self.thread, lambda: self.checkpoint.put(key, row))

    async def release(self, key: str) -> None:
        """Give up the claim to a document that is not finished."""
        await _on(self.thread, lambda: self.checkpoint.release(key))


@asynccontextmanager
async def open_checkpoint(path: str | os.PathLike[str]) -> AsyncGenerator[CheckpointThread]:
    """Open a checkpoint, and renew its claims until the end.

    Raises:
        CheckpointError: The file cannot be used.
    """
    thread = ThreadPoolExecutor(1, thread_name_prefix="nuextract-checkpoint")
    try:
        checkpoint = await _on(thread, lambda: Checkpoint(path))
        renewing = asyncio.create_task(_renew(checkpoint, thread))
        try:
            yield CheckpointThread(checkpoint, thread)
        finally:
            renewing.cancel()
            await asyncio.gather(renewing, return_exceptions=True)
            await _on(thread, checkpoint.close)
    finally:
        thread.shutdown(wait=False)


async def _renew(checkpoint: Checkpoint, thread: ThreadPoolExecutor) -> None:
    while True:
        await asyncio.sleep(LEASE_SECONDS / 3)
        await _on(thread, checkpoint.renew)


async def _on(thread: ThreadPoolExecutor, call: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(thread, call)
