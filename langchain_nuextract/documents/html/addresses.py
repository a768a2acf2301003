"""Links: absolute where the base is known, and only those that lead somewhere."""

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import urljoin

from turbohtml import Document, Element, Text

from langchain_nuextract.documents.html.options import HTMLOptions

_SCHEME: Final = re.compile(r"([a-z][a-z0-9+.-]{0,30}):", re.IGNORECASE)
_RUN: Final = frozenset({"javascript", "vbscript", "livescript", "mocha", "data", "blob", "filesystem"})
"""Schemes whose address is a script or the content itself."""
_BLANKS: Final = re.compile(r"[\x00-\x1f\x7f]+")
_SYMBOL: Final = re.compile(r"\W*|link|permalink|copy link|anchor", re.IGNORECASE)
_HEADINGS: Final = "h1, h2, h3, h4, h5, h6"


def clean_addresses(document: Document, options: HTMLOptions) -> Iterator[str]:
    """Make addresses absolute, and text of links that lead nowhere."""
    base = document.base_url(options.page_url or "")
    dropped = 0
    for link in document.select("a"):
        href = link.attr("href")
        address = None if href is None else clean_address(href, base)
        dropped += href is not None and address is None
        if address is None or not options.links:
            link.unwrap()
        else:
            link.attrs["href"] = address
            _name(link)
    for image in document.select("img[src]"):
        address = clean_address(image.attr("src") or "", base)
        if address:
            image.attrs["src"] = address
        else:
            image.replace_with(Text(image.attr("alt") or ""))
    if dropped:
        yield f"links to scripts or data of which only the text is kept: {dropped}"


def clean_address(address: str, base: str) -> str | None:
    """Make an address absolute; None if it leads to a script or is data."""
    # Browsers drop control characters in addresses: "java\nscript:" is a script to them.
    address = _BLANKS.sub("", address).strip()
    scheme = _SCHEME.match(address)
    if scheme and scheme[1].lower() in _RUN:
        return None
    if scheme or address.startswith("#") or not base:
        return address
    try:
        return urljoin(base, address)
    except ValueError:
        return address


def _name(link: Element) -> None:
    """Give a link without text that of its label; drop marks that link a heading to itself, and links to nothing."""
    text = link.text.strip()
    if (link.attr("href") or "").startswith("#") and _SYMBOL.fullmatch(text) and link.closest(_HEADINGS):
        link.decompose()
    elif not text and link.select_one("img") is None:
        label = (link.attr("aria-label") or link.attr("title") or "").strip()
        if label:
            link.set_text(label)
        else:
            link.unwrap()
