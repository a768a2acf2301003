"""The tree of a page without what nobody reads, and in forms that Markdown has."""

import re
from collections.abc import Callable, Iterator
from typing import Final

from turbohtml import Document, Element, parse_fragment

from langchain_nuextract.documents.html.addresses import clean_addresses
from langchain_nuextract.documents.html.code import clean_code
from langchain_nuextract.documents.html.footnotes import clean_footnotes
from langchain_nuextract.documents.html.forms import clean_forms
from langchain_nuextract.documents.html.formulas import clean_formulas
from langchain_nuextract.documents.html.images import clean_images
from langchain_nuextract.documents.html.inline import clean_inline
from langchain_nuextract.documents.html.options import HTMLOptions
from langchain_nuextract.documents.html.tables import clean_tables

_NOT_CONTENT: Final = "script, style, template, link, meta, object, applet, param, source, track, map, datalist"
_FRAMES: Final = "iframe, frame, embed"
_HIDDEN: Final = "[hidden]:not([hidden='until-found']), dialog:not([open]), input[type='hidden' i]"
_STYLE: Final = re.compile(
    r"(?:^|[;\s])(?:display\s{0,9}:\s{0,9}none|visibility\s{0,9}:\s{0,9}(?:hidden|collapse)"
    r"|font-size\s{0,9}:\s{0,9}0(?:\.0{1,9})?(?![\d.])"
    r"|(?:left|right|top|text-indent)\s{0,9}:\s{0,9}-\d{3,9}(?:px|em|rem|pt|vw|%))(?![\w-])",
    re.IGNORECASE,
)
"""Styles by which an element is not shown, or so far away that nobody sees it."""
_MOST: Final = 0.5
"""Share of a page's text that a hidden element may have: what a script would show later is the page itself."""

Step = Callable[[Document, HTMLOptions], Iterator[str]]


def clean(document: Document, options: HTMLOptions) -> list[str]:
    """Clean a tree in place; says what was left out."""
    return [warning for step in _STEPS for warning in step(document, options)]


def clean_for_models(document: Document, options: HTMLOptions) -> list[str]:
    """Clean a tree that stays HTML: what nobody sees goes, addresses are made absolute."""
    steps: tuple[Step, ...] = (clean_images, _strip, _hide, clean_addresses)
    return [warning for step in steps for warning in step(document, options)]


def _strip(document: Document, _: HTMLOptions) -> Iterator[str]:
    document.remove(_NOT_CONTENT)
    frames = [frame.attr("src") or "" for frame in document.select(_FRAMES)]
    document.remove(_FRAMES)
    for instead in document.select("noframes"):
        # The parser takes what stands here for browsers without frames as text.
        instead.replace_with(Element("div", None, list(parse_fragment(instead.text, positions=False).children)))
    if frames:
        yield f"embedded frames left out: {len(frames)} ({', '.join(filter(None, frames))[:200]})"


def _hide(document: Document, options: HTMLOptions) -> Iterator[str]:
    if options.hidden:
        return
    hidden = document.select(_HIDDEN)
    hidden += [element for element in document.select("[style]") if _STYLE.search(element.attr("style") or "")]
    letters = 0
    everything = len(document.text) if hidden else 0
    for element in hidden:
        length = len(element.text)
        if length <= everything * _MOST and element.tag not in ("html", "body"):
            letters += len(element.text.strip())
            element.decompose()
    if letters:
        yield f"hidden elements left out: {letters} characters"


_STEPS: Final[tuple[Step, ...]] = (
    clean_formulas,  # before scripts go: some hold TeX
    clean_images,  # before <noscript> goes: some hold the picture
    _strip,
    clean_code,
    _hide,
    clean_forms,
    clean_footnotes,
    clean_addresses,
    clean_tables,
    clean_inline,
)
