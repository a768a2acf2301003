"""The HTTP server beneath a fake endpoint."""

import json
import socket
from collections.abc import Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final, Protocol, TypeAlias, cast

from langchain_nuextract.paths import JSON, fields
from langchain_nuextract.testing.bodies import dump, error, events, whole
from langchain_nuextract.testing.script import FakeReply, Received

_Request: TypeAlias = socket.socket | tuple[bytes, socket.socket]
"""What `socketserver` calls a request; over TCP it is the connection."""
_PLAIN: Final = FakeReply()
_JSON: Final = {"Content-Type": "application/json"}


class Script(Protocol):
    """What a server needs of the fake endpoint: what to answer, and where to write down what was asked."""

    paths: list[str]
    connections: int
    models: tuple[str, ...]
    max_model_len: int
    key: str | None
    drops_templates: bool
    port: int

    def reply_to(self, received: Received) -> FakeReply:
        """Say what is answered to a request."""
        ...

    def wait(self, seconds: float | None) -> None:
        """Wait, at the most until the endpoint stops."""
        ...


class Server(ThreadingHTTPServer):
    """Listens for an endpoint, on the loopback address, in a thread for each connection."""

    daemon_threads = True
    request_queue_size = 512

    def __init__(self, endpoint: Script) -> None:
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
        """Stop listening and close all connections."""
        self.shutdown()
        for connection in tuple(self._open):
            # Kept-alive connections would hold their threads, and the client, in reading.
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server  # pyright: ignore[reportIncompatibleVariableOverride]
    # Small writes must not wait for each other's acknowledgement.
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._note()
        endpoint = self.server.endpoint
        if self._route != "/v1/models":
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
        self._note()
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
        endpoint = self.server.endpoint
        if self._route == "/tokenize":
            self._tokenize(body)
        elif self._route in {"/v1/chat/completions", "/v1/completions"}:
            headers = {name.lower(): value for name, value in self.headers.items()}
            received = Received(self._route, headers, body)
            self._answer(received, endpoint.reply_to(received))
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

    @property
    def _route(self) -> str:
        return self.path.partition("?")[0]

    def _note(self) -> None:
        self.server.endpoint.paths.append(f"{self.command} {self.path}")

    def _answer(self, received: Received, reply: FakeReply) -> None:
        if reply.fault == "drop":
            self.close_connection = True
        elif reply.body is not None:
            self._wait(reply)
            body = reply.body.encode() if isinstance(reply.body, str) else reply.body
            self._send(reply.status, body, reply, {"Content-Type": "text/html"})
        elif reply.status != 200 or reply.error:  # noqa: PLR2004  # the number is the name
            self._wait(reply)
            self._send(reply.status, error(reply.status, reply.error or "it failed"), reply)
        elif received.body.get("stream"):
            self._stream(received, reply)
        else:
            self._wait(reply)
            self._send(200, dump(whole(received, reply)), reply)

    def _stream(self, received: Received, reply: FakeReply) -> None:
        self.send_response(200)
        for name, value in {"Content-Type": "text/event-stream", **reply.headers}.items():
            self.send_header(name, value)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for number, event in enumerate((*events(received, reply), "[DONE]")):
            self._wait(reply)
            if reply.fault and number == reply.after:
                self._break(reply)
                return
            self._chunk(b"data: " + (event.encode() if isinstance(event, str) else dump(event)) + b"\n\n")
        self._chunk(b"")

    def _chunk(self, sent: bytes) -> None:
        self.wfile.write(f"{len(sent):x}\r\n".encode() + sent + b"\r\n")

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

    def _wait(self, reply: FakeReply) -> None:
        if reply.delay:
            self.server.endpoint.wait(reply.delay)

    def _break(self, reply: FakeReply) -> None:
        self.wfile.flush()
        if reply.fault == "stall":
            self.server.endpoint.wait(None)
        self.close_connection = True
