"""A server of a model that fails: `python tests/soak/server.py PORT SHARE SEED LOG`.

A SHARE of all requests meets one of the faults below. Each right answer that was sent whole is a line in LOG: the
number in the document.
"""

import asyncio
import json
import random
import re
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

from aiohttp import web

MODEL = "numind/NuExtract3"
NUMBER = re.compile(r"number (\d+)")


def completion(content: str) -> bytes:
    choice = {"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 20, "completion_tokens": 5, "total_tokens": 25}
    return json.dumps({"id": "1", "object": "chat.completion", "choices": [choice], "usage": usage}).encode()


async def busy(request: web.Request, right: bytes) -> web.StreamResponse:
    headers = random.choice([{}, {"Retry-After": "0"}, {"Retry-After": "1"}])
    return web.json_response({"error": {"message": "too many requests", "code": 429}}, status=429, headers=headers)


async def unavailable(request: web.Request, right: bytes) -> web.StreamResponse:
    return web.Response(status=503, text="<html>no upstream</html>", content_type="text/html")


async def reset(request: web.Request, right: bytes) -> web.StreamResponse:
    if request.transport:
        request.transport.abort()
    return web.Response()


async def drip(request: web.Request, right: bytes) -> web.StreamResponse:
    """The answer is whole, and slow."""
    response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": str(len(right))})
    with suppress(ConnectionError):  # the client was killed
        await response.prepare(request)
        for start in range(0, len(right), 60):
            await response.write(right[start : start + 60])
            await asyncio.sleep(0.02)
    return response


async def half(request: web.Request, right: bytes) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": str(len(right))})
    with suppress(ConnectionError):  # the client was killed
        await response.prepare(request)
        await response.write(right[: len(right) // 2])
    if request.transport:
        request.transport.abort()
    return response


async def garbage(request: web.Request, right: bytes) -> web.StreamResponse:
    return web.Response(
        body=random.choice([b"<html>tired</html>", b"", b"[" * 5000, b'{"choices": null}', b"\xff\x00"])
    )


async def error_object(request: web.Request, right: bytes) -> web.StreamResponse:
    return web.json_response({"error": {"message": "rate limit reached", "type": "rate_limit_error", "code": 429}})


async def no_json(request: web.Request, right: bytes) -> web.StreamResponse:
    """An answer of the model's that is no object: the document's own, documented error."""
    return web.Response(body=completion("I cannot read this."), content_type="application/json")


FAULTS: tuple[Callable[[web.Request, bytes], Awaitable[web.StreamResponse]], ...] = (
    busy,
    unavailable,
    reset,
    drip,
    half,
    garbage,
    error_object,
    no_json,
)


def application(share: float, log: Path) -> web.Application:
    answered = log.open("a", buffering=1)

    async def chat(request: web.Request) -> web.StreamResponse:
        body = await request.json()
        number = NUMBER.findall(json.dumps(body["messages"]))[-1]
        right = completion(json.dumps({"number": int(number)}))
        await asyncio.sleep(random.uniform(0.0, 0.02))
        if random.random() < share:
            response = await random.choice(FAULTS)(request, right)
        else:
            response = web.Response(body=right, content_type="application/json")
            answered.write(f"{number}\n")
        return response

    async def models(request: web.Request) -> web.StreamResponse:
        return web.json_response({"object": "list", "data": [{"id": MODEL, "max_model_len": 8192}]})

    served = web.Application()
    served.add_routes([web.post("/v1/chat/completions", chat), web.get("/v1/models", models)])
    return served


if __name__ == "__main__":
    port, share, seed, log = sys.argv[1:]
    random.seed(int(seed))
    web.run_app(application(float(share), Path(log)), host="127.0.0.1", port=int(port), print=None, access_log=None)
