"""Footnotes: `[^1]` in the text and `[^1]: …` where the note stands, for links that go there and back."""

import re
from collections.abc import Iterator
from typing import Final

from turbohtml import Document, Element

from langchain_nuextract.documents.html.markup import raw
from langchain_nuextract.documents.html.options import HTMLOptions

_LABEL: Final = re.compile(r"[\[(]?(?:\d{1,3}|[a-z]|[*†‡§]{1,3}|note \d{1,3})[\])]?", re.IGNORECASE)
_NAMED: Final = re.compile(r"foot-?note|\bfn|noteref|endnote", re.IGNORECASE)
_BACK: Final = re.compile(r"\W*|back|jump up|return", re.IGNORECASE)
_NOTES: Final = "li, p, div, dd, aside"
_BLOCKS: Final = "ul, ol, table, pre, blockquote, h1, h2, h3, h4, h5, h6"


def clean_footnotes(document: Document, _: HTMLOptions) -> Iterator[str]:
    """Turn references and notes into those of Markdown."""
    marks = [link for link in document.select("a[href^='#']") if _is_reference(link)]
    if not marks:
        return
    by_id = {element.attr("id") or "": element for element in document.select("[id]")}
    numbers: dict[str, int] = {}
    for link in marks:
        name = (link.attr("href") or "")[1:]
        note = by_id.get(name)
        # A link to a whole section is no reference, whatever its label.
        is_note = note and note.matches(_NOTES) and note.text.strip() and note.select_one(_BLOCKS) is None
        if name in numbers or is_note:
            number = numbers.setdefault(name, len(numbers) + 1)
            above = link.parent
            whole = above if isinstance(above, Element) and above.tag == "sup" and above.text == link.text else link
            whole.replace_with(raw(f"[^{number}]"))
    for name, number in numbers.items():
        _rewrite(by_id[name], number)
    yield from ()


def _is_reference(link: Element) -> bool:
    if not _LABEL.fullmatch(link.text.strip()):
        return False
    # `<sup><a href="#n1">1</a></sup>`, or `class="footnote-ref"`; a bare `[1]` may lead to a section.
    named = f"{link.attr('class') or ''} {link.attr('id') or ''} {link.attr('role') or ''} {link.attr('href') or ''}"
    return link.closest("sup") is not None or _NAMED.search(named) is not None


def _rewrite(note: Element, number: int) -> None:
    for link in note.select("a[href^='#']"):
        if _BACK.fullmatch(link.text.strip()) or "back" in (link.attr("class") or ""):
            link.decompose()
    for paragraph in note.select("p, div"):
        paragraph.unwrap()
    note.insert(0, raw(f"[^{number}]: "))
    above = note.parent
    if note.tag == "li" and isinstance(above, Element):
        note.tag = "p"
        above.insert_before(note)
        if not above.text.strip():
            above.decompose()
