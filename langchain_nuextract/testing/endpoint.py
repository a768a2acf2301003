"""A fake endpoint: a script and a record around a server."""

import threading
from collections.abc import Sequence
from typing import Self

from langchain_nuextract.testing.script import FakeReply, Received, Scripted, as_reply
from langchain_nuextract.testing.server import Server


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
        self._server: Server | None = None

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
        self._server = Server(self)
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
