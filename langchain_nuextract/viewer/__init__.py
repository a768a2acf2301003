"""One HTML page out of texts, pages, values and places: for an extraction's own view, and for reports.

A page needs no library, no network and, to be read, no script; what documents say is escaped wherever it stands. This
room must not know models, files or schemas: whoever has them puts what is to be seen into a `DocumentView`.
"""

from langchain_nuextract.viewer import charts
from langchain_nuextract.viewer.diff import difference
from langchain_nuextract.viewer.documents import documents_page, source_pane
from langchain_nuextract.viewer.markup import element, page, safe
from langchain_nuextract.viewer.view import Box, DocumentView, Note, PageView, ValueView

__all__ = [
    "Box",
    "DocumentView",
    "Note",
    "PageView",
    "ValueView",
    "charts",
    "difference",
    "documents_page",
    "element",
    "page",
    "safe",
    "source_pane",
]
