"""A model's server in a process of its own, that waits, dies and refuses as it is told, and counts what it is asked.

    with serving() as server:
        server.plan(waits_after=400, dies_after=600, dies_for=10.0, denies_after=1500)
        extract = NuExtractor(Order, model=MODEL, base_url=server.url)
        …
        server.told()["requests"]

Each document names an order, "Order 17.", and is answered with it. One that says "poison" is refused with 400, and one
that says "nonsense" is answered without JSON.
"""

import asyncio
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import Any, Literal
from urllib.request import Request, urlopen

from pydantic import BaseModel

MODEL = "numind/NuExtract3"
_NUMBER = re.compile(rb"Order (\d+)\.")
_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)


class Order(BaseModel):
    number: int
    customer: str
    total: float | None = None
    paid: Literal["cash", "card"] | None = None
    due: date | None = None


def order(number: int) -> str:
    """A document: of 500, one is refused and one is answered with nonsense."""
    odd = {7: " poison", 8: " nonsense"}.get(number % 500, "")
    return f"Order {number}. Customer {number} pays {number / 4}.{odd}"


def is_right(row: Mapping[str, Any]) -> bool:
    """Tell whether a row of the output is what such a document gives."""
    expected = {7: "RequestRefused", 8: "NoJSONInReply"}.get(row["id"] % 500)
    right = (row["id"], ("cash", "card")[row["id"] % 2], date(2026, 3, 1))
    found = (row["number"], row["paid"], row["due"])
    return row["_error_type"] == expected and found == ((None,) * 3 if expected else right)


class Model:
    """What all connections of the server share."""

    def __init__(self) -> None:
        self.asked: Counter[int] = Counter()
        self.connections = 0
        self.at_once = 0
        self.open: set[asyncio.Transport] = set()
        self.waits_after = self.dies_after = self.denies_after = sys.maxsize
        self.dies_for = 0.0
        self.waiting: list[tuple[asyncio.Transport, bytes]] = []
        self.listening: asyncio.Server | None = None
        self.port = 0

    async def listen(self) -> None:
        loop = asyncio.get_running_loop()
        make = loop.create_server(lambda: Chat(self), "127.0.0.1", self.port, backlog=1024, reuse_address=True)
        self.listening = await make
        self.port = self.listening.sockets[0].getsockname()[1]

    async def die(self) -> None:
        assert self.listening
        self.listening.close()
        for transport in [*self.open]:
            transport.abort()
        await asyncio.sleep(self.dies_for)
        await self.listen()

    def count(self, transport: asyncio.Transport) -> None:
        """Count the connections that the model is asked by, and not those that ask what it was asked."""
        self.connections += transport not in self.open
        self.open.add(transport)
        self.at_once = max(self.at_once, len(self.open))

    def chat(self, transport: asyncio.Transport, request: bytes) -> None:
        self.count(transport)
        if self.asked.total() >= self.dies_after:
            # At once: of requests that come together, each would have it die.
            self.dies_after = sys.maxsize
            self.dying = asyncio.ensure_future(self.die())
            return
        self.waiting.append((transport, self.answer(request)))
        self.answer_waiting()

    def answer_waiting(self) -> None:
        """Answer those that wait, unless the plan has them wait."""
        if self.asked.total() <= self.waits_after:
            for transport, answer in self.waiting:
                transport.write(answer)
            self.waiting.clear()

    def answer(self, request: bytes) -> bytes:
        if request.startswith(b"GET /v1/models"):
            denied = self.asked.total() >= self.denies_after
            return _http(401, {"error": {"message": "no"}}) if denied else _http(200, {"data": [{"id": MODEL}]})
        if request.startswith(b"GET /told"):
            return _http(200, {"requests": self.asked.total(), "documents": len(self.asked), "most": self.most,
                               "connections": self.connections, "at_once": self.at_once})  # fmt: skip
        if request.startswith(b"POST /plan"):
            vars(self).update(json.loads(request.partition(b"\r\n\r\n")[2]))
            self.answer_waiting()
            return _http(200, {})
        if self.asked.total() >= self.denies_after:
            return _http(401, {"error": {"message": "Unauthorized", "code": 401}})
        number = int(_NUMBER.findall(request)[-1])
        self.asked[number] += 1
        if b"poison" in request:
            return _http(400, {"error": {"message": "this document is refused", "code": 400}})
        paid = {"paid": ("cash", "card")[number % 2], "due": "2026-03-01"}
        said = json.dumps({"number": number, "customer": f"Customer {number}", "total": number / 4, **paid})
        return _completion("I cannot read this." if b"nonsense" in request else said)

    @property
    def most(self) -> int:
        return max(self.asked.values(), default=0)


class Chat(asyncio.Protocol):
    """One connection."""

    def __init__(self, model: Model) -> None:
        self.model, self.received = model, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self.model.open.discard(self.transport)

    def data_received(self, data: bytes) -> None:
        self.received += data
        head, found, rest = self.received.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if found and len(rest) >= (int(length[1]) if length else 0):
            request, self.received = self.received, b""
            if b"/chat/completions" in head:
                self.model.chat(self.transport, request)
            else:
                self.transport.write(self.model.answer(request))


def _completion(content: str) -> bytes:
    choice = {"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 40, "completion_tokens": 10, "total_tokens": 50}
    return _http(200, {"object": "chat.completion", "model": MODEL, "choices": [choice], "usage": usage})


def _http(status: int, body: object) -> bytes:
    content = json.dumps(body).encode()
    head = f"HTTP/1.1 {status} .\r\ncontent-type: application/json\r\ncontent-length: {len(content)}\r\n\r\n"
    return head.encode() + content


async def _serve() -> None:
    model = Model()
    await model.listen()
    print(model.port, flush=True)  # noqa: T201 for whoever has started it
    await asyncio.Event().wait()


class Served:
    """The server, as tests see it."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/v1"
        self._root = f"http://127.0.0.1:{port}"

    def told(self) -> dict[str, int]:
        """Tell how many requests came, about how many documents, about one at the most, and by how many connections."""
        with urlopen(f"{self._root}/told", timeout=30) as reply:
            return json.load(reply)

    def plan(self, **plan: float) -> None:
        """Say after how many requests to let others wait until the next plan, to die for seconds, to refuse the key."""
        with urlopen(Request(f"{self._root}/plan", json.dumps(plan).encode(), method="POST"), timeout=30):
            pass


@contextmanager
def serving() -> Iterator[Served]:
    """Start it; it is ended when the block is left."""
    process = subprocess.Popen([sys.executable, __file__], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        yield Served(int(process.stdout.readline()))
    finally:
        process.terminate()
        process.wait(30)


if __name__ == "__main__":
    asyncio.run(_serve())
