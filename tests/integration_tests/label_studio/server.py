"""A Label Studio on this machine: installed once, outside of the repository, and started for the tests."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx2

VERSION = "1.23.2"
TOKEN = "0123456789abcdef0123456789abcdef01234567"
EMAIL, PASSWORD = "ci@example.org", "ci-password-1"
_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "langchain-nuextract"
_HOME = _CACHE / f"label-studio-{VERSION}"
_DATA = _CACHE / f"label-studio-{VERSION}-data"
"""A database with all migrations done: a minute or two that only the first start takes."""
_STARTS_WITHIN = 600


def is_installed() -> bool:
    """Whether it is there."""
    return (_HOME / ".ready").exists()


def install() -> Path:
    """Install it, if it is not there, and give the command."""
    command = _HOME / "bin" / "label-studio"
    if not is_installed():
        sys.stderr.write(f"installing Label Studio {VERSION}, about 1 GB, in {_HOME} ...\n")
        subprocess.run([sys.executable, "-m", "venv", "--clear", _HOME], check=True)
        subprocess.run([_HOME / "bin" / "pip", "install", "--quiet", f"label-studio=={VERSION}"], check=True)
        (_HOME / ".ready").touch()
    return command


@contextmanager
def running() -> Iterator[str]:
    """Start it, and give its address; it is ended when the block is left."""
    command = install()
    with TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        if _DATA.exists():
            shutil.copytree(_DATA, data)
        data.mkdir(exist_ok=True)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        with (Path(folder) / "log").open("wb") as log:
            process = subprocess.Popen(
                [
                    command, "start", "--no-browser", "--internal-host", "127.0.0.1", "--port", str(port), "--username",
                    EMAIL, "--password", PASSWORD, "--user-token", TOKEN, "--enable-legacy-api-token",
                ],
                env={
                    **os.environ, "LABEL_STUDIO_BASE_DATA_DIR": str(data), "COLLECT_ANALYTICS": "0",
                    "LATEST_VERSION_CHECK": "0", "SENTRY_RATE": "0",
                },
                cwd=folder, stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip
            try:
                url = f"http://127.0.0.1:{port}"
                _wait(process, url, Path(folder) / "log")
                if not _DATA.exists():
                    shutil.copytree(data, _DATA)
                yield url
            finally:
                process.terminate()
                process.wait(30)


def _wait(process: "subprocess.Popen[bytes]", url: str, log: Path) -> None:
    ends = time.monotonic() + _STARTS_WITHIN
    while time.monotonic() < ends and process.poll() is None:
        try:
            if httpx2.get(f"{url}/health", timeout=5).status_code == httpx2.codes.OK:
                return
        except httpx2.HTTPError:
            time.sleep(0.5)
    raise RuntimeError(f"Label Studio did not start:\n{log.read_text(errors='replace')[-2000:]}")
