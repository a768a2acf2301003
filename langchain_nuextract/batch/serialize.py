"""Extractions as text, and back: what the model said is kept, and read again.

Reading is deterministic and quick, and gives the whole extraction again: evidence, repairs and the user's own type. So
nothing needs to be kept but the replies, each with a hash of the request that it answers. If the same document would be
asked about in other words today, what is kept is of no use.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from hashlib import sha256
from typing import Final, NamedTuple, NoReturn, NotRequired, TypedDict, TypeVar, cast

from langchain_nuextract.batch.checkpoint import CheckpointRow
from langchain_nuextract.dialects.messages import Reply, Request, Token, Usage
from langchain_nuextract.engine.attempt import Attempt
from langchain_nuextract.engine.caller import Flow
from langchain_nuextract.engine.flow import run_flow
from langchain_nuextract.engine.result import Extraction
from langchain_nuextract.errors import (
    EndpointError,
    EndpointUnreachable,
    ExtractionError,
    RequestRefused,
)
from langchain_nuextract.paths import JSON, fields, items

T = TypeVar("T")

_HASHED: Final = 16
"""Bytes of a request's hash."""


class _Known(NamedTuple):
    """A reply that was kept."""

    asked: str
    """The hash of the request."""
    images: int
    """Images that the request had."""
    reply: Reply


class OutOfDate(Exception):
    """What is kept does not answer what would be asked today."""


class _AsItIs(TypedDict):
    """What is written of a reply without another form."""

    text: str
    reasoning: str
    finish_reason: str | None
    model: str
    seconds: float


class _Record(_AsItIs):
    """A reply as JSON, if nobody has damaged it."""

    asked: str
    images: NotRequired[int]
    usage: dict[str, JSON]
    tokens: list[tuple[str, float]]


_KINDS: Final = {
    "text": str,
    "reasoning": str,
    "finish_reason": str | None,
    "model": str,
    "seconds": int | float,
    "usage": dict,
    "tokens": list,
}


def kept_extraction(extraction: Extraction[object]) -> CheckpointRow:
    """Write a finished document down."""
    return CheckpointRow(json.dumps(extraction.json), None, _replies(extraction.attempts))


def kept_error(error: ExtractionError) -> CheckpointRow:
    """Write down an answer of which no object could be made."""
    return CheckpointRow(None, type(error).__name__, _replies(cast("Sequence[Attempt]", error.attempts)))


def kept_reply(request: Request, reply: Reply) -> CheckpointRow:
    """Write down one of the replies that a document takes."""
    return CheckpointRow(None, None, json.dumps([{"asked": _hash(request), **_record(reply)}]))


def restored_reply(kept: CheckpointRow, request: Request) -> Reply | None:
    """Read what was written down of a reply; None if it is damaged, or answers another request."""
    try:
        (known,) = _recorded(kept.replies)
    except (OutOfDate, ValueError):
        return None
    return known.reply if known.asked == _hash(request) else None


def replay(kept: CheckpointRow, flow: Flow[T]) -> Extraction[T]:
    """Read again what the model said.

    Args:
        kept: A finished document.
        flow: What would be asked about the document.

    Raises:
        ExtractionError: The answer was invalid.
        OutOfDate: It is not what would be asked.
    """
    left = _recorded(kept.replies)
    most = max((known.images for known in left), default=0)

    def ask(request: Request) -> Reply:
        if not left:
            _end()
        if left[0].asked != _hash(request):
            # A request that failed is not on record; the flow will come to the one that is. Where the server took no
            # more images at once than these, the flow learns it from the record as it once did from the server.
            limit = f": at most {most} image(s) were taken" if 0 < most < _images(request) else ""
            raise RequestRefused("The record", None, f"it has no reply to this request{limit}")
        return left.pop(0).reply

    try:
        extraction = run_flow(flow, ask)
    except EndpointError as error:
        # There is no reply at all, or none to the request with which it would begin.
        raise OutOfDate from error
    except ExtractionError as error:
        if left:
            raise OutOfDate from error
        raise
    if left:
        raise OutOfDate
    return extraction


def replay_one(flow: Flow[T], find: Callable[[], Reply]) -> Extraction[T]:
    """Read the one reply that there is to the first request of a flow, and ask nothing more.

    Raises:
        ExtractionError: The answer is not what was asked for.
        EndpointError: So says `find`.
    """
    left = [find]
    return run_flow(flow, lambda _: left.pop()() if left else _end())


def _end() -> NoReturn:
    # The flow then makes do with what it has.
    raise EndpointUnreachable("The record", None, "it has no further reply, and nothing is asked here")


def _replies(attempts: Sequence[Attempt]) -> str:
    return json.dumps(
        [{"asked": _hash(each.request), "images": _images(each.request), **_record(each.reply)} for each in attempts]
    )


def _record(reply: Reply) -> dict[str, object]:
    # Tokens may have but a part of a letter; Latin-1 has a character for each byte.
    return {**asdict(reply), "tokens": [(token.text.decode("latin-1"), token.logprob) for token in reply.tokens]}


def _images(request: Request) -> int:
    """Count the images that a request has."""
    contents = [message["content"] for message in request.messages]
    return sum(fields(part).get("type") == "image_url" for content in contents for part in items(content))


def _recorded(replies: str) -> list[_Known]:
    """Read replies with the hashes of their requests; whatever damaged them, they are then asked for again."""
    try:
        return [
            _Known(str(each["asked"]), int(each.get("images", 0)), _reply(each))
            for each in cast("list[_Record]", json.loads(replies))
        ]
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError) as error:
        raise OutOfDate from error


def _reply(record: _Record) -> Reply:
    wrong = [name for name, kind in _KINDS.items() if name in record and not isinstance(record[name], kind)]
    if wrong or not all(isinstance(count, int) for count in record["usage"].values()):
        raise TypeError(f"{', '.join(wrong) or 'usage'} cannot be of a reply")
    as_it_is = {name: value for name, value in record.items() if name not in {"asked", "images", "usage", "tokens"}}
    tokens = tuple(Token(text.encode("latin-1"), logprob) for text, logprob in record["tokens"])
    return Reply(**cast("_AsItIs", as_it_is), usage=Usage(**cast("dict[str, int]", record["usage"])), tokens=tokens)


def _hash(request: Request) -> str:
    # Its `repr` is the same in every process; Python's own hashes of texts are not.
    return sha256(repr(request).encode("utf-8", "surrogatepass")).digest()[:_HASHED].hex()
