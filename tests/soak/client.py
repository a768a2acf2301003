"""One run over many documents: `python tests/soak/client.py CHECKPOINT OUTPUT COUNT IN_FLIGHT BYTES ROUNDS URL…`.

Each result is a line of OUTPUT, in order: the document's place, and its number or the name of its error. An empty
CHECKPOINT is none; then the documents are run over ROUNDS times, and what is left open is printed at the end. No file
may have more than BYTES, as if the disk were full; 0 is no limit.
"""

import asyncio
import gc
import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel

from langchain_nuextract import ChatNuExtract, NuExtractError, NuExtractor


class Numbered(BaseModel):
    number: int


def documents(count: int) -> Iterator[str]:
    return (f"This is number {place} of the pile." for place in range(count))


def run(checkpoint: str, output: Path, count: int, in_flight: int, urls: list[str]) -> None:
    llm = ChatNuExtract(model="numind/NuExtract3", base_url=urls[0], timeout=10.0, max_retries=3)
    results = NuExtractor(Numbered, llm=llm).extract_many(
        documents(count), checkpoint=checkpoint or None, endpoints=urls, max_concurrency=in_flight
    )
    with output.open("w", buffering=1) as lines:
        for result in results:
            if result.error is not None and not isinstance(result.error, NuExtractError):
                raise result.error
            outcome = type(result.error).__name__ if result.error else result.value.number
            lines.write(f"{result.index} {outcome}\n")


def what_is_open() -> tuple[int, int, int, int]:
    """Count file descriptors, threads, tasks, and megabytes of memory."""
    gc.collect()
    tasks = sum(isinstance(each, asyncio.Task) and not each.done() for each in gc.get_objects())
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    megabytes = pages * resource.getpagesize() // 2**20
    return len(os.listdir("/proc/self/fd")), threading.active_count(), tasks, megabytes  # noqa: PTH208


def what_stays_open() -> tuple[int, int, int, int]:
    """Count when two counts, a second apart, are the same: connections are closed beside what goes on."""
    last = what_is_open()
    for _ in range(30):
        time.sleep(1.0)
        before, last = last, what_is_open()
        if before[:3] == last[:3]:
            break
    return last


def main() -> None:
    checkpoint, output, count, in_flight, most, rounds, *urls = sys.argv[1:]
    if int(most):
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(most), int(most)))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    if checkpoint:
        run(checkpoint, Path(output), int(count), int(in_flight), urls)
        return
    seen = []
    for _ in range(int(rounds)):
        run("", Path(output), int(count), int(in_flight), urls)
        seen.append(what_stays_open())
    for names in zip(("descriptors", "threads", "tasks", "megabytes"), *seen, strict=True):
        print(*names)


if __name__ == "__main__":
    main()
