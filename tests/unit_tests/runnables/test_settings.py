"""Where the settings come from, and where they do not."""

import os

import httpx2
import pytest

from langchain_nuextract import ChatNuExtract, RequestRefused
from langchain_nuextract.client.config import Endpoint, normal_url
from langchain_nuextract.testing import FakeEndpoint

URL = "http://localhost:8000/v1"


def test_settings_come_from_variables_of_our_own(run, monkeypatch):
    with FakeEndpoint(key="the-key") as endpoint:
        monkeypatch.setenv("NUEXTRACT_BASE_URL", endpoint.url)
        monkeypatch.setenv("NUEXTRACT_API_KEY", "the-key")
        monkeypatch.setenv("NUEXTRACT_MODEL", "acme/nuextract3-cheques")
        run(ChatNuExtract())
    assert endpoint.requests[0].body["model"] == "acme/nuextract3-cheques"


def test_the_constructor_wins_over_variables(monkeypatch):
    monkeypatch.setenv("NUEXTRACT_BASE_URL", "http://elsewhere:1/v1")
    monkeypatch.setenv("NUEXTRACT_MODEL", "other")
    llm = ChatNuExtract(model="m", base_url=URL)
    assert (llm.model_name, llm.openai_api_base) == ("m", URL)


FOREIGN = {
    "OPENAI_API_KEY": "foreign-key",
    "OPENAI_ADMIN_KEY": "foreign-key",
    "OPENAI_API_BASE": "http://foreign.example.com/v1",
    "OPENAI_BASE_URL": "http://foreign.example.com/v1",
    "OPENAI_ORG_ID": "foreign-org",
    "OPENAI_ORGANIZATION": "foreign-org",
    "OPENAI_PROJECT_ID": "foreign-project",
    "OPENAI_PROXY": "http://foreign.example.com:3128",
    "OPENAI_CUSTOM_HEADERS": "X-Foreign: foreign",
    "LANGSMITH_GATEWAY": "true",
    "LANGSMITH_GATEWAY_URL": "http://foreign.example.com",
    "LANGSMITH_API_KEY": "lsv2_foreign",
    "LANGCHAIN_OPENAI_STREAM_CHUNK_TIMEOUT_S": "0.001",
}


@pytest.fixture
def foreign(monkeypatch):
    for name, value in FOREIGN.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("foreign")
def test_variables_of_others_change_nothing(run, chat):
    with FakeEndpoint() as endpoint:
        run(chat(endpoint))
        run.stream(chat(endpoint))
    assert len(endpoint.requests) == 2
    assert "foreign" not in str(endpoint.requests)


@pytest.mark.usefixtures("foreign")
def test_variables_of_others_are_no_endpoint():
    with pytest.raises(ValueError, match="NUEXTRACT_BASE_URL"):
        ChatNuExtract(model="m")


def test_a_missing_endpoint_is_told_with_two_ways_out():
    with pytest.raises(ValueError, match="nuextract serve") as raised:
        ChatNuExtract(model="m", api_key="the-key")
    assert "base_url" in str(raised.value)
    assert "the-key" not in str(raised.value)


@pytest.mark.parametrize("name", ["gpt-5", "gpt-6-nuextract", "o3-pro", "codex-mini"])
def test_no_name_of_a_model_leads_to_another_api(run, chat, name):
    with FakeEndpoint() as endpoint:
        run(chat(endpoint, model=name, temperature=0.3))
    assert endpoint.paths == ["POST /v1/chat/completions"]
    assert endpoint.requests[0].body["temperature"] == 0.3


ADDRESSES = [
    ("http://localhost:8000/v1", "http://localhost:8000/v1"),
    ("http://localhost:8000/v1/", "http://localhost:8000/v1"),
    (" http://localhost:8000 ", "http://localhost:8000/v1"),
    ("http://localhost:8000/", "http://localhost:8000/v1"),
    ("https://models.example.com/nuextract/v1", "https://models.example.com/nuextract/v1"),
    ("https://models.example.com/nuextract", "https://models.example.com/nuextract"),
    ("http://[::1]:8000", "http://[::1]:8000/v1"),
]


@pytest.mark.parametrize(("given", "asked"), ADDRESSES)
def test_an_address_without_a_path_gets_the_usual_one(given, asked):
    assert normal_url(given) == asked


@pytest.mark.parametrize("given", ["localhost:8000", "ftp://localhost/v1", "http://", "/v1", "nonsense"])
def test_what_is_no_address_is_refused(given):
    with pytest.raises(ValueError, match="base_url"):
        normal_url(given)


@pytest.mark.parametrize("given", ["http://user:secret@localhost/v1", "http://localhost/v1?key=secret"])
def test_credentials_do_not_belong_into_the_address(given):
    with pytest.raises(ValueError, match="api_key") as raised:
        ChatNuExtract(model="m", base_url=given)
    assert "secret" not in str(raised.value)


TIMEOUTS = [
    (60, (10.0, 60, 60, 60)),
    (3, (3, 3, 3, 3)),
    ((2.0, 30.0), (2.0, 30.0, 30.0, 30.0)),
    (None, (None, None, None, None)),
    (httpx2.Timeout(5.0, read=7.0), (5.0, 7.0, 5.0, 5.0)),
]


@pytest.mark.parametrize(("given", "meant"), TIMEOUTS)
def test_a_timeout_may_be_given_in_several_ways(given, meant):
    assert ChatNuExtract(model="m", base_url=URL, timeout=given).client.endpoint.timeout == meant


def test_a_stream_may_have_a_limit_of_its_own():
    endpoint = Endpoint(URL, silence=5.0)
    assert endpoint.timeouts(stream=True) == (10.0, 5.0, 600.0, 600.0)
    assert endpoint.timeouts(stream=False) == (10.0, 600.0, 600.0, 600.0)


def test_a_proxy_is_used_if_it_is_given(run):
    with FakeEndpoint() as proxy:
        llm = ChatNuExtract(
            model="m", base_url="http://model.invalid/v1", openai_proxy=proxy.url.removesuffix("/v1"), max_retries=0
        )
        with pytest.raises(RequestRefused, match=r"model\.invalid"):
            run(llm)
    assert proxy.paths[0] == "POST http://model.invalid/v1/chat/completions"


def test_a_proxy_of_the_environment_is_used_unless_the_host_is_exempt(run, monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with FakeEndpoint() as proxy:
        monkeypatch.setenv("http_proxy", proxy.url.removesuffix("/v1"))
        with pytest.raises(RequestRefused, match=r"model\.invalid"):
            run(ChatNuExtract(model="m", base_url="http://model.invalid/v1", max_retries=0))
        assert proxy.paths == ["POST http://model.invalid/v1/chat/completions", *proxy.paths[1:]]
        with FakeEndpoint("{}") as endpoint:
            assert run(ChatNuExtract(model="m", base_url=endpoint.url)).content == "{}"


def test_the_usual_settings_of_chat_models_are_taken():
    llm = ChatNuExtract(
        model="m",
        base_url=URL,
        temperature=0.0,
        max_tokens=9,
        timeout=5,
        stop=["a"],
        max_retries=1,
        api_key="k",
        streaming=True,
    )
    assert (llm.temperature, llm.max_tokens, llm.stop, llm.max_retries, llm.streaming) == (0.0, 9, ["a"], 1, True)


def test_making_a_model_opens_nothing_and_changes_no_variables():
    before = dict(os.environ)
    ChatNuExtract(model="m", base_url="http://192.0.2.1/v1")
    assert dict(os.environ) == before
