"""What a broken exchange with the endpoint means: every foreign error becomes one of ours, here and nowhere else.

| what happened                                   | becomes               |
|-------------------------------------------------|-----------------------|
| nothing listens, unknown host, broken TLS       | `EndpointUnreachable` |
| the connection broke, the stream was cut        | `EndpointUnreachable` |
| no answer in time, the stream stalled           | `ReplyTimeout`        |
| a request that cannot go, redirects in a circle | `RequestRefused`      |
| 200 without a model's answer in it              | `NotAChatReply`       |

`refusals` has what an error status of the server means.
"""

import errno
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, TypeAlias

from langchain_nuextract.client.reply_body import UnreadableBody
from langchain_nuextract.errors import (
    EndpointError,
    EndpointUnreachable,
    NotAChatReply,
    ReplyTimeout,
    RequestRefused,
    quote,
)

NOBODY: Final = (
    "Start the server, or `nuextract serve` for an endpoint on this machine, and name its address by base_url or "
    "NUEXTRACT_BASE_URL"
)
WHERE: Final = "Is base_url right? It is the address up to and including /v1"


@dataclass(frozen=TYPE_CHECKING, slots=True)
class ErrorContext:
    """Where a request went, for messages."""

    url: str
    model: str
    has_grammar: bool = False
    """Whether the request has a grammar that the server may not be able to read."""
    is_new: bool = False
    """Whether the endpoint has given no answer so far: its address may be wrong."""


def explain(error: Exception, place: ErrorContext, hide: Callable[[str], str] = str) -> EndpointError:
    """Say what a foreign error without a status means: the connection, the timeout or the body failed.

    Args:
        error: What an HTTP library raised.
        place: The URL and the model that were asked.
        hide: Takes secrets out of its words.
    """
    cause = hide(str(error) or type(error).__name__)
    if getattr(error, "errno", None) in {errno.EMFILE, errno.ENFILE}:
        return EndpointUnreachable(place.url, None, _NO_FILES)
    # By name, as httpx2 and the older httpx, which users may still hand in, have the same tree of errors.
    for name in (kind.__name__ for kind in type(error).__mro__):
        if name in _CAUSES:
            kind, sentence = _CAUSES[name]
            if place.url.startswith("https:") and _NO_TLS.search(cause):
                kind, sentence = _UNCONNECTED, "the server does not speak TLS: write http:// in base_url ({cause})."
            elif (kind, sentence) == _BROKEN and place.is_new and place.url.startswith("http:"):
                sentence += ". If the server speaks TLS, write https:// in base_url."
            return kind(place.url, None, sentence.format(cause=cause))
    return EndpointUnreachable(place.url, None, f"the connection failed: {cause}")


_Maker: TypeAlias = Callable[[str, int | None, str], EndpointError]

_NO_TLS: Final = re.compile(r"WRONG_VERSION_NUMBER|RECORD_LAYER_FAILURE|PACKET_LENGTH_TOO_LONG|UNKNOWN_PROTOCOL")
"""What the versions of OpenSSL call an answer in plain text."""
_UNCONNECTED: Final = partial(EndpointUnreachable, connected=False)
_NO_CONNECTION: Final = (_UNCONNECTED, "no connection in time. " + NOBODY + ".")
_NOTHING_THERE: Final = (_UNCONNECTED, "nothing answers here ({cause}). " + NOBODY + ".")
_TOO_SLOW: Final = (ReplyTimeout, "no answer within the timeout. Raise `timeout`, or lower the concurrency.")
_NO_FILES: Final = (
    "no file is left for a connection. Lower the concurrency, or raise the limit of open files (ulimit -n)."
)
_PROXY: Final = (_UNCONNECTED, "the proxy failed: {cause}")
_NOT_DECODED: Final = (NotAChatReply, "the body could not be decompressed: {cause}")
_NO_ADDRESS: Final = (RequestRefused, "this address cannot be asked: {cause}")
_BROKEN: Final = (EndpointUnreachable, "the connection broke before the answer was complete: {cause}")

_CAUSES: Final[Mapping[str, tuple[_Maker, str]]] = {
    # httpx2 and httpx
    "ConnectTimeout": _NO_CONNECTION,
    "ConnectError": _NOTHING_THERE,
    "PoolTimeout": (ReplyTimeout, "no free connection within the timeout. Lower the concurrency or raise the timeout."),
    "TimeoutException": _TOO_SLOW,
    "ProxyError": _PROXY,
    "DecodingError": _NOT_DECODED,
    "UnsupportedProtocol": _NO_ADDRESS,
    "LocalProtocolError": (RequestRefused, "the request could not be sent: {cause}"),
    "TooManyRedirects": (RequestRefused, "it redirects in a circle. " + WHERE + "."),
    "RequestError": _BROKEN,
    # aiohttp
    "ConnectionTimeoutError": _NO_CONNECTION,
    "ClientConnectorError": _NOTHING_THERE,
    "ServerTimeoutError": _TOO_SLOW,
    "ClientProxyConnectionError": _PROXY,
    "ClientHttpProxyError": _PROXY,
    "ContentEncodingError": _NOT_DECODED,
    "InvalidURL": _NO_ADDRESS,
    "ClientError": _BROKEN,
    # our own: too large, or compressed in a way that was not asked for
    "UnreadableBody": (
        lambda url, _, reason: NotAChatReply(url, 200, reason),
        "no model's answer in the reply: {cause}",
    ),
    # asyncio: the deadline over all of it
    "TimeoutError": _TOO_SLOW,
}
"""Errors of the HTTP libraries by the name of their class; the nearest base decides."""


def broken_connections() -> tuple[type[Exception], ...]:
    """List what sending and reading may raise, the older httpx's errors included if it is in use."""
    import aiohttp  # noqa: PLC0415  nothing breaks before the first request
    import httpx2  # noqa: PLC0415

    legacy = sys.modules.get("httpx")
    older: tuple[type[Exception], ...] = (legacy.RequestError,) if legacy else ()
    backend = sys.modules.get("anyio")
    broken: tuple[type[Exception], ...] = (backend.EndOfStream,) if backend else ()
    return (UnreadableBody, aiohttp.ClientError, httpx2.RequestError, OSError, *older, *broken)


def not_a_reply(place: ErrorContext, content: bytes) -> NotAChatReply:
    """Describe a body that came with a 200 but holds no answer."""
    words = content[:2000].decode("utf-8", "replace").strip()
    found = f"found {quote(words)}" if words else "the body is empty"
    return NotAChatReply(place.url, 200, f"no model's answer in the reply: {found}. {WHERE}.")
