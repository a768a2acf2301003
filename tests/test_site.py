"""The site that `make docs` builds leaves nothing out: no page, and no public name."""

import re
import tomllib
from importlib import import_module
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"
ROOMS = ("", "evaluation", "evaluation.label_studio", "evaluation.training", "local", "markdown", "metrics", "testing")
"""Packages whose names are for users."""


def test_the_reference_has_every_public_name():
    text = "".join(page.read_text(encoding="utf-8") for page in sorted((DOCS / "api").glob("*.md")))
    names = re.findall(r"^::: (langchain_nuextract\.\S+)$", text, re.MULTILINE)
    shown = [getattr(import_module(name.rpartition(".")[0]), name.rpartition(".")[2]) for name in names]
    modules = [import_module(f"langchain_nuextract.{room}".strip(".")) for room in ROOMS]
    public = {f"{module.__name__}.{name}": getattr(module, name) for module in modules for name in module.__all__}
    assert [name for name, value in public.items() if not any(value is each for each in shown)] == []


def test_the_site_shows_every_page():
    def pages(entries):
        targets = [target for entry in entries for target in entry.values()]
        return {page for each in targets for page in ([each] if isinstance(each, str) else pages(each))}

    site = tomllib.loads((DOCS / "site" / "zensical.toml").read_text(encoding="utf-8"))
    guides = {page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md")}
    assert guides - pages(site["project"]["nav"]) == set()
