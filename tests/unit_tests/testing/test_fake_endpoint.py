"""The fake endpoint, as those see it who use it in tests of their own."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest

from langchain_nuextract.testing import FakeEndpoint, FakeReply

ASKED = {"model": "m", "messages": [{"role": "user", "content": "Total: 5"}]}


def ask(endpoint, path="/chat/completions", **body):
    return httpx2.post(endpoint.url + path, json={**ASKED, **body}, timeout=10)


def said(response):
    return response.json()["choices"][0]["message"]["content"]


SCRIPTS = [
    pytest.param({"total": 5}, '{"total": 5}', id="object"),
    pytest.param([{"total": 5}], '[{"total": 5}]', id="array"),
    pytest.param('{"total": 5', '{"total": 5', id="text"),
    pytest.param({"größe": "日本"}, '{"größe": "日本"}', id="other alphabets"),
    pytest.param(FakeReply(text={"total": 5}), '{"total": 5}', id="reply"),
    pytest.param(FakeReply(text=None), None, id="null"),
    pytest.param(lambda received: {"model": received.body["model"]}, '{"model": "m"}', id="function"),
    pytest.param(lambda received: FakeReply(text=received.text), "Total: 5", id="function of the text"),
]


@pytest.mark.parametrize(("scripted", "text"), SCRIPTS)
def test_it_says_what_the_script_says(scripted, text):
    with FakeEndpoint(scripted) as endpoint:
        assert said(ask(endpoint)) == text


def test_replies_come_in_order_and_the_last_one_stays():
    with FakeEndpoint("a", FakeReply(status=503), "c") as endpoint:
        answers = [ask(endpoint) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 503, 200, 200]
    assert [said(answer) for answer in answers if answer.is_success] == ["a", "c", "c"]


def test_requests_are_on_record():
    with FakeEndpoint() as endpoint:
        ask(endpoint, temperature=0)
        ask(endpoint, "/completions", prompt="raw")
    chat, completion = endpoint.requests
    assert chat.body == {**ASKED, "temperature": 0}
    assert (chat.text, completion.text) == ("Total: 5", "raw")
    assert chat.headers["content-type"] == "application/json"
    assert endpoint.paths == ["POST /v1/chat/completions", "POST /v1/completions"]


def test_texts_of_parts_are_on_record():
    parts = [
        {"type": "text", "text": "a"},
        {"type": "image_url", "image_url": {"url": "x"}},
        {"type": "text", "text": "b"},
    ]
    with FakeEndpoint() as endpoint:
        ask(endpoint, messages=[{"role": "user", "content": parts}, {"role": "assistant", "content": None}])
    assert endpoint.requests[0].text.split() == ["a", "b"]


def test_it_lists_its_models_and_knows_no_others():
    with FakeEndpoint(models=["a", "b"], max_model_len=99) as endpoint:
        listed = httpx2.get(f"{endpoint.url}/models").json()["data"]
        assert [(model["id"], model["max_model_len"]) for model in listed] == [("a", 99), ("b", 99)]
        assert ask(endpoint, model="c").status_code == 404
        assert ask(endpoint, model="a").status_code == 200


def test_it_can_ask_for_a_key():
    with FakeEndpoint(key="right") as endpoint:
        assert ask(endpoint).status_code == 401


def test_refused_requests_do_not_use_up_the_script():
    with FakeEndpoint("first", "second", models=["a"]) as endpoint:
        ask(endpoint, model="b")
        assert said(ask(endpoint, model="a")) == "first"


def test_errors_look_like_the_apis():
    with FakeEndpoint(FakeReply(status=429, error="slow down", headers={"Retry-After": "2"})) as endpoint:
        answer = ask(endpoint)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "2")
    assert answer.json()["error"]["message"] == "slow down"


def test_a_stream_is_cut_at_spaces_and_ends_with_the_usage_if_asked():
    with FakeEndpoint(FakeReply(text="a b", reasoning="hm")) as endpoint:
        lines = ask(endpoint, stream=True, stream_options={"include_usage": True}).text.split("\n\n")
    events = [json.loads(line.removeprefix("data: ")) for line in lines if line and "[DONE]" not in line]
    deltas = [event["choices"][0]["delta"] for event in events[:-1]]
    assert deltas == [{"reasoning": "hm"}, {"content": "a"}, {"content": " b"}, {}]
    assert events[-1]["usage"]["completion_tokens"] == 3
    assert lines[-2] == "data: [DONE]"


@pytest.mark.parametrize("fault", ["drop", "cut"])
@pytest.mark.parametrize("stream", [False, True])
def test_it_can_break_off(fault, stream):
    with FakeEndpoint(FakeReply(text="a b c", fault=fault)) as endpoint, pytest.raises(httpx2.TransportError):
        ask(endpoint, stream=stream)


def test_it_can_stall_and_still_be_stopped():
    started = time.monotonic()
    with FakeEndpoint(FakeReply(fault="stall")) as endpoint, pytest.raises(httpx2.ReadTimeout):
        httpx2.post(f"{endpoint.url}/chat/completions", json=ASKED, timeout=0.1)
    assert time.monotonic() - started < 60


def test_it_can_be_slow():
    started = time.monotonic()
    with FakeEndpoint(FakeReply(delay=0.2)) as endpoint:
        ask(endpoint)
    assert time.monotonic() - started >= 0.2


def test_it_answers_many_at_once():
    together = threading.Barrier(16, timeout=120)

    def wait_for_the_others(received):
        together.wait()
        return {}

    with FakeEndpoint(wait_for_the_others) as endpoint, ThreadPoolExecutor(16) as threads:
        assert list(threads.map(lambda _: ask(endpoint).status_code, range(16))) == [200] * 16


def test_it_can_be_started_again():
    endpoint = FakeEndpoint("a")
    for _ in range(2):
        with endpoint:
            assert said(ask(endpoint)) == "a"
    assert len(endpoint.requests) == 2


def test_it_has_no_address_while_it_does_not_run():
    with pytest.raises(RuntimeError, match="with"):
        _ = FakeEndpoint().url


def test_other_paths_are_not_found():
    with FakeEndpoint() as endpoint:
        assert httpx2.get(f"{endpoint.url}/files").status_code == 404
        assert ask(endpoint, "/embeddings").status_code == 404
