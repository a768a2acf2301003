"""Build the site of the guides into build/site/html; nothing that is wrong with them passes.

The guides are copied, for the changelog and the notebook stand beside them in the site. Zensical is strict about links
and anchors. About docstrings it only prints what mkdocstrings says, so that its whole output is looked at.
"""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

from nbconvert import MarkdownExporter

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "build" / "site"
SOURCE = SITE / "source"
ELSEWHERE = re.compile(r"""<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)=["']?(?:https?:)?//[^>]*>""")
"""What a page loads from another host; that readers may follow a link to one is no matter."""


def main() -> int:
    """Build, and say what is wrong."""
    shutil.rmtree(SITE, ignore_errors=True)
    shutil.copytree(ROOT / "docs", SOURCE, ignore=shutil.ignore_patterns("site", "*.ipynb"))
    shutil.copytree(ROOT / "docs" / "site", SITE, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.py"))
    for name in ("CHANGELOG.md", "CONTRIBUTING.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        (SOURCE / name.lower()).write_text(text.replace("](docs/", "]("), encoding="utf-8")
    for notebook in (ROOT / "docs").glob("*.ipynb"):
        markdown, _ = MarkdownExporter().from_filename(str(notebook))
        (SOURCE / f"{notebook.stem}.md").write_text(markdown, encoding="utf-8")
    command = [sys.executable, "-m", "zensical", "build", "--strict", "--config-file", SITE / "zensical.toml"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    sys.stdout.write(done.stdout + done.stderr)
    problems = re.findall(r"^(?:griffe|mkdocstrings|mkdocs_autorefs): .*", done.stdout + done.stderr, re.MULTILINE)
    problems += [
        f"{page} is not in the navigation of docs/site/zensical.toml" for page in sorted(pages() - listed(nav()))
    ]
    problems += [f"{page.relative_to(SITE)}: {tag}" for page in SITE.rglob("*.html") for tag in loaded(page)]
    print(*problems, sep="\n")
    print(f"open {SITE / 'html' / 'index.html'}" if not done.returncode and not problems else "the site has problems")
    return 1 if problems else done.returncode


def pages() -> set[str]:
    """The pages that there are."""
    return {page.relative_to(SOURCE).as_posix() for page in SOURCE.rglob("*.md")}


def listed(entries: list[Any]) -> set[str]:
    """The pages that some entries of the navigation lead to."""
    targets = [target for entry in entries for target in entry.values()]
    return {page for target in targets for page in ([target] if isinstance(target, str) else listed(target))}


def nav() -> list[Any]:
    """What the site's navigation shows."""
    return tomllib.loads((SITE / "zensical.toml").read_text(encoding="utf-8"))["project"]["nav"]


def loaded(page: Path) -> list[str]:
    """What a page needs from elsewhere before it can be read."""
    return ELSEWHERE.findall(page.read_text(encoding="utf-8"))


if __name__ == "__main__":
    sys.exit(main())
