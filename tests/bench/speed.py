"""What a document costs the client, against other clients in the same run.

`python tests/bench/speed.py [--quick] [--only PART …]`. The endpoint and each client have a process of their own; the
rounds of all clients are interleaved, and medians are shown. The main figure is CPU (user and system) milliseconds a
document: on a GPU server it decides how many documents a second one core of the client can feed.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from speed_clients import CLIENTS

HERE = Path(__file__).parent
PEER = "ChatOpenAI structured"
APART = ("instructor", "trustcall")
"""Peers whose requirements fit no others: `make bench` makes an environment of their own for them."""
STREAMED = ("aiohttp + orjson + Pydantic, streamed", "ChatOpenAI structured, streamed", "NuExtractor, streamed")
IMPORTS = ("langchain_core.runnables", "openai", "langchain_openai", "langchain_nuextract")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer documents and rounds")
    parser.add_argument("--only", nargs="*", default=[], help="parts of the names of clients")
    args = parser.parse_args()
    names = [name for name in CLIENTS if not args.only or any(part in name for part in args.only)]
    count, rounds = (100, 1) if args.quick else (400, 3)
    print("import, seconds of CPU (median of 3)")
    for module in IMPORTS:
        print(f"  {module:<26} {import_time(module):6.2f}")
    whole, streams = ([name for name in names if (name in STREAMED) is streamed] for streamed in (False, True))
    with clients(names) as ready:
        for concurrency in (1, 32, 256):
            at_once = count if concurrency == 1 else count * 3
            show(f"{concurrency} in flight", measure(ready, whole, at_once, concurrency, rounds))
        show("streams of 418 events, 8 in flight", measure(ready, streams, count // 4, 8, rounds))
    with clients(whole, latency=0.05) as ready:
        show("256 in flight, 50 ms of latency", measure(ready, whole, count * 3, 256, rounds))


@dataclass(frozen=True)
class Client:
    """A client in its own process."""

    process: Any
    first: float
    """Seconds to the first result."""


@contextmanager
def clients(names: list[str], latency: float = 0.0) -> Iterator[dict[str, Client]]:
    """Start an endpoint and the clients, one after the other."""
    with ExitStack() as stack:
        server = stack.enter_context(running([str(HERE / "speed_endpoint.py"), str(latency)]))
        url = f"http://127.0.0.1:{int(server.stdout.readline())}/v1"
        ready: dict[str, Client] = {}
        for name in names:
            process = stack.enter_context(running([str(HERE / "speed_clients.py"), name, url], python_for(name)))
            if line := process.stdout.readline():
                ready[name] = Client(process, json.loads(line)["first_s"])
            else:
                print(f"{name}: not there, or it gave something else than was asked for")
        yield ready


def measure(
    ready: dict[str, Client], names: list[str], count: int, concurrency: int, rounds: int
) -> dict[str, dict[str, float]]:
    """Interleave rounds of clients; give the medians of their figures."""
    taken: dict[str, list[dict[str, float]]] = {name: [] for name in names if name in ready}
    for _ in range(rounds):
        for name, figures in taken.items():
            figures.append(ask(ready[name].process, count, concurrency))
    return {
        name: {key: median(each[key] for each in figures) for key in figures[0]} | {"first_s": ready[name].first}
        for name, figures in taken.items()
    }


def ask(process: Any, count: int, concurrency: int) -> dict[str, float]:
    process.stdin.write(f"{count} {concurrency}\n")
    process.stdin.flush()
    return json.loads(process.stdout.readline())


@contextmanager
def running(arguments: list[str], python: str = sys.executable) -> Iterator[Any]:
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen([python, *arguments], text=True, **pipes) as process:
        try:
            yield process
        finally:
            process.kill()


def python_for(name: str) -> str:
    apart = HERE.parents[1] / ".venv-peers" / "bin" / "python"
    return str(apart) if name in APART and apart.exists() else sys.executable


def import_time(module: str) -> float:
    script = f"import time; t = time.process_time(); import {module}; print(time.process_time() - t)"
    took = (subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True) for _ in "123")
    return median(float(done.stdout) for done in took)


def show(title: str, figures: dict[str, dict[str, float]]) -> None:
    if not figures:
        return
    base = figures.get(PEER) or figures.get(STREAMED[1])
    print(f"\n{title}\n  {'':<40} CPU ms/doc  of peer   docs/s   p50 ms   p99 ms  peak MB  first s")
    for name, each in figures.items():
        share = f"{each['cpu_ms'] / base['cpu_ms']:7.2f}" if base else "      -"
        columns = (each[key] for key in ("per_second", "p50_ms", "p99_ms", "peak_mb", "first_s"))
        print(f"  {name:<40} {each['cpu_ms']:10.2f}  {share}" + "".join(f"{value:9.1f}" for value in columns))


if __name__ == "__main__":
    main()
