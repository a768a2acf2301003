"""Nothing that was said is lost or changed by any kind of damage that cuts nothing off."""

from random import Random

import pytest

from langchain_nuextract.parsing import read_shape
from tests.unit_tests.parsing.damage import KINDS, answer, template
from tests.unit_tests.parsing.shapes import shape_of

ROUNDS = 12
MISSED = 1
"""Answers of a kind that may be read otherwise: `"2.1""` ends in a quote for inches, or in one too many."""


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_of_damage_is_undone(kind: str):
    missed: list[str] = []
    for number in range(ROUNDS):
        random = Random(f"{kind} {number}")
        meant = answer(random)
        text = KINDS[kind](meant, random)
        if text is not None and read_shape(text, shape_of(template(meant.value))).value != meant.value:
            missed.append(text)
    assert len(missed) <= MISSED, missed
