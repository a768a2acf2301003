"""Numbers in words, and durations, are found where the text says them, and nowhere else."""

import pytest

from langchain_nuextract.grounding import ground
from langchain_nuextract.scalars.durations import amounts
from langchain_nuextract.scalars.number_words import NUMBER_WORDS

TEXT = (
    "The panel of nine heard twenty-two witnesses. Notice: three weeks, or 48 hours in cases of need. "
    "Die Frist beträgt vierzehn Tage. La garantie est de 2 ans et 6 mois. 保証期間は5年間とする。 "
    "Within thirty (30) days."
)


def quoted(value: str | float) -> list[str]:
    return [TEXT[start:end] for each in ground({"x": value}, TEXT) for start, end in each.spans]


@pytest.mark.parametrize(
    ("value", "places"),
    [
        (9, ["nine"]),
        (22, ["twenty-two"]),
        (14, ["vierzehn"]),
        (20, []),
        (1, []),
        (7, []),
        ("P3W", ["three weeks"]),
        ("P21D", ["three weeks"]),
        ("P2W", ["vierzehn Tage"]),
        ("P2D", ["48 hours"]),
        ("P2Y6M", ["2 ans", "6 mois"]),
        ("P5Y", ["5年"]),
        ("P30D", ["30) days"]),
        ("P4W", []),
        ("P2Y7M", []),
        ("PT3M", []),
    ],
)
def test_numbers_in_words_and_durations_are_found(value: str | float, places: list[str]):
    assert quoted(value) == places


@pytest.mark.parametrize("text", ["Amount due to Otto.", "It burnt once, in Sept.", "Fire at ni."])
def test_a_word_of_another_language_is_no_number(text: str):
    assert not ground([2, 4, 6, 7, 8, 9, 11], text)


def test_a_number_in_figures_goes_before_one_in_words():
    assert [each.quotation for each in ground({"x": 3}, "three items, 3 boxes")] == ["3"]


@pytest.mark.parametrize("number", [2, 11, 19, 40, 73])
def test_every_word_for_a_number_but_those_of_other_words_is_found(number: int):
    missed = [word for word in NUMBER_WORDS[number] if not ground({"x": number}, f"There are {word} of them.")]
    assert set(missed) <= {"to", "due", "dos", "once"}


def test_a_duration_is_looked_for_in_other_units_too():
    assert list(amounts("P14D")) == [[(14, "D")], [(336, "H")], [(2, "W")]]
    assert list(amounts("P1Y2M")) == [[(1, "Y"), (2, "M")]]
    assert list(amounts("P")) == list(amounts("P0D")) == list(amounts("PT1.5S")) == []
