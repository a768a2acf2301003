# ruff: noqa: RUF001  (marks that look alike are what this is about)
import pytest
from hypothesis import given
from hypothesis import strategies as st

from langchain_nuextract.grounding import ground
from langchain_nuextract.paths import JSON


def quotations(value: JSON, text: str) -> list[tuple[str, str]]:
    return [(found.quotation, found.match) for found in ground([value], text)]


@pytest.mark.parametrize(
    ("value", "text", "quotation"),
    [
        pytest.param(-12.5, "Total 12.50-", "12.50", id="a minus behind"),
        pytest.param(-12.5, "Total −€12.50", "12.50", id="a minus before the sign of money"),
        pytest.param(-12.5, "Total € -12.50", "12.50", id="a minus behind the sign of money"),
        pytest.param(-12.5, "Total (EUR 12,50)", "12,50", id="parentheses"),
        pytest.param(-12.5, "moins 12,50 €", "12,50", id="a word for minus"),
        pytest.param(-12.5, "Rabatt:  - 12,50", "12,50", id="a minus in a column"),
        pytest.param(5, "- 5 apples", "5", id="the bullet of a list"),
        pytest.param(5, "pages 3-5", "5", id="a range"),
        pytest.param(5, "class K-5", "5", id="a code"),
        pytest.param(24, "twenty-four (24) pieces", "24", id="a remark in parentheses"),
        pytest.param("602", "room - (602)", "602", id="figures that are a text"),
        pytest.param(0.19, "19 % VAT", "19", id="per cent"),
        pytest.param(0.075, "7,5 Prozent", "7,5", id="per cent in words"),
        pytest.param(3_000_000, "rund 3 Mio. €", "3 Mio", id="millions"),
        pytest.param(30_000, "3万円", "3万", id="ten thousands"),
        pytest.param(100_000, "₹1,00,000", "1,00,000", id="Indian groups"),
        pytest.param("12.50", "12,50", "12,50", id="a decimal as text"),
        pytest.param("€ 1,580.22", "1.580,22 EUR", "1.580,22", id="a currency by its code"),
        pytest.param("99 EUR", "Preis: 99,00 Euro", "99,00", id="a currency by its name"),
        pytest.param("19%", "zzgl. 19 % USt", "19", id="per cent as text"),
        pytest.param("300 kg", "about 300kg", "300", id="a unit"),
    ],
)
def test_an_amount_is_found_as_people_write_it(value: JSON, text: str, quotation: str):
    assert [found for found, _ in quotations(value, text)] == [quotation]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        *(pytest.param(12.5, text, id=text) for text in ("-12.50", "12.50-", "(12.50)", "−€12.50", "minus 12.50")),
        pytest.param("12.50", "Total -12.50", id="as text"),
        pytest.param(-5, "class K-5, pages 3-5, - 5 apples", id="no minus"),
        pytest.param("340 kg", "340 m and 300 kg", id="another unit"),
        pytest.param("5 USD", "5 EUR", id="another currency"),
        pytest.param("5.00", "5 items", id="no fraction"),
        pytest.param("007", "7 items", id="zeros of a code"),
        pytest.param(0.19, "19 items", id="not per cent"),
    ],
)
def test_another_amount_is_not_found(value: JSON, text: str):
    assert quotations(value, text) == []


@given(st.decimals(1, 10**6, places=2), st.sampled_from(["-{}", "−{} €", "{}-", "({})", "EUR -{}", "minus {}", "–{}"]))
def test_no_positive_number_cites_a_negative_one(number: object, form: str):
    written = form.format(number)
    assert quotations(float(str(number)), f"Sum {written}") == []
    assert [found for found, _ in quotations(-float(str(number)), f"Sum {written}")] == [str(number)]


@pytest.mark.parametrize(
    ("code", "text", "name"),
    [
        pytest.param("EUR", "Total 5 €", "€", id="the sign of money"),
        pytest.param("EUR", "bezahlt in Euro", "Euro", id="the name of money"),
        pytest.param("JPY", "5円", "円", id="Japanese"),
        pytest.param("DE", "Wohnhaft in Deutschland", "Deutschland", id="a country"),
        pytest.param("fr", "Sprache: Französisch", "Französisch", id="a language"),
    ],
)
def test_a_code_is_found_by_a_name(code: str, text: str, name: str):
    assert quotations(code, text) == [(name, "name")]


def test_a_code_is_no_word_in_small_letters():
    assert quotations("US", "tell us of it") == []
