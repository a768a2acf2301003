"""Memory and speed of `extract_many` over very many documents; the endpoint is a process of its own.

`python tests/bench/many.py [--documents 100000] [--checkpoint]`
"""

import argparse
import asyncio
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson
from pydantic import BaseModel

from langchain_nuextract import NuExtractor

FIRST = 1000
ALLOWED = 50.0
"""MB that the process may grow by after the first thousand documents."""
CONCURRENCY = 64
FILLER = "The workshop delivered walnut boards, cut to size and planed on both sides. " * 20


class Order(BaseModel):
    number: int
    customer: str
    total: float


def answer(request: bytes) -> bytes:
    (number,) = re.findall(rb"Order (\d+)\.", request)
    text = orjson.dumps({"number": int(number), "customer": "Museum of Clocks", "total": 1580.22}).decode()
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 400, "completion_tokens": 30, "total_tokens": 430}
    content = orjson.dumps({"object": "chat.completion", "model": "m", "choices": [choice], "usage": usage})
    return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (
        len(content),
        content,
    )


class Endpoint(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport, self.received = transport, b""

    def data_received(self, data: bytes) -> None:
        self.received += data
        head, found, rest = self.received.partition(b"\r\n\r\n")
        (length,) = re.findall(rb"content-length: (\d+)", head.lower()) or (b"0",)
        if found and len(rest) >= int(length):
            self.received = b""
            self.transport.write(answer(rest))


async def serve() -> None:
    server = await asyncio.get_running_loop().create_server(Endpoint, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


@contextmanager
def endpoint() -> Iterator[str]:
    process = subprocess.Popen([sys.executable, __file__, "--serve"], stdout=subprocess.PIPE, text=True)
    try:
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}/v1"
    finally:
        process.terminate()
        process.wait()


def megabytes() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def measure(url: str, count: int, checkpoint: str | None) -> bool:
    extract = NuExtractor(Order, model="numind/NuExtract3", base_url=url)
    documents = (f"Order {index}. {FILLER}" for index in range(count))
    started, cpu, at_first, most = time.perf_counter(), time.process_time(), 0.0, 0.0
    wrong = 0
    for result in extract.extract_many(documents, checkpoint=checkpoint, max_concurrency=CONCURRENCY):
        wrong += result.error is not None or result.value.number != result.index
        done = result.index + 1
        if done == FIRST:
            at_first = megabytes()
        if done % FIRST == 0:
            most = max(most, megabytes())
        if done % 10_000 == 0:
            print(f"{done:8d} documents  {megabytes():7.1f} MB  {time.perf_counter() - started:7.1f} s", flush=True)
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    print(f"{count / seconds:.0f} documents a second, {cpu / count * 1000:.2f} ms of CPU each, {wrong} wrong")
    print(f"{at_first:.1f} MB after {FIRST}, {most:.1f} MB at most: {most - at_first:+.1f} MB of {ALLOWED:.0f} allowed")
    return not wrong and most - at_first <= ALLOWED


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=100_000)
    parser.add_argument("--checkpoint", action="store_true", help="keep the results in a file, as a long run would")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        asyncio.run(serve())
        return 0
    with tempfile.TemporaryDirectory() as folder, endpoint() as url:
        checkpoint = str(Path(folder) / "run.db") if options.checkpoint else None
        return 0 if measure(url, options.documents, checkpoint) else 1


if __name__ == "__main__":
    sys.exit(main())
