"""Emphasis, lists and small signs, in forms that Markdown has."""

from collections.abc import Iterator
from typing import Final

from turbohtml import Document, Element, Text

from langchain_nuextract.documents.html.emphasis import clean_emphasis
from langchain_nuextract.documents.html.markup import LOOSE, has_raw, raw
from langchain_nuextract.documents.html.options import HTMLOptions

_HEADINGS: Final = "h1, h2, h3, h4, h5, h6"


def clean_inline(document: Document, _: HTMLOptions) -> Iterator[str]:
    """Put the small things right."""
    for element in document.select("sup, sub"):
        text = element.text.strip()
        # What is raised or lowered stays the HTML that Markdown takes: 10<sup>6</sup> is not 106.
        if text and not has_raw(text) and element.select_one("a, img") is None:
            element.insert_before(raw(f"<{element.tag}>"))
            element.insert_after(raw(f"</{element.tag}>"))
    # Some readings have brackets for browsers that know none, some do not: each gets its own.
    document.remove("ruby rp")
    for reading in document.select("ruby rt"):
        reading.insert_before(Text("("))
        reading.insert_after(Text(")"))
    for heading in document.select(", ".join(f"a > {each}" for each in _HEADINGS.split(", "))):
        _link_inside(heading)
    for item in document.select("li:has(> p)"):
        if item.text.strip():
            item.append(Element("p", None, [Text(LOOSE)]))
    clean_emphasis(document)
    yield from ()


def _link_inside(heading: Element) -> None:
    """Turn a link around a heading into a heading with a link: the writer would keep the link alone."""
    link = heading.parent
    if isinstance(link, Element):
        heading.wrap_children(Element("a", {"href": link.attr("href") or ""}))
        if link.select_one(_HEADINGS):
            link.unwrap()
