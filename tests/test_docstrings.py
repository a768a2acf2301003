"""The examples of docstrings that show what they give, give it."""

import ast
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


def test_examples_stand_apart_from_the_text():
    """The formatter takes the indent away from an example that is all there is behind the first line."""
    assert [
        (file.name, getattr(node, "lineno", 1), paragraph)
        for file in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        for paragraph in (ast.get_docstring(node) or "").split("\n\n")[1:]
        if is_code(paragraph)
    ] == []


def is_code(paragraph):
    try:
        statements = ast.parse(paragraph).body
    except SyntaxError:
        return False
    return any(not isinstance(each, ast.Expr) or isinstance(each.value, ast.Call) for each in statements)


def test_code_is_told_from_text():
    assert is_code("details = extract.detailed.invoke(text)")
    assert is_code("extract.invoke(text)")
    assert not is_code("An object of the schema.")
    assert not is_code("Name")
