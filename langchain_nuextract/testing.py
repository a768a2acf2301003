"""A fake NuExtract server for tests: real HTTP on this machine, answers from a script, requests on record.

    from langchain_nuextract import NuExtractor
    from langchain_nuextract.testing import FakeEndpoint, FakeReply

    def test_my_chain():
        with FakeEndpoint({"total": 12.5}) as endpoint:
            extract = NuExtractor(Invoice, model="numind/NuExtract3", base_url=endpoint.url)
            assert extract.invoke("Total: 12.50").total == 12.5
            assert "Total: 12.50" in str(endpoint.requests[0].body["messages"])

What it answers is said by *replies*, one for each request, in order; the last one is given to all further requests:

- a dict or list: the model's answer, as JSON text;
- a string: the model's answer as it is, broken JSON included;
- a `FakeReply`: the same with a finish reason, thinking, token counts, delays, error statuses and faults;
- a function of the request (`Received`) that returns one of these.

A failing server that recovers is `FakeEndpoint(FakeReply(status=503), {"total": 12.5})`.

It needs nothing but the standard library, and listens on the loopback address only.
"""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import KW_ONLY, dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, Self, TypeAlias

from langchain_nuextract.loose import fields, items
from langchain_nuextract.paths import JSON

Fault: TypeAlias = Literal["drop", "cut", "stall"]
"""`drop`: close the connection without an answer. `cut`: break it off in the middle of the answer. `stall`: fall silent
in the middle of the answer and keep the connection open."""


@dataclass(frozen=True, slots=True)
class FakeReply:
    """One answer of the server."""

    text: JSON = ""
    """What the model says; anything but a string or None is written as JSON."""
    _: KW_ONLY
    reasoning: str | None = None
    """Its thinking."""
    reasoning_field: Literal["reasoning", "reasoning_content"] = "reasoning"
    """How the server calls it: vLLM since 0.16, or before (and llama.cpp)."""
    finish_reason: str | None = "stop"
    usage: Mapping[str, JSON] | None = None
    """Token counts as the API has them; None to count words."""
    model: str | None = None
    """The model's name in the reply; None for the one that was asked for."""
    logprobs: JSON = None
    status: int = 200
    error: str | None = None
    """What the server says with an error status."""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    """Further headers, such as `Retry-After`."""
    delay: float = 0.0
    """Seconds before the answer, or before each event of a stream."""
    body: str | bytes | None = None
    """Sent as it is instead of all of the above, as `text/html` unless `headers` say otherwise."""
    fault: Fault | None = None
    after: int = 1
    """In a stream: the number of events that are sent before the fault."""
    events: Sequence[JSON] | None = None
    """The events of a stream, instead of those made of `text`."""


@dataclass(frozen=True, slots=True)
class Received:
    """One request to the model."""

    path: str
    """`/v1/chat/completions` or `/v1/completions`."""
    headers: Mapping[str, str]
    """With names in lower case."""
    body: Mapping[str, JSON]

    @property
    def text(self) -> str:
        """All text that the model was given: of the messages, or the raw prompt."""
        if "prompt" in self.body:
            return str(self.body["prompt"])
        return "\n".join(_texts(message.get("content")) for message in self.body.get("messages", ()))


Scripted: TypeAlias = FakeReply | str | Mapping[str, JSON] | Sequence[JSON] | Callable[[Received], Any]
"""What a script may consist of."""


class FakeEndpoint:
    """A fake NuExtract server, to be used in a `with` statement.

    It serves `/v1/models`, `/v1/chat/completions` and `/v1/completions`, streamed or not, and `/tokenize`, which takes
    each word for a token.

    Args:
        replies: The script; see the module's description. Without any, the model says `{}`.
        models: The models it serves. Asked for another one it answers 404 as vLLM does. Without any, every name is
            served.
        max_model_len: The context length that `/v1/models` tells.
        key: If given, requests without this key are answered 401.
        drops_templates: Pay no heed to `chat_template_kwargs` in `/tokenize`, as servers that drop them.
        port: Where to listen; 0 for any free port. One that comes back does so at its old port.
    """

    def __init__(
        self,
        *replies: Scripted,
        models: Sequence[str] = (),
        max_model_len: int = 32_768,
        key: str | None = None,
        drops_templates: bool = False,
        port: int = 0,
    ) -> None:
        self.requests: list[Received] = []
        """The requests to the model, in the order in which they came."""
        self.paths: list[str] = []
        """Everything that was asked for: `"GET /v1/models"`, …"""
        self.connections = 0
        """How many connections were opened to it."""
        self.models = tuple(models)
        self.max_model_len = max_model_len
        self.key = key
        self.drops_templates = drops_templates
        self.port = port
        self._script = list(replies) or [{}]
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._server: _Server | None = None

    @property
    def url(self) -> str:
        """The address for `base_url`.

        Raises:
            RuntimeError: It is not running.
        """
        if self._server is None:
            raise RuntimeError("the endpoint is not running: use it in a `with` statement")
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    def __enter__(self) -> Self:
        self._stopped.clear()
        self._server = _Server(self)
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._stopped.set()
        if self._server:
            self._server.stop()
        self._server = None

    def reply_to(self, received: Received) -> FakeReply:
        """Record a request and take the next reply of the script; what is refused takes none."""
        self.requests.append(received)
        if self.key is not None and received.headers.get("authorization") != f"Bearer {self.key}":
            return FakeReply(status=401, error="Unauthorized")
        if self.models and received.body.get("model") not in self.models:
            return FakeReply(status=404, error=f"The model `{received.body.get('model')}` does not exist.")
        with self._lock:
            scripted = self._script[0] if len(self._script) == 1 else self._script.pop(0)
        return _as_reply(scripted, received)

    def wait(self, seconds: float | None) -> None:
        """Let time pass, but not beyond the end of the endpoint; None for as long as it runs."""
        self._stopped.wait(seconds)


def _as_reply(scripted: Any, received: Received) -> FakeReply:
    if callable(scripted):
        return _as_reply(scripted(received), received)
    return scripted if isinstance(scripted, FakeReply) else FakeReply(text=scripted)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512

    def __init__(self, endpoint: FakeEndpoint) -> None:
        self.endpoint = endpoint
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", endpoint.port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        self.endpoint.connections += 1
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing when a client goes away."""

    def stop(self) -> None:
        self.shutdown()
        for connection in tuple(self._open):
            # Kept-alive connections would hold their threads, and the client, in reading.
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server  # pyright: ignore[reportIncompatibleVariableOverride]
    # Small writes must not wait for each other's acknowledgement.
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._note()
        endpoint = self.server.endpoint
        if self._route != "/v1/models":
            self._send(404, _error(404, "Not Found"))
            return
        names = endpoint.models or ("numind/NuExtract3",)
        listed = [{"id": name, "object": "model", "max_model_len": endpoint.max_model_len} for name in names]
        self._send(200, _dump({"object": "list", "data": listed}))

    def do_POST(self) -> None:
        self._note()
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
        if self._route == "/tokenize":
            self._tokenize(body)
        elif self._route in {"/v1/chat/completions", "/v1/completions"}:
            headers = {name.lower(): value for name, value in self.headers.items()}
            received = Received(self._route, headers, body)
            self._answer(received, self.server.endpoint.reply_to(received))
        else:
            self._send(404, _error(404, "Not Found"))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name http.server uses
        """Keep tests quiet."""

    @property
    def _route(self) -> str:
        return self.path.partition("?")[0]

    def _note(self) -> None:
        self.server.endpoint.paths.append(f"{self.command} {self.path}")

    def _tokenize(self, body: Mapping[str, JSON]) -> None:
        words = Received(self.path, {}, body).text.split()
        if not self.server.endpoint.drops_templates:
            words += str(fields(body.get("chat_template_kwargs")).get("template", "")).split()
        told = {
            "tokens": [*range(len(words))],
            "count": len(words),
            "max_model_len": self.server.endpoint.max_model_len,
        }
        self._send(200, _dump(told))

    def _answer(self, received: Received, reply: FakeReply) -> None:
        if reply.fault == "drop":
            self.close_connection = True
        elif reply.body is not None:
            self._wait(reply)
            body = reply.body.encode() if isinstance(reply.body, str) else reply.body
            self._send(reply.status, body, reply, {"Content-Type": "text/html"})
        elif reply.status != 200 or reply.error:  # noqa: PLR2004  # the number is the name
            self._wait(reply)
            self._send(reply.status, _error(reply.status, reply.error or "it failed"), reply)
        elif received.body.get("stream"):
            self._stream(received, reply)
        else:
            self._wait(reply)
            self._send(200, _dump(_whole(received, reply)), reply)

    def _stream(self, received: Received, reply: FakeReply) -> None:
        self.send_response(200)
        for name, value in {"Content-Type": "text/event-stream", **reply.headers}.items():
            self.send_header(name, value)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for number, event in enumerate((*_events(received, reply), "[DONE]")):
            self._wait(reply)
            if reply.fault and number == reply.after:
                self._break(reply)
                return
            self._chunk(b"data: " + (event.encode() if isinstance(event, str) else _dump(event)) + b"\n\n")
        self._chunk(b"")

    def _chunk(self, sent: bytes) -> None:
        self.wfile.write(f"{len(sent):x}\r\n".encode() + sent + b"\r\n")

    def _send(
        self,
        status: int,
        body: bytes,
        reply: FakeReply = FakeReply(),
        headers: Mapping[str, str] = {"Content-Type": "application/json"},
    ) -> None:
        self.send_response(status)
        for name, value in {**headers, **reply.headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if reply.fault:
            self.wfile.write(body[: len(body) // 2])
            self._break(reply)
        else:
            self.wfile.write(body)

    def _wait(self, reply: FakeReply) -> None:
        if reply.delay:
            self.server.endpoint.wait(reply.delay)

    def _break(self, reply: FakeReply) -> None:
        self.wfile.flush()
        if reply.fault == "stall":
            self.server.endpoint.wait(None)
        self.close_connection = True


def _whole(received: Received, reply: FakeReply) -> dict[str, JSON]:
    text = _text_of(reply)
    if received.path == "/v1/completions":
        choice: dict[str, JSON] = {"text": text or ""}
    else:
        choice = {"message": {"role": "assistant", "content": text, **_thinking(reply)}}
    choice |= {"index": 0, "finish_reason": reply.finish_reason, "logprobs": reply.logprobs}
    return {**_about(received, reply), "choices": [choice], "usage": _usage(received, reply)}


def _events(received: Received, reply: FakeReply) -> Iterator[JSON]:
    if reply.events is not None:
        yield from reply.events
        return
    about = _about(received, reply)
    for said in _pieces(reply):
        yield {**about, "choices": [{"index": 0, "finish_reason": None, **_part(received, said)}]}
    last = {"index": 0, "finish_reason": reply.finish_reason, "logprobs": reply.logprobs, **_part(received, {})}
    yield {**about, "choices": [last]}
    if fields(received.body.get("stream_options")).get("include_usage"):
        yield {**about, "choices": [], "usage": _usage(received, reply)}


def _pieces(reply: FakeReply) -> Iterator[dict[str, JSON]]:
    yield from ({reply.reasoning_field: piece} for piece in _words(reply.reasoning))
    yield from ({"content": piece} for piece in _words(_text_of(reply)))


def _words(text: str | None) -> list[str]:
    """Cut a text into pieces, as tokens would be: at spaces, which begin a piece."""
    return [piece for piece in (text or "").replace(" ", "\0 ").split("\0") if piece]


def _part(received: Received, said: dict[str, JSON]) -> dict[str, JSON]:
    return {"text": said.get("content", "")} if received.path == "/v1/completions" else {"delta": said}


def _thinking(reply: FakeReply) -> dict[str, JSON]:
    return {} if reply.reasoning is None else {reply.reasoning_field: reply.reasoning}


def _about(received: Received, reply: FakeReply) -> dict[str, JSON]:
    kind = "text_completion" if received.path == "/v1/completions" else "chat.completion"
    return {
        "id": "fake",
        "object": kind,
        "created": int(time.time()),
        "model": reply.model or received.body.get("model"),
    }


def _usage(received: Received, reply: FakeReply) -> Mapping[str, JSON]:
    if reply.usage is not None:
        return reply.usage
    asked = len(received.text.split())
    answered = len(f"{reply.reasoning or ''} {_text_of(reply) or ''}".split())
    return {"prompt_tokens": asked, "completion_tokens": answered, "total_tokens": asked + answered}


def _text_of(reply: FakeReply) -> str | None:
    return reply.text if isinstance(reply.text, str | None) else json.dumps(reply.text, ensure_ascii=False)


def _texts(content: JSON) -> str:
    if isinstance(content, list):
        return "\n".join(fields(part).get("text", "") for part in items(content))
    return content or ""


def _error(status: int, message: str) -> bytes:
    return _dump({"error": {"message": message, "type": "Error", "param": None, "code": status}})


def _dump(value: JSON) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
