"""The pieces of a document that a value may be made of."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langchain_nuextract.dialects.document_words import BREAK, text_units, words_within


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        pytest.param("5kg a_b", ["5", "kg", " ", "a", "_", "b"], id="letters-and-digits"),
        pytest.param("東京都", ["東", "京", "都"], id="han"),
        pytest.param("서울에서", ["서", "울", "에", "서"], id="hangul"),
        pytest.param("हिन्दी भाषा", ["हिन्दी", " ", "भाषा"], id="devanagari"),
        pytest.param("กรุงเทพ", ["ก", "รุง", "เ", "ท", "พ"], id="thai"),
        pytest.param("cafe\u0301s!", ["cafe\u0301s", "!"], id="accents-of-their-own"),
        pytest.param("👨‍👩‍👧 x", ["👨‍👩‍👧", " ", "x"], id="a-family"),
        pytest.param("العربية ok", ["العربية", " ", "ok"], id="arabic"),
    ],
)
def test_a_piece_is_a_word_or_the_smallest_part_that_can_stand_alone(text, parts):
    assert text_units(text) == parts


@given(st.text())
def test_pieces_make_up_the_text(text):
    assert "".join(text_units(text)) == text


def test_a_short_text_is_there_in_all_its_readings():
    assert words_within("exam-\nple", 100) == BREAK.join(("exam- ple", "example", "exam-ple", "exam-, ple"))


def test_readings_are_left_out_before_words_are():
    assert words_within("exam-\nple", 12) == "exam- ple"


def test_of_a_long_text_there_are_the_passages_that_are_likely_to_have_values():
    text = "\n".join([*["nothing of note in here"] * 50, "the sum is 46.20 EUR", *["more of the same"] * 50])
    assert "46.20 EUR" in words_within(text, 60)
    assert "customer ref xyz" in words_within(f"{text}\ncustomer ref xyz", 60, ["customer_ref"])


@given(st.text(max_size=400), st.integers(0, 300))
def test_there_are_never_more_words_than_allowed_nor_any_that_the_text_does_not_have(text, most):
    found = words_within(text, most)
    whole = words_within(text, 100_000)
    assert len(found) <= most + found.count(BREAK)
    assert all(stretch in whole for stretch in found.split(BREAK))


def test_a_text_cannot_have_what_parts_its_passages():
    assert BREAK not in words_within(f"one{BREAK}two", 100)
