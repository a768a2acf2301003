"""Values are placed where documents of several kinds and languages say them, and others are not."""

import pytest

from tests.bench.evidence import measured


@pytest.fixture(scope="module")
def figures():
    return measured(12, seed=9)


@pytest.mark.parametrize(
    ("kind", "least"),
    [("verbatim", 1.0), ("with a slip", 0.9), ("dates", 0.95), ("amounts", 1.0), ("in their row", 0.95)],
)
def test_what_a_document_says_is_placed(figures, kind: str, least: float):
    placed, of = figures[kind]
    assert placed >= least * of > 0


@pytest.mark.parametrize(
    ("kind", "most"), [("absent", 0.0), ("near miss, digits", 0.0), ("near miss, words", 0.03), ("moved dates", 0.0)]
)
def test_what_a_document_does_not_say_is_not(figures, kind: str, most: float):
    placed, of = figures[kind]
    assert placed <= most * of
    assert of
