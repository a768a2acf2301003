"""Code: without the numbers of its lines, and with its language where the writer looks for it."""

import re
from collections.abc import Iterator
from typing import Final

from turbohtml import Document, Element

from langchain_nuextract.documents.html.options import HTMLOptions

_NUMBERS: Final = re.compile(
    r"(?:^|[\s_-])(?:line-?no?s?|line-?nums?|line-?numbers?(?:-rows)?|lineno-?div|lnt?|gutter|rouge-gutter)(?:$|[\s_-])",
    re.IGNORECASE,
)
_DIGITS: Final = re.compile(r"[\d\s.:|]*")
_LANGUAGE: Final = re.compile(
    r"(?:^|\s)(?:lang(?:uage)?-|highlight-(?:source|text)-|sourceCode |brush:\s?)([\w+#.-]{1,30})", re.IGNORECASE
)
_ABOVE: Final = 3
"""Elements around a <pre> whose classes may name its language."""


def clean_code(document: Document, _: HTMLOptions) -> Iterator[str]:
    """Take out numbers of lines and buttons, and move the language to the code."""
    blocks = document.select("pre")
    if blocks:
        for element in document.select("pre [class], pre [data-line-number], table [class]"):
            if _NUMBERS.search(element.attr("class") or "") and _DIGITS.fullmatch(element.text):
                element.decompose()
    for block in blocks:
        block.remove("button")
        language = _language(block)
        code = block.select_one("code") or block
        if language and not _LANGUAGE.match(code.attr("class") or ""):
            code.attrs["class"] = f"language-{language}"
    yield from ()


def _language(block: Element) -> str | None:
    inside = block.select_one("code")
    around: list[Element] = [inside] if inside else []
    element: object = block
    while isinstance(element, Element) and len(around) < _ABOVE + 1:
        around.append(element)
        element = element.parent
    # The innermost says it best: `<div class="highlight lang-py"><pre><code class="language-python">`.
    for each in around:
        named = (
            each.attr("data-lang") or each.attr("data-language") or each.attr("lang") if each.tag != "html" else None
        )
        found = _LANGUAGE.search(each.attr("class") or "")
        if named or found:
            return named or (found[1] if found else None)
    return None
