"""Pages as Markdown, against a fake endpoint."""

import base64
import pickle

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.document_loaders import BaseBlobParser
from langchain_core.documents import Document
from langchain_core.documents.base import Blob

from langchain_nuextract import ChatNuExtract, Image, UnsupportedTask
from langchain_nuextract.documents.options import PageOptions
from langchain_nuextract.documents.page import Page
from langchain_nuextract.errors import EndpointBusy, RequestRefused
from langchain_nuextract.markdown import Figure, PageReader
from langchain_nuextract.testing import FakeEndpoint, FakeReply
from tests.pdfs import lines, pdf

PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4AWNo+N8AAAQCAgC7yg/iAAAAAElFTkSuQmCC")
URL = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
TWO = [Image(URL), Image(URL)]


def reader(endpoint, model="numind/NuExtract3", **settings):
    return PageReader(model=model, base_url=endpoint.url, **settings)


def test_the_request_is_an_image_and_the_mode(run):
    with FakeEndpoint("# Fees") as endpoint:
        assert run(reader(endpoint), PNG) == "# Fees"
    assert endpoint.requests[0].body == {
        "model": "numind/NuExtract3",
        "messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": URL}}]}],
        "temperature": 0,
        "chat_template_kwargs": {"mode": "markdown", "enable_thinking": False},
        "stream": True,
        "stream_options": {"include_usage": True},
    }


def test_numarkdown_is_asked_by_the_image_alone(run):
    with FakeEndpoint("<think>plan</think>\n<answer># Fees</answer>") as endpoint:
        assert run(reader(endpoint, "numind/NuMarkdown-8B-Thinking"), PNG) == "# Fees"
    body = endpoint.requests[0].body
    assert body["messages"] == [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": URL}}]}]
    assert (body["temperature"], "chat_template_kwargs" in body) == (0.7, False)


def test_each_page_is_a_request_of_its_own_and_order_is_kept(run):
    answers = iter(["first", "second"])
    with FakeEndpoint(lambda _: next(answers)) as endpoint:
        pages = reader(endpoint, max_requests=1)
        reading = run(pages.detailed, TWO)
    assert len(endpoint.requests) == 2
    assert reading.markdown == "first\n\nsecond"
    assert [(page.number, page.finish_reason, page.calls) for page in reading.pages] == [(1, "stop", 1), (2, "stop", 1)]
    assert reading.usage.output_tokens == 2


def test_documents_have_a_page_each(run):
    with FakeEndpoint("text") as endpoint:
        documents = run(reader(endpoint).documents, TWO)
        parsed = reader(endpoint).parse(Blob.from_data(PNG, path="scan.png"))
    assert documents == [Document("text", metadata={"page": at, "total_pages": 2}) for at in (0, 1)]
    assert parsed == [Document("text", metadata={"source": "scan.png", "page": 0, "total_pages": 1})]
    assert issubclass(PageReader, BaseBlobParser)


def test_of_pages_that_were_chosen_the_documents_say_how_many_there_are(run):
    file = pdf(*(lines(f"page {at}") for at in range(1, 6)))
    with FakeEndpoint("text") as endpoint:
        documents = run(reader(endpoint, pages=PageOptions(pages="2,4")).documents, file)
    assert [(each.metadata["page"], each.metadata["total_pages"]) for each in documents] == [(1, 5), (3, 5)]


def test_text_beside_the_pages_is_left_out_and_said_to_be(run):
    with FakeEndpoint("text") as endpoint:
        reading = run(reader(endpoint).detailed, ["Dear Ada,", Image(URL)])
    assert [page.number for page in reading.pages] == [1]
    assert reading.warnings == ("text beside the pages, such as that of a mail, was left out: 9 characters",)


def test_what_the_model_says_of_pictures_stands_apart(run):
    figure = '<figure data-type="image" data-id="img_1"><img src="img_1.png" alt="A &quot;car&quot;"/></figure>'
    with FakeEndpoint(f"Before\n\n{figure}\n\nAfter") as endpoint:
        [page] = run(reader(endpoint).detailed, PNG).pages
    assert page.markdown == "Before\n\n![](img_1.png)\n\nAfter"
    assert page.figures == (Figure("img_1", 'A "car"'),)


def test_a_figure_that_is_cut_off_leaves_no_description_behind(run):
    with FakeEndpoint(FakeReply('a <figure data-id="i"><img alt="made', finish_reason="length")) as endpoint:
        [page] = run(reader(endpoint, max_calls=1).detailed, PNG).pages
    assert page.markdown == "a ![]()"
    assert page.warnings == ("the answer was cut off: raise max_tokens or max_calls",)


def test_a_cut_page_is_gone_on_with(run):
    with FakeEndpoint(FakeReply("One two thr", finish_reason="length"), " three four.") as endpoint:
        [page] = run(reader(endpoint).detailed, PNG).pages
    assert page.markdown == "One two three four."
    assert (page.is_complete, page.calls) == (True, 2)
    body = endpoint.requests[1].body
    assert body["messages"][-1] == {"role": "assistant", "content": "One two"}
    assert (body["continue_final_message"], body["add_generation_prompt"]) == (True, False)


def test_a_server_that_begins_anew_does_not_say_it_twice(run):
    text = "One two three four five six seven eight nine ten"
    with FakeEndpoint(FakeReply(text[:-4], finish_reason="length"), text) as endpoint:
        assert run(reader(endpoint), PNG) == text


def test_a_page_that_is_never_done_is_said_to_be_cut_off(run):
    with FakeEndpoint(
        lambda received: FakeReply(" more" * len(str(received.body)), finish_reason="length")
    ) as endpoint:
        [page] = run(reader(endpoint, max_calls=2).detailed, PNG).pages
    assert (page.is_complete, page.calls <= 2) == (False, True)
    assert page.warnings


LOOP = "A page. " + "and so on, " * 200


def test_a_loop_is_tried_again_with_other_luck(run):
    with FakeEndpoint(FakeReply(LOOP, finish_reason="length"), "A page. The end.") as endpoint:
        [page] = run(reader(endpoint).detailed, PNG).pages
    assert (page.markdown, page.loops, page.is_complete) == ("A page. The end.", 1, True)
    assert (endpoint.requests[1].body["temperature"], endpoint.requests[1].body["seed"]) == (0.2, 1)


def test_of_a_second_loop_what_stands_before_it_is_kept(run):
    with FakeEndpoint(FakeReply(LOOP, finish_reason="length")) as endpoint:
        [page] = run(reader(endpoint).detailed, PNG).pages
    assert (page.markdown, page.loops, page.is_complete) == ("A page. and so on,", 2, False)
    assert page.finish_reason == "repetition"
    assert page.warnings == ("the model ran in circles: what stands before the loop is kept",)


class File:
    """A file of two pages with text."""

    name = "claim.pdf"
    options = PageOptions(max_pixels=500)

    def __init__(self):
        self.rendered = []

    def words(self, number):
        raise AssertionError("boxes are not asked for")

    def picture(self, number, *, max_pixels):
        self.rendered.append((number, max_pixels))
        return URL


def test_pages_of_a_file_are_rendered_and_compared_with_their_text(run):
    text = "An excess of 150 euros is due in May."
    file = File()
    pages = [Page(at, file, text, len(text), readable=True) for at in (3, 4)]
    answers = {3: "An excess of 150 euros is due in May.", 4: "An excess of 900 dollars was paid in June."}
    with FakeEndpoint(lambda _: answers[file.rendered[-1][0]]) as endpoint:
        reading = run(reader(endpoint, max_requests=1).detailed, pages)
    assert file.rendered == [(3, 500), (4, 500)]
    assert [page.number for page in reading.pages] == [3, 4]
    assert [page.ter.distinct for page in reading.pages] == [0, 5 / 9]
    assert reading.warnings == ("page 4: 56% of the words are not in the page's text layer",)


def test_control_marks_end_the_answer(run):
    with FakeEndpoint("# Fees<|im_end|>") as endpoint:
        assert run(reader(endpoint), PNG) == "# Fees"


def test_an_empty_page_is_said_to_be_empty(run):
    with FakeEndpoint("") as endpoint:
        reading = run(reader(endpoint).detailed, PNG)
    assert reading.warnings == ("page 1: the model wrote nothing",)


def test_thinking_is_asked_for_and_split_off(run):
    with FakeEndpoint(FakeReply("# Fees", reasoning="a plan")) as endpoint:
        assert run(reader(endpoint, thinking=True), PNG) == "# Fees"
    assert endpoint.requests[0].body["chat_template_kwargs"]["enable_thinking"] is True


def test_settings_of_a_call_reach_the_server(run):
    with FakeEndpoint("text") as endpoint:
        run(reader(endpoint), PNG, temperature=0.4)
    assert endpoint.requests[0].body["temperature"] == 0.4


def test_an_error_of_the_endpoint_is_raised(run):
    with FakeEndpoint(FakeReply(status=400, error="no such image")) as endpoint, pytest.raises(RequestRefused):
        run(reader(endpoint), TWO)
    llm_settings = {"model": "numind/NuExtract3", "max_retries": 0}
    with FakeEndpoint(FakeReply(status=503)) as endpoint, pytest.raises(EndpointBusy):
        run(PageReader(llm=ChatNuExtract(base_url=endpoint.url, **llm_settings)), PNG)


def test_what_cannot_be_read_is_refused():
    with FakeEndpoint("text") as endpoint:
        with pytest.raises(UnsupportedTask, match="no pages"):
            reader(endpoint).invoke("only text")
        with pytest.raises(UnsupportedTask, match="reads no pages"):
            reader(endpoint, "jinaai/ReaderLM-v2").invoke(PNG)
        with pytest.raises(UnsupportedTask, match="cannot think"):
            reader(endpoint, "jinaai/ReaderLM-v2", thinking=True).invoke(PNG)
        with pytest.raises(TypeError, match="base_url belong"):
            PageReader(llm=ChatNuExtract(base_url=endpoint.url, model="numind/NuExtract3"), base_url=endpoint.url)
    assert not endpoint.requests


def test_it_batches_pickles_and_listens(run):
    seen = []
    with FakeEndpoint("text") as endpoint:
        pages = pickle.loads(pickle.dumps(reader(endpoint)))
        assert pages.batch([PNG, PNG]) == ["text", "text"]

        class Handler(BaseCallbackHandler):
            def on_chat_model_start(self, serialized, messages, **kwargs):
                seen.append("model")

            def on_chain_start(self, serialized, inputs, **kwargs):
                seen.append("chain")

        assert run(pages, PNG, {"callbacks": [Handler()]}) == "text"
    assert seen == ["chain", "model"]
