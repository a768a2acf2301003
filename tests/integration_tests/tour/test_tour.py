"""The notebook docs/tour.ipynb runs, and shows what it has saved."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
TOUR = ROOT / "docs" / "tour.ipynb"
MOST = 20_000
"""Bytes of the notebook, so that its outputs stay small."""


def shown(notebook):
    """What each cell printed and gave, in however many pieces it came."""
    cells = [cell.outputs for cell in notebook.cells if cell.cell_type == "code"]
    return [
        "".join(each.get("text") or each.get("data", {}).get("text/plain") or repr(each) for each in of) for of in cells
    ]


@pytest.mark.docs
def test_the_tour_runs_and_shows_what_it_has_saved(monkeypatch, tmp_path):
    import nbformat  # noqa: PLC0415  it is there in `make test-docs` only
    from nbclient import NotebookClient  # noqa: PLC0415  see above

    monkeypatch.setenv("PYTHONPATH", os.fspath(ROOT))
    saved, run = (nbformat.read(TOUR, as_version=4) for _ in range(2))
    NotebookClient(run, timeout=120, kernel_name="python3", resources={"metadata": {"path": tmp_path}}).execute()
    assert shown(run) == shown(saved)


def test_the_tour_is_small():
    assert TOUR.stat().st_size < MOST
