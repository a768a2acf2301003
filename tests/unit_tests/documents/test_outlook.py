"""Messages that Outlook saved: headers, the text once, people, attachments, messages within; and damaged ones."""

import random

import pytest

from langchain_nuextract.documents.mail import DEEPEST
from langchain_nuextract.documents.options import PageOptions
from langchain_nuextract.documents.read import read
from langchain_nuextract.errors import BrokenDocument, UnreadableDocument
from tests import outlook as o
from tests.pdfs import lines, pdf

pytest.importorskip("oxmsg")

ADA = {o.NAME: "Ada Holm", o.ADDRESS: "ada@example.org", o.KIND: 1}
BO = {o.NAME: "bo@example.org", o.ADDRESS: "bo@example.org", o.KIND: 2}
HEAD = {
    o.SUBJECT: "Order of 20 chairs, Größe M",
    o.SENDER: "Zoë Quay",
    o.SENDER_ADDRESS: "zoe@example.org",
    o.SENT: 133_500_000_000_000_000,
}
POLICY = {o.LONG_NAME: "policy ü.pdf", o.TYPE: "application/pdf", o.CONTENT: pdf(lines("Policy 12"))}


def written(properties: o.Properties, *, people=(ADA, BO), files=()) -> bytes:
    return o.compound(o.message({**HEAD, **properties}, people, files))


def test_a_message_is_read_with_its_people_and_its_text():
    assert read(written({o.BODY: "Please send 20 chairs.\r\n"})).text == (
        "Subject: Order of 20 chairs, Größe M\nFrom: Zoë Quay <zoe@example.org>\nTo: Ada Holm <ada@example.org>\n"
        "Cc: bo@example.org\nDate: 2024-01-17T21:20:00+00:00\n\nPlease send 20 chairs."
    )


def test_its_text_is_read_once_and_html_where_there_is_no_plain_one():
    html = "<html><body><p>Sum: <b>42 €</b></p><script>x()</script></body></html>"
    assert "42" not in read(written({o.BODY: "Plain.", o.HTML: html.encode()})).text
    blank = read(written({o.BODY: " \r\n", o.HTML: html.encode("cp1252"), o.CODEPAGE: 1252}))
    assert blank.text.endswith("\n\nSum: **42 €**")


def test_a_text_in_rtf_alone_is_said_not_to_be_read():
    source = read(written({o.RICH_TEXT: b"LZFu"}), PageOptions())
    assert "RTF" in source.warnings[0]


@pytest.mark.parametrize("size", [1_000, 300_000], ids=["in small sectors", "in many sectors"])
def test_attachments_are_listed_and_read_where_asked_for(size: int):
    notes = {o.SHORT_NAME: "NOTES.TXT", o.CONTENT: b"a note\n" * (size // 7)}
    content = written({o.BODY: "See below."}, files=(POLICY, notes))
    listed = read(content).text
    assert "Attachments: policy ü.pdf (application/pdf, " in listed
    assert f"NOTES.TXT (application/octet-stream, {size // 7 * 7} bytes)" in listed
    whole = read(content, PageOptions(attachments=True))
    assert [page.text for page in whole.pages] == ["Policy 12"]
    assert "a note\na note" in whole.text


def test_messages_within_are_read_to_a_depth():
    inner: o.Tree = o.message({o.SUBJECT: "depth 0", o.BODY: "body 0"}, header=24)
    for depth in range(1, DEEPEST + 3):
        inner = o.message({o.SUBJECT: f"depth {depth}", o.BODY: f"body {depth}"}, files=[inner], header=24)
    source = read(written({o.BODY: "outer"}, files=[inner]))
    top = DEEPEST + 2
    assert [f"body {depth}" in source.text for depth in (top, top - DEEPEST + 1, top - DEEPEST)] == [True, True, False]
    assert source.text.count("Forwarded message:") == DEEPEST


def test_a_message_that_is_cut_anywhere_is_read_or_refused_by_name(tmp_path):
    content = written({o.BODY: "Please send 20 chairs."}, files=(POLICY,))
    for end in range(8, len(content), len(content) // 60):
        path = tmp_path / "cut.msg"
        path.write_bytes(content[:end])
        with pytest.raises(UnreadableDocument, match=r"cut\.msg"):
            read(path, PageOptions(attachments=True))


def test_damaged_bytes_never_raise_anything_else(tmp_path):
    whole, dice = written({o.BODY: "Please send 20 chairs."}, files=(POLICY,)), random.Random(7)
    outcomes = set[str]()
    for _ in range(150):
        damaged = bytearray(whole)
        for _ in range(dice.randint(1, 40)):
            damaged[dice.randrange(8, len(damaged))] = dice.randrange(256)
        try:
            read(bytes(damaged), PageOptions(attachments=True))
        except UnreadableDocument as error:
            outcomes.add(type(error).__name__)
        else:
            outcomes.add("read")
    assert {"read", "BrokenDocument"} <= outcomes


def test_another_file_of_the_same_container_is_refused():
    with pytest.raises(UnreadableDocument):
        read(o.compound({"WordDocument": b"x" * 5_000}))


def test_a_message_without_its_list_of_properties_is_broken():
    with pytest.raises(BrokenDocument):
        read(o.compound({"__substg1.0_0037001F": "Subject".encode("utf-16-le")}))
