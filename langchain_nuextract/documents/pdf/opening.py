# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportMissingTypeStubs=false
# pypdfium2 has no types for the functions of pdfium itself.
"""Opening a PDF for one piece of work at a time, since pdfium must not be used by two threads at once."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import RLock
from typing import TYPE_CHECKING, Final

from langchain_nuextract.documents.page import PagedFile
from langchain_nuextract.errors import BrokenDocument, EmptyDocument, MissingExtra, PasswordNeeded, WrongKind

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument, PdfPage

_LOCK: Final = RLock()
"""Held for every call of pdfium."""
_HEAD: Final = 1024
"""Bytes in which `%PDF-` has to stand; mailers and web servers put lines of their own before it."""


@dataclass(frozen=True, slots=True)
class PDFBytes(PagedFile):
    """The bytes of a PDF and how to read it."""

    @contextmanager
    def opened(self) -> "Generator[PdfDocument]":
        """Open the file, with all other work on PDFs waiting.

        Raises:
            MissingExtra: pypdfium2 is not installed.
            EmptyDocument: It has no bytes or no pages.
            WrongKind: It is no PDF.
            PasswordNeeded: It is encrypted.
            BrokenDocument: pdfium cannot make sense of it.
        """
        try:
            from pypdfium2 import PdfDocument, PdfiumError  # noqa: PLC0415 an extra
        except ImportError as error:
            raise MissingExtra(self.name, "a PDF", extra="pages") from error
        with _LOCK:
            try:
                document = PdfDocument(self.content, password=self.options.password)
            except (PdfiumError, UnicodeEncodeError) as error:
                # A password with half of a pair of surrogates is none that a file can have.
                raise self._explained(error) from error
            try:
                if not len(document):
                    raise EmptyDocument(self.name, "it is a PDF without a page.")
                if document.get_formtype():
                    # Without it, what was filled in is not drawn.
                    document.init_forms()
                yield document
            finally:
                document.close()

    @contextmanager
    def page(self, number: int) -> "Generator[tuple[PdfDocument, PdfPage]]":
        """Open one page, counted from 1.

        Raises:
            UnreadableDocument: The file or the page cannot be opened.
        """
        from pypdfium2 import PdfiumError  # noqa: PLC0415 an extra

        with self.opened() as document:
            try:
                page = document[number - 1]
            except PdfiumError as error:
                raise BrokenDocument(self.name, f"the page is damaged ({error})", page=number) from error
            try:
                if not all(page.get_size()):
                    raise BrokenDocument(self.name, "nothing of the page is within its own edges.", page=number)
                yield document, page
            finally:
                page.close()

    @property
    def may_have_layers(self) -> bool:
        """Whether it may have layers that can be hidden; pdfium does not tell."""
        return any(word in self.content for word in (b"/OCProperties", b"/ObjStm"))

    def _explained(self, error: Exception) -> Exception:
        if isinstance(error, UnicodeEncodeError) or "password" in str(error).lower():
            said = "The password in PageOptions is wrong" if self.options.password else "Give PageOptions(password=…)"
            return PasswordNeeded(self.name, f"it is encrypted. {said}.")
        if not self.content.strip():
            return EmptyDocument(self.name, "the file is empty.")
        if b"%PDF-" not in self.content[:_HEAD]:
            return WrongKind(self.name, "it is no PDF: there is no %PDF- at its beginning.")
        if b"/Count 0" in self.content:
            return EmptyDocument(self.name, "it is a PDF without a page.")
        return BrokenDocument(
            self.name, f"it is a PDF that is cut off or damaged ({str(error).rstrip('.')}). Get it once more."
        )
