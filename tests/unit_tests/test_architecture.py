"""The house stays as it is drawn: no module imports itself by a detour, and the root has a map."""

import ast
import re
from collections.abc import Sequence
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp
import pytest

import langchain_nuextract

ROOT = Path(langchain_nuextract.__file__).parent
ROOMS = sorted(path.parent for path in ROOT.rglob("__init__.py") if path.parent != ROOT)


def cycle_in(graph: grimp.ImportGraph) -> Sequence[str]:
    """Find modules that import each other in a circle; lazy and type-only imports are in the graph too."""
    try:
        TopologicalSorter({each: graph.find_modules_directly_imported_by(each) for each in graph.modules}).prepare()
    except CycleError as error:
        return error.args[1]
    return ()


def test_no_module_imports_itself_by_a_detour():
    assert cycle_in(grimp.build_graph("langchain_nuextract", cache_dir=None)) == ()


def test_a_detour_would_be_found():
    graph = grimp.ImportGraph()
    for importer, imported in [("a", "b"), ("b", "c"), ("c", "a"), ("c", "d"), ("d", "e")]:
        graph.add_import(importer=importer, imported=imported)
    assert set(cycle_in(graph)) == {"a", "b", "c"}


def test_imports_within_functions_and_for_types_alone_are_in_the_graph():
    graph = grimp.build_graph("langchain_nuextract", cache_dir=None)
    found = graph.find_modules_directly_imported_by
    assert "langchain_nuextract.runnables.tool" in found("langchain_nuextract.runnables.extractor")
    assert "langchain_nuextract.batch.options" in found("langchain_nuextract.runnables.batch_extractor")


def test_the_root_fits_on_a_screen():
    entries = [path for path in ROOT.iterdir() if path.name not in {"__init__.py", "py.typed", "__pycache__"}]
    assert len(entries) <= 22


def test_the_files_that_the_map_names_are_there():
    named = set(re.findall(r"`([\w/]+(?:\.py|/))`", Path("docs/architecture.md").read_text("utf-8")))
    assert len(named) > 40
    # `build.py` and `write.py` are said of a room that was named just before.
    assert [name for name in sorted(named) if not any(ROOT.rglob(name)) and not Path(name).exists()] == []


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.relative_to(ROOT).as_posix())
def test_a_room_says_what_it_holds_and_what_it_must_not_know(room):
    said = (ast.get_docstring(ast.parse((room / "__init__.py").read_text("utf-8"))) or "").split()
    assert len(said) >= 12
    assert "ust not know" in " ".join(said)
