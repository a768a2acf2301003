# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false
# python-oxmsg declares no types.
"""Messages that Outlook saved (`.msg`), by python-oxmsg."""

import io
import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, cast

from langchain_nuextract.documents.decode import decode
from langchain_nuextract.documents.mail import DEEPEST, Attachment, Mail, MailText
from langchain_nuextract.errors import BrokenDocument, EmptyDocument, MissingExtra

if TYPE_CHECKING:
    from oxmsg.properties import Properties
    from oxmsg.storage import Storage

_MESSAGE: Final = 32
_WITHIN: Final = 24
"""Bytes before the properties of a message, and of one within another ([MS-OXMSG], 2.4.1)."""
_WHOLE: Final = "__substg1.0_3701000D"
"""Where an attachment that is a message has its parts."""
_KINDS: Final = {1: "To", 2: "Cc", 3: "Bcc"}
_RECIPIENT_KIND: Final = 0x0C15
_SHORT_NAME: Final = 0x3704
_RICH_TEXT: Final = 0x1009


def read_message(content: bytes, name: str) -> Mail:
    """Read a message.

    Args:
        content: The bytes of the file.
        name: What to call it in an error.

    Raises:
        MissingExtra: python-oxmsg is not installed.
        BrokenDocument: It is damaged.
        EmptyDocument: There is nothing in it.
    """
    try:
        from oxmsg import Message  # noqa: PLC0415 an extra
    except ImportError as error:
        raise MissingExtra(name, "an Outlook message", extra="mail") from error
    try:
        message = Message.load(io.BytesIO(content))
        # It has no way to the messages within.
        storage = cast("Storage", message._storage)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
        mail = _mail(storage, name, 0)
    except (
        ArithmeticError, AssertionError, AttributeError, LookupError, NotImplementedError, OSError, RecursionError,
        TypeError, ValueError, struct.error,
    ) as error:  # fmt: skip
        raise BrokenDocument(name, f"the Outlook message is damaged ({type(error).__name__}: {error})") from error
    if not (mail.headers or mail.texts or mail.attachments or mail.forwarded):
        raise EmptyDocument(name, "the message is empty.")
    return mail


def _mail(storage: "Storage", name: str, depth: int) -> Mail:
    from oxmsg.properties import Properties  # noqa: PLC0415 an extra

    has = Properties(storage, properties_header_offset=_WITHIN if depth else _MESSAGE)
    files: list[Attachment] = []
    inner: list[Mail] = []
    for at, part in enumerate(storage.iter_attachment_storages(), start=1):
        whole = next((each for each in part.storages if each.name == _WHOLE), None)
        if whole is not None and depth < DEEPEST:
            inner.append(_mail(whole, name, depth + 1))
        else:
            files.append(_attachment(part, at))
    texts, warnings = _texts(has, name)
    return Mail(tuple(_headers(has, storage)), texts, tuple(files), tuple(inner), warnings)


def _headers(has: "Properties", storage: "Storage") -> Iterator[tuple[str, str]]:
    from oxmsg.domain import constants as c  # noqa: PLC0415 an extra
    from oxmsg.recipient import Recipient  # noqa: PLC0415 an extra

    people: dict[str, list[str]] = {}
    for each in map(Recipient, storage.iter_recipient_storages()):
        kind = _KINDS.get(each.properties.int_prop_value(_RECIPIENT_KIND) or 1, "To")
        people.setdefault(kind, []).append(_person(each.name, each.email_address))
    sender = _person(
        has.str_prop_value(c.PID_SENDER_NAME) or has.str_prop_value(c.PID_SENT_REPRESENTING_NAME),
        has.str_prop_value(c.PID_SENDER_SMTP_ADDRESS) or has.str_prop_value(c.PID_SENDER_EMAIL_ADDRESS),
    )
    sent = has.date_prop_value(c.PID_CLIENT_SUBMIT_TIME)
    headers: dict[str, str | None] = {
        "Subject": has.str_prop_value(c.PID_SUBJECT),
        "From": sender,
        **{kind: ", ".join(filter(None, people.get(kind, ()))) for kind in _KINDS.values()},
        "Date": sent.isoformat() if sent else "",
    }
    for name, value in headers.items():
        if value and (written := " ".join(value.replace("\0", "").split())):
            yield name, written


def _person(name: str | None, address: str | None) -> str:
    return f"{name} <{address}>" if name and address and name != address else address or name or ""


def _texts(has: "Properties", name: str) -> tuple[tuple[MailText, ...], tuple[str, ...]]:
    """Read the text, in its plain form if that is not blank."""
    from oxmsg.domain import constants as c  # noqa: PLC0415 an extra

    plain = (has.str_prop_value(c.PID_BODY) or "").replace("\0", "")
    if plain.strip():
        return (MailText(plain),), ()
    html, warnings = has.str_prop_value(c.PID_BODY_HTML) or "", ()
    if content := has.binary_prop_value(c.PID_HTML):
        html, warnings = decode(content, name, has.body_encoding)
    if html.strip():
        return (MailText(html, is_html=True),), warnings
    if has.binary_prop_value(_RICH_TEXT):
        return (), (f"{name}: its text is in RTF alone, and was not read. Save it as plain text or HTML.",)
    return (), ()


def _attachment(storage: "Storage", at: int) -> Attachment:
    from oxmsg.attachment import Attachment as Attached  # noqa: PLC0415 an extra

    attached = Attached(storage)
    called = attached.file_name or attached.properties.str_prop_value(_SHORT_NAME) or f"part {at}"
    kind = attached.mime_type or "application/octet-stream"
    return Attachment(" ".join(called.replace("\0", "").split()), kind, attached.file_bytes or b"")
