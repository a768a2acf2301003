"""Install what the guides and examples use beside this package, once, in the user's cache directory.

    python tests/docs_environment.py

What is installed is the group `docs` of pyproject.toml, with all extras and the group `dev`. The package itself is
imported from the folder in which the tests are run, so that several checkouts can share the environment.
"""

import fcntl
import hashlib
import subprocess
import sys
import tomllib
import venv
from pathlib import Path

import platformdirs

ROOT = Path(__file__).parents[1]
HOME = platformdirs.user_cache_path("langchain-nuextract") / f"docs-py{sys.version_info.major}.{sys.version_info.minor}"
PYTHON = HOME / "bin" / "python"


def main():
    """Install, unless it is there."""
    HOME.mkdir(parents=True, exist_ok=True)
    with (HOME / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp = HOME / f"built-{_recipe()}"
        if not stamp.exists():
            print(f"installing what the guides use, about 1.5 GB, in {HOME} ...", flush=True)  # noqa: T201
            _install()
            stamp.touch()


def _recipe() -> str:
    """Hash what decides what is installed; checkouts that differ in something else share one environment."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    asked = [project["project"]["dependencies"], project["project"]["optional-dependencies"]]
    asked += [project["dependency-groups"][name] for name in ("dev", "docs")]
    constraints = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    return hashlib.sha256(f"{asked} {constraints}".encode()).hexdigest()[:16]


def _install() -> None:
    if not PYTHON.exists():
        venv.create(HOME, with_pip=True, symlinks=True)
    pip = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "pip>=25.1"], check=True)
    groups = ["--group", "dev", "--group", "docs"]
    subprocess.run([*pip, "--constraint", "constraints.txt", *groups, ".[all]"], check=True, cwd=ROOT)


if __name__ == "__main__":
    main()
    print(PYTHON)  # noqa: T201
