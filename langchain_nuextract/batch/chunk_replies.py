"""The replies about the chunks of one long document, kept until the document is finished."""

from dataclasses import dataclass

from langchain_nuextract.batch.checkpoint_thread import CheckpointThread
from langchain_nuextract.batch.digest import digest
from langchain_nuextract.batch.serialize import kept_reply, restored_reply
from langchain_nuextract.dialects.messages import Reply, Request


@dataclass(slots=True)
class ChunkReplies:
    """Replies in a checkpoint, by the key of their document and the request that they answer.

    A run that was killed in the middle of a document asks for the others only.
    """

    document: str
    """The key of the document."""
    checkpoint: CheckpointThread
    _is_used: bool = False

    async def get(self, request: Request) -> Reply | None:
        """Give the reply to a request, if there was one."""
        self._is_used = True
        row = await self.checkpoint.call(lambda store: store.get(self._key(request)))
        return restored_reply(row, request) if row else None

    async def put(self, request: Request, reply: Reply) -> None:
        """Keep a reply."""
        await self.checkpoint.call(lambda store: store.put(self._key(request), kept_reply(request, reply)))

    async def forget(self) -> None:
        """Drop them all: the document is finished."""
        if self._is_used:
            await self.checkpoint.call(lambda store: store.forget(f"{self.document}/"))

    def _key(self, request: Request) -> str:
        # Behind the document's own key, so that all of them are found, and dropped, by it.
        return f"{self.document}/{digest(repr(request))}"
