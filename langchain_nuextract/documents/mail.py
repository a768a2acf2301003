"""Mails: their headers, the text once, what is attached, and mails within mails."""

import base64
import binascii
import codecs
import quopri
from collections.abc import Iterator
from dataclasses import dataclass
from email.errors import MessageError
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import EmailPolicy
from typing import Final, cast

from langchain_nuextract.documents.decode import decode
from langchain_nuextract.documents.encodings import declared, fits
from langchain_nuextract.errors import BrokenDocument, EmptyDocument, TooLarge, UnreadableDocument

DEEPEST: Final = 5
"""Mails within mails that are read; deeper ones are listed."""
_HEADERS: Final = ("Subject", "From", "To", "Cc", "Date", "Reply-To")
_MOST_PARTS: Final = 1_000
"""Parts that a mail may have."""
_MOST_BOUNDARIES: Final = 20_000
"""Lines that may begin a part; the parser takes a while for each."""
_LONGEST_HEADER: Final = 8_000
"""Characters of a header that are read."""
_TEXTS: Final = frozenset({"text/plain", "text/html"})
_OTHER_FORMS: Final = frozenset({"text/x-amp-html", "text/enriched", "text/richtext", "text/rtf", "text/watch-html"})
_FAULTS: Final = {
    "InvalidBase64CharactersDefect": "its text is damaged: characters were left out of it",
    "InvalidBase64LengthDefect": "its text is damaged: it ends in the middle",
    "InvalidBase64PaddingDefect": "its text may be cut off: it ends in the middle",
    "NoBoundaryInMultipartDefect": "its parts could not be told apart, and were read as one text",
}
"""What the parser noticed, of which a reader should know."""


class _LenientHeaders(EmailPolicy):
    """Reads headers as they are sent.

    Long ones are cut: the standard library's parser of addresses takes time that grows with their square. Bytes beside
    ASCII that are not UTF-8 are taken for western letters, as mailers without any encoding write them.
    """

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        """Read a header."""
        name, value = super().header_source_parse(sourcelines)
        value = value[:_LONGEST_HEADER]
        content = value.encode("utf-8", "surrogateescape")
        return name, content.decode() if fits(content, "utf-8") else content.decode("cp1252", "replace")


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
class MailText:
    """A text that is written in a mail."""

    text: str
    is_html: bool = False


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail."""

    headers: tuple[tuple[str, str], ...]
    """Decoded: `("Subject", "Order of 20 chairs")`."""
    texts: tuple[MailText, ...] = ()
    """What is written in it, once: of several forms of a text the plain one. Several where pictures stand between."""
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
        mail = _mail(_parsed(content.removeprefix(codecs.BOM_UTF8)), name, 0)
    except UnreadableDocument:
        raise
    except (RecursionError, MessageError, AttributeError, TypeError, ValueError, LookupError) as error:
        # The standard library's parser trips over parts that are malformed in each other.
        raise BrokenDocument(name, f"it is no mail that could be taken apart ({type(error).__name__})") from error
    if not (mail.headers or mail.texts or mail.attachments or mail.forwarded):
        raise EmptyDocument(name, "the mail is empty.")
    return mail


def _parsed(content: bytes) -> EmailMessage:
    return cast("EmailMessage", BytesParser(policy=_LenientHeaders()).parsebytes(content))


def _mail(message: EmailMessage, name: str, depth: int) -> Mail:
    texts: list[MailText] = []
    files: list[Attachment] = []
    inner: list[Mail] = []
    warnings: list[str] = []
    main = _main_text(message)
    for part, is_own in _leaves(message, name):
        nested = _nested(part) if depth < DEEPEST else None
        is_file = part.get_content_disposition() == "attachment" or part.get_filename() is not None
        if nested is not None:
            inner.append(_mail(nested, name, depth + 1))
        elif part is main or (is_own and part.get_content_type() in _TEXTS and not is_file):
            text, doubts = _text(part, name)
            texts += [MailText(text, part.get_content_subtype() == "html")] if text.strip() else []
            warnings += doubts
        elif part is not message or part.get_content_maintype() != "multipart":
            files.append(_attachment(part, len(files) + 1))
    warnings += [
        f"{name}: the header {header} is longer than {_LONGEST_HEADER} characters, and was cut"
        for header, value in message.raw_items()
        if header in _HEADERS and len(str(value)) >= _LONGEST_HEADER
    ]
    return Mail(tuple(_headers(message)), tuple(texts), tuple(files), tuple(inner), tuple(warnings))


def _headers(message: EmailMessage) -> Iterator[tuple[str, str]]:
    for name in _HEADERS:
        try:
            value = message.get(name)
            written = " ".join(str(value).split()) if value is not None else ""
        except (ValueError, IndexError, AttributeError, TypeError, RecursionError):
            # The standard library's parser of addresses gives up on some that are malformed.
            written = " ".join(dict(message.raw_items()).get(name, "").split())
        if written:
            yield name, written


def _main_text(message: EmailMessage) -> EmailMessage | None:
    """Choose the form in which the text is read: plain, HTML where that is blank, and else any other text."""
    if message.get_content_maintype() == "multipart" and not message.is_multipart():
        return message  # its parts could not be told apart, for want of a boundary
    forms = [message.get_body(preferencelist=(form,)) for form in ("plain", "html")]
    found = [form for form in forms if isinstance(form, EmailMessage)]
    written = next((form for form in found if _payload(form).strip()), None)
    alone = message if message.get_content_maintype() == "text" else None
    return written or next(iter(found), alone)


def _text(part: EmailMessage, name: str) -> tuple[str, list[str]]:
    payload = _payload(part)
    is_html = part.get_content_subtype() == "html"
    charset = part.get_content_charset() or (declared(payload) if is_html else None)
    text, warnings = decode(payload, name, charset) if payload else ("", ())
    faults = sorted({_FAULTS[type(defect).__name__] for defect in part.defects if type(defect).__name__ in _FAULTS})
    return text, [*warnings, *(f"{name}: {fault}" for fault in faults)]


def _payload(part: EmailMessage) -> bytes:
    payload: object = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _leaves(message: EmailMessage, name: str) -> Iterator[tuple[EmailMessage, bool]]:
    """Yield the parts that are no parts of others, in order, and whether each says something that no other says.

    Of several forms of the same text, only the one that is read is yielded; an invitation beside them is no text.
    """
    main = _main_text(message)
    waiting: list[tuple[EmailMessage, bool]] = [(message, True)]
    seen = 0
    while waiting:
        part, is_own = waiting.pop(0)
        seen += 1
        if seen > _MOST_PARTS:
            raise TooLarge(name, f"it has more than {_MOST_PARTS} parts")
        if part.get_content_maintype() != "multipart" or part is main:
            yield part, is_own
            continue
        is_choice = part.get_content_subtype() == "alternative"
        waiting[:0] = [
            (each, is_own and not is_choice) for each in _parts(part) if not (is_choice and _is_form(each, main))
        ]


def _parts(part: EmailMessage) -> list[EmailMessage]:
    payload: object = part.get_payload()
    return [each for each in payload if isinstance(each, EmailMessage)] if isinstance(payload, list) else []  # pyright: ignore[reportUnknownVariableType]


def _is_form(part: EmailMessage, main: EmailMessage | None) -> bool:
    """Whether a part is another form of the text that is read."""
    return part is not main and (part.get_content_type() in _TEXTS or part.get_content_type() in _OTHER_FORMS)


def _nested(part: EmailMessage) -> EmailMessage | None:
    """Give the mail that a part is."""
    inner = next(iter(_parts(part)), None) if part.get_content_type() == "message/rfc822" else None
    encoding = str(part.get("Content-Transfer-Encoding", "")).strip().lower()
    if inner is None or encoding not in {"base64", "quoted-printable"}:
        return inner
    # The standard forbids it, so that the parser takes the encoded mail for the text of one without headers.
    written = _as_sent(inner).strip()
    try:
        return _parsed(base64.b64decode(written) if encoding == "base64" else quopri.decodestring(written))
    except binascii.Error:
        return inner


def _as_sent(part: EmailMessage) -> bytes:
    # With headers that were sent without any encoding as they have been read.
    return part.as_bytes(policy=_LenientHeaders(utf8=True))


def _attachment(part: EmailMessage, number: int) -> Attachment:
    # Of a part that is a message itself what is in it, without its own head: with that, a mail that is nothing but such
    # a part would be attached to itself.
    content = b"\n".join(map(_as_sent, _parts(part))) if part.is_multipart() else _payload(part)
    name = part.get_filename() or f"part {number}"
    return Attachment(" ".join(name.split()), part.get_content_type(), content)
