"""Which addresses of images are passed on to the endpoint."""

import base64
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import HumanMessage
from langchain_openai import ChatOpenAI

from langchain_nuextract import ChatNuExtract, Image, NuExtractor, RecoveryPolicy, UnreadableDocument
from langchain_nuextract.client.image_urls import check_image_urls
from langchain_nuextract.testing import FakeEndpoint

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABh6FO1AAAAABJRU5ErkJggg=="
)
DATA = "data:image/png;base64," + base64.b64encode(PNG).decode()
URL = "https://pictures.example.org/deed.png"
ONCE = RecoveryPolicy(max_calls=1)
HOSTS = ("pictures.example.org", "*.CDN.example.net")


def message(url):
    return [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}]}]


PASSED = [
    (URL, True),
    (URL, HOSTS),
    ("HTTP://Pictures.Example.ORG.:8080/a?b#c", HOSTS),
    ("https://eu.cdn.example.net/a.png", HOSTS),
    *((DATA, allowed) for allowed in (True, False, HOSTS)),
]


@pytest.mark.parametrize(("url", "allowed"), PASSED)
def test_an_address_that_is_allowed_passes(url, allowed):
    check_image_urls(message(url), allowed)


NOT_OF_THE_HOSTS = [
    "https://other.example.org/a.png",
    "https://pictures.example.org.evil.test/a.png",
    "https://evilpictures.example.org/a.png",
    "https://cdn.example.net/a.png",
    "https://pictures.example.org@evil.test/a.png",
    "https://evil.test@pictures.example.org/a.png",
    "https://evil.test#@pictures.example.org/a.png",
    "https://evil.test?pictures.example.org",
    "https://pictures.example.org\\@evil.test/a.png",
    "https://evil.test\\.pictures.example.org/a.png",
    "https://[::1/a.png",
    "http://169.254.169.254/latest",
]


@pytest.mark.parametrize("url", NOT_OF_THE_HOSTS)
def test_an_address_of_another_host_is_refused_however_it_is_written(url):
    for allowed in (HOSTS, (), False):
        with pytest.raises(UnreadableDocument):
            check_image_urls(message(url), allowed)


NEVER = [
    "file:///etc/passwd",
    " file:///etc/passwd",
    "FILE://localhost/etc/passwd",
    "/etc/passwd",
    "ftp://a.test/b",
    "",
]


@pytest.mark.parametrize("url", NEVER)
@pytest.mark.parametrize("allowed", [True, HOSTS, False])
def test_a_file_never_passes(url, allowed):
    with pytest.raises(UnreadableDocument, match="http"):
        check_image_urls(message(url), allowed)


@pytest.mark.parametrize("kind", ["image_url", "video_url", "audio_url"])
@pytest.mark.parametrize("wrap", [lambda url: url, lambda url: {"url": url}])
def test_all_kinds_of_parts_are_looked_at(kind, wrap):
    part = {"type": kind, kind: wrap("file:///etc/passwd")}
    with pytest.raises(UnreadableDocument):
        check_image_urls([{"role": "system", "content": "a"}, {"role": "user", "content": [part]}], True)


@given(st.text() | st.from_regex(r"https?://[a-z@:/\\\[\]#?.]{0,20}"))
def test_whatever_an_address_is_nothing_else_is_raised(url):
    for allowed in (True, HOSTS, False):
        try:
            check_image_urls(message(url), allowed)
        except UnreadableDocument as error:
            assert "the image" in str(error)  # noqa: PT017  # it need not be raised


def test_an_extractor_refuses_before_anything_is_sent(run):
    with FakeEndpoint('{"a": "b"}') as endpoint:
        known = {"model": "numind/NuExtract3", "base_url": endpoint.url}
        extract = NuExtractor({"a": "string"}, allow_image_urls=False, **known)
        with pytest.raises(UnreadableDocument, match="forbidden"):
            run(extract, Image.of(URL))
        assert endpoint.requests == []
        run(extract, Image.of(PNG))
        run(NuExtractor({"a": "string"}, **known), Image.of(URL))
        assert len(endpoint.requests) == 2


def test_a_chat_model_refuses_and_a_call_may_be_stricter(run, chat):
    asked = [HumanMessage([{"type": "image_url", "image_url": {"url": URL}}])]
    with FakeEndpoint("a") as endpoint:
        with pytest.raises(UnreadableDocument, match="forbidden"):
            run(chat(endpoint, allow_image_urls=False), asked)
        with pytest.raises(UnreadableDocument, match=r"of other\.example alone"):
            run(chat(endpoint), asked, allow_image_urls=["other.example"])
        assert endpoint.requests == []
        run(chat(endpoint), asked, allow_image_urls=["pictures.example.org"])
    assert "allow_image_urls" not in endpoint.requests[0].body


NUMBERS = itertools.count()


def foreign(url, **settings):
    # LangChain keeps a client for each address and timeout: one of an endpoint that had the same port before has
    # connections of an event loop that is closed.
    return ChatOpenAI(model="m", base_url=url, api_key="k", timeout=60.0 + next(NUMBERS), **settings)


FOREIGN = [
    pytest.param(lambda url: foreign(url, max_retries=0), id="ChatOpenAI"),
    pytest.param(lambda url: foreign(url).with_retry(), id="bound"),
    pytest.param(lambda url: ChatNuExtract(model="m", base_url=url), id="ours"),
    pytest.param(lambda url: ChatNuExtract(model="m", base_url=url).with_retry(), id="ours, bound"),
]


@pytest.mark.parametrize("model", FOREIGN)
@pytest.mark.parametrize(
    ("url", "allowed"), [(URL, False), (URL, ("other.example.org",)), ("file:///etc/passwd", True), ("//a/b.png", True)]
)
def test_no_model_is_sent_an_address_that_is_not_allowed(run, model, url, allowed):
    with FakeEndpoint({"a": "x"}) as endpoint:
        extract = NuExtractor(
            {"a": "string"}, llm=model(endpoint.url), dialect="3", allow_image_urls=allowed, recovery=ONCE
        )
        with pytest.raises(ValueError, match="address"):
            run(extract, [HumanMessage([{"type": "image_url", "image_url": {"url": url}}])])
        assert endpoint.requests == []


@pytest.mark.parametrize("model", FOREIGN)
def test_every_model_is_sent_one_that_is(run, model):
    with FakeEndpoint({"a": "x"}) as endpoint:
        extract = NuExtractor({"a": "string"}, llm=model(endpoint.url), dialect="3", allow_image_urls=HOSTS)
        assert run(extract, [HumanMessage([{"type": "image_url", "image_url": {"url": URL}}])]) == {"a": "x"}
        assert URL in str(endpoint.requests[0].body)
