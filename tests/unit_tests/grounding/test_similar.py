# ruff: noqa: RUF001  (letters that look alike are what this is about)
import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langchain_nuextract.grounding import ground, similar
from langchain_nuextract.grounding.lookalikes import Shapes, shape_of

WORDS = (
    *("Harbour", "Lane", "Office", "Supplies", "Künstlerische", "Gestaltung", "Bahnhofstrasse", "Płock", "Słotwina"),
    *("Niepodległości", "spółka", "marzenia", "Северная", "Пристань", "поставщик", "Москва", "Château", "boulangerie"),
    *("résumé", "consignée", "Försäljning", "värdepapper", "příspěvek"),
)
CITY = "京都府舞鶴市字浜北吸港町税務署"
ALIKE = {"o": "0", "l": "1", "s": "5", "b": "8", "e": "c", "m": "rn", "d": "cl", "о": "o", "а": "a"}


def quotation(value: str, text: str) -> tuple[str, str] | None:
    found = ground([value], text)
    return (found[0].quotation, found[0].match) if found else None


@pytest.mark.parametrize(
    ("value", "text", "said"),
    [
        pytest.param("Wlker & Sons", "from Walker & Sons, Ltd", "Walker & Sons", id="a letter left out"),
        pytest.param("Walkeer & Sons", "from Walker & Sons, Ltd", "Walker & Sons", id="a letter too many"),
        pytest.param("Wakler & Sons", "from Walker & Sons, Ltd", "Walker & Sons", id="two letters swapped"),
        pytest.param("Harbour Lame 12", "at Harbour Lane 12", "Harbour Lane 12", id="another letter of a long value"),
        pytest.param(
            "Versicherung", "die Ver-\nsicherung zahlt", "Ver-\nsicherung", id="a hyphen at the end of a line"
        ),
        pytest.param("United Kingdom.", "the UnitedKingdom and", "UnitedKingdom", id="no blank"),
        pytest.param("B1ack & S0hn", "Black & Sohn", "Black & Sohn", id="figures for letters"),
        pytest.param("RE-2O24-OO17", "No. RE-2024-0017 of", "RE-2024-0017", id="letters for figures"),
        pytest.param("Muller", "Herr Müller kam", "Müller", id="no accent"),
        pytest.param("corning", "the coming year", "coming", id="two letters for one"),
        pytest.param("Москвa", "город Москва, улица", "Москва", id="a letter of another alphabet"),
        pytest.param(
            "DE88200800000970375700", "IBAN DE88 2008 0000 0970 3757 00 BIC", "DE88 2008 0000 0970 3757 00", id="IBAN"
        ),
        pytest.param("+49 30 123456", "Tel. +49 (30) 12-34-56, Fax", "49 (30) 12-34-56", id="telephone"),
        pytest.param("東京都港区曰本橋", "所在地 東京都港区日本橋 電話", "東京都港区日本橋", id="Japanese"),
    ],
)
def test_a_value_with_slips_is_found(value: str, text: str, said: str):
    (found,) = ground([value], text)
    assert (found.quotation, found.match) == (said, "similar")
    assert 0.6 <= found.similarity < 1


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param("Harbour Lane 13", "at Harbour Lane 12", id="another figure"),
        pytest.param("RE-2024-0018", "No. RE-2024-0017", id="another figure of a code"),
        pytest.param("RE-2024-001", "No. RE-2024-0017", id="a figure less"),
        pytest.param("Hanno", "Frau Hanna kam", id="another letter of a short word"),
        pytest.param("Walzen", "Walker & Sons", id="two other letters"),
        pytest.param("1234", "1 2 3 4", id="figures of several numbers"),
        pytest.param("1234", "12.34", id="figures of a fraction"),
        pytest.param("lO", "10 pieces", id="two letters"),
        pytest.param("Maria", "Mario and Marie", id="other names"),
    ],
)
def test_another_value_is_not_found(value: str, text: str):
    assert quotation(value, text) is None


def slip(value: str, chance: random.Random) -> str:
    at = chance.choice([index for index, letter in enumerate(value) if letter.isalpha()])
    letter = value[at].lower()
    if letter in ALIKE and chance.random() < 0.5:
        return value[:at] + ALIKE[letter] + value[at + 1 :]
    return value[:at] + value[at + 1 :]


@settings(max_examples=200, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(1, 4))
def test_one_slip_in_a_value_of_some_length_is_forgiven(chance: random.Random, count: int):
    words = [chance.choice(WORDS) for _ in range(40)]
    start = chance.randrange(len(words) - count)
    value = " ".join(words[start : start + count])
    if len(value) > 6:
        found = ground([slip(value, chance)], " ".join(words))
        assert found
        assert shape_of(value)[:3] in shape_of(found[0].quotation) or shape_of(value)[-3:] in shape_of(
            found[0].quotation
        )


@settings(max_examples=200, deadline=None)
@given(st.randoms(use_true_random=False))
def test_another_figure_is_never_forgiven(chance: random.Random):
    words = [f"{chance.choice(WORDS)} {chance.randint(10, 99_999)}" for _ in range(20)]
    value, text = chance.choice(words), " ".join(words)
    at = chance.choice([index for index, letter in enumerate(value) if letter.isdigit()])
    other = value[:at] + chance.choice([figure for figure in "234679" if figure != value[at]]) + value[at + 1 :]
    if other not in text:
        assert quotation(other, text) is None


@given(st.text(max_size=30), st.text(max_size=60))
def test_no_text_is_too_odd(value: str, text: str):
    for found in ground([value], text):
        assert found.quotation == text[found.span.start : found.span.end]
        assert 0 < found.similarity <= 1


def test_a_stretch_of_letters_without_blanks_takes_a_slip():
    assert quotation(CITY[2:8] + CITY[9:], f"住所 {CITY} 御中") == (CITY[2:], "similar")


def test_a_stretch_that_a_text_repeats_is_compared_once(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[str] = []
    distances = similar.distances

    def counted(wanted: Shapes, text: Shapes, most: int) -> Sequence[int]:
        compared.append(text.text)
        return distances(wanted, text, most)

    monkeypatch.setattr(similar, "distances", counted)
    text = "Total carrled forward from page before\n" * 500
    found = similar.SimilarIndex(text).find("total carried forwerd from page")
    assert {text[slice(*span)] for span in found} == {"Total carrled forward from page"}
    assert len(found) > 1
    assert len(compared) == len(set(compared)) < 20
