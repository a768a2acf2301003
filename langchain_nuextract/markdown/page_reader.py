"""`PageReader`: pages and scans as Markdown, by a model that sees them."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, Final

from langchain_core.documents import Document
from langchain_core.language_models import BaseChatModel
from pydantic import SecretStr

from langchain_nuextract.dialects.reader import ReaderDialect
from langchain_nuextract.documents.options import DEFAULT, PageOptions
from langchain_nuextract.documents.page import Page
from langchain_nuextract.documents.pictures import fitted
from langchain_nuextract.documents.read import read
from langchain_nuextract.documents.source import Image, Source, Text
from langchain_nuextract.errors import UnsupportedTask
from langchain_nuextract.markdown.base_reader import BaseReader, ReadingPlan, chat_model
from langchain_nuextract.markdown.figures import split_figures
from langchain_nuextract.markdown.reading import PageMarkdown, PageReading, WrittenMarkdown
from langchain_nuextract.markdown.writing import Writing, WritingSettings, watcher, write_markdown
from langchain_nuextract.metrics import prose, ungrounded_token_rate

_MOST_UNKNOWN: Final = 0.3
"""Share of a page's words that its text layer may lack; more is said in a warning."""


class PageReader(BaseReader[PageReading]):
    """Turn pages into Markdown with NuExtract3 or NuMarkdown.

        read_page = PageReader(model="numind/NuExtract3", base_url="http://localhost:8000/v1")
        markdown = read_page.invoke(Path("claim.pdf"))
        reading = read_page.detailed.invoke(Path("claim.pdf"))     # by page: markdown, figures, loops, usage, warnings
        loader = GenericLoader(loader, read_page)                  # it is a BaseBlobParser too

    One page a request, several requests at once. Cut answers are gone on with, loops are stopped and named, thinking is
    split off.

    Args:
        model: The model's name at the server.
        base_url: The server's address.
        api_key: Sent as a bearer token.
        llm: A chat model, instead of these three.
        dialect: How the model is asked, where its name does not tell: "nuextract-3" or "numarkdown".
        pages: Which pages, how many and how large; see `PageOptions`.
        thinking: Let the model think first (NuExtract3; NuMarkdown always does).
        max_calls: Calls for one page at the most.
        max_requests: Requests on their way at once.

    Raises:
        UnsupportedTask: The model reads no pages, or the document has none.
    """

    pages: PageOptions = DEFAULT

    def __init__(
        self,
        *,
        model: str | None = None,
        base_url: str | None = None,
        api_key: SecretStr | str | None = None,
        llm: BaseChatModel | None = None,
        **settings: Any,
    ) -> None:
        super().__init__(llm=chat_model(llm, model, base_url, api_key), **settings)

    def plan(self, document: object) -> ReadingPlan[PageReading]:
        """Take the pages of a document."""
        reader = self.reader_dialect()
        source = read(document, self.pages)
        pages = _pages_to_read(source, reader)
        settings = WritingSettings(reader, thinking=self.thinking, max_calls=self.max_calls)
        jobs = [(_writing(page, settings), watcher("")) for page in pages]
        return ReadingPlan(jobs, partial(_reading_of_pages, pages, (*source.warnings, *_text_beside(source))))

    def documents_of(self, reading: PageReading, source: str | None) -> list[Document]:
        """Make a document of each page; `page` counts from 0, as LangChain's own parsers do."""
        about = {"source": source} if source else {}
        return [
            Document(
                page_content=page.markdown,
                metadata={
                    **about,
                    "page": page.number - 1,
                    "total_pages": page.total,
                    **({"warnings": list(page.warnings)} if page.warnings else {}),
                },
            )
            for page in reading.pages
        ]


def _pages_to_read(source: Source, reader: ReaderDialect) -> list[Image | Page]:
    if not reader.reads_pages:
        raise UnsupportedTask(reader.name, "it reads no pages. Use NuExtract3 or NuMarkdown.")
    pages = [part for part in source.parts if not isinstance(part, Text)]
    if not pages:
        raise UnsupportedTask(reader.name, "the document has no pages. HTMLReader reads HTML.")
    return pages


def _text_beside(source: Source) -> Iterator[str]:
    letters = sum(len(part.text.strip()) for part in source.parts if isinstance(part, Text))
    if letters:
        yield f"text beside the pages, such as that of a mail, was left out: {letters} characters"


def _writing(page: Image | Page, settings: WritingSettings) -> Writing:
    """Render a page when its turn has come, and ask for its Markdown."""
    # The smaller of what the user allows and what the model was trained on.
    limit = settings.reader.max_pixels
    if isinstance(page, Page):
        limit = min(page.file.options.max_pixels or limit, limit)
        image = Image(page.file.picture(page.number, max_pixels=limit), page.name)
    else:
        image = fitted(page, limit)
    return (yield from write_markdown(Source((image,)), settings))


def _reading_of_pages(
    pages: Sequence[Image | Page], warnings: Sequence[str], written: Sequence[WrittenMarkdown]
) -> PageReading:
    read_pages = tuple(
        # A page's own number, so that `pages="7-9"` gives pages 7 to 9; loose images are counted as they come.
        _page_markdown((page.number, page.total), each, page.visible_text if page.readable else "")
        if isinstance(page, Page)
        else _page_markdown((at, len(pages)), each, "")
        for at, (page, each) in enumerate(zip(pages, written, strict=True), start=1)
    )
    noticed = (f"page {page.number}: {warning}" for page in read_pages for warning in page.warnings)
    return PageReading(read_pages, (*warnings, *noticed))


def _page_markdown(number: tuple[int, int], written: WrittenMarkdown, layer: str) -> PageMarkdown:
    markdown, figures = split_figures(written.markdown)
    # The descriptions of figures are the model's words, and are not compared: they were taken out above.
    ter = ungrounded_token_rate(prose(markdown), layer) if layer else None
    return PageMarkdown(
        number=number[0],
        total=number[1],
        markdown=markdown,
        figures=figures,
        finish_reason=written.finish_reason,
        is_complete=written.is_complete,
        loops=written.loops,
        calls=written.calls,
        usage=written.usage,
        ter=ter,
        warnings=tuple(_warnings(written, ter.distinct if ter else 0.0)),
    )


def _warnings(written: WrittenMarkdown, unknown: float) -> Iterator[str]:
    if written.finish_reason == "length":
        yield "the answer was cut off: raise max_tokens or max_calls"
    elif written.finish_reason == "repetition":
        yield "the model ran in circles: what stands before the loop is kept"
    elif not written.markdown.strip():
        yield "the model wrote nothing"
    if unknown > _MOST_UNKNOWN:
        yield f"{unknown:.0%} of the words are not in the page's text layer"
