"""Make the sources ready to be built for the package index: addresses of the forge that a release is published from.

    python .github/prepare_release.py https://forge.example/owner/repository v0.1.0

The repository itself names no forge, for it may have moved: what is relative there is written out here, in `README.md`
and as `[project.urls]` of `pyproject.toml`. The tag must be the version, and the changelog must say what is in it.
"""

import re
import sys
import tomllib
from pathlib import Path

_LINK = re.compile(r"(!?)\[([^\]]*)\]\((?!https?://|#)([^)\s]+)\)")


def main(address: str, tag: str, root: Path) -> None:
    """Rewrite both files, or end with what is missing."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    version = project["version"]
    if tag != f"v{version}":
        sys.exit(f"the tag is {tag}, and the version in pyproject.toml {version}")
    changelog = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    if not re.search(rf"^## \[{re.escape(version)}\] - \d{{4}}-\d\d-\d\d$", changelog, re.MULTILINE):
        sys.exit(f"CHANGELOG.md has no heading `## [{version}] - YYYY-MM-DD`")
    readme = root / "README.md"
    readme.write_text(with_addresses(readme.read_text(encoding="utf-8"), address, tag), encoding="utf-8")
    settings = root / "pyproject.toml"
    settings.write_text(with_urls(settings.read_text(encoding="utf-8"), address), encoding="utf-8")


def with_addresses(readme: str, address: str, tag: str) -> str:
    """Write out the relative links and images of a text in Markdown."""

    def absolute(found: re.Match[str]) -> str:
        kind = "raw" if found[1] else "blob"
        return f"{found[1]}[{found[2]}]({address}/{kind}/{tag}/{found[3]})"

    return _LINK.sub(absolute, readme)


def with_urls(settings: str, address: str) -> str:
    """Add the addresses of the project to those in `[project.urls]`."""
    urls = {
        "Repository": "",
        "Issues": "/issues",
        "Changelog": "/blob/main/CHANGELOG.md",
        "Documentation": "/tree/main/docs",
    }
    lines = "".join(f'{name} = "{address}{path}"\n' for name, path in urls.items())
    head, found, rest = settings.partition("[project.urls]\n")
    if not found:
        sys.exit("pyproject.toml has no [project.urls]")
    return f"{head}{found}{lines}{rest}"


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"), sys.argv[2], Path())
