"""A file of any kind as the parts of a document."""

from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from typing import Final, TypeAlias

from langchain_nuextract.documents import kinds
from langchain_nuextract.documents.decode import decode
from langchain_nuextract.documents.html import to_markdown
from langchain_nuextract.documents.images import data_url
from langchain_nuextract.documents.kinds import Kind
from langchain_nuextract.documents.mail import Mail, MailText, read_mail
from langchain_nuextract.documents.options import DEFAULT, PageOptions
from langchain_nuextract.documents.page import PagedFile
from langchain_nuextract.documents.pdf.file import PDF
from langchain_nuextract.documents.pictures import ImageFile, opened_picture, prepared
from langchain_nuextract.documents.source import Image, Markup, Part, Source, Text
from langchain_nuextract.errors import EmptyDocument, MissingExtra, UnreadableDocument, WrongKind

Reader: TypeAlias = Callable[[bytes, str, PageOptions], Source]


def read_file(content: bytes, name: str, options: PageOptions, mime: str | None = None) -> Source:
    """Read a file of any kind.

    Args:
        content: Its bytes, which decide what it is.
        name: What it is called; its ending is believed for kinds of text only.
        options: How to read what has pages.
        mime: What its sender says it is.

    Raises:
        UnreadableDocument: It cannot be read; the subclasses say why.
    """
    options.check_size(len(content), name)
    called = kinds.named(name, mime)
    if not content.strip():
        raise EmptyDocument(name, "the file is empty.")
    kind, looks = kinds.detected(content, called)
    file = paged_file(kind, content, name, options)
    if not file and kind not in _READERS:
        seen = f"; it looks like {looks}" if looks else ""
        advice = "Unpack it first." if looks in _ARCHIVES else "Convert it first."
        raise WrongKind(name, f"it is neither an image nor text nor another kind that can be read{seen}. {advice}")
    if called and called.is_binary and not kind.is_binary:
        raise WrongKind(name, f"it is called {called.called}, but looks like {kind.called}. Rename it, if it is one.")
    source = Source((*file.pages(),)) if file else _READERS[kind](content, name, options)
    if called is None and kinds.is_called_text(name):
        called = kinds.TEXT
    if called and called is not kind and (kind.is_binary or called in {kinds.EML, kinds.HTML} or not mime):
        said = f"{name}: it is called {called.called}, and was read as {kind.called}, since that is what it is"
        return Source(source.parts, (said, *source.warnings))
    return source


def paged_file(kind: Kind, content: bytes, name: str, options: PageOptions) -> PagedFile | None:
    """Take a file as one that has pages; None if files of its kind have none.

    An image has pages if it is a TIFF, or if its words are to be read.
    """
    if kind is kinds.PDF:
        return PDF.of(content, name, options)
    if kind is kinds.TIFF or (options.ocr and kind in {kinds.IMAGE, kinds.HEIC}):
        return ImageFile.of(content, name, options)
    return None


def _image(content: bytes, name: str, options: PageOptions) -> Source:
    frames = 1
    if find_spec("PIL"):
        # What is cut off or a bomb is refused.
        with opened_picture(content, name) as picture:
            frames = int(getattr(picture, "n_frames", 1)) if picture.format in _ANIMATED else 1
    image = Image(data_url(content, largest=options.max_bytes, name=name), name)
    said = f"{name}: it is an animation of {frames} pictures, of which the first one is read"
    return Source((image,), (said,) if frames > 1 else ())


def _text(content: bytes, name: str, options: PageOptions) -> Source:
    del options
    text, warnings = decode(content, name)
    return Source((Text(text),), warnings)


def _html(content: bytes, name: str, options: PageOptions) -> Source:
    del options
    try:
        found = to_markdown(content)
    except MissingExtra as error:
        raise MissingExtra(name, "HTML", extra=error.extra) from error
    if not found.markdown.strip():
        # The converter's last warning is that there is none.
        cause = f": {'; '.join(noticed)}" if (noticed := found.warnings[:-1]) else ""
        if not cause and "<script" in found.html.lower():
            cause = (
                ": it has scripts, which may write it in a browser and are not run here. Save the page from a browser"
            )
        raise EmptyDocument(name, f"there is no text on the page{cause}.")
    return Source(
        (Text(found.markdown, Markup(name, found)),), tuple(f"{name}: {warning}" for warning in found.warnings)
    )


def _msg(content: bytes, name: str, options: PageOptions) -> Source:
    from langchain_nuextract.documents.outlook import read_message  # noqa: PLC0415 an extra

    return _mail(read_message(content, name), name, options)


def _mail(mail: Mail, name: str, options: PageOptions) -> Source:
    parts: list[Part] = []
    warnings = [*mail.warnings]
    head = mail.head
    for written in mail.texts:
        body = _mail_text(written, name)
        said = body.text.strip()
        text = "\n\n".join(filter(None, (head, said)))
        begins = len(text) - len(said) - body.text.find(said)
        parts.append(Text(text, *(replace(markup, offset=begins) for _, markup in body.marked_up)))
        warnings += body.warnings
        head = ""
    parts += [Text(head)] if head else []
    for inner in mail.forwarded:
        source = _mail(inner, name, options)
        parts += [Text("\nForwarded message:\n"), *source.parts]
        warnings += source.warnings
    for file in mail.attachments if options.attachments else ():
        try:
            source = read_file(file.content, file.name, options, file.type)
        except UnreadableDocument as error:
            warnings.append(f"{name}: the attachment was not read: {error}")
        else:
            parts += [Text(f"\nAttachment {file.name}:\n"), *source.parts]
            warnings += source.warnings
    return Source(tuple(parts), tuple(warnings))


def _mail_text(written: MailText, name: str) -> Source:
    if not written.is_html:
        return Source((Text(written.text),))
    try:
        return _html(written.text.encode(), name, DEFAULT)
    except EmptyDocument:
        return Source((Text(""),), (f"{name}: there is no text in its page of HTML",))


def _office(kind: str) -> Reader:
    def read(content: bytes, name: str, options: PageOptions) -> Source:
        from langchain_nuextract.documents.office import office_markdown  # noqa: PLC0415 an extra

        del options
        text, warnings = office_markdown(content, name, kind)
        if not text.strip():
            raise EmptyDocument(name, "there is no text in it.")
        return Source((Text(text),), warnings)

    return read


_READERS: Final[dict[Kind, Reader]] = {
    kinds.IMAGE: _image,
    kinds.HEIC: lambda content, name, options: Source(
        (Image(prepared(content, name, format_=options.image_format), name),)
    ),
    kinds.EML: lambda content, name, options: _mail(read_mail(content, name), name, options),
    kinds.MSG: _msg,
    kinds.DOCX: _office("docx"),
    kinds.PPTX: _office("pptx"),
    kinds.XLSX: _office("xlsx"),
    kinds.HTML: _html,
    kinds.TEXT: _text,
}
_ANIMATED: Final = frozenset({"GIF", "WEBP", "PNG"})
_ARCHIVES: Final = frozenset(
    {
        "application/zip",
        "application/gzip",
        "application/x-tar",
        "application/x-7z-compressed",
        "application/x-rar-compressed",
    }
)
