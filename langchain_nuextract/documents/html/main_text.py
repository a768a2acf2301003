"""The main text of a page: by trafilatura where it is installed, else by density of text and the names of margins."""

import re
from typing import Final

from turbohtml import Document, Element, Node, Text, parse

_MARGINS: Final = (
    "nav, aside, footer, menu, [role='navigation'], [role='banner'], [role='contentinfo'], [role='complementary'], "
    "[role='search'], [role='menu'], [role='menubar'], [role='toolbar'], [role='dialog'], [role='alertdialog'], "
    "[aria-modal='true'], body > header"
)
_NAMES: Final = re.compile(
    r"(?:^|[\s_-])(?:ads?|adverts?|advertisement|sponsor\w*|promo\w*|banner|billboard|"
    r"nav\w*|menu\w*|sub-?menu|breadcrumbs?|pagination|pager|paging|toolbar|top-?bar|skip-?links?|"
    r"side-?bar\w*|right-?rail|widget\w*|foot(?:er)?|site-?foot\w*|page-?footer|masthead|site-?header|page-?header|"
    r"cookie\w*|consent\w*|gdpr|pop-?up|modal|overlay|lightbox|newsletter\w*|subscri\w*|sign-?up|log-?in|register|"
    r"shar(?:e|ing)\w*|social\w*|follow\w*|related\w*|recommend\w*|more-?(?:stories|news|from|articles)|"
    r"read-?(?:more|next|also)|also-?like|most-?(?:read|popular)|popular\w*|trending|latest\w*|teasers?|"
    r"comments?|comment-?\w+|respond|author-?(?:box|bio)|about-?author|bio|"
    r"tags?|tag-?(?:list|cloud)|categories|post-?meta|entry-?meta|meta|copyright|legal|disclaimer|print-?only|noprint|"
    r"rating\w*|feedback|search\w*|language-?\w+|hidden|screen-?reader\w*|sr-only|visually-?hidden)(?:$|[\s_-])",
    re.IGNORECASE,
)
"""Words in the class or id of what stands around a text, as authors and their tools name it."""
_TEXT: Final = frozenset({"html", "body", "main", "article", "h1", "h2", "h3", "p", "pre", "code", "blockquote"})
_LISTS: Final = "div, section, ul, ol, table"
_MOST: Final = 0.4
"""Share of the text that a margin may have; more is the text itself, under an unlucky name."""
_LINKED: Final = 0.6
"""Share of a block's text in links from which it is a list of them."""
_GAIN: Final = 1.6
"""Times the text beside links that the parent must have to be the better choice: the first was one part of it."""
_DENSITY: Final = 0.2
"""Share of its text in links that it may have for that."""
_STEPS: Final = 20
"""Elements that it goes up at the most."""
_MOST_SKIPPED: Final = 1
"""Levels that may add little: a post with the name of its author, before all posts."""
_LEAST: Final = 0.1
"""Share of the page that the main text must have to be believed."""
_EFFORT: Final = 50
"""Times the text that may be looked through for lists of links, which nest."""
_SHORTEST: Final = 250
"""Characters below which a page is all main text."""
_COMPARED: Final = 200
"""Characters by which an item of a list is known."""
_ELEMENTS: Final = 40_000
_ATTRIBUTES: Final = 100
"""Beyond these trafilatura takes seconds; it is linear in elements (4 s here) and quadratic in attributes."""


def main_text(document: Document) -> tuple[Node, list[str]]:
    """Find the main text in a clean tree, which is changed; says what was doubtful."""
    body = document.select_one("body")
    if body is None or len(body.text) < _SHORTEST:
        return document, []
    before = _letters(body)
    elements = list(document.iter_elements())
    if len(elements) > _ELEMENTS:
        chosen, warnings = None, ["the page is too large for trafilatura: its main text is found by simpler rules"]
    else:
        for element in elements:
            if len(element.attrs) > _ATTRIBUTES:
                element.attrs.clear()
        chosen, warnings = _by_trafilatura(document), []
    headings = body.select("h1")
    heading = " ".join(headings[0].text.split()) if len(headings) == 1 else ""
    found = chosen or _by_density(document, body, warnings)
    # The heading of a page that has one of the first level belongs to its main text, wherever it stood.
    root = found.select_one("body") if isinstance(found, Document) else found
    if heading and isinstance(root, Element) and heading not in " ".join(root.text.split()):
        root.insert(0, Element("h1", None, [Text(heading)]))
    share = 1 - _letters(found) / before
    return found, [*warnings, f"outside the main text and left out: {share:.0%} of the page's text"]


def _letters(node: Node) -> int:
    return sum(map(len, node.text.split())) or 1


def _by_trafilatura(document: Document) -> Document | None:
    try:
        from trafilatura import extract  # noqa: PLC0415 - an optional package
    except ImportError:
        return None
    html = extract(
        document.html,
        output_format="html",
        fast=True,
        include_links=True,
        include_images=True,
        include_tables=True,
        include_formatting=True,
    )
    found = parse(html, positions=False) if html else None
    if found is None or len(found.text) < _LEAST * len(document.text):
        return None
    # It makes bullets of all lists.
    numbered = {_first_item(each) for each in document.select("ol")}
    for each in found.select("ul") if numbered else ():
        if _first_item(each) in numbered:
            each.tag = "ol"
    return found


def _first_item(items: Element) -> str:
    item = items.select_one("li")
    return " ".join(item.text.split())[:_COMPARED] if item else ""


def _by_density(document: Document, body: Element, warnings: list[str]) -> Node:
    chosen = document.main_content()
    if chosen is not None:
        chosen = _widen(chosen)
    if chosen is None or len(chosen.text) < _LEAST * len(body.text):
        warnings.append("no part of the page stands out as its main text: only menus and the like are left out")
        _prune(body)
        return document
    _prune(chosen)
    return chosen


def _widen(chosen: Element) -> Element:
    """Go up while there is much more text: the choice was one section or column of the text, or one post of several."""
    above, skipped = chosen.parent, 0
    for _ in range(_STEPS):
        if not isinstance(above, Element) or above.tag == "html" or skipped > _MOST_SKIPPED:
            break
        text, linked = _lengths(chosen)
        more, more_linked = _lengths(above)
        is_better = more >= _GAIN * text and more_linked <= _DENSITY * (more + more_linked)
        is_wrapper = more <= 1.02 * text and more_linked <= 1.02 * linked + 5
        if is_better or is_wrapper:
            chosen, skipped = above, 0
        else:
            skipped += 1
        above = above.parent
    return chosen


def _lengths(element: Element) -> tuple[int, int]:
    """Characters beside links, and in links."""
    linked = sum(len(link.text.strip()) for link in element.select("a"))
    return len(element.text.strip()) - linked, linked


def _prune(root: Element) -> None:
    """Take out margins and lists of links."""
    most = _MOST * len(root.text)
    named = [
        each
        for each in root.select("[class], [id]")
        if _NAMES.search(f"{each.attr('class') or ''} {each.attr('id') or ''}")
    ]
    for element in [*root.select(_MARGINS), *named]:
        if element.tag not in _TEXT and len(element.text) <= most:
            element.decompose()
    effort = _EFFORT * len(root.text)
    for element in reversed(root.select(_LISTS)):
        text, linked = _lengths(element)
        effort -= text + linked
        if effort < 0:
            break
        if linked >= _LINKED * (text + linked) and len(element.select("a")) > 2:  # noqa: PLR2004
            element.decompose()
