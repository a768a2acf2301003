"""`HTMLReader`: HTML as Markdown, by rules or by a model."""

from collections.abc import Sequence
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any, Final, Literal, cast

from langchain_core.documents import BaseDocumentTransformer, Document
from langchain_core.documents.base import Blob
from langchain_core.language_models import BaseChatModel
from pydantic import Field, SecretStr

from langchain_nuextract.documents.bounded import read_bounded
from langchain_nuextract.documents.html import (
    Conversion,
    HTMLOptions,
    Prepared,
    source_text,
    to_markdown,
    to_pieces,
    visible_text,
)
from langchain_nuextract.documents.options import DEFAULT
from langchain_nuextract.documents.source import Source, Text
from langchain_nuextract.errors import ContextOverflow, UnsupportedTask
from langchain_nuextract.markdown.base_reader import BaseReader, ReadingPlan, chat_model
from langchain_nuextract.markdown.reading import HTMLPiece, HTMLReading, WrittenMarkdown
from langchain_nuextract.markdown.writing import Writing, WritingSettings, watcher, write_markdown
from langchain_nuextract.metrics import coverage, prose, ungrounded_token_rate

_PIECE_TOKENS: Final = 24_000
"""Tokens of HTML that a model is given at once: the first readers were trained on 32,000 in and out."""
_CHARACTERS: Final = 3
"""Characters of HTML that make a token, at the least that was seen of Latin scripts."""
_LONGER: Final = 1.2
"""Times the tokens of its text that an answer may have: copying makes nothing longer."""
_SPARE: Final = 256
_MOST_UNKNOWN: Final = 0.1
_LEAST_COVERED: Final = 0.5
"""Beyond these a model's answer is not that of the page, and rules convert it."""


class HTMLReader(BaseReader[HTMLReading], BaseDocumentTransformer):
    """Turn HTML into Markdown.

        read_html = HTMLReader(main=True)
        markdown = read_html.invoke(Path("page.html"))          # or text, bytes, a Blob, a Document
        reading = read_html.detailed.invoke(html)               # title, warnings, spans into the HTML, ter, coverage
        documents = read_html.transform_documents(documents)    # and a BaseBlobParser for loaders

    Rules are the default: quick, the same each time, and free. Models follow by name: NuExtract3 (Apache-2.0), and
    reader-lm and ReaderLM-v2, which are CC BY-NC 4.0: **not for commercial use**. What a model makes up, leaves out or
    repeats is converted by rules instead, piece by piece, and `detailed` says so.

    Args:
        how: "rules" or "model".
        main: Only the main text.
        page_url: Where pages are from, for relative addresses; by default a blob's or document's own source.
        links: Keep the targets of links.
        images: Pictures as `![alt](address)`, as their alternative text ("alt"), or not at all ("none").
        max_bytes: Pages with more bytes are refused.
        piece_tokens: Tokens of HTML that a model is given at once; longer pages are cut between blocks.
        model: The model's name at the server.
        base_url: The server's address.
        api_key: Sent as a bearer token.
        llm: A chat model, instead of these three.
        dialect: How the model is asked, where its name does not tell: "reader-lm", "reader-lm-2" or "nuextract-3".

    Raises:
        UnsupportedTask: The model reads no HTML.
        MissingExtra: The package turbohtml is not installed.
    """

    how: Literal["rules", "model"] = "rules"
    main: bool = False
    page_url: str | None = None
    links: bool = True
    images: Literal["markdown", "alt", "none"] = "markdown"
    max_bytes: int = 20_000_000
    piece_tokens: int = Field(default=_PIECE_TOKENS, gt=0)

    def __init__(
        self,
        *,
        model: str | None = None,
        base_url: str | None = None,
        api_key: SecretStr | str | None = None,
        llm: BaseChatModel | None = None,
        **settings: Any,
    ) -> None:
        how = settings.get("how", "rules")
        # Whoever names a model wants it asked, and would not notice that rules did the work.
        if how == "rules" and (model or base_url or api_key or llm):
            raise TypeError(
                'a model or server is set, and how="rules" does without: pass how="model" (pages have a page_url)'
            )
        super().__init__(llm=chat_model(llm, model, base_url, api_key) if how == "model" else None, **settings)

    def plan(self, document: object) -> ReadingPlan[HTMLReading]:
        """Convert a page by rules, or make it ready for the model."""
        html, options, encoding = self._html_and_options(document)
        if self.how == "rules":
            return ReadingPlan((), lambda _: _by_rules(to_markdown(html, options, encoding=encoding)))
        reader = self.reader_dialect()
        if not reader.reads_html:
            raise UnsupportedTask(reader.name, "it reads no HTML. Use reader-lm, ReaderLM-v2 or NuExtract3, or rules.")
        page = to_pieces(html, options, size=self.piece_tokens * _CHARACTERS, encoding=encoding)
        jobs = [(self._writing(piece), watcher(piece)) for piece in page.pieces]
        return ReadingPlan(jobs, partial(_reading_of_pieces, page, options))

    def documents_of(self, reading: HTMLReading, source: str | None) -> list[Document]:
        """Make one document of a page."""
        about = {"source": source, "title": reading.title, "warnings": list(reading.warnings)}
        return [Document(page_content=reading.markdown, metadata={name: each for name, each in about.items() if each})]

    def transform_documents(self, documents: Sequence[Document], **kwargs: Any) -> list[Document]:
        """Replace the HTML of documents by Markdown; metadata stay, and get the title."""
        readings = self.detailed.batch([*documents], **kwargs)
        return [_replaced(document, reading) for document, reading in zip(documents, readings, strict=True)]

    async def atransform_documents(self, documents: Sequence[Document], **kwargs: Any) -> list[Document]:
        """Do the same on an event loop."""
        readings = await self.detailed.abatch([*documents], **kwargs)
        return [_replaced(document, reading) for document, reading in zip(documents, readings, strict=True)]

    def _html_and_options(self, document: object) -> tuple[str | bytes, HTMLOptions, str | None]:
        html, source, encoding = _html_of(document)
        # "img/a.png" is found on the web from where the page is; the folder of a file is nobody's address.
        base = self.page_url or (source if source and "://" in source else None)
        options = HTMLOptions(
            main=self.main, page_url=base, links=self.links, images=self.images, max_bytes=self.max_bytes
        )
        return html, options, encoding

    def _writing(self, piece: str) -> Writing:
        # A Chinese letter takes about a token, and three or more of Latin scripts take one.
        dense = sum(not character.isascii() for character in piece)
        tokens = int(_LONGER * (len(piece) / _CHARACTERS + dense))
        settings = WritingSettings(
            self.reader_dialect(),
            thinking=self.thinking,
            max_calls=self.max_calls,
            firm={} if self.thinking else {"max_tokens": tokens + _SPARE},
            max_continued=0,
        )
        try:
            return (yield from write_markdown(Source((Text(piece),)), settings))
        except ContextOverflow:
            return WrittenMarkdown("", "context", is_complete=False)


def _file_content(path: str | PathLike[str]) -> bytes:
    return read_bounded(path, DEFAULT.max_bytes, lambda size: DEFAULT.check_size(size, Path(path).name))


def _html_of(document: object) -> tuple[str | bytes, str | None, str | None]:
    """The HTML, where it is from, and its encoding where that is known."""
    match document:
        case str() | bytes():
            return document, None, None
        case Document():
            source = document.metadata.get("source")
            return document.page_content, str(source) if source else None, None
        case Blob():
            # `as_bytes` would read a file of any size before anybody could refuse it.
            if document.data is None and document.path is not None:
                return _file_content(document.path), document.source, None
            content = document.as_bytes() if not isinstance(document.data, str) else document.data
            return content, document.source, None
        case PathLike():
            return _file_content(cast("PathLike[str]", document)), None, None
        case _:
            raise TypeError(
                f"cannot read HTML of the type {type(document).__name__}: give text, bytes, a path, a Blob or Document"
            )


def _by_rules(found: Conversion) -> HTMLReading:
    return HTMLReading(
        markdown=found.markdown,
        html=found.html,
        title=found.title,
        encoding=found.encoding,
        warnings=found.warnings,
        base=found.base,
    )


def _reading_of_pieces(page: Prepared, options: HTMLOptions, written: Sequence[WrittenMarkdown]) -> HTMLReading:
    pieces = tuple(_piece(html, each, options) for html, each in zip(page.pieces, written, strict=True))
    failed = [
        f"piece {number} of {len(pieces)} was converted by rules: {piece.reason}"
        for number, piece in enumerate(pieces, start=1)
        if piece.reason
    ]
    return HTMLReading(
        markdown="\n\n".join(piece.markdown for piece in pieces if piece.markdown),
        html=page.html,
        title=page.title,
        encoding=page.encoding,
        warnings=(*page.warnings, *failed, *(() if pieces else ("there is no text on the page",))),
        pieces=pieces,
    )


def _piece(html: str, written: WrittenMarkdown, options: HTMLOptions) -> HTMLPiece:
    reason = _fault(html, written)
    markdown = to_markdown(html, HTMLOptions(links=options.links, images=options.images)).markdown if reason else ""
    return HTMLPiece(
        html=html,
        markdown=markdown or written.markdown,
        by="rules" if reason else "model",
        reason=reason,
        finish_reason=written.finish_reason,
        calls=written.calls,
        usage=written.usage,
    )


def _fault(html: str, written: WrittenMarkdown) -> str:
    """Why an answer cannot be used; empty if it can."""
    if written.finish_reason == "context":
        return "it is longer than the model's context"
    if written.finish_reason == "repetition":
        return "the model ran in circles"
    if written.finish_reason == "length":
        return "the answer was longer than the text, and cut off"
    # Words are compared without their order and marks: a list may become a table.
    text = prose(written.markdown)
    made_up = ungrounded_token_rate(text, source_text(html))
    covered = coverage(text, visible_text(html))
    if made_up and made_up.counted > _MOST_UNKNOWN:
        return f"{made_up.counted:.0%} of the words are not on the page"
    if covered < _LEAST_COVERED:
        return f"only {covered:.0%} of the page's words are in it"
    return ""


def _replaced(document: Document, reading: HTMLReading) -> Document:
    title = {"title": reading.title} if reading.title and "title" not in document.metadata else {}
    metadata = {**document.metadata, **title}
    return document.model_copy(update={"page_content": reading.markdown, "metadata": metadata})
