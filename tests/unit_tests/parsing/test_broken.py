"""Broken answers of many kinds and forms are read as they were meant; what is not is never an invention."""

from collections.abc import Callable, Sequence
from random import Random

import pytest

from langchain_nuextract.parsing import read_shape
from langchain_nuextract.paths import JSON
from tests.bench.broken import FORMS, OTHER_FORMS, SLIPS, Broken, broken, form

ROUNDS = 4
LEAST = 0.97


@pytest.mark.parametrize("forms", [FORMS, OTHER_FORMS], ids=["forms", "other forms"])
@pytest.mark.parametrize("at_hand", [False, True], ids=["alone", "with the document"])
def test_nearly_all_broken_answers_are_read_as_they_were_meant(
    forms: Sequence[Callable[[Random], JSON]], at_hand: bool
):
    there = [each for kind in SLIPS for number in range(ROUNDS) if (each := broken(kind, number, forms))]
    missed = [each.kind for each in there if read(each, at_hand=at_hand) != each.meant]
    assert len(there) > 400
    assert len(missed) <= (1 - LEAST) * len(there), missed


def read(each: Broken, *, at_hand: bool) -> JSON:
    return read_shape(each.text, form(each.meant), document=each.document if at_hand else "", finished=True).value
