"""A fake endpoint, and the HTTP server beneath it: in a thread for each connection, on the loopback address."""

import json
import socket
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final, Self, TypeAlias, cast

from langchain_nuextract.paths import JSON, fields
from langchain_nuextract.testing.bodies import dump, error, events, whole_reply
from langchain_nuextract.testing.script import FakeReply, Received, Scripted, as_reply

_Request: TypeAlias = socket.socket | tuple[bytes, socket.socket]
"""What `socketserver` calls a request; over TCP it is the connection."""
_PLAIN: Final = FakeReply()
_JSON: Final = {"Content-Type": "application/json"}


class FakeEndpoint:
    """A fake NuExtract server, to be used in a `with` statement.

    It serves `/v1/models`, `/v1/chat/completions` and `/v1/completions`, streamed or not, and `/tokenize`, which takes
    each word for a token.

    Args:
        replies: The script; see `langchain_nuextract.testing`. Without any, the model says `{}`.
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
        # An endpoint may be entered again: a server that comes back.
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
        return as_reply(scripted, received)

    def wait(self, seconds: float | None) -> None:
        """Let time pass, but not beyond the end of the endpoint; None for as long as it runs."""
        self._stopped.wait(seconds)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512

    def __init__(self, endpoint: FakeEndpoint) -> None:
        self.endpoint = endpoint
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", endpoint.port), _Handler)

    def process_request(self, request: _Request, client_address: object) -> None:
        """Count and remember a connection."""
        self._open.add(cast("socket.socket", request))
        self.endpoint.connections += 1
        super().process_request(request, client_address)

    def shutdown_request(self, request: _Request) -> None:
        """Forget a connection."""
        self._open.discard(cast("socket.socket", request))
        super().shutdown_request(request)

    def handle_error(self, request: _Request, client_address: object) -> None:
        """Say nothing when a client goes away."""

    def stop(self) -> None:
        with suppress(OSError):
            # Wakes the loop, which else looks only every 20 ms whether it is to stop: longer than most tests take.
            self.socket.shutdown(socket.SHUT_RDWR)
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
        endpoint = self.server.endpoint
        if self._route() != "/v1/models":
            self._send(404, error(404, "Not Found"))
            return
        if endpoint.key is not None and self.headers.get("Authorization") != f"Bearer {endpoint.key}":
            self._send(401, error(401, "Unauthorized"))
            return
        names = endpoint.models or ("numind/NuExtract3",)
        listed: list[JSON] = [
            {"id": name, "object": "model", "max_model_len": endpoint.max_model_len} for name in names
        ]
        self._send(200, dump({"object": "list", "data": listed}))

    def do_POST(self) -> None:
        route = self._route()
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
        if route == "/tokenize":
            self._tokenize(body)
        elif route in {"/v1/chat/completions", "/v1/completions"}:
            headers = {name.lower(): value for name, value in self.headers.items()}
            received = Received(route, headers, body)
            self._answer(received, self.server.endpoint.reply_to(received))
        else:
            self._send(404, error(404, "Not Found"))

    def _tokenize(self, body: Mapping[str, JSON]) -> None:
        endpoint, words = self.server.endpoint, Received(self.path, {}, body).text.split()
        if not endpoint.drops_templates:
            words += str(fields(body.get("chat_template_kwargs")).get("template", "")).split()
        count = len(words)
        tokens: JSON = {"tokens": [*range(count)], "count": count, "max_model_len": endpoint.max_model_len}
        self._send(200, dump(tokens))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name http.server uses
        """Keep tests quiet."""

    def _route(self) -> str:
        """Record what is asked for, and give it without its query."""
        self.server.endpoint.paths.append(f"{self.command} {self.path}")
        return self.path.partition("?")[0]

    def _answer(self, received: Received, reply: FakeReply) -> None:
        is_refusal = reply.status != 200 or bool(reply.error)  # noqa: PLR2004  # the number is the name
        if reply.fault == "drop":
            self.close_connection = True
            return
        if received.body.get("stream") and reply.body is None and not is_refusal:
            self._stream(received, reply)
            return
        self.server.endpoint.wait(reply.delay)
        if reply.body is not None:
            body = reply.body.encode() if isinstance(reply.body, str) else reply.body
            self._send(reply.status, body, reply, {"Content-Type": "text/html"})
        elif is_refusal:
            self._send(reply.status, error(reply.status, reply.error or "it failed"), reply)
        else:
            self._send(200, dump(whole_reply(received, reply)), reply)

    def _stream(self, received: Received, reply: FakeReply) -> None:
        self.send_response(200)
        for name, value in {"Content-Type": "text/event-stream", **reply.headers}.items():
            self.send_header(name, value)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for number, event in enumerate((*events(received, reply), "[DONE]")):
            self.server.endpoint.wait(reply.delay)
            if reply.fault and number == reply.after:
                self._break(reply)
                return
            sent = b"data: " + (event.encode() if isinstance(event, str) else dump(event)) + b"\n\n"
            self.wfile.write(f"{len(sent):x}\r\n".encode() + sent + b"\r\n")
        self.wfile.write(b"0\r\n\r\n")

    def _send(
        self,
        status: int,
        body: bytes,
        reply: FakeReply = _PLAIN,
        headers: Mapping[str, str] = _JSON,
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

    def _break(self, reply: FakeReply) -> None:
        self.wfile.flush()
        if reply.fault == "stall":
            self.server.endpoint.wait(None)
        self.close_connection = True
