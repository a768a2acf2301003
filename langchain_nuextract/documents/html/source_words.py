"""The words of a page's HTML, each with its place."""

import html
import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote

from turbohtml import TokenType, tokenize

from langchain_nuextract.documents.html.addresses import clean_address
from langchain_nuextract.documents.html.spans import SourceWord
from langchain_nuextract.scalars.words import find_words

_CODE: Final = frozenset({"script", "style", "template"})
_NOT_SHOWN: Final = _CODE | {"title"}
_NEWLINE: Final = re.compile(r"\r\n?|\n")
_REFERENCE: Final = re.compile(r"&(?:#[xX]?[0-9a-fA-F]{1,8}|[a-zA-Z][a-zA-Z0-9]{0,40});?")
_LINKING: Final = frozenset({"a", "area", "img"})
_LONGEST_TAG: Final = 8_000
_TAG: Final = re.compile(r"""<[^\s>"']*+(?:[^>"']++|"[^"]*+"|'[^']*+')*+>?""")
_ADDRESS: Final = re.compile(r"""\s(?:href|src)\s{0,9}=\s{0,9}(?:"([^"]*)"|'([^']*)'|([^\s>"']+))""", re.IGNORECASE)
_SEEN: Final = frozenset({"alt", "title", "href", "src", "value", "content", "placeholder", "aria-label", "alttext"})
"""Attributes whose words a Markdown of the page may have."""


def source_words(page: str) -> tuple[SourceWord, ...]:
    """Find the words of a page's text, without those of scripts, styles and comments."""
    return tuple(word for start, end in _texts(page, _NOT_SHOWN) for word in _words(page[start:end], start))


def source_text(page: str) -> str:
    """All that a Markdown of the page may say: its text, and attributes that people or links see, decoded."""
    parts = [html.unescape(page[start:end]) for start, end in _texts(page, _CODE)]
    for token in tokenize(page):
        if token.type is TokenType.START_TAG:
            parts += [unquote(value) for name, value in token.attrs or () if name in _SEEN and value]
    return "\n".join(parts)


def source_addresses(page: str, base: str) -> dict[str, tuple[tuple[int, int], ...]]:
    """Find where the addresses of links and pictures stand, by their absolute form, in order."""
    places: dict[str, list[tuple[int, int]]] = {}
    lines = [0, *(found.end() for found in _NEWLINE.finditer(page))]
    for token in tokenize(page):
        if token.type is not TokenType.START_TAG or token.tag not in _LINKING:
            continue
        begun = lines[token.line - 1] + token.col
        tag = page[begun : begun + _LONGEST_TAG]
        whole = _TAG.match(tag)
        for found in _ADDRESS.finditer(tag, 0, whole.end() if whole else len(tag)):
            group = next(number for number in (1, 2, 3) if found[number] is not None)
            address = clean_address(html.unescape(found[group]), base)
            if address:
                places.setdefault(address, []).append((begun + found.start(group), begun + found.end(group)))
    return {address: tuple(found) for address, found in places.items()}


def _texts(page: str, left_out: frozenset[str]) -> Iterator[tuple[int, int]]:
    """Ranges of the HTML that are text, but for that of some elements."""
    lines = [0, *(found.end() for found in _NEWLINE.finditer(page))]
    begun, hidden = -1, None
    for token in tokenize(page, resolve_references=False, capture_attributes=False):
        is_text = token.type in (TokenType.TEXT, TokenType.CHARACTER_REFERENCE) and hidden is None
        if is_text and begun < 0:
            begun = lines[token.line - 1] + token.col
        elif not is_text and begun >= 0:
            yield begun, lines[token.line - 1] + token.col
            begun = -1
        if token.type is TokenType.START_TAG and hidden is None and token.tag in left_out and not token.self_closing:
            hidden = token.tag
        elif token.type is TokenType.END_TAG and token.tag == hidden:
            hidden = None
    if begun >= 0:
        yield begun, len(page)


def _words(text: str, offset: int) -> Iterator[SourceWord]:
    if "&" not in text:
        yield from (SourceWord(word.folded, offset + word.start, offset + word.end) for word in find_words(text))
        return
    # Places in the decoded text, and how far the HTML is ahead of it after each reference.
    places, ahead, parts = [0], [offset], [""]
    length = last = 0
    for found in _REFERENCE.finditer(text):
        character = html.unescape(found[0])
        parts += [text[last : found.start()], character]
        length += found.start() - last + len(character)
        last = found.end()
        places.append(length)
        ahead.append(offset + last - length)
    for word in find_words("".join([*parts, text[last:]])):
        before = bisect_right(places, word.start) - 1
        after = bisect_right(places, word.end) - 1
        yield SourceWord(word.folded, word.start + ahead[before], word.end + ahead[after])
