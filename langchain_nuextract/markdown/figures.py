"""Pictures that a model describes: taken out of the Markdown, since their words are the model's own."""

import re
from html import unescape
from typing import Final

from langchain_nuextract.markdown.reading import Figure

# Bounded, for a text may have `<figure` thousands of times and never a `>`.
_OPENED: Final = re.compile(r"<figure\b[^<>]{0,1000}>", re.IGNORECASE)
_ATTRIBUTE: Final = re.compile(r"""\b(data-id|src|alt)\s{0,9}=\s{0,9}(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
_END: Final = "</figure>"


def split_figures(markdown: str) -> tuple[str, tuple[Figure, ...]]:
    """Take the figures of NuExtract3 out of a Markdown, and leave `![](img_1.png)` in their places.

    A figure that was cut off ends with the text: what would be its description is not the document's.
    """
    parts: list[str] = []
    figures: list[Figure] = []
    at = 0
    while opened := _OPENED.search(markdown, at):
        end = markdown.find(_END, opened.end())
        # "<figure data-id="img_1.png" src="img_1.png" alt="A bar ch": nothing behind it is the page's.
        stop = len(markdown) if end < 0 else end + len(_END)
        found = {
            name.lower(): unescape(one or other)
            for name, one, other in _ATTRIBUTE.findall(markdown[opened.start() : stop])
        }
        parts += [markdown[at : opened.start()], f"![]({found.get('src', '')})"]
        figures.append(Figure(found.get("data-id", f"img_{len(figures) + 1}"), found.get("alt", "")))
        at = stop
    return "".join([*parts, markdown[at:]]), tuple(figures)
