"""What callbacks are told: the template and the schema, but no image."""

import asyncio
import base64
import json
import zlib

import pytest
from langchain_core.caches import InMemoryCache
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.documents import Document
from langchain_core.messages import HumanMessage, messages_from_dict, messages_to_dict
from langchain_core.prompt_values import ChatPromptValue
from pydantic import BaseModel

from langchain_nuextract import Example, Image, NuExtractor
from langchain_nuextract.runnables.callbacks.redact import display_input
from langchain_nuextract.testing import FakeEndpoint


class Bill(BaseModel):
    total: float


def png(filling: bytes = b"x") -> str:
    """An image of one pixel, with a comment."""
    chunks = (
        b"IHDR\0\0\0\1\0\0\0\1\x08\0\0\0\0", b"tEXtComment\0" + filling * 300,
        b"IDAT" + zlib.compress(b"\0\0"), b"IEND",
    )  # fmt: skip
    written = ((len(chunk) - 4).to_bytes(4, "big") + chunk + zlib.crc32(chunk).to_bytes(4, "big") for chunk in chunks)
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"".join(written)).decode()


DATA = png()
URL = f"data:image/png;base64,{DATA}"
MESSAGE = HumanMessage([{"type": "text", "text": "page 1"}, {"type": "image_url", "image_url": {"url": URL}}])
FORMS = {
    "image": Image(URL),
    "url": URL,
    "url in capitals": f"  DATA:IMAGE/PNG;base64,{DATA}",
    "bytes": base64.b64decode(DATA),
    "list": ["page 1", Image(URL)],
    "message": MESSAGE,
    "messages": [MESSAGE],
    "prompt": ChatPromptValue(messages=[MESSAGE]),
    "block of LangChain's": HumanMessage([{"type": "image", "base64": DATA, "mime_type": "image/png"}]),
    "block of Anthropic's": HumanMessage(
        [{"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": DATA}}]
    ),
}


class Listener(BaseCallbackHandler):
    """Writes down all that it is told."""

    def __init__(self):
        self.told = ""
        self.ends = 0

    def _note(self, *args, **kwargs):
        self.told += repr((args, kwargs))

    on_chain_start = on_chat_model_start = on_llm_end = on_custom_event = _note

    def on_chain_end(self, outputs, **kwargs):
        self.ends += 1
        self._note(outputs)


def is_told(told: str) -> bool:
    return DATA[20:120] in told or repr(base64.b64decode(DATA))[20:120] in told


def is_sent(endpoint: FakeEndpoint) -> bool:
    return all(URL in json.dumps(request.body) for request in endpoint.requests)


@pytest.mark.parametrize("document", FORMS.values(), ids=FORMS)
def test_no_image_is_told(run, chat, document):
    listener = Listener()
    config = {"callbacks": [listener]}
    with FakeEndpoint({"total": 7}) as endpoint:
        extract = NuExtractor(Bill, llm=chat(endpoint))
        raw = chat(endpoint).with_structured_output(Bill, include_raw=True)
        assert run(extract, document, config=config).total == 7
        assert run(extract.detailed, document, config=config).document.images == (Image(URL),)
        assert run(raw, document, config=config)["parsed"].total == 7
        assert run.stream(extract, document, config=config)[-1].total == 7
    assert listener.ends == 4
    assert len(endpoint.requests) == 4
    assert is_sent(endpoint)
    assert not is_told(listener.told)
    assert "characters, sha256" in listener.told
    assert "template" in listener.told
    assert "ls_structured_output_format" in listener.told


@pytest.mark.parametrize("settings", [{}, {"response_format": Bill}], ids=["chat", "object"])
@pytest.mark.parametrize("message", [FORMS["message"], FORMS["block of LangChain's"]], ids=["openai", "langchain"])
def test_the_chat_model_tells_none_either(run, chat, message, settings):
    listener = Listener()
    with FakeEndpoint({"total": 7}) as endpoint:
        answer = run(chat(endpoint), [message], config={"callbacks": [listener]}, **settings)
        run.stream(chat(endpoint), [message], config={"callbacks": [listener]}, **settings)
    assert json.loads(answer.text) == {"total": 7}
    assert is_sent(endpoint)
    assert not is_told(listener.told)


def test_a_conversation_keeps_its_images_and_can_be_sent_again_from_json(run, chat):
    messages = [MESSAGE]
    with FakeEndpoint({"total": 7}) as endpoint:
        run(chat(endpoint), messages, config={"callbacks": [Listener()]})
        run(chat(endpoint), messages_from_dict(json.loads(json.dumps(messages_to_dict(messages)))))
        run.stream(chat(endpoint), messages_from_dict(messages_to_dict(messages)))
    assert MESSAGE.content[1]["image_url"]["url"] == URL
    assert [json.dumps(request.body).count(URL) for request in endpoint.requests] == [1, 1, 1]


def test_the_events_of_a_run_show_no_image_either(chat):
    async def events(model):
        return [event async for event in model.astream_events([MESSAGE], version="v2")]

    with FakeEndpoint({"total": 7}) as endpoint:
        heard = asyncio.run(events(chat(endpoint)))
        stream = chat(endpoint).stream_events([MESSAGE], {"callbacks": [listener := Listener()]}, version="v3")
        assert json.loads(stream.output.text) == {"total": 7}
    assert is_sent(endpoint)
    assert "characters, sha256" in repr(heard[0])
    assert "characters, sha256" in listener.told
    assert not is_told(listener.told)


def test_no_image_of_an_example_is_told(run, chat):
    listener = Listener()
    with FakeEndpoint({"total": 7}) as endpoint:
        extract = NuExtractor(Bill, llm=chat(endpoint), examples=[Example(Image(URL), Bill(total=3))])
        details = run(extract.detailed, "Total: 7", config={"callbacks": [listener]})
    assert details.examples[0].source.images == (Image(URL),)
    assert is_sent(endpoint)
    assert not is_told(listener.told)


def test_images_of_the_same_size_are_not_taken_for_each_other_in_a_cache(run, chat):
    with FakeEndpoint({"total": 7}) as endpoint:
        extract = NuExtractor(Bill, llm=chat(endpoint, cache=InMemoryCache()))
        for filling in (b"x", b"y", b"x"):
            run(extract, Image(f"data:image/png;base64,{png(filling)}"))
    assert len(endpoint.requests) == 2


@pytest.mark.parametrize(
    "document",
    [
        "Total: 7",
        Document("Total: 7"),
        [HumanMessage("Total: 7")],
        HumanMessage("Total: 7"),
        Image("https://example.com/page.png"),
    ],
    ids=["text", "document", "messages", "message", "address"],
)
def test_what_has_no_data_is_told_as_it_is(document):
    assert display_input(document) == document or display_input(document).images == (document,)


def test_what_cannot_be_read_is_told_in_short():
    broken = [{"type": "audio", "base64": "A" * 10_000}]
    assert len(display_input(broken)) < 1000
