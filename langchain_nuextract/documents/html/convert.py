"""From a page to Markdown: decode, parse, clean the tree, choose the main text, write."""

import re
from typing import Final

from turbohtml import Document, Markdown, Node, parse

from langchain_nuextract.documents.html.clean import clean
from langchain_nuextract.documents.html.conversion import Conversion
from langchain_nuextract.documents.html.decode import Decoded, decode_page
from langchain_nuextract.documents.html.main_text import main_text
from langchain_nuextract.documents.html.markup import restore_signs, without_reserved
from langchain_nuextract.documents.html.options import HTMLOptions
from langchain_nuextract.errors import TooLarge
from langchain_nuextract.scalars.words import IGNORABLE

_WRITER: Final = Markdown(tables=Markdown.Tables(cell_blocks="text"))
_XML: Final = re.compile(r"\s{0,99}<\?xml\b|<!DOCTYPE\s[^>]{0,99}XHTML", re.IGNORECASE)
_SELF_CLOSED: Final = re.compile(r"<(script|style|title|textarea|iframe)(?=[\s/])([^<>]*/>)", re.IGNORECASE)
_DEEPEST: Final = 512
"""Levels at which the parser, like browsers, stops nesting elements."""


def convert(html: str | bytes, options: HTMLOptions, encoding: str | None) -> Conversion:
    """Convert a page; see `to_markdown`."""
    page = decoded(html, options, encoding)
    text = parsable(page.text)
    document = parse(text, positions=False)
    title = document.select_one("title:not(svg title)")
    base = document.base_url(options.page_url or "")
    warnings = [*page.warnings, *_swallowed(document, text.lower())]
    warnings += clean(document, options)
    chosen, doubts = main_text(document) if options.main else (document, [])
    markdown = markdown_of(chosen)
    warnings += doubts
    if not markdown and page.text.strip():
        warnings.append("there is no text on the page")
    return Conversion(
        markdown=markdown,
        html=page.text,
        title=" ".join(title.text.split()) if title else "",
        encoding=page.encoding or None,
        warnings=tuple(warnings),
        base=base or "",
    )


def decoded(html: str | bytes, options: HTMLOptions, encoding: str | None) -> Decoded:
    """Read the text of a page.

    Raises:
        TooLarge: It has more bytes than it may have.
    """
    if len(html) > options.max_bytes:
        raise TooLarge("the page", f"it has {len(html)} bytes, more than HTMLOptions.max_bytes = {options.max_bytes}")
    return decode_page(html, encoding) if isinstance(html, bytes) else Decoded(html, "")


def markdown_of(tree: Node) -> str:
    """Write a clean tree as Markdown."""
    return restore_signs(tree.to_markdown(_WRITER)).translate(IGNORABLE).strip("\n")


def parsable(html: str) -> str:
    """Make a page's text fit for a parser of HTML, character by character: places stay as they are."""
    if _XML.match(html) or _XML.search(html, 0, 500):
        # `<script src="a.js"/>` is closed in XHTML; in HTML it would swallow the rest of the page.
        html = _SELF_CLOSED.sub(lambda tag: "<meta".ljust(len(tag[1]) + 1) + tag[2], html)
    return without_reserved(html)


def _swallowed(document: Document, html: str) -> list[str]:
    unclosed = [tag for tag in ("script", "style", "textarea") if html.rfind(f"<{tag}") > html.rfind(f"</{tag}")]
    found = [f"a <{tag}> is never closed: what follows it is part of it, as in a browser" for tag in unclosed]
    if any(error.code == "eof-in-comment" for error in document.errors):
        found.append("a comment is never closed: what follows it is not shown, as in a browser")
    if document.xpath("/*" * _DEEPEST):
        found.append(f"elements are nested deeper than {_DEEPEST}: below, they stand side by side, as in a browser")
    return found
