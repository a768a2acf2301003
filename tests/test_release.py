"""What a forge publishes: every link of the README leads there, and the tag, version and changelog agree."""

import importlib.util
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / ".github" / "prepare_release.py"
FORGE = "https://forge.example/acme/langchain-nuextract"

pytestmark = pytest.mark.skipif(not SCRIPT.exists(), reason="what makes a release is in the repository alone")


@pytest.fixture
def prepare():
    spec = importlib.util.spec_from_file_location("prepare_release", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.main


@pytest.fixture
def sources(tmp_path):
    for name in ("README.md", "pyproject.toml"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    (tmp_path / "CHANGELOG.md").write_text(f"# Changelog\n\n## [{version}] - 2026-12-01\n", encoding="utf-8")
    return tmp_path, f"v{version}"


def test_the_forge_that_publishes_is_named_in_readme_and_metadata(prepare, sources):
    folder, tag = sources
    prepare(FORGE, tag, folder)
    readme = (folder / "README.md").read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)]+)\)", readme)
    assert [link for link in links if not link.startswith("https://")] == []
    assert f"({FORGE}/raw/{tag}/docs/images/viewer.png)" in readme
    assert f"({FORGE}/blob/{tag}/docs/serving.md)" in readme
    urls = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]["urls"]
    assert urls["Repository"] == FORGE
    assert {"Issues", "Changelog", "Documentation", "Models"} <= urls.keys()


def test_a_tag_of_another_version_is_refused(prepare, sources):
    folder, _ = sources
    with pytest.raises(SystemExit, match=r"the tag is v9\.9\.9"):
        prepare(FORGE, "v9.9.9", folder)


def test_a_version_without_an_entry_in_the_changelog_is_refused(prepare, sources):
    folder, tag = sources
    (folder / "CHANGELOG.md").write_text("# Changelog\n\n## [Unreleased]\n", encoding="utf-8")
    with pytest.raises(SystemExit, match="no heading"):
        prepare(FORGE, tag, folder)
    assert (folder / "README.md").read_bytes() == (ROOT / "README.md").read_bytes()
