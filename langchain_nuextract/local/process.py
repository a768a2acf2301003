"""The server's process, seen from this side: started, heard, asked for its health, ended."""

import json
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from threading import Timer
from typing import IO

from langchain_nuextract.errors import LocalEndpointError

_SERVER = Path(__file__).with_name("server.py")
_PARTING = 5.0
# Threads that spin while they wait bring llama.cpp to a crawl as soon as anything else wants the processors.
_ENVIRONMENT = {"OMP_WAIT_POLICY": "passive"}
_COMPLAINT = re.compile(r"^[\d.]+ E (.+)$", re.MULTILINE)


def spawn(settings: Mapping[str, str | int], log: IO[bytes]) -> subprocess.Popen[bytes]:
    """Start the server's process; its complaints go to the log."""
    # -P: the script's neighbours must not shadow other modules.
    command = [sys.executable, "-P", str(_SERVER)]
    environment = _ENVIRONMENT | os.environ
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe, stderr=log)  # noqa: S603
    if process.stdin:
        # Not by the arguments, which everybody on this machine may read: the key is among them.
        with suppress(BrokenPipeError):  # it has ended already, and its complaint tells why
            process.stdin.write(json.dumps(settings).encode() + b"\n")
            process.stdin.flush()
    return process


def address_of(process: subprocess.Popen[bytes], patience: float) -> str:
    """Wait until the server says where it listens; empty if it ended or took too long."""
    timer = Timer(patience, process.kill)
    timer.start()
    line = process.stdout.readline() if process.stdout else b""
    timer.cancel()
    return line.decode().strip()


def await_health(process: subprocess.Popen[bytes], address: str, patience: float) -> None:
    """Wait until the server answers; LocalEndpointError if it does not."""
    deadline = time.monotonic() + patience
    while not _is_healthy(address):
        if process.poll() is not None or time.monotonic() > deadline:
            raise LocalEndpointError(f"the server at {address} loaded its model but does not answer.")
        time.sleep(0.05)


def complaint(process: subprocess.Popen[bytes], log: IO[bytes]) -> str:
    """Say why the server gave up: its first error, or else its last words, or else its exit code."""
    code = process.wait()
    log.seek(0)
    said = log.read().decode(errors="replace")
    if found := _COMPLAINT.search(said):
        return " ".join(found.group(1).split())
    return (said.strip().splitlines() or [f"it ended with code {code} and said nothing"])[-1]


def end(process: subprocess.Popen[bytes]) -> None:
    """End the server: by closing its input, and by force if it does not mind."""
    for pipe in (process.stdin, process.stdout):
        if pipe:
            pipe.close()
    for force in (process.terminate, process.kill):
        try:
            process.wait(_PARTING)
        except subprocess.TimeoutExpired:
            force()
    process.wait()


def _is_healthy(address: str) -> bool:
    # A proxy in the environment has no business with the loopback address.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{address}/health", timeout=5) as reply:
            return reply.status == HTTPStatus.OK
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return False
