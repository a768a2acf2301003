"""A vLLM server in a process of its own, and the plain HTTP that tests speak with it."""

import ctypes
import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from langchain_nuextract.dialects.messages import Request
from tests.integration_tests.vllm import build

CONTEXT = 4096
"""Tokens that the servers take."""
START_SECONDS = 900
REPLY_SECONDS = 300
TEMPLATES = Path(__file__).parent / "templates"
SETTINGS = {
    "VLLM_TARGET_DEVICE": "cpu",
    "VLLM_CPU_KVCACHE_SPACE": "1",
    "VLLM_CACHE_ROOT": str(build.HOME / "cache"),
    "VLLM_NO_USAGE_STATS": "1",
    "HF_HUB_OFFLINE": "1",
    # Bytecode is kept whatever the caller's environment says: it halves the next start.
    "PYTHONDONTWRITEBYTECODE": "",
}


@dataclass(frozen=True, slots=True)
class Server:
    """One `vllm serve`, named like the models whose chat template it has."""

    models: tuple[str, ...]
    url: str
    """The base URL, as a user would give it: it ends in /v1."""
    log: Path
    process: subprocess.Popen[bytes]

    @classmethod
    def start(
        cls, *models: str, chat_template: str, log: Path, cores: Sequence[int], options: Sequence[str] = ()
    ) -> "Server":
        """Start a server; it is not ready before `wait` returns.

        Args:
            models: The names it answers to.
            chat_template: A file of `templates`.
            log: Where to write what it says.
            cores: The processors to compute on; two servers that were left to choose would choose the same.
            options: Further options of `vllm serve`.
        """
        port = _free_port()
        command = [
            *(build.PYTHON, "-m", "vllm.entrypoints.cli.main", "serve", build.MODEL),
            *("--served-model-name", *models),
            *("--host", "127.0.0.1", "--port", port),
            *("--chat-template", TEMPLATES / chat_template, "--chat-template-content-format", "openai"),
            *("--max-model-len", CONTEXT, "--enforce-eager", "--enable-prompt-tokens-details"),
            "--disable-uvicorn-access-log",
            *options,
        ]
        with log.open("wb") as output:
            process = subprocess.Popen(
                [str(word) for word in command],
                env={**os.environ, **SETTINGS, "VLLM_CPU_OMP_THREADS_BIND": ",".join(map(str, cores))},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_die_with_parent,  # noqa: PLW1509 it only makes one system call
            )
        return cls(models, f"http://127.0.0.1:{port}/v1", log, process)

    def wait(self) -> None:
        """Return when the server answers; fail with its log if it ends or takes too long."""
        until = time.monotonic() + START_SECONDS
        while not self._is_healthy():
            if self.process.poll() is not None:
                raise RuntimeError(f"vLLM ended with {self.process.returncode}:\n{self.tail()}")
            if time.monotonic() > until:
                raise TimeoutError(f"vLLM was not ready within {START_SECONDS} seconds:\n{self.tail()}")
            time.sleep(0.5)

    def stop(self) -> None:
        """End the process and those it started, politely at first."""
        for sign, patience in ((signal.SIGTERM, 20), (signal.SIGKILL, 20)):
            try:
                os.killpg(self.process.pid, sign)
                self.process.wait(patience)
            except ProcessLookupError:
                return
            except subprocess.TimeoutExpired:
                continue

    def tail(self, lines: int = 40) -> str:
        """The end of its log."""
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])

    def post(self, request: Request, *, model: str = "", **more: object) -> dict[str, object]:
        """Send what a dialect phrased, with further fields; the answer must be a good one."""
        response = httpx.post(self.address(request), json=self.body(request, model, more), timeout=REPLY_SECONDS)
        assert response.status_code == 200, response.text
        return response.json()

    def address(self, request: Request) -> str:
        """Where this request goes."""
        return f"{self.url}/completions" if request.route == "completions" else f"{self.url}/chat/completions"

    def body(self, request: Request, model: str, more: Mapping[str, object]) -> dict[str, object]:
        """What is sent there."""
        messages = list(request.messages)
        document = {"prompt": messages[0]["content"]} if request.route == "completions" else {"messages": messages}
        return {"model": model or self.models[0], "temperature": 0, "max_tokens": 1, **document, **request.body, **more}

    def _is_healthy(self) -> bool:
        try:
            return httpx.get(self.url.removesuffix("/v1") + "/health", timeout=5).status_code == 200
        except httpx.TransportError:
            return False


def _die_with_parent() -> None:
    # A test run that is killed cannot stop its servers, which hold gigabytes; 1 is PR_SET_PDEATHSIG.
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
