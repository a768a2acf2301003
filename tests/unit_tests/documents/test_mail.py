"""Mails: headers decoded, the text once, what is attached."""

import base64
from email.message import EmailMessage

import pytest

from langchain_nuextract.documents.mail import DEEPEST, read_mail
from langchain_nuextract.documents.options import PageOptions
from langchain_nuextract.documents.read import read
from langchain_nuextract.errors import TooLarge, UnreadableDocument
from tests.pdfs import lines, pdf


def mail(subject: str = "Claim of water", body: str = "The cellar is wet.\n", html: str = "") -> EmailMessage:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = subject, "Zoë <zoe@example.org>", "claims@example.org"
    message.set_content(body, charset="iso-8859-15")
    if html:
        message.add_alternative(html, subtype="html")
    return message


def test_the_text_is_read_once_and_headers_are_decoded():
    text = read(mail(html="<p>The cellar is <b>wet</b>.</p>").as_bytes()).text
    assert text == (
        "Subject: Claim of water\nFrom: Zoë <zoe@example.org>\nTo: claims@example.org\n\nThe cellar is wet."
    )


def test_a_mail_of_html_alone_is_read_as_markdown():
    message = EmailMessage()
    message["Subject"], message["Message-ID"] = "Sum", "<1@example.org>"
    message.set_content("<p>Sum: <b>42 €</b></p><script>x()</script>", subtype="html")
    assert read(message.as_bytes()).text == "Subject: Sum\n\nSum: **42 €**"


def test_attachments_are_listed_and_read_where_asked_for():
    message = mail()
    message.add_attachment(pdf(lines("Policy 12")), maintype="application", subtype="pdf", filename="policy ü.pdf")
    message.add_attachment(b"PK\x03\x04\xff", maintype="application", subtype="zip", filename="all.zip")
    listed = read(message.as_bytes())
    assert "Attachments: policy ü.pdf (application/pdf, " in listed.text
    assert "Policy 12" not in listed.text
    whole = read(message.as_bytes(), PageOptions(attachments=True))
    assert [page.text for page in whole.pages] == ["Policy 12"]
    assert "all.zip" in whole.warnings[0]


HEAD = b"Subject: Claim\nMIME-Version: 1.0\n"
MIXED = b"Content-Type: multipart/mixed; boundary=b\n\n"
CHOICE = b"Content-Type: multipart/alternative; boundary=b\n\n"
INNER = b"Subject: inner\nMIME-Version: 1.0\n\nThe inner text.\n"


def whole(kind: bytes, *parts: bytes) -> bytes:
    return HEAD + kind + b"".join(b"--b\n%s\n" % part for part in parts) + b"--b--\n"


def plain(words: bytes) -> bytes:
    return b"Content-Type: text/plain\n\n" + words


PICTURE = b"Content-Type: image/png; name=p.png\nContent-Disposition: inline\n\nx"
INVITATION = b"Content-Type: text/calendar; method=REQUEST\n\nSUMMARY:Visit"
READ = {
    "texts around a picture": (whole(MIXED, plain(b"before"), PICTURE, plain(b"after")), "before\nafter"),
    "a blank text beside HTML": (whole(CHOICE, plain(b" "), b"Content-Type: text/html\n\n<p>words</p>"), "words"),
    "an invitation alone": (HEAD + INVITATION, "SUMMARY:Visit"),
    "HTML that declares its encoding": (
        HEAD + b"Content-Type: text/html\n\n<meta charset=iso-8859-2><p>z\xb3oty</p>", "złoty",
    ),
    "a mark before its headers": (b"\xef\xbb\xbf" + HEAD + b"\nwords", "words"),
    "parts without a boundary": (HEAD + b"Content-Type: multipart/mixed\n\n--b\nwords\n", "--b\nwords"),
    "a mail that was encoded whole": (
        whole(MIXED, b"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n" + base64.b64encode(INNER)),
        "Forwarded message:\n\nSubject: inner\n\nThe inner text.",
    ),
    "a page of HTML without text": (HEAD + b"Content-Type: text/html\n\n<script>x()</script>", ""),
}  # fmt: skip


@pytest.mark.parametrize(("content", "words"), READ.values(), ids=READ)
def test_what_mailers_write_is_read(content: bytes, words: str):
    text = read(content).text
    assert text.startswith("Subject: Claim")
    assert text.partition("\n\n")[2].strip() == words


def test_an_invitation_beside_a_text_is_listed_and_read_where_asked_for():
    content = whole(CHOICE, plain(b"Please come."), INVITATION)
    assert "Attachments: part 1 (text/calendar, 13 bytes)" in read(content).text
    assert "SUMMARY:Visit" in read(content, PageOptions(attachments=True)).text


@pytest.mark.parametrize(
    ("charset", "words"),
    [
        ("windows-874", "ราคา"), ("iso-8859-8-i", "שלום"), ("x-mac-roman", "Größe"), ("iso-8859-1", "“12 €”"),
        ("gb2312", "發票"), ("shift_jis", "㈱"), ("koi8-r", "Цена"), ("utf-7", "£ 12"), ("us-ascii", "Größe"),
    ],
)  # fmt: skip
def test_charsets_are_read_under_all_their_names(charset: str, words: str):
    python = {"windows-874": "cp874", "iso-8859-8-i": "iso8859-8", "x-mac-roman": "mac_roman", "iso-8859-1": "cp1252"}
    python |= {"gb2312": "gb18030", "shift_jis": "cp932", "us-ascii": "cp1252"}
    body = words.encode(python.get(charset, charset))
    assert read(HEAD + b"Content-Type: text/plain; charset=%s\n\n%s" % (charset.encode(), body)).text.endswith(words)


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_headers_without_any_encoding_are_read(encoding: str):
    assert read("Subject: Größe\nMIME-Version: 1.0\n\nx".encode(encoding)).text.startswith("Subject: Größe\n")


def test_a_text_that_ends_in_the_middle_is_said_to():
    source = read(HEAD + b"Content-Transfer-Encoding: base64\n\nSGVsbG8gd29ybG\n")
    assert "cut off" in source.warnings[0]


def test_a_mail_that_is_too_deep_is_listed_whatever_its_headers_are_in():
    content = "Subject: Größe\nMIME-Version: 1.0\n\nx".encode("cp1252")
    for _ in range(DEEPEST + 2):
        content = b"MIME-Version: 1.0\nContent-Type: message/rfc822\n\n" + content
    assert "(message/rfc822, " in read(content).text


def test_mails_in_a_mail_are_read_to_a_depth():
    message = mail("depth 0")
    for depth in range(1, DEEPEST + 3):
        outer = mail(f"depth {depth}", f"body {depth}\n")
        outer.add_attachment(message)
        message = outer
    text = read(message.as_bytes()).text
    assert [f"body {depth}" in text for depth in (DEEPEST + 2, 3, 2, 1)] == [True, True, True, False]


def test_a_wrong_charset_is_not_believed():
    content = (
        b"Message-ID: <1@a>\nContent-Type: text/plain; charset=utf-8\n\nGr\xfc\xdfe aus der Stra\xdfe, sch\xf6n.\n"
    )
    source = read(content)
    assert "guessed" in source.warnings[0]


@pytest.mark.parametrize(
    "content",
    [
        b"MIME-Version: 1.0\n"
        + b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(3000)),
        b"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 30_000,
    ],
    ids=["nested", "many"],
)
def test_a_mail_that_is_a_bomb_is_refused(content: bytes):
    with pytest.raises(UnreadableDocument):
        read(content)


def test_a_long_header_is_cut_and_said():
    found = read_mail(b"To: " + b"ada@example.org, " * 100_000 + b"\nMIME-Version: 1.0\n\nHello", "a.eml")
    assert len(found.head) < 10_000
    assert found.warnings == ("a.eml: the header To is longer than 8000 characters, and was cut",)


def test_more_parts_than_anybody_sends_are_refused():
    body = (
        b"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n"
        + b"--b\nContent-Type: image/x\n\nx\n" * 1_500
    )
    with pytest.raises(TooLarge, match="1000 parts"):
        read_mail(body, "a.eml")


@pytest.mark.parametrize("kind", ["external-body; access-type=local-file", "partial; number=1; total=2; id=a"])
def test_a_mail_that_is_nothing_but_a_message_is_not_attached_to_itself(kind: str):
    head = b"Subject: Offer\nMIME-Version: 1.0\n"
    content = head + b"Content-Type: message/" + kind.encode() + b"\n\nContent-Type: text/plain\n\nTwelve chairs.\n"
    assert read(content, PageOptions(attachments=True)).text.count("Offer") == 1


def test_addresses_that_are_nested_without_end_are_left_as_they_are():
    found = read_mail(b"To: " + b"(" * 5_000 + b"\nMIME-Version: 1.0\n\nHello", "a.eml")
    assert dict(found.headers)["To"] == "(" * 5_000
    assert found.texts[0].text == "Hello"
