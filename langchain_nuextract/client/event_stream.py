"""The body of a streamed reply: server-sent events, each a JSON object, until one is an error or the last one."""

from collections.abc import Generator, Iterator, Mapping
from typing import Final

from langchain_nuextract.client.error_mapping import ErrorContext, not_a_reply
from langchain_nuextract.client.http_request import WholeReply
from langchain_nuextract.client.inner_error import refusal_within
from langchain_nuextract.client.refusals import Refusal
from langchain_nuextract.client.reply_body import BodyReader
from langchain_nuextract.client.response import checked_body, decode_json, encode_json, inspect_body
from langchain_nuextract.client.secrets import Secrets
from langchain_nuextract.errors import EndpointError, EndpointUnreachable
from langchain_nuextract.paths import JSON, fields, items

_BOM: Final = b"\xef\xbb\xbf"
"""What a stream may begin with."""
_FIELDS: Final = (b"data:", b"event:", b"id:", b"retry:", b":", _BOM + b"data:")
"""What a stream of events begins with, whatever it is called."""
_TELLING: Final = 8
"""Bytes of a body that tell whether it is a stream of events."""


class StreamedBody:
    """Reads the body of a streamed reply, whoever iterates over it."""

    def __init__(self, place: ErrorContext, headers: Mapping[str, str], secrets: Secrets) -> None:
        self._place = place
        self._secrets = secrets
        self._headers = headers
        sent_as = headers.get("content-type", "").lower()
        self._streams = True if "text/event-stream" in sent_as else None
        """Whether events come, or one whole body; None while nothing has come that tells."""
        self._body = BodyReader(headers)
        self._reader = EventReader()
        self._whole: list[bytes] = []
        self.failure: EndpointError | Refusal | None = None
        """What was wrong behind the last event."""

    def read(self, received: bytes) -> Iterator[Mapping[str, JSON]]:
        """Yield the events that are complete now."""
        received = self._body.read(received)
        if self._streams is None:
            received = b"".join((*self._whole, received)).lstrip()
            self._whole.clear()
            if len(received) >= _TELLING:
                # Some gateways call a stream text.
                self._streams = received.startswith(_FIELDS)
        if self._streams:
            yield from self._checked(self._reader.feed(received))
        else:
            self._whole.append(received)

    def end(self) -> Iterator[Mapping[str, JSON]]:
        """Check that the stream is complete; a server that does not stream has sent one whole answer instead."""
        if self.failure:
            return
        if self._streams:
            yield from self._checked(self._reader.end())
            # Half an answer must not pass for a whole one.
            if not self.failure and not self._reader.complete:
                self.failure = EndpointUnreachable(
                    self._place.url, None, "the stream ended before the answer was complete"
                )
            return
        body = checked_body(WholeReply(200, self._headers, b"".join(self._whole)), self._place, self._secrets)
        if isinstance(body, Refusal):
            self.failure = body
        else:
            yield body

    def _checked(self, events: Iterator[Mapping[str, JSON]]) -> Iterator[Mapping[str, JSON]]:
        """Yield events up to one that is an error, or none of a model's."""
        try:
            for event in events:
                error, is_answer = inspect_body(event)
                if error:
                    self.failure = refusal_within(self._secrets.hidden(error))
                elif not is_answer:
                    self.failure = self._not_a_reply(encode_json(event))
                if self.failure:
                    return
                yield event
        except ValueError as error:
            self.failure = self._not_a_reply(str(error).encode("utf-8", "replace"))

    def _not_a_reply(self, received: bytes) -> EndpointError:
        return not_a_reply(self._place, self._secrets.hide(received))


class EventReader:
    """Reads server-sent events, each a JSON object, from bytes as they come in.

    Servers end an event with an empty line, or with none; an event in several lines of data is put together.
    """

    def __init__(self) -> None:
        self.complete = False
        """Whether the server said that it was done: `[DONE]`, or a finish reason."""
        self._is_over = False
        self._rest: list[bytes] = []
        self._begun: list[bytes] = []
        """The lines of an event that is no JSON yet."""

    def feed(self, received: bytes) -> Iterator[Mapping[str, JSON]]:
        """Yield the events that are complete now.

        Raises:
            ValueError: An event is not a JSON object; its message is the event.
        """
        # Only what is new is searched, for a line may be long and come in many pieces.
        *lines, rest = received.split(b"\n")
        if lines:
            lines[0] = b"".join((*self._rest, lines[0]))
            self._rest.clear()
        self._rest.append(rest)
        for line in lines:
            yield from self._read(line.strip())

    def end(self) -> Iterator[Mapping[str, JSON]]:
        """Yield what the last line holds, which need not end.

        Raises:
            ValueError: As above.
        """
        yield from self._read(b"".join(self._rest).strip())
        yield from self._read(b"")

    def _read(self, line: bytes) -> Iterator[Mapping[str, JSON]]:
        if self._is_over:
            return
        if line.startswith((b"data:", _BOM + b"data:")):
            text = line.partition(b":")[2].strip()
            if text == b"[DONE]":
                self.complete = self._is_over = True
            elif self._begun or (text and not (yield from self._event(text))):
                self._begun.append(text)
        elif not line and self._begun:
            text = b"\n".join(self._begun)
            self._begun.clear()
            if not (yield from self._event(text)):
                raise ValueError(text.decode("utf-8", "replace"))
        elif line.startswith((b"{", b"error:")):
            # Older llama.cpp's errors, and what a gateway puts into the middle; a cut line says no more than the end.
            yield from self._event(line.removeprefix(b"error:"))

    def _event(self, text: bytes) -> Generator[Mapping[str, JSON], None, bool]:
        """Yield an event, and tell whether it is one."""
        try:
            event = decode_json(text)
        except ValueError:
            return False
        if not isinstance(event, dict):
            return False
        self.complete |= any(fields(choice).get("finish_reason") for choice in items(event.get("choices")))
        yield event
        return True
