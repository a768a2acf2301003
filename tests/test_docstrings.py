"""The examples of docstrings that show what they give, give it."""

import doctest
from importlib import import_module
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "langchain_nuextract"
MODULES = sorted(
    file.relative_to(PACKAGE.parent).with_suffix("").as_posix().removesuffix("/__init__").replace("/", ".")
    for file in PACKAGE.rglob("*.py")
    if ">>> " in file.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("name", MODULES)
def test_examples_give_what_they_show(name):
    assert doctest.testmod(import_module(name)).failed == 0
