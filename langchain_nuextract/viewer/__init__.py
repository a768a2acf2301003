"""One HTML page out of texts, pages, values and places: for an extraction's own view, and for reports.

A page needs no library, no network and, to be read, no script; what documents say is escaped wherever it stands. This
room knows nothing of models, files or schemas: whoever has them puts what is to be seen into a `DocumentView`.
"""

from langchain_nuextract.viewer.documents import documents_page
from langchain_nuextract.viewer.view import Box, DocumentView, Note, PageView, ValueView

__all__ = ["Box", "DocumentView", "Note", "PageView", "ValueView", "documents_page"]
