"""The clients of the benchmark, each run in a process of its own: `speed_clients.py NAME URL`.

A line `COUNT CONCURRENCY` on standard input asks for a round; its figures come back as a line of JSON.
"""

import asyncio
import gc
import json
import resource
import sys
from collections.abc import Awaitable, Callable
from time import perf_counter, process_time
from typing import Any

import pydantic
from speed_endpoint import INVOICE

DOCUMENT = "\n".join(
    (
        f"Invoice {INVOICE['number']} of the workshop, 1 March 2026",
        *(
            f"Note on field {number}: value {number} of the invoice, as agreed upon by telephone."
            for number in range(12)
        ),
        *(
            f"{item['quantity']} x {item['description']}, oiled and cut to size: {item['price']:.2f}"
            for item in INVOICE["items"]
        ),
        f"Total: {INVOICE['total']:,} EUR, to be paid within thirty days without deduction.",
        "The goods remain ours until they are paid for in full. " * 5,
    )
)
"""Two kilobytes that say everything that is asked for."""
MODEL = "numind/NuExtract-2.0-8B"

Ask = Callable[[], Awaitable[Any]]


class Item(pydantic.BaseModel):
    description: str
    quantity: int
    price: float


Invoice = pydantic.create_model(
    "Invoice",
    **{f"field_{number}": (str, ...) for number in range(12)},
    number=(str, ...),
    date=(str, ...),
    total=(float, ...),
    items=(list[Item], ...),
)
EXPECTED = Invoice.model_validate(INVOICE)


def plain_aiohttp(url: str) -> Ask:
    import aiohttp
    import orjson

    session = None

    async def ask() -> Any:
        nonlocal session
        session = session or aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        body = {"model": MODEL, "messages": [{"role": "user", "content": DOCUMENT}], "temperature": 0}
        async with session.post(f"{url}/chat/completions", data=orjson.dumps(body)) as response:
            answer = orjson.loads(await response.read())
        return Invoice.model_validate_json(answer["choices"][0]["message"]["content"])

    return ask


def plain_aiohttp_stream(url: str) -> Ask:
    """Reads each event and makes the object at the end: no partial objects."""
    import aiohttp
    import orjson

    session = None

    async def ask() -> Any:
        nonlocal session
        session = session or aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        messages = [{"role": "user", "content": DOCUMENT}]
        body = {"model": MODEL, "messages": messages, "temperature": 0, "stream": True}
        texts: list[str] = []
        async with session.post(f"{url}/chat/completions", data=orjson.dumps(body)) as response:
            async for line in response.content:
                if line.startswith(b"data: {"):
                    event = orjson.loads(line[6:])
                    texts += [choice["delta"].get("content") or "" for choice in event["choices"]]
        return Invoice.model_validate_json("".join(texts))

    return ask


def plain_openai(url: str) -> Ask:
    import openai

    client = openai.AsyncOpenAI(base_url=url, api_key="x", max_retries=0)

    async def ask() -> Any:
        reply = await client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": DOCUMENT}])
        return Invoice.model_validate_json(reply.choices[0].message.content)

    return ask


def chat_openai(url: str, **config: Any) -> Ask:
    from langchain_openai import ChatOpenAI

    llm = ChatOpenAI(base_url=url, api_key="x", model=MODEL, max_retries=0)
    extractor = llm.with_structured_output(Invoice)
    return lambda: extractor.ainvoke(DOCUMENT, config or None)


def chat_openai_stream(url: str) -> Ask:
    from langchain_openai import ChatOpenAI

    llm = ChatOpenAI(base_url=url, api_key="x", model=MODEL, max_retries=0)
    extractor = llm.with_structured_output(Invoice)
    return lambda: last(extractor.astream(DOCUMENT))


def with_instructor(url: str) -> Ask:
    import instructor
    import openai

    client = instructor.from_openai(openai.AsyncOpenAI(base_url=url, api_key="x"), mode=instructor.Mode.JSON)
    messages = [{"role": "user", "content": DOCUMENT}]
    return lambda: client.chat.completions.create(model=MODEL, messages=messages, response_model=Invoice)


def with_trustcall(url: str) -> Ask:
    from langchain_openai import ChatOpenAI
    from trustcall import create_extractor

    llm = ChatOpenAI(base_url=url, api_key="x", model=MODEL, max_retries=0)
    extractor = create_extractor(llm, tools=[Invoice], tool_choice="Invoice")

    async def ask() -> Any:
        return (await extractor.ainvoke(DOCUMENT))["responses"][0]

    return ask


def extractor_for(url: str) -> Any:
    from langchain_nuextract import NuExtractor

    return NuExtractor(Invoice, base_url=url, model=MODEL)


def ours(url: str, **config: Any) -> Ask:
    extractor = extractor_for(url)
    return lambda: extractor.ainvoke(DOCUMENT, config or None)


def ours_detailed(url: str) -> Ask:
    extractor = extractor_for(url).detailed

    async def ask() -> Any:
        return (await extractor.ainvoke(DOCUMENT)).value

    return ask


def ours_with_evidence(url: str) -> Ask:
    extractor = extractor_for(url).detailed

    async def ask() -> Any:
        extraction = await extractor.ainvoke(DOCUMENT)
        assert isinstance(extraction.evidence, tuple)
        return extraction.value

    return ask


def ours_stream(url: str) -> Ask:
    extractor = extractor_for(url)
    return lambda: last(extractor.astream(DOCUMENT))


async def last(stream: Any) -> Any:
    seen = None
    async for each in stream:
        seen = each
    return seen


def usage_callback() -> Any:
    from langchain_core.callbacks import UsageMetadataCallbackHandler

    return UsageMetadataCallbackHandler()


def tracer() -> Any:
    from langchain_core.tracers.base import BaseTracer

    class Forgetting(BaseTracer):
        def _persist_run(self, run: Any) -> None:
            pass

    return Forgetting()


CLIENTS: dict[str, Callable[[str], Ask]] = {
    "aiohttp + orjson + Pydantic": plain_aiohttp,
    "aiohttp + orjson + Pydantic, streamed": plain_aiohttp_stream,
    "openai": plain_openai,
    "ChatOpenAI structured": chat_openai,
    "ChatOpenAI structured, usage callback": lambda url: chat_openai(url, callbacks=[usage_callback()]),
    "ChatOpenAI structured, tracer": lambda url: chat_openai(url, callbacks=[tracer()]),
    "ChatOpenAI structured, streamed": chat_openai_stream,
    "instructor": with_instructor,
    "trustcall": with_trustcall,
    "NuExtractor": ours,
    "NuExtractor, usage callback": lambda url: ours(url, callbacks=[usage_callback()]),
    "NuExtractor, tracer": lambda url: ours(url, callbacks=[tracer()]),
    "NuExtractor, detailed": ours_detailed,
    "NuExtractor, detailed with evidence": ours_with_evidence,
    "NuExtractor, streamed": ours_stream,
}


def is_right(found: Any) -> bool:
    # instructor makes an instance of a class of its own, derived from the one that is asked for.
    return found == EXPECTED or (type(found) is not Invoice and found.model_dump() == EXPECTED.model_dump())


async def run_round(ask: Ask, count: int, concurrency: int) -> dict[str, float]:
    left, waits = iter(range(count)), []

    async def work() -> None:
        for _ in left:
            began = perf_counter()
            found = await ask()
            waits.append(perf_counter() - began)
            assert is_right(found), found

    gc.collect()
    cpu, began = process_time(), perf_counter()
    await asyncio.gather(*(work() for _ in range(min(concurrency, count))))
    cpu, seconds = process_time() - cpu, perf_counter() - began
    waits.sort()
    return {
        "cpu_ms": cpu / count * 1000,
        "per_second": count / seconds,
        "p50_ms": waits[count // 2] * 1000,
        "p99_ms": waits[count * 99 // 100] * 1000,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


async def serve(name: str, url: str) -> None:
    began = perf_counter()
    ask = CLIENTS[name](url)
    assert is_right(await ask())
    print(json.dumps({"first_s": perf_counter() - began}), flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        count, concurrency = map(int, line.split())
        print(json.dumps(await run_round(ask, count, concurrency)), flush=True)


if __name__ == "__main__":
    asyncio.run(serve(*sys.argv[1:]))
