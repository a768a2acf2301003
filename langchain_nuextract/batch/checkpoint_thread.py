"""A checkpoint on a thread of its own: a file that another program has locked never holds up the event loop."""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Literal, Self, TypeVar

from langchain_nuextract.batch.checkpoint import LEASE_SECONDS, Checkpoint, CheckpointRow
from langchain_nuextract.client.background_loop import OWN_THREADS

T = TypeVar("T")


class CheckpointThread:
    """What `Checkpoint` does, for an event loop, in an `async with` block; its claims are renewed until the end.

    It is no generator: where the interpreter ends in the middle, an event loop closes all generators at once, and one
    within another twice.

    Args:
        path: The file.

    Raises:
        CheckpointError: The file cannot be used.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = path
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"{OWN_THREADS}checkpoint")

    async def __aenter__(self) -> Self:
        try:
            self._checkpoint = await self._on_thread(lambda: Checkpoint(self._path))
        except BaseException:
            self._thread.shutdown(wait=False)
            raise
        self._renewing = asyncio.create_task(self._renew())
        return self

    async def __aexit__(self, *raised: object) -> None:
        self._renewing.cancel()
        try:
            await asyncio.gather(self._renewing, return_exceptions=True)
            with suppress(RuntimeError):  # the interpreter is ending, and all claims end with the process
                await self._on_thread(self._checkpoint.close)
        finally:
            self._thread.shutdown(wait=False)

    async def take(self, key: str, stale: CheckpointRow | None = None) -> CheckpointRow | Literal["claimed", "busy"]:
        """Look a document up, and claim it if it is not finished."""
        return await self._on_thread(lambda: self._checkpoint.take(key, stale))

    async def get(self, key: str) -> CheckpointRow | None:
        """Look something up, and claim nothing."""
        return await self._on_thread(lambda: self._checkpoint.get(key))

    async def forget(self, prefix: str) -> None:
        """Drop what is kept under keys that begin so."""
        await self._on_thread(lambda: self._checkpoint.forget(prefix))

    async def put(self, key: str, row: CheckpointRow) -> None:
        """Keep a document, and give up the claim to it."""
        await self._on_thread(lambda: self._checkpoint.put(key, row))

    async def release(self, key: str) -> None:
        """Give up the claim to a document that is not finished."""
        with suppress(RuntimeError):  # as above; what is raised here would hide that the run was cancelled
            await self._on_thread(lambda: self._checkpoint.release(key))

    async def _renew(self) -> None:
        while True:
            # Two renewals may be late, as on a machine under load, before another run takes the document.
            await asyncio.sleep(LEASE_SECONDS / 3)
            await self._on_thread(self._checkpoint.renew)

    async def _on_thread(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, call)
