"""The bodies of replies, read within a limit: whatever a server sends, it takes no more memory than that."""

import zlib
from collections.abc import Mapping
from typing import Final

from langchain_nuextract.client.http_request import AsyncResponse, WholeReply

MOST_BYTES: Final = 32 * 2**20
"""Bytes of a whole reply, decompressed: the 32,000 tokens of a long answer, each with ten alternatives."""
OK: Final = range(200, 300)
"""The statuses of replies that hold an answer."""
_ANY_HEADER: Final = 32 + zlib.MAX_WBITS
_ZLIB: Final = frozenset({"gzip", "x-gzip", "deflate"})


class UnreadableBody(ValueError):
    """A body that is too large, or compressed in a way that was not asked for."""


class BodyReader:
    """Decompresses a body as it comes in.

    Nothing compressed is asked for, but some gateways compress all the same: a megabyte may become a thousand.

    Raises:
        UnreadableBody: It is compressed in another way than gzip's.
    """

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._left = MOST_BYTES
        encoding = headers.get("content-encoding", "").strip().lower()
        if encoding not in {"", "identity", *_ZLIB}:
            raise UnreadableBody(f"it is compressed in a way that was not asked for ({encoding[:40]!r})")
        self._zlib = zlib.decompressobj(_ANY_HEADER) if encoding in _ZLIB else None

    def read(self, received: bytes) -> bytes:
        """Take what came in, and give what it holds.

        Raises:
            UnreadableBody: The body is larger than the limit, or not compressed as it says.
        """
        if self._zlib:
            try:
                received = self._zlib.decompress(received, self._left + 1)
            except zlib.error as error:
                raise UnreadableBody(f"the body could not be decompressed: {error}") from error
        self._left -= len(received)
        if self._left < 0:
            raise UnreadableBody(f"the body is larger than {MOST_BYTES // 2**20} MiB")
        return received


async def read_whole(response: AsyncResponse) -> WholeReply:
    """Read a whole reply, and close it. Of an error, the status says enough where a gateway's page cannot be read.

    Raises:
        UnreadableBody: It is larger than the limit, or cannot be decompressed.
    """
    try:
        reader, pieces = BodyReader(response.headers), list[bytes]()
        async for received in response.aiter_raw():
            pieces.append(reader.read(received))
        content = b"".join(pieces)
    except UnreadableBody as error:
        if response.status_code in OK:
            raise
        content = str(error).encode()
    finally:
        await response.aclose()
    return WholeReply(response.status_code, response.headers, content)
