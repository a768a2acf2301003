"""Install what trains, once, in the user's cache directory: the same CPU build of torch as the vLLM of the tests.

    python tests/integration_tests/training/build.py

It is never installed into vLLM's own environment. About 1.5 GB.
"""

import subprocess
import sys
import venv
from pathlib import Path

import platformdirs

PACKAGES = ("torch==2.13.0+cpu", "trl==1.16.0", "datasets>=5.2,<6")
HOME = platformdirs.user_cache_path("langchain-nuextract") / "training-1"
PYTHON = HOME / "bin" / "python"
STAMP = HOME / "built"


def main():
    """Install, unless it is there."""
    recipe = f"{sys.version_info[:2]} {PACKAGES}"
    if STAMP.is_file() and STAMP.read_text(encoding="utf-8") == recipe:
        return
    print(f"installing {', '.join(PACKAGES)} in {HOME} ...", flush=True)  # noqa: T201 it is told to people
    venv.create(HOME, clear=True, with_pip=True, symlinks=True)
    subprocess.run([PYTHON, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
    STAMP.write_text(recipe, encoding="utf-8")


if __name__ == "__main__":
    main()
    print(f"ready in {Path(HOME)}")  # noqa: T201 it is told to people
