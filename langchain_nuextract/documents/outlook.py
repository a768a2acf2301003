"""Messages that Outlook saved (`.msg`), by python-oxmsg."""

import io

from langchain_nuextract.documents.mail import Attachment, Mail
from langchain_nuextract.errors import BrokenDocument, MissingExtra


def read_message(content: bytes, name: str) -> Mail:
    """Read a message.

    Args:
        content: The bytes of the file.
        name: What to call it in an error.

    Raises:
        MissingExtra: python-oxmsg is not installed.
        BrokenDocument: It is damaged.
    """
    try:
        from oxmsg import Message  # noqa: PLC0415 an extra
    except ImportError as error:
        raise MissingExtra(name, "an Outlook message", extra="mail") from error
    try:
        message = Message.load(io.BytesIO(content))
        sent = message.sent_date.isoformat() if message.sent_date else ""
        to = ", ".join(f"{each.name} <{each.email_address}>" for each in message.recipients)
        head = {"Subject": message.subject, "From": message.sender, "To": to, "Date": sent}
        files = tuple(
            Attachment(
                each.file_name or f"part {at}", each.mime_type or "application/octet-stream", each.file_bytes or b""
            )
            for at, each in enumerate(message.attachments, start=1)
        )
        body, html = message.body or "", message.html_body or ""
    except (OSError, ValueError, KeyError, IndexError, AttributeError, TypeError) as error:
        raise BrokenDocument(name, f"the Outlook message is damaged ({type(error).__name__}: {error})") from error
    headers = tuple((name, " ".join(value.split())) for name, value in head.items() if value)
    return Mail(headers, body or html, is_html=not body.strip() and bool(html), attachments=files)
