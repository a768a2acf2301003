"""Whatever users hold in their hands becomes the same document."""

import base64
from pathlib import Path
from typing import Any

import pytest
from langchain_core.documents import Document
from langchain_core.documents.base import Blob
from langchain_core.messages import AIMessage, ChatMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.prompt_values import ChatPromptValue, StringPromptValue
from langchain_core.prompts import ChatPromptTemplate

from langchain_nuextract.documents.read import read
from langchain_nuextract.documents.source import Image, Source, Text
from langchain_nuextract.errors import EmptyDocument
from tests.pdfs import lines, pdf

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
BASE64 = base64.b64encode(PNG).decode()
DATA = f"data:image/png;base64,{BASE64}"
ADDRESS = "https://example.com/page.png"
JOHN = Source((Text("John."),))
PAGE = Source((Image(DATA),))

TEXTS = {
    "a string": "John.",
    "a document": Document("John.", metadata={"source": "letter.txt"}),
    "a blob": Blob(data="John."),
    "a message": HumanMessage("John."),
    "an answer": AIMessage("John."),
    "the result of a tool": ToolMessage("John.", tool_call_id="1"),
    "a message of blocks": HumanMessage([{"type": "text", "text": "John."}]),
    "a message of strings": HumanMessage(["John."]),
    "a message as a dict": {"role": "user", "content": "John."},
    "messages": [SystemMessage("Extract."), HumanMessage("John."), AIMessage("{}")],
    "messages as pairs": [("system", "Extract."), ("user", "John.")],
    "messages as dicts": [{"role": "system", "content": "Extract."}, {"role": "user", "content": "John."}],
    "a message in the role of the user": [ChatMessage("John.", role="user"), ChatMessage("Extract.", role="developer")],
    "a prompt value": StringPromptValue(text="John."),
    "a chat prompt value": ChatPromptValue(messages=[SystemMessage("Extract."), HumanMessage("John.")]),
    "a prompt": ChatPromptTemplate([("system", "Extract."), ("human", "{name}.")]).invoke({"name": "John"}),
    "a block": {"type": "text", "text": "John."},
    "blocks": [{"type": "text", "text": "John."}],
    "blocks of another API": [{"type": "input_text", "text": "John."}],
    "an answer with thinking": AIMessage(
        [{"type": "reasoning", "reasoning": "Hm."}, {"type": "tool_call", "name": "f", "args": {}, "id": "1"}, "John."]
    ),
    "a part": Text("John."),
    "a list of one": ["John."],
    "a source": JOHN,
}

IMAGES = {
    "an image": Image(DATA),
    "bytes": PNG,
    "a data URL": DATA,
    "a data URL between blanks": f" {DATA}\n",
    "a blob": Blob(data=PNG),
    "a block of OpenAI's": {"type": "image_url", "image_url": {"url": DATA}},
    "a short block of OpenAI's": {"type": "image_url", "image_url": DATA},
    "a block of OpenAI's newer API": {"type": "input_image", "image_url": DATA},
    "a block of LangChain's": {"type": "image", "base64": BASE64, "mime_type": "image/png"},
    "a block of LangChain's with a URL": {"type": "image", "url": DATA},
    "an older block of LangChain's": {
        "type": "image",
        "source_type": "base64",
        "data": BASE64,
        "mime_type": "image/png",
    },
    "an older block with a URL": {"type": "image", "source_type": "url", "url": DATA},
    "a block of Anthropic's": {
        "type": "image",
        "source": {"type": "base64", "media_type": "image/png", "data": BASE64},
    },
    "a block of Anthropic's with a URL": {"type": "image", "source": {"type": "url", "url": DATA}},
}


@pytest.mark.parametrize("given", TEXTS.values(), ids=TEXTS)
def test_text_is_read(given: Any):
    assert read(given) == JOHN


@pytest.mark.parametrize("given", IMAGES.values(), ids=IMAGES)
def test_images_are_read(given: Any):
    assert read(given) == PAGE


@pytest.mark.parametrize("block", [block for block in IMAGES.values() if isinstance(block, dict)])
def test_images_in_messages_are_read(block: dict[str, Any]):
    assert read(HumanMessage([block])) == PAGE
    assert read([SystemMessage("Extract."), HumanMessage([block])]) == PAGE


def test_standard_content_blocks_are_read():
    message = HumanMessage(content_blocks=[{"type": "image", "url": ADDRESS}, {"type": "text", "text": "John."}])
    assert read(message) == Source((Image(ADDRESS), Text("John.")))


def test_reading_order_is_kept():
    messages = [HumanMessage(["a", {"type": "image", "url": ADDRESS}]), AIMessage("no"), HumanMessage("b")]
    assert read(messages) == Source((Text("a"), Image(ADDRESS), Text("b")))


def test_a_list_is_one_document(tmp_path: Path):
    scan = tmp_path / "scan.png"
    scan.write_bytes(PNG)
    given = ["Page 1", Image.of(ADDRESS), scan, PNG, Document("Page 2")]
    assert read(given) == Source((Text("Page 1"), Image(ADDRESS), Image(DATA), Image(DATA), Text("Page 2")))


def test_a_source_is_the_same_afterwards():
    assert read(JOHN) is JOHN


def test_an_address_is_text_and_warned_of():
    with pytest.warns(UserWarning, match="not fetched"):
        assert read(ADDRESS).parts == (Text(ADDRESS),)


@pytest.mark.parametrize("text", ["/etc/hostname", "data:text/plain;base64,QQ==", f"{DATA} is a picture", "<a>"])
def test_a_string_is_text_whatever_it_names(text: str):
    assert read(text) == Source((Text(text),))


def test_text_is_left_as_it_is():
    assert read(" John\r\n\tÖ 東京 \n").text == " John\r\n\tÖ 東京 \n"


@pytest.mark.parametrize("name", ["letter.txt", "letter.md", "letter"])
def test_a_text_file_is_read(name: str, tmp_path: Path):
    letter = tmp_path / name
    letter.write_text("\ufeffGrüße,\nJohn.", encoding="utf-8")
    assert read(letter) == Source((Text("Grüße,\nJohn."),))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"%PDF-1.7\n%\xe2\xe3", "letter: it is a PDF that is cut off"),
        (b"PK\x03\x04\xff\xff\xff\xff", "letter: it is neither an image nor text.*zip"),
        (b"Gr\0\xfc\xdfe\0\1\2", "letter: it is neither a PDF, an image, .* nor text"),
        (b"", "empty"),
        (b"\n", "empty"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(content: bytes, words: str, tmp_path: Path):
    letter = tmp_path / "letter"
    letter.write_bytes(content)
    with pytest.raises(ValueError, match=words):
        read(letter)


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(FileNotFoundError, match="letter"):
        read(tmp_path / "letter")


@pytest.mark.parametrize(
    "given",
    [
        "",
        " \n\t\u2003",
        [],
        ["", " "],
        Document(""),
        HumanMessage(""),
        HumanMessage([]),
        [SystemMessage("Extract.")],
        [SystemMessage("Extract."), AIMessage("John.")],
        ChatPromptValue(messages=[]),
        Source(()),
        AIMessage([{"type": "reasoning", "reasoning": "Hm."}]),
    ],
)
def test_an_empty_document_is_refused(given: Any):
    with pytest.raises(ValueError, match="the document is empty"):
        read(given)


@pytest.mark.parametrize("given", [None, 42, {}, {"text": "John."}, {"messages": []}, object(), {"a"}])
def test_what_is_no_document_is_refused(given: Any):
    with pytest.raises(TypeError, match=f"of the type {type(given).__name__}"):
        read(given)


@pytest.mark.parametrize(
    "block",
    [
        {"type": "audio", "base64": "AA=="},
        {"type": "file", "file_id": "file-1"},
        {"type": "image", "file_id": "file-1"},
        {"type": "text"},
        {"type": "image_url"},
        {"kind": "odd"},
    ],
)
def test_a_block_that_cannot_be_read_is_refused(block: dict[str, Any]):
    with pytest.raises(ValueError, match="content block"):
        read([block])


@pytest.mark.parametrize("url", ["/etc/hostname", "file:///etc/hostname", "scan.png", "ftp://example.com/a.png"])
def test_no_message_makes_this_machine_read_a_file(url: str):
    with pytest.raises(ValueError, match="http"):
        read(HumanMessage([{"type": "image_url", "image_url": {"url": url}}]))


@pytest.mark.parametrize(
    ("page", "cause"),
    [
        ("<div id=app></div><script src=app.js></script>", "scripts, which may write it in a browser"),
        ("<script>var text = 1;<p>words</p>", "<script> is never closed"),
        ("<p></p>", r"on the page\.$"),
    ],
)
def test_a_page_without_text_says_why(page: str, cause: str):
    with pytest.raises(EmptyDocument, match=cause):
        read(f"<!doctype html><html><body>{page}".encode())


def test_a_file_that_is_called_a_text_and_is_none_is_read_as_what_it_is(tmp_path):
    path = tmp_path / "claim.txt"
    path.write_bytes(pdf(lines("Claim 12")))
    source = read(path)
    assert source.text == "Claim 12"
    assert source.warnings == ("claim.txt: it is called a text, and was read as a PDF, since that is what it is",)
