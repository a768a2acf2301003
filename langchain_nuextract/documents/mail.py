"""Mails: their headers, the text once, what is attached, and mails within mails."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email.errors import MessageError
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import EmailPolicy
from typing import Final, cast

from langchain_nuextract.errors import BrokenDocument, EmptyDocument, TooLarge

DEEPEST: Final = 5
"""Mails within mails that are read; deeper ones are listed."""
_HEADERS: Final = ("Subject", "From", "To", "Cc", "Date", "Reply-To")
_MOST_PARTS: Final = 1_000
"""Parts that a mail may have."""
_MOST_BOUNDARIES: Final = 20_000
"""Lines that may begin a part; the parser takes a while for each."""
_LONGEST_HEADER: Final = 8_000
"""Characters of a header that are read."""


class _BoundedHeaders(EmailPolicy):
    """Cuts long headers: the standard library's parser of addresses takes time that grows with their square."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        """Read a header as it is sent."""
        name, value = super().header_source_parse(sourcelines)
        return name, value[:_LONGEST_HEADER]


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that is attached to a mail."""

    name: str
    type: str
    """As the sender says."""
    content: bytes

    def __str__(self) -> str:
        return f"{self.name} ({self.type}, {len(self.content)} bytes)"


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail."""

    headers: tuple[tuple[str, str], ...]
    """Decoded: `("Subject", "Order of 20 chairs")`."""
    body: str
    """Its text; HTML if there is no text and `is_html` says so."""
    is_html: bool = False
    attachments: tuple[Attachment, ...] = ()
    forwarded: "tuple[Mail, ...]" = ()
    """The mails in it."""
    warnings: tuple[str, ...] = ()

    @property
    def head(self) -> str:
        """Its headers and what is attached, one a line."""
        lines = [f"{name}: {value}" for name, value in self.headers]
        listed = ", ".join(map(str, self.attachments))
        return "\n".join([*lines, *([f"Attachments: {listed}"] if listed else [])])


def read_mail(content: bytes, name: str) -> Mail:
    """Read a mail as it is sent (RFC 822, `.eml`).

    Args:
        content: The bytes of the file.
        name: What to call it in an error.

    Raises:
        EmptyDocument: It has neither headers nor text.
        BrokenDocument: It is nested too deeply to be a mail.
        TooLarge: It has too many parts.
    """
    if content.count(b"\n--") > _MOST_BOUNDARIES:
        raise TooLarge(name, f"it has more lines that may begin a part than {_MOST_BOUNDARIES}")
    try:
        message = cast("EmailMessage", BytesParser(policy=_BoundedHeaders()).parsebytes(content))
        mail = _mail(message, name, 0)
    except (RecursionError, MessageError) as error:
        raise BrokenDocument(name, f"it is no mail that could be taken apart ({type(error).__name__})") from error
    if not (mail.headers or mail.body.strip() or mail.attachments or mail.forwarded):
        raise EmptyDocument(name, "the mail is empty.")
    return mail


def _mail(message: EmailMessage, name: str, depth: int) -> Mail:
    body = message.get_body(preferencelist=("plain", "html"))
    text, warnings = _text(body, name) if isinstance(body, EmailMessage) else ("", ())
    files: list[Attachment] = []
    inner: list[Mail] = []
    for part in _attached(message, body, name):
        nested = next(iter(_nested(part)), None)
        if nested is not None and depth < DEEPEST:
            inner.append(_mail(nested, name, depth + 1))
        else:
            files.append(_attachment(part, len(files) + 1))
    is_html = isinstance(body, EmailMessage) and body.get_content_subtype() == "html"
    cut = tuple(
        f"{name}: the header {header} is longer than {_LONGEST_HEADER} characters, and was cut"
        for header, value in message.raw_items()
        if header in _HEADERS and len(str(value)) >= _LONGEST_HEADER
    )
    return Mail(tuple(_headers(message)), text, is_html, tuple(files), tuple(inner), (*warnings, *cut))


def _headers(message: EmailMessage) -> Iterator[tuple[str, str]]:
    for name in _HEADERS:
        try:
            value = message.get(name)
            written = " ".join(str(value).split()) if value is not None else ""
        except (ValueError, IndexError, AttributeError, TypeError):
            # The standard library's parser of addresses gives up on some that are malformed.
            written = " ".join(dict(message.raw_items()).get(name, "").split())
        if written:
            yield name, written


def _text(part: EmailMessage, name: str) -> tuple[str, tuple[str, ...]]:
    from langchain_nuextract.documents.decode import decode  # noqa: PLC0415 only mails whose charset is wrong need it

    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return "", ()
    return decode(content, name, _charset(part))


def _charset(part: EmailMessage) -> str | None:
    return str(part.get_content_charset() or "") or None


def _attached(message: EmailMessage, body: object, name: str) -> Iterator[EmailMessage]:
    """Yield the parts that are neither the text nor another form of it."""
    waiting: list[EmailMessage] = [message]
    seen = 0
    while waiting:
        part = waiting.pop(0)
        seen += 1
        if seen > _MOST_PARTS:
            raise TooLarge(name, f"it has more than {_MOST_PARTS} parts")
        if part is body:
            continue
        if part.get_content_maintype() == "multipart":
            waiting[:0] = [each for each in _parts(part) if not _is_other_form(each, part)]
        elif part is not message or part.get_content_maintype() not in {"text", "multipart"}:
            yield part


def _parts(part: EmailMessage) -> list[EmailMessage]:
    payload: object = part.get_payload()
    return [each for each in payload if isinstance(each, EmailMessage)] if isinstance(payload, list) else []  # pyright: ignore[reportUnknownVariableType]


def _is_other_form(part: EmailMessage, whole: EmailMessage) -> bool:
    return whole.get_content_subtype() == "alternative" and part.get_content_maintype() == "text"


def _nested(part: EmailMessage) -> Iterable[EmailMessage]:
    return _parts(part) if part.get_content_type() == "message/rfc822" else ()


def _attachment(part: EmailMessage, number: int) -> Attachment:
    payload: object = part.get_payload(decode=True)
    content = payload if isinstance(payload, bytes) else part.as_bytes()
    name = part.get_filename() or f"part {number}"
    return Attachment(" ".join(name.split()), part.get_content_type(), content)
