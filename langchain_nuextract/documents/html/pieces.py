"""A page as clean HTML in pieces, for models that read HTML.

Scripts, styles and hidden elements are gone, attributes are those that Markdown has a use for. Pieces end between
blocks, never within a row of a table, an item of a list, or code.
"""

from collections.abc import Iterator
from typing import Final

from turbohtml import Comment, Document, Element, Node, parse

from langchain_nuextract.documents.html.clean import clean_for_models
from langchain_nuextract.documents.html.conversion import Prepared
from langchain_nuextract.documents.html.convert import decoded, parsable
from langchain_nuextract.documents.html.main_text import main_text
from langchain_nuextract.documents.html.options import HTMLOptions

_KEPT: Final = frozenset({"href", "src", "alt", "title", "colspan", "rowspan", "start", "lang"})
_WHOLE: Final = frozenset(
    {"tr", "li", "dt", "dd", "pre", "p", "h1", "h2", "h3", "h4", "h5", "h6", "figure", "a", "svg", "math", "caption"}
)
"""Elements that are never divided, however long they are."""
_WRAPPED: Final = frozenset({"table", "thead", "tbody", "tfoot", "ul", "ol", "dl", "blockquote"})
"""Elements of which each piece gets its own."""
_DEEPEST: Final = 100


def prepare(html: str | bytes, options: HTMLOptions, *, size: int, encoding: str | None = None) -> Prepared:
    """Clean a page and cut it into pieces.

    Args:
        html: The page.
        options: What to keep.
        size: Characters of a piece; only what cannot be divided is longer.
        encoding: The encoding of the bytes where it is known.
    """
    page = decoded(html, options, encoding)
    document = parse(parsable(page.text), positions=False)
    title = document.select_one("title:not(svg title)")
    warnings = [*page.warnings, *clean_for_models(document, options)]
    chosen: Node = document
    if options.main:
        chosen, doubts = main_text(document)
        warnings += doubts
    _bare(chosen)
    body = chosen.select_one("body") if isinstance(chosen, Document) else chosen
    pieces = _packed(_blocks(body, size, 0), size) if isinstance(body, Element) else []
    return Prepared(
        page.text, tuple(pieces), " ".join(title.text.split()) if title else "", page.encoding or None, tuple(warnings)
    )


def _bare(tree: Node) -> None:
    """Reduce attributes."""
    for element in tree.iter_elements():
        for name in [each for each in element.attrs if each not in _KEPT]:
            if not (name == "class" and element.tag == "code"):
                element.attrs.pop(name, None)


def _blocks(element: Element, size: int, depth: int) -> Iterator[str]:
    """Write an element as blocks, each no longer than a piece if it can be divided."""
    for child in element.children:
        if isinstance(child, Comment):
            continue
        html = child.html
        divisible = isinstance(child, Element) and child.tag not in _WHOLE and depth < _DEEPEST
        if len(html) <= size or not divisible:
            yield html
        elif isinstance(child, Element):
            parts = _packed(_blocks(child, size, depth + 1), size)
            # Each half of a list is a list again: <ul>…</ul><ul>…</ul>.
            yield from (f"<{child.tag}>{part}</{child.tag}>" if child.tag in _WRAPPED else part for part in parts)


def _packed(blocks: Iterator[str], size: int) -> list[str]:
    """Put blocks together to pieces."""
    pieces: list[str] = []
    current: list[str] = []
    length = 0
    for block in blocks:
        if current and length + len(block) > size:
            pieces.append("".join(current))
            current, length = [], 0
        current.append(block)
        length += len(block)
    return [piece for piece in [*pieces, "".join(current)] if piece.strip()]
