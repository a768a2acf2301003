"""A checkpoint on a thread of its own: a file that another program has locked never holds up the event loop."""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Self, TypeVar

from langchain_nuextract.batch.checkpoint import LEASE_SECONDS, Checkpoint
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
            opening = asyncio.get_running_loop().run_in_executor(self._thread, Checkpoint, self._path)
            self._checkpoint = await opening
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
                await self.call(Checkpoint.close)
        finally:
            self._thread.shutdown(wait=False)

    async def call(self, do: Callable[[Checkpoint], T]) -> T:
        """Use the checkpoint on its thread: `await thread.call(lambda checkpoint: checkpoint.get(key))`."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, do, self._checkpoint)

    async def release(self, key: str) -> None:
        """Give up the claim to a document that is not finished."""
        with suppress(RuntimeError):  # as above; what is raised here would hide that the run was cancelled
            await self.call(lambda checkpoint: checkpoint.release(key))

    async def _renew(self) -> None:
        while True:
            # Two renewals may be late, as on a machine under load, before another run takes the document.
            await asyncio.sleep(LEASE_SECONDS / 3)
            await self.call(Checkpoint.renew)
