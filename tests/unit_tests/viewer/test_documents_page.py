"""The page on which documents and values stand side by side."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langchain_nuextract.paths import leaves
from langchain_nuextract.viewer import Box, DocumentView, Note, PageView, ValueView, documents_page

DOT = "data:image/png;base64,iVBORw0KGgo="
TEXT = "Zoë Klein owes 12.50 EUR, twelve fifty."


class Elements(HTMLParser):
    """Every element with its attributes, and the text in those of each class or name."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.texts, self._open = [], {}, []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in {"meta", "img", "br"}:
            self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        for tag in set(self._open):
            self.texts[tag] = self.texts.get(tag, "") + data

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


def view(value, text=TEXT, **more):
    return DocumentView("a.txt", value, text, **more)


def test_each_value_leads_to_its_mark_and_back():
    values = (ValueView(("name",), ((0, 9),)), ValueView(("sum",), ((15, 20), (26, 38)), match="number"))
    page = Elements(documents_page([view({"name": "Zoë Klein", "sum": 12.5}, values=values)], "a.txt"))
    names = {each["id"] for _, each in page.elements if each.get("id")}
    links = [each["href"] for each in page.all("a") if "href" in each]
    assert sorted(links) == ["#m0-0", "#m0-1", "#v0-0", "#v0-1", "#v0-1"]
    assert {link.removeprefix("#") for link in links} <= names
    assert page.texts["mark"] == "Zoë Klein12.50twelve fifty"
    assert page.texts["pre"] == TEXT


def test_a_value_without_a_place_says_why():
    html = documents_page([view({"name": "Ida"}, values=(ValueView(("name",), reason="not found"),))], "a.txt")
    assert "0 of 1 values placed" in html
    assert "Without a place in the document (1)" in html
    assert html.count("not found") >= 2


def test_boxes_lie_over_the_picture_of_their_page():
    pages = (PageView("a.pdf page 1", 0, 10, DOT), PageView("a.pdf page 2", 11, len(TEXT)))
    values = (ValueView(("name",), ((0, 9),), (Box(0, 0.1, 0.2, 0.5, 0.25),)),)
    page = Elements(documents_page([view({"name": "Zoë Klein"}, values=values, pages=pages)], "a.pdf"))
    (rect,) = page.all("rect")
    assert [float(rect[name]) for name in ("x", "y", "width", "height")] == pytest.approx([0.1, 0.2, 0.4, 0.05])
    assert [each["src"] for each in page.all("img")] == [DOT]
    led_to = [(tag, each) for tag, each in page.elements if each.get("id") == "m0-0"]
    assert len(led_to) == 1
    assert led_to[0][1]["data-v"] == "0-0"


def test_rows_are_a_table_and_what_is_nested_is_laid_out():
    value = {"rows": [{"a": 1, "b": None}, {"a": 2, "c": "x"}], "deep": [{"a": [1, {"b": True}]}], "none": [], "no": {}}
    page = Elements(documents_page([view(value)], "a.txt"))
    (table,) = page.all("table")
    assert table == {}
    assert page.texts["th"] == "#abc01"
    assert page.texts["td"] == "1null2x"
    assert "true" in page.texts["ol"]


def test_it_loads_nothing_and_runs_only_its_own_script():
    html = documents_page([view({"url": "https://example.org/x.js"}, text="https://example.org")] * 2, "two")
    page = Elements(html)
    (policy,) = [each["content"] for each in page.all("meta") if each.get("http-equiv")]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert page.all("link") == []
    assert all("src" not in each and "style" not in each for tag, each in page.elements if tag != "img")
    assert all(re.match("#", each["href"]) for _, each in page.elements if "href" in each)
    assert all(not name.startswith("on") for _, each in page.elements for name in each)


_TEXTS = st.text(st.sampled_from("<>&\"'=/ab\n\0\u202e\ud800é😀 `"), max_size=30)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | _TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXTS, inner, max_size=3),
    max_leaves=8,
)


@given(_VALUES, _TEXTS, st.data())
def test_nothing_that_a_document_says_becomes_markup(value, text, data):
    spans = st.lists(st.tuples(st.integers(0, len(text)), st.integers(0, len(text))).map(sorted).map(tuple), max_size=2)
    values = tuple(ValueView(path, tuple(data.draw(spans)), match=text, reason=text) for path, _ in leaves(value))
    hostile = DocumentView(
        text, value, text, values, facts=(text,), notes=(Note(text, (text,)),), pages=data.draw(st.just(()))
    )
    html = documents_page([hostile], text)
    html.encode("utf-8")
    page = Elements(html)
    known = {"html", "head", "meta", "title", "style", "body", "header", "h1", "h2", "h3", "p", "nav", "ol", "li", "a"}
    known |= {"article", "div", "section", "pre", "mark", "dl", "dt", "dd", "table", "thead", "tbody", "tr", "th", "td"}
    known |= {"span", "i", "small", "details", "summary", "ul", "script"}
    assert {tag for tag, _ in page.elements} <= known
    assert len(page.all("script")) == 1
    assert all(not name.startswith("on") for _, each in page.elements for name in each)


def test_equal_documents_make_equal_bytes():
    values = (ValueView(("a",), ((0, 3),), confidence=0.4),)
    assert documents_page([view({"a": 1}, values=values)], "x") == documents_page([view({"a": 1}, values=values)], "x")


def test_levels_beyond_measure_do_not_end_the_page():
    value = 1
    for _ in range(500):
        value = [value]
    assert "[[[[" in documents_page([view({"deep": value})], "deep")
