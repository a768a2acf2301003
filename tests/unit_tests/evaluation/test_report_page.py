"""The page of a report."""

import re

import pytest

from langchain_nuextract.evaluation.report_page import report_html
from langchain_nuextract.viewer import difference
from tests.unit_tests.evaluation.reports import report


def test_it_says_the_verdict_first_and_then_what_it_rests_on():
    html = report_html(report())
    said = [
        *("lora is not shown to be better than base.", "Models", "Fields", "lora against base", "+5.2%", "-3.3%"),
        *("stuck at 0", "Errors", "How sure base is", "0.900", "Groups", "Method"),
    ]
    places = [html.index(each) for each in said]
    assert places == sorted(places)


def test_every_link_leads_somewhere():
    html = report_html(report())
    links = set(re.findall(r'href="#([^"]+)"', html))
    assert links
    assert links <= set(re.findall(r'id="([^"]+)"', html))


def test_a_cell_of_the_heat_map_leads_to_the_first_error_of_its_field_and_model():
    html = report_html(report())
    (row,) = re.findall(r"<tr><th scope=\"row\">\$\.payee.*?</tr>", html)
    assert re.findall(r'href="#([^"]+)"', row) == ["vg0-1"]


def test_what_differs_is_marked_letter_by_letter():
    assert difference("955.67", "955.76") == ("955.6<del>7</del>", "955.<ins>7</ins>6")
    assert difference("a<b", "a<b") == ("a&lt;b", "a&lt;b")
    first, second = difference("Paper", "Papers Ltd")
    assert (first, second) == ("Paper", "Paper<ins>s Ltd</ins>")


def test_without_documents_no_value_and_no_word_of_them_is_in_the_page():
    html = report_html(report(), documents=False)
    assert "abababab" in html
    assert "cheque-1" in html
    for said in ("Northwind", "955", "18/03/2025", "&#x27;sum&#x27;", "data:image"):
        assert said not in html


def test_what_documents_and_models_say_is_escaped():
    attack = "</script><script>alert(1)</script><img src=x onerror=alert(1)>"
    html = report_html(report(text=attack, predicted=attack))
    assert html.count("<script") == 1
    assert "<img src=x" not in html


@pytest.mark.parametrize("documents", [True, False])
def test_equal_reports_are_equal_bytes(documents):
    assert report_html(report(), documents=documents) == report_html(report(), documents=documents)
