# ruff: noqa: RUF001  (marks that look alike are what this is about)
import unicodedata
from decimal import Decimal
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langchain_nuextract.grounding import ground
from langchain_nuextract.grounding.normalize import fold
from langchain_nuextract.paths import JSON

INVOICE = "Invoice 1580 of 5 May\nBei  Spiel GmbH\n2 x Gadget 5.00\n1 x WIDGET 5,00\ntotal 1.580,22 €"


def quotations(value: JSON, text: str) -> list[tuple[str, str]]:
    return [(evidence.quotation, evidence.match) for evidence in ground(value, text)]


@pytest.mark.parametrize(
    ("value", "quotation", "match"),
    [
        pytest.param("1580", "1580", "exact", id="exact"),
        pytest.param("bei spiel gmbh", "Bei  Spiel GmbH", "folded", id="case and blanks"),
        pytest.param("widget", "WIDGET", "folded", id="case"),
        pytest.param("TOTAL", "total", "folded", id="capitals"),
        pytest.param(1580.22, "1.580,22", "number", id="decimal comma"),
        pytest.param(5, "5", "exact", id="stands alone"),
        pytest.param(5.0, "5", "number", id="whole float"),
    ],
)
def test_a_value_is_found(value: JSON, quotation: str, match: str):
    assert quotations(value, INVOICE) == [(quotation, match)]


def test_a_number_is_found_at_the_very_beginning():
    assert quotations("5.00", "5.00 EUR") == [("5.00", "exact")]


@pytest.mark.parametrize("value", [None, True, False, "", "missing", 58, "58", 22, -5, "get", "   "])
def test_a_value_that_is_not_there_has_no_evidence(value: JSON):
    assert quotations(value, INVOICE.replace("Gadget", "Gadgot").replace("WIDGET", "WIDGOT")) == []


@pytest.mark.parametrize(
    ("text", "value", "quotation"),
    [
        pytest.param("ﬁne work", "fine", "ﬁne", id="ligature"),
        pytest.param("Hauptstraße 1", "HAUPTSTRASSE 1", "Hauptstraße 1", id="sharp s"),
        pytest.param("caf" + "e\u0301 noir", "CAF\u00c9", "cafe\u0301", id="combining accent"),
        pytest.param("a\u00a0b", "a b", "a\u00a0b", id="no-break space"),
        pytest.param("東京都港区", "東京", "東京", id="no blanks between words"),
        pytest.param("x ＡＣＭＥ y", "acme", "ＡＣＭＥ", id="full width"),
    ],
)
def test_offsets_point_into_the_text_itself(text: str, value: str, quotation: str):
    assert [found for found, _ in quotations(value, text)] == [quotation]


def test_equal_values_take_successive_places():
    spans = [evidence.span for evidence in ground(["ha", "ha", "ha"], "ha ho ha")]
    assert [(span.start, span.end) for span in spans] == [(0, 2), (6, 8), (0, 2)]


def test_fields_of_an_item_are_found_near_each_other():
    items = [{"name": "Gadget", "quantity": 2, "price": 5}, {"name": "WIDGET", "quantity": 1, "price": 5}]
    found = {evidence.path: evidence.span.start for evidence in ground(items, INVOICE)}
    assert found[0, "quantity"] == INVOICE.index("2 x")
    assert found[1, "quantity"] == INVOICE.index("1 x")
    assert found[0, "price"] == INVOICE.index("5.00")
    assert found[1, "price"] == INVOICE.index("5,00")


def test_evidence_comes_in_the_order_of_the_value():
    assert [evidence.path for evidence in ground({"b": "longer words", "a": "x"}, "x longer words")] == [("b",), ("a",)]


@pytest.mark.parametrize(
    ("text", "value", "quotation"),
    [
        pytest.param("1,200 kg", 1200, "1,200", id="comma groups"),
        pytest.param("1 200 kg", 1200, "1 200", id="spaced groups"),
        pytest.param("1\u202f200,50 kg", 1200.5, "1\u202f200,50", id="thin spaces"),
        pytest.param("1'200.50 kg", 1200.5, "1'200.50", id="apostrophes"),
        pytest.param("12.50", 12.5, "12.50", id="zeros behind"),
        pytest.param("007", 7, "007", id="zeros before"),
        pytest.param("-5 °C", -5, "5", id="minus"),
        pytest.param("(5)", -5, "5", id="parentheses"),
        pytest.param("1.580", 1580, "1.580", id="point groups"),
        pytest.param("1.580", 1.58, "1.580", id="point and zero"),
        pytest.param("12,345,678.90", 12345678.9, "12,345,678.90", id="two groups"),
        pytest.param("10000000000000000", 1e16, "10000000000000000", id="large"),
        pytest.param("0,00000015", 1.5e-07, "0,00000015", id="small"),
    ],
)
def test_numbers_are_found_as_people_write_them(text: str, value: float, quotation: str):
    assert [found for found, _ in quotations(value, text)] == [quotation]


@settings(deadline=None)
@given(st.text(alphabet="aBßﬁé e\u0301 \t\n\u00a0İΣς5.,東", max_size=30), st.data())
def test_the_quotation_is_the_value_up_to_folding(text: str, data: st.DataObject):
    start = data.draw(st.integers(0, len(text)))
    value = text[start : data.draw(st.integers(start, len(text)))]
    for evidence in ground(value, text):
        assert evidence.quotation == text[evidence.span.start : evidence.span.end]
        assert fold(evidence.quotation) == fold(value)


@settings(deadline=None)
@given(st.text(max_size=40))
def test_folding_twice_changes_nothing(text: str):
    assert fold(fold(text)) == fold(text)
    assert unicodedata.is_normalized("NFKC", fold("ﬁ\u00c9"))


@given(st.decimals(0, 10**12, places=2), st.sampled_from([",.", ".,", " ,", "'.", "\u202f,", "’,", ",", "."]))
def test_a_number_is_found_in_every_notation(number: Decimal, marks: str):
    *mark, point = marks
    written = f"{number:,.2f}".replace(".", ";").replace(",", "".join(mark)).replace(";", point)
    assert quotations(float(number), f"It is {written} in all") == [(written, match(number, written))]


def match(number: Decimal, written: str) -> str:
    return "exact" if written == str(float(number)) else "number"


def lines(count: int) -> tuple[JSON, str]:
    """A value whose items have names of their own and much that is the same, and a document that says it."""
    words = ["".join(map(chr, (97 + n // 676 % 26, 97 + n // 26 % 26, 97 + n % 26))) for n in range(count)]
    said = (f"{n % 7} x {word.title()} (K-{n}, ok): {n + 0.5:,.2f} EUR" for n, word in enumerate(words))
    items = [
        {"name": f"{word}", "code": f"K-{n}", "quantity": n % 7, "price": n + 0.5, "currency": "EUR", "note": f"no {n}"}
        for n, word in enumerate(words)
    ]
    return {"currencies": ["EUR"] * count, "items": items}, "\n".join(said)


def seconds(count: int) -> float:
    value, text = lines(count)
    began = process_time()
    assert len(ground(value, text)) == 6 * count
    return process_time() - began


def test_time_grows_as_the_document_and_its_values_do():
    # 16 times as long if linear, and up to 30 times where all of it does not fit into the processor's caches; 256 times
    # if quadratic: far enough apart for any machine.
    shortest = min(seconds(250) for _ in "123")
    # The best of three, of which one is enough where nothing else is in the way.
    assert any(seconds(4000) <= 90 * shortest for _ in "123")


def test_a_text_that_is_a_value_is_found_in_itself():
    assert quotations("ha  HA", "ha ha") == [("ha ha", "folded")]
