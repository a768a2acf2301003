"""A fast endpoint for the benchmark: one canned answer, whole, as a stream or as a tool call, from its own process.

It parses nothing but the length of the request, so that its own cost stays out of the figures.
"""

import asyncio
import sys

import orjson

INVOICE = {
    **{f"field_{number}": f"value {number} of the invoice" for number in range(12)},
    "number": "2026-00417",
    "date": "2026-03-01",
    "total": 1580.22,
    "items": [
        {"description": f"walnut board {number}", "quantity": number + 1, "price": 12.5 * (number + 1)}
        for number in range(8)
    ],
}
TEXT = orjson.dumps(INVOICE).decode()
USAGE = {"prompt_tokens": 700, "completion_tokens": 418, "total_tokens": 1118}
PIECES = 418


def whole() -> bytes:
    return answer({"role": "assistant", "content": TEXT}, "stop")


def called() -> bytes:
    call = {"id": "1", "type": "function", "function": {"name": "Invoice", "arguments": TEXT}}
    return answer({"role": "assistant", "content": None, "tool_calls": [call]}, "tool_calls")


def answer(message: dict[str, object], finish_reason: str) -> bytes:
    choice = {"index": 0, "message": message, "finish_reason": finish_reason}
    body = {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": USAGE}
    content = orjson.dumps(body)
    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(content)}\r\n\r\n"
    return head.encode() + content


def streamed() -> bytes:
    size = -(-len(TEXT) // PIECES)
    texts = [TEXT[at : at + size] for at in range(0, len(TEXT), size)]
    about = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    deltas = [{"role": "assistant", "content": ""}, *({"content": text} for text in texts)]
    events = [{**about, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    events.append({**about, "choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": "stop"}]})
    events.append({**about, "choices": [], "usage": USAGE})
    body = b"".join(b"data: " + orjson.dumps(event) + b"\n\n" for event in events) + b"data: [DONE]\n\n"
    head = f"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


def wanted(request: bytes) -> int:
    if b'"tools":' in request:
        return 2
    return b'"stream":true' in request or b'"stream": true' in request


class Endpoint(asyncio.Protocol):
    """One connection."""

    answers = (whole(), streamed(), called())
    latency = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:
        self.transport, self.received = transport, b""

    def data_received(self, data: bytes) -> None:
        self.received += data
        while (request := self.take()) is not None:
            answer = self.answers[wanted(request)]
            if self.latency:
                asyncio.get_running_loop().call_later(self.latency, self.write, answer)
            else:
                self.write(answer)

    def take(self) -> bytes | None:
        head, found, rest = self.received.partition(b"\r\n\r\n")
        at = head.lower().find(b"content-length:")
        length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if not found or len(rest) < length:
            return None
        self.received = rest[length:]
        return rest[:length]

    def write(self, answer: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(answer)


async def serve(latency: float) -> None:
    Endpoint.latency = latency
    server = await asyncio.get_running_loop().create_server(Endpoint, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(float(sys.argv[1]) if len(sys.argv) > 1 else 0.0))
