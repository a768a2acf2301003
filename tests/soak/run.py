"""Ten minutes of what happens to a batch that runs day and night: `make soak`, or in short within the tests.

    python -m tests.soak.run [--documents 20000] [--share 0.2] [--kills 12] [--seed 1]

Three endpoints fail in a share of all requests, and are killed and started again. A run over all documents, with a
checkpoint, is killed at random times and begun again, at 64 and at 256 in flight; a second process works on the same
checkpoint, and one finds the disk full. In the end every document must have its own number or a documented error, in
order and once, with nothing asked again but what was under way when a process was killed. Then one process runs over
a quarter of the documents several times, and must not hold more afterwards than after the first time.
"""

import argparse
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
IN_FLIGHT = (64, 256)
NAMES = ("descriptors", "threads", "tasks", "megabytes")
MEGABYTES = 10
"""By which a process may grow between its first and its last round."""


@dataclass
class Endpoint:
    """One server, in a process of its own."""

    log: Path
    share: float
    seed: int
    held: socket.socket = field(init=False)
    port: int = field(init=False)
    process: subprocess.Popen[bytes] = field(init=False)

    def __post_init__(self) -> None:
        # Held as long as this lives, for nobody else may take the port between two servers.
        self.held = socket.socket()
        self.held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.held.bind(("127.0.0.1", 0))
        self.port = self.held.getsockname()[1]
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def start(self) -> None:
        command = [sys.executable, str(HERE / "server.py"), str(self.port), str(self.share), str(self.seed)]
        self.process = subprocess.Popen([*command, str(self.log)])
        until = time.monotonic() + 60
        while time.monotonic() < until and self.process.poll() is None:
            with socket.socket() as tried:
                if tried.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise RuntimeError(f"the server on port {self.port} did not start")

    def stop(self) -> None:
        self.process.kill()
        self.process.wait(60)


@dataclass(frozen=True)
class Soak:
    """The runs of one trial."""

    folder: Path
    documents: int
    endpoints: Sequence[Endpoint]
    chance: random.Random
    rounds: int

    def client(self, output: str, in_flight: int, *, rounds_of: int = 0, bytes_per_file: int = 0):
        """Begin a run with the checkpoint, or rounds of so many documents without one; what it says goes into files,
        since nobody reads it while it runs."""
        kept = "" if rounds_of else str(self.folder / "run.db")
        documents = str(rounds_of or self.documents)
        # Results are lines of a file, too, and it is the checkpoint that is to find the disk full.
        results = os.devnull if bytes_per_file else str(self.folder / output)
        command = [sys.executable, str(HERE / "client.py"), kept, results, documents]
        command += [str(in_flight), str(bytes_per_file), str(self.rounds), *(each.url for each in self.endpoints)]
        with (self.folder / f"{output}.said").open("w") as said:
            return subprocess.Popen(command, stdout=said, stderr=said, cwd=HERE.parents[1])

    def said(self, output: str) -> str:
        return (self.folder / f"{output}.said").read_text()

    def answered(self) -> Counter[int]:
        """Count the whole, right answers that were sent, by document."""
        return Counter(int(line) for each in self.endpoints for line in each.log.read_text().split())

    def wait_for_answers(self, more: int, process: subprocess.Popen[bytes], seconds: float) -> None:
        """Wait until so many more documents have been answered, or the process has ended."""
        until, enough = time.monotonic() + seconds, self.answered().total() + more
        while process.poll() is None and time.monotonic() < until and self.answered().total() < enough:
            time.sleep(0.05)


def soak(documents: int, share: float, kills: int, seed: int, rounds: int = 3) -> list[str]:
    """Run a trial, and give what went wrong."""
    chance = random.Random(seed)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        endpoints = [Endpoint(folder / f"answered-{number}", share, seed + number) for number in range(3)]
        for endpoint in endpoints:
            stack.callback(endpoint.held.close)
            stack.callback(endpoint.stop)
        trial = Soak(folder, documents, endpoints, chance, rounds)
        return [*_killed_and_resumed(trial, kills), *_what_stays_open(trial)]


def _killed_and_resumed(trial: Soak, kills: int) -> list[str]:
    # The disk is full before anything is finished, so that there is something to write.
    full = trial.client("full", IN_FLIGHT[0], bytes_per_file=40_000)
    wrong = []
    if full.wait(600) == 0 or "CheckpointError" not in trial.said("full"):
        wrong.append(f"a full disk is no CheckpointError: {trial.said('full')[-300:]}")
    in_flight = sum(_begun_and_killed(trial, number, kills) for number in range(kills)) + IN_FLIGHT[0]
    last = {"first": trial.client("first", IN_FLIGHT[1]), "second": trial.client("second", IN_FLIGHT[0])}
    for output, process in last.items():
        if process.wait(3000):
            wrong.append(f"the last run ended with {process.returncode}: {trial.said(output)[-2000:]}")
        wrong += _wrong_results((trial.folder / output).read_text().splitlines(), trial.documents)
    again = sum(count - 1 for count in trial.answered().values())
    print(f"{trial.documents} documents, {in_flight} under way when killed, {again} answered again", flush=True)
    if again > in_flight:
        wrong.append(f"{again} documents were answered again, and only {in_flight} were under way when killed")
    return wrong


def _begun_and_killed(trial: Soak, number: int, kills: int) -> int:
    """Kill a run at a random time, every third one with a second beside it, and every other time a server; tell how
    many documents were under way."""
    width = IN_FLIGHT[number % 2]
    runs = [(trial.client("killed", width), width)]
    if number % 3 == 1:
        runs.append((trial.client("beside", IN_FLIGHT[0]), IN_FLIGHT[0]))
    trial.wait_for_answers(trial.chance.randint(1, max(1, trial.documents // (kills + 2))), runs[0][0], 60)
    if number % 2:
        endpoint = trial.chance.choice(list(trial.endpoints))
        endpoint.stop()
        time.sleep(trial.chance.random())
        endpoint.start()
    for process, _ in runs:
        process.kill()
        process.wait(60)
    return sum(width for _, width in runs)


def _wrong_results(lines: Sequence[str], documents: int) -> list[str]:
    places = [int(line.split()[0]) for line in lines]
    outcomes = Counter(line.split()[1] if not line.split()[1].isdigit() else "right" for line in lines)
    print(f"results: {dict(outcomes)}", flush=True)
    wrong = [f"result {line!r}" for line in lines if line.split()[1].isdigit() and line.split()[0] != line.split()[1]]
    if places != list(range(documents)):
        wrong.append(f"{len(places)} results for {documents} documents, or not in order")
    if outcomes["right"] < 0.9 * documents:
        wrong.append(f"only {outcomes['right']} of {documents} are right")
    return wrong


def _what_stays_open(trial: Soak) -> list[str]:
    process = trial.client("rounds", IN_FLIGHT[0], rounds_of=trial.documents // 4)
    code, said = process.wait(3000), trial.said("rounds")
    if code:
        return [f"the rounds without a checkpoint ended with {code}: {said[-2000:]}"]
    said = "\n".join(line for line in said.splitlines() if line.startswith(NAMES))
    print(said, flush=True)
    wrong = []
    for line in said.splitlines():
        name, first, *_, last = line.split()
        allowed = MEGABYTES if name == "megabytes" else 0
        if int(last) - int(first) > allowed:
            wrong.append(f"{name} grew from {first} to {last}")
    return wrong


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=20_000)
    parser.add_argument("--share", type=float, default=0.2)
    parser.add_argument("--kills", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    failures = soak(**vars(parser.parse_args()))
    print("\n".join(failures) or "nothing lost, doubled, out of order or left open")
    sys.exit(bool(failures))
