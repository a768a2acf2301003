"""Parsers of files for LangChain's document loaders."""

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from langchain_core.document_loaders import BaseBlobParser
from langchain_core.documents import Document
from langchain_core.documents.base import Blob

from langchain_nuextract.documents import kinds
from langchain_nuextract.documents.files import paged_file, read_file
from langchain_nuextract.documents.kinds import Kind
from langchain_nuextract.documents.options import DEFAULT, PageOptions
from langchain_nuextract.documents.page import Page
from langchain_nuextract.documents.source import Image
from langchain_nuextract.errors import WrongKind


class DocumentParser(BaseBlobParser):
    """Read the text of files of any kind: PDFs, images, mails, HTML, office files, text.

        loader = GenericLoader.from_filesystem("claims", parser=DocumentParser(PageOptions(ocr=True)))

    A PDF and a TIFF give a document for each page, with the metadata that LangChain's own parsers of PDFs write
    (`source`, `page` counted from 0, `total_pages`, `page_label`), one page after the other with nothing held of those
    before. Other files give one document, with its `title` if it is a page of HTML. What was noticed, such as a page
    that has no text, is in `warnings`.

    Args:
        options: How to read what has pages.
    """

    kinds: ClassVar[tuple[Kind, ...]] = kinds.KINDS
    """What it reads."""
    assumed: ClassVar[str | None] = None
    """The MIME type of what neither its sender nor its name says a kind of."""

    def __init__(self, options: PageOptions = DEFAULT) -> None:
        self.options = options

    def lazy_parse(self, blob: Blob) -> Iterator[Document]:
        """Yield the documents of a file.

        Raises:
            UnreadableDocument: It cannot be read, or is of another kind.
        """
        content, source = blob.as_bytes(), blob.source
        name = Path(source).name if source else "the blob"
        self.options.check_size(len(content), name)
        mime = blob.mimetype if kinds.named(name, blob.mimetype) else self.assumed
        kind, looks = kinds.detected(content, kinds.named(name, mime))
        if content.strip() and kind not in self.kinds:
            wanted = " or ".join(each.called for each in self.kinds)
            raise WrongKind(name, f"it looks like {looks or kind.called}, and {wanted} was expected.")
        about: dict[str, object] = {**blob.metadata, "source": source or name}
        if file := paged_file(kind, content, name, self.options):
            total = file.count()
            for page in file.pages():
                yield _page_document(page, about, total, file.label(page.number))
            return
        yield _file_document(content, name, about, self.options, mime)


class PDFParser(DocumentParser):
    """Read the text of PDFs, page by page; see `DocumentParser`."""

    kinds: ClassVar[tuple[Kind, ...]] = (kinds.PDF,)


class ImageParser(DocumentParser):
    """Read the words of images, which takes the extra `ocr`; see `DocumentParser`."""

    kinds: ClassVar[tuple[Kind, ...]] = (kinds.IMAGE, kinds.TIFF, kinds.HEIC)

    def __init__(self, options: PageOptions | None = None) -> None:
        """Read words from images, unless the options say otherwise."""
        super().__init__(options or PageOptions(ocr=True))


class MailParser(DocumentParser):
    """Read mails: headers, the text once, what is attached; see `DocumentParser`."""

    kinds: ClassVar[tuple[Kind, ...]] = (kinds.EML, kinds.MSG)


class HTMLParser(DocumentParser):
    """Read pages of HTML as Markdown, by rules, which takes the extra `html`; see `DocumentParser`.

    What nothing says a kind of, as a part of a page, is taken for HTML. `HTMLReader` has options, and models.
    """

    kinds: ClassVar[tuple[Kind, ...]] = (kinds.HTML,)
    assumed: ClassVar[str | None] = "text/html"


def _page_document(page: Page, about: dict[str, object], total: int, label: str) -> Document:
    metadata = {**about, "page": page.number - 1, "total_pages": total, "page_label": label}
    if not (page.readable or page.blank):
        metadata["warnings"] = [f"{page.name}: it has no text that could be read"]
    return Document(page.visible_text, metadata=metadata)


def _file_document(
    content: bytes, name: str, about: dict[str, object], options: PageOptions, mime: str | None
) -> Document:
    source = read_file(content, name, options, mime)
    texts = [
        part.visible_text if isinstance(part, Page) else part.text
        for part in source.parts
        if not isinstance(part, Image)
    ]
    warnings = [*source.warnings, *(f"{part.name}: an image, of which no words were read" for part in source.images)]
    made = [markup.conversion for _, markup in source.marked_up]
    title = next((page.title for page in made if page.markdown == source.text), "")  # not that of HTML in a mail
    noticed = {"title": title, "warnings": warnings}
    return Document("\n".join(texts), metadata={**about, **{key: each for key, each in noticed.items() if each}})
