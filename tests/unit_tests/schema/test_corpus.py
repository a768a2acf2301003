"""The bars that the compiler is held to, on real schemas with real instances, where they are present."""

from collections import Counter

import pytest

from tests.bench.schema import DATA, corpus, models

pytestmark = [
    pytest.mark.skipif(not DATA.is_dir(), reason=f"the corpus of schemas is not present in {DATA}"),
    pytest.mark.timeout(120),
]


@pytest.fixture(scope="module")
def counts() -> Counter[str]:
    return corpus(engines={})


def test_no_schema_crashes_and_practically_all_compile(counts: Counter[str]) -> None:
    assert counts["crashed"] == 0
    assert counts["compiled"] >= 0.995 * counts["schemas"] > 0


@pytest.mark.parametrize("dialect", ["2.0", "3"])
def test_practically_all_instances_are_held_whole(counts: Counter[str], dialect: str) -> None:
    assert counts[f"whole in {dialect}"] >= 0.995 * counts["instances"] > 0


@pytest.mark.parametrize("dialect", ["1", "2.0", "3"])
def test_each_leaf_that_is_lost_is_named(counts: Counter[str], dialect: str) -> None:
    assert counts[f"leaves lost in {dialect} without a word"] == 0


def test_what_is_held_whole_fits_what_is_asked(counts: Counter[str]) -> None:
    assert counts["fits the template"] == counts["whole in 3"]
    assert counts["fits the answer schema"] == counts["whole in 3"]


def test_models_of_the_field_compile() -> None:
    found = models(engines={})
    assert found["compiled"] == found["schemas"] > 0
