"""HTML as Markdown by rules and by models, against a fake endpoint."""

import pytest
from langchain_core.document_loaders import BaseBlobParser
from langchain_core.documents import BaseDocumentTransformer, Document
from langchain_core.documents.base import Blob

from langchain_nuextract.errors import UnsupportedTask
from langchain_nuextract.markdown import HTMLReader
from langchain_nuextract.testing import FakeEndpoint, FakeReply

PAGE = "<title>Fees</title><h1>Fees</h1><p class=x onclick=y>Ten euros a <b>year</b>.</p><script>z()</script>"
MARKDOWN = "# Fees\n\nTen euros a **year**."


def by_model(endpoint, model="jinaai/ReaderLM-v2", **settings):
    return HTMLReader(how="model", model=model, base_url=endpoint.url, **settings)


@pytest.mark.parametrize(
    "document",
    [
        PAGE,
        PAGE.encode(),
        Blob.from_data(PAGE, path="fees.html"),
        Blob.from_data(PAGE.encode("utf-16"), path="fees.html"),
        Document(PAGE),
    ],
    ids=lambda document: type(document).__name__,
)
def test_rules_take_whatever_people_have(run, document):
    assert run(HTMLReader(), document) == MARKDOWN


def test_a_path_is_read(run, tmp_path):
    (tmp_path / "fees.html").write_text(PAGE, encoding="utf-8")
    assert run(HTMLReader(), tmp_path / "fees.html") == MARKDOWN


def test_the_detailed_form_tells_all(run):
    reading = run(HTMLReader().detailed, f"<p hidden>secret</p>{PAGE}".encode())
    assert (reading.title, reading.encoding, reading.pieces) == ("Fees", "utf-8", ())
    assert reading.warnings == ("hidden elements left out: 6 characters",)
    assert reading.ter.counted == 0
    assert reading.coverage == 5 / 6
    start = reading.markdown.index("Ten euros")
    place = reading.locate(start, start + 9)
    assert reading.html[slice(*place)] == "Ten euros"


def test_it_parses_blobs_and_transforms_documents(run):
    page = "<title>T</title><p><a href='a'>x</a>"
    [parsed] = HTMLReader().parse(Blob.from_data(page, path="https://h.example/d/p"))
    assert parsed == Document("[x](https://h.example/d/a)", metadata={"source": "https://h.example/d/p", "title": "T"})
    given = Document(page, id="1", metadata={"source": "https://h.example/", "lang": "en"})
    [made] = HTMLReader(links=False).transform_documents([given])
    assert (made.page_content, made.id) == ("x", "1")
    assert made.metadata == {"source": "https://h.example/", "lang": "en", "title": "T"}
    assert given.page_content == page
    assert issubclass(HTMLReader, BaseBlobParser)
    assert issubclass(HTMLReader, BaseDocumentTransformer)


def test_a_model_is_given_clean_html_and_no_more_tokens_than_the_text_has(run):
    with FakeEndpoint(MARKDOWN) as endpoint:
        reading = run(by_model(endpoint).detailed, PAGE)
    body = endpoint.requests[0].body
    assert reading.markdown == MARKDOWN
    assert body["messages"][0]["content"].endswith("```html\n<h1>Fees</h1><p>Ten euros a <b>year</b>.</p>\n```")
    assert body["max_tokens"] < 300
    assert [(piece.by, piece.reason) for piece in reading.pieces] == [("model", "")]
    assert reading.title == "Fees"


def test_control_marks_in_a_page_are_escaped_and_restored(run):
    page = "<p><img src=a alt='<|im_start|>'>end &lt;|im_end|&gt; 【document_end】</p>"
    with FakeEndpoint("end 【 document_end】") as endpoint:
        reading = run(by_model(endpoint, "numind/NuExtract3").detailed, page)
    assert endpoint.requests[0].text == (
        '<p><img src="a" alt="&lt;|im_start|&gt;">end &lt;|im_end|&gt; 【 document_end】</p>'
    )
    assert reading.markdown == "end 【document_end】"


TOO_LONG = "This model's maximum context length is 10 tokens. However, you requested 99 tokens"
CUT = "# Fees\n\nTen euros a ye"


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        pytest.param(FakeReply("Nothing of this is"), "100% of the words are not on the page", id="made up"),
        pytest.param(FakeReply("Fees"), "only 20% of the page's words are in it", id="left out"),
        pytest.param(FakeReply("Fees " * 900, finish_reason="length"), "the model ran in circles", id="loop"),
        pytest.param(
            FakeReply(CUT, finish_reason="length"), "the answer was longer than the text, and cut off", id="cut off"
        ),
        pytest.param(FakeReply(status=400, error=TOO_LONG), "it is longer than the model's context", id="too long"),
    ],
)
def test_a_bad_answer_is_replaced_by_rules_on_record(run, reply, reason):
    with FakeEndpoint(reply) as endpoint:
        reading = run(by_model(endpoint).detailed, PAGE)
    assert reading.markdown == MARKDOWN
    assert reading.pieces[0].by == "rules"
    assert reading.pieces[0].reason == reason
    assert reading.warnings == (f"piece 1 of 1 was converted by rules: {reason}",)


def test_what_repeats_on_the_page_is_no_loop(run):
    page = "<p>no data no data no data " + "no data " * 200
    with FakeEndpoint(FakeReply(("no data " * 203).strip())) as endpoint:
        reading = run(by_model(endpoint).detailed, page)
    assert [(piece.by, piece.calls) for piece in reading.pieces] == [("model", 1)]


def test_a_long_page_is_cut_between_blocks_and_joined_in_order(run):
    rows = "".join(f"<tr><td>row {at}<td>{'cell ' * 20}" for at in range(40))
    items = "".join(f"<li>item {at} {'word ' * 20}" for at in range(40))
    page = f"<h1>Fees</h1><table>{rows}</table><ul>{items}</ul><pre>{'code ' * 200}</pre>"
    with FakeEndpoint(lambda received: FakeReply(status=400, error=TOO_LONG)) as endpoint:
        reading = run(by_model(endpoint, "jinaai/reader-lm-1.5b", piece_tokens=300).detailed, page)
    assert len(endpoint.requests) == len(reading.pieces) > 5
    assert "".join(piece.html for piece in reading.pieces).count("<td>") == 80
    for piece in reading.pieces:
        for tag in ("tr", "li", "pre", "table", "ul"):
            assert piece.html.count(f"<{tag}>") == piece.html.count(f"</{tag}>")
    markdown = reading.markdown
    assert [markdown.index(f"row {at} ") for at in range(40)] == sorted(
        markdown.index(f"row {at} ") for at in range(40)
    )
    assert all(f"item {at} " in markdown for at in range(40))


def test_nuextract_3_reads_html_as_text(run):
    with FakeEndpoint(MARKDOWN) as endpoint:
        assert run(by_model(endpoint, "numind/NuExtract3"), PAGE) == MARKDOWN
    body = endpoint.requests[0].body
    assert body["chat_template_kwargs"] == {"mode": "markdown", "enable_thinking": False}
    assert body["messages"][0]["content"].startswith("<h1>Fees</h1>")


def test_what_makes_no_sense_is_refused():
    with pytest.raises(TypeError, match='pass how="model"'):
        HTMLReader(model="jinaai/ReaderLM-v2")
    with pytest.raises(TypeError, match="of the type int"):
        HTMLReader().invoke(3)
    with FakeEndpoint() as endpoint, pytest.raises(UnsupportedTask, match="reads no HTML"):
        by_model(endpoint, "numind/NuMarkdown-8B-Thinking").invoke(PAGE)


def test_an_empty_page_is_said_to_be_empty(run):
    with FakeEndpoint() as endpoint:
        reading = run(by_model(endpoint).detailed, "<script>x</script>")
    assert (reading.markdown, reading.ter, endpoint.requests) == ("", None, [])
    assert reading.warnings == ("there is no text on the page",)
