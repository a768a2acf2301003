"""Emphasis at letters that the writer does not know for letters.

Beside any letter outside ASCII the writer falls back to tags, for the whole page: <strong>Payé</strong>. Stars do there
as well wherever CommonMark reads them as emphasis, which is decided here.
"""

import unicodedata
from typing import Final

from turbohtml import Document, Element, Node, Text

from langchain_nuextract.documents.html.markup import CLOSE, OPEN, has_raw, raw

_EMPHASIS: Final = "em, strong, i, b"
_TOO_DEEP: Final = "b b b, strong strong strong, i i i, em em em"
"""Emphasis within the same emphasis twice over, as tags that are never closed leave it."""
_INLINE: Final = frozenset({"em", "strong", "i", "b", "span", "u", "font", "small", "mark", "abbr", "cite", "ins"})
_BLOCKS: Final = "p, div, ul, ol, table, h1, h2, h3, h4, h5, h6, pre, br, hr, blockquote, section, article"


def clean_emphasis(document: Document) -> None:
    """Write emphasis beside letters that are not ASCII."""
    for element in document.select(_TOO_DEEP):
        element.unwrap()
    for element in document.select(_EMPHASIS):
        text = element.text
        if text:
            # The stars of emphasis that stands beside are no letters.
            before = _text(_neighbour(element, "previous_sibling")).rstrip(OPEN)[-1:]
            after = _text(_neighbour(element, "next_sibling")).lstrip(CLOSE)[:1]
            edges = before, text[0], text[-1], after
            if not "".join(edges).isascii() and element.select_one(_BLOCKS) is None:
                _write(element, *edges)


def _write(element: Element, before: str, first: str, last: str, after: str) -> None:
    count = 1 if element.tag in ("em", "i") else 2
    # A star opens before a letter, and before punctuation only where a word could begin; it closes the other way round.
    opens = not first.isspace() and (not _is_sign(first) or not before or before.isspace() or _is_sign(before))
    closes = not last.isspace() and (not _is_sign(last) or not after or after.isspace() or _is_sign(after))
    if opens and closes and before != CLOSE and after != OPEN:
        around = OPEN * count, CLOSE * count
    else:
        around = raw(f"<{element.tag}>").data, raw(f"</{element.tag}>").data
    element.insert_before(Text(around[0]))
    element.insert_after(Text(around[1]))
    element.unwrap()


def _is_sign(character: str) -> bool:
    return has_raw(character) or unicodedata.category(character)[0] in "PS"


def _neighbour(element: Element, side: str) -> Node | None:
    """What stands beside an element, or beside the inline elements that it begins or ends."""
    node: Node | None = element
    while isinstance(node, Element):
        beside: Node | None = getattr(node, side)
        if beside is not None:
            return beside
        node = node.parent if isinstance(node.parent, Element) and node.parent.tag in _INLINE else None
    return None


def _text(node: Node | None) -> str:
    """The text of a neighbour; an emphasised one counts as its stars, a block as a blank."""
    match node:
        case Text():
            return node.data
        case Element() if node.tag in ("em", "strong", "i", "b"):
            return OPEN
        case Element():
            return node.text if node.tag in _INLINE or node.tag in ("a", "sup", "sub", "code") else " "
        case _:
            return ""
