"""Install an engine, once, in the user's cache directory, with what the package itself and its tests need.

    python tests/integration_tests/engines/build.py ray            # Ray Data, Daft and Dask: 900 MB
    python tests/integration_tests/engines/build.py spark          # PySpark: 600 MB; it runs on a Java of 17 or newer

What follows the engine's name is run by its Python: `build.py ray -m pytest …`.
"""

import os
import subprocess
import sys
import tomllib
import venv
from pathlib import Path
from tempfile import TemporaryDirectory

import platformdirs

# Daft knows neither pyarrow 26 nor the newest tqdm; a join of Ray's takes polars.
ENGINES = {
    "ray": ("ray[data]==2.60.0", "daft==0.7.26", "dask[dataframe]==2026.8.0", "polars>=1.30", "pyarrow>=25,<26"),
    "spark": ("pyspark==4.3.0", "pandas>=2.2,<4", "pyarrow>=25,<26"),
}
TESTS = ("pytest", "pytest-asyncio", "pytest-socket", "pytest-timeout", "hypothesis")
ROOT = Path(__file__).parents[3]


def python_of(engine: str) -> Path:
    """Install an engine, unless it is there, and give its Python."""
    home = platformdirs.user_cache_path("langchain-nuextract") / f"{engine}-1"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    packages = (*ENGINES[engine], *project["dependencies"], *TESTS)
    recipe = f"{sys.version_info[:2]} {packages}"
    if not (home / "built").is_file() or (home / "built").read_text(encoding="utf-8") != recipe:
        print(f"installing {', '.join(ENGINES[engine])} in {home} ...", flush=True)  # noqa: T201 it is told to people
        venv.create(home, clear=True, with_pip=True, symlinks=True)
        pinned = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
        with TemporaryDirectory() as folder:
            constraints = (line for line in pinned if not line.startswith(("pyarrow==", "tqdm==")))
            (Path(folder) / "constraints.txt").write_text("\n".join(constraints), encoding="utf-8")
            pip = [home / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            subprocess.run([*pip, "--constraint", Path(folder) / "constraints.txt", *packages], check=True)
        (home / "built").write_text(recipe, encoding="utf-8")
    return home / "bin" / "python"


if __name__ == "__main__":
    python = python_of(sys.argv[1])
    if sys.argv[2:]:
        # The package is this checkout's. Workers find it by the same variable, Spark's their Python by the other.
        found = {"PYTHONPATH": str(ROOT), "PYSPARK_PYTHON": str(python)}
        os.execve(python, [python, *sys.argv[2:]], {**os.environ, **found})
