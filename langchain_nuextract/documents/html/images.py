"""Pictures: those that scripts load later, drawings, and data that stands in the page itself."""

import re
from collections.abc import Iterator
from typing import Final

from turbohtml import Document, Element, Text

from langchain_nuextract.documents.html.options import HTMLOptions

_LAZY: Final = ("data-src", "data-original", "data-lazy-src", "data-lazy", "data-url", "data-srcset", "srcset")
"""Where the address of a picture stands that a script loads when it comes into view."""
_PLACEHOLDER: Final = re.compile(r"\s*(?:$|data:|about:|javascript:)|.{0,500}?\b(?:placeholder|spacer|blank|1x1)\b")
_DOT: Final = re.compile(r"\s*[01](?:px)?\s*")


def clean_images(document: Document, options: HTMLOptions) -> Iterator[str]:
    """Give each picture its address, or only its alternative text where there is none."""
    _noscripts(document)
    drawn = 0
    for drawing in document.select("svg:not(svg svg)"):
        title = drawing.select_one("title")
        label = (title.text if title else drawing.attr("aria-label") or "").strip()
        drawn += max(0, len(drawing.text.strip()) - len(label))
        drawing.replace_with(Text(f" {label} " if label else ""))
    inline = 0
    for image in document.select("img, input[type='image' i]"):
        address = _address(image)
        inline += address is None and (image.attr("src") or "").lstrip()[:5].lower() == "data:"
        # A picture of one pixel counts readers.
        is_dot = any(_DOT.fullmatch(image.attr(side) or "") for side in ("width", "height"))
        if is_dot or options.images == "none":
            image.decompose()
        elif address is None or options.images == "alt":
            image.replace_with(Text(f" {image.attr('alt') or ''} "))
        else:
            image.attrs["src"] = address
    if drawn:
        yield f"text in drawings left out, but for their titles: {drawn} characters"
    if inline:
        yield f"pictures that stand in the page as data left out, but for their alternative text: {inline}"


def _noscripts(document: Document) -> None:
    """Put the picture of a <noscript> in the place of the one that a script would load."""
    for element in document.select("noscript"):
        if element.select_one("img") is None:
            element.decompose()
            continue
        before = element.previous_sibling
        while isinstance(before, Text) and not before.data.strip():
            before = before.previous_sibling
        # An <img>, or nothing but one in its link: <a href="…"><img data-src="…"></a>.
        if (
            isinstance(before, Element)
            and not before.text.strip()
            and (before.tag == "img" or before.select_one("img") is not None)
        ):
            before.decompose()
        element.unwrap()


def _address(image: Element) -> str | None:
    source = image.attr("src")
    if source is not None and not _PLACEHOLDER.match(source):
        return source
    for name in _LAZY:
        candidate = (image.attr(name) or "").strip()
        if candidate and not candidate.startswith("data:"):
            # Of a list of sizes the last is the largest, as it is nearly always written.
            return candidate.rsplit(", ", 1)[-1].split()[0] if name.endswith("srcset") else candidate
    return source if source and source.lstrip()[:5].lower() != "data:" else None
