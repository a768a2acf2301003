"""Pages or HTML as Markdown: the Runnables, which are LangChain's parsers of blobs too.

It knows how models are asked (`dialects`), how requests reach them (`runnables`) and what documents are; it must
not know schemas or extraction.
"""

from langchain_nuextract.markdown.html_reader import HTMLReader
from langchain_nuextract.markdown.page_reader import PageReader
from langchain_nuextract.markdown.reading import Figure, HTMLReading, PageMarkdown, PageReading

__all__ = ["Figure", "HTMLReader", "HTMLReading", "PageMarkdown", "PageReader", "PageReading"]
