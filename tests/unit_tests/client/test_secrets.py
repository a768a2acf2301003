"""The key is sent to the endpoint, and is to be seen nowhere else."""

import copy
import json
import logging
import pickle
import traceback

import pytest
from langchain_core.load import dumps, load
from langchain_core.tracers.base import BaseTracer

from langchain_nuextract import ChatNuExtract, EndpointError, EndpointUnreachable
from langchain_nuextract.testing import FakeEndpoint, FakeReply

KEY = "sk-very-secret"
HEADER = "header-very-secret"
SECRETS = (KEY, HEADER)


@pytest.fixture
def llm():
    headers = {"X-Api-Key": HEADER, "X-Tenant": "acme"}
    return ChatNuExtract(model="m", base_url="http://localhost:8000/v1", api_key=KEY, default_headers=headers)


def test_it_is_not_shown(llm):
    for shown in (repr(llm), str(llm), repr(llm.bind(stop=["a"])), repr(llm.client), repr(llm.client.endpoint.key)):
        assert not any(secret in shown for secret in SECRETS)


def test_it_is_not_shown_by_the_connection(llm):
    assert not any(secret in repr(llm.client.endpoint) for secret in SECRETS)


def test_it_is_not_pickled(llm):
    pickled = pickle.dumps(llm)
    assert not any(secret.encode() in pickled for secret in SECRETS)


def test_it_is_read_again_where_a_pickle_arrives(llm, monkeypatch):
    pickled = pickle.dumps(llm)
    assert pickle.loads(pickled).openai_api_key is None
    monkeypatch.setenv("NUEXTRACT_API_KEY", "sk-of-the-other-process")
    arrived = pickle.loads(pickled)
    assert arrived.openai_api_key.get_secret_value() == "sk-of-the-other-process"
    assert arrived.default_headers == {"X-Tenant": "acme"}


def test_it_is_kept_in_copies(llm):
    for copied in (copy.copy(llm), copy.deepcopy(llm), llm.model_copy(update={"temperature": 1.0})):
        assert copied.openai_api_key.get_secret_value() == KEY


def test_it_is_not_dumped(llm):
    dumped = dumps(llm)
    assert not any(secret in dumped for secret in SECRETS)
    assert json.loads(dumped)["kwargs"]["openai_api_key"] == {"lc": 1, "type": "secret", "id": ["NUEXTRACT_API_KEY"]}


@pytest.mark.filterwarnings("ignore:The function `load` is in beta")
def test_a_dump_is_loaded_with_the_key_of_the_environment(llm, monkeypatch):
    monkeypatch.setenv("NUEXTRACT_API_KEY", KEY)
    loaded = load(
        json.loads(dumps(llm)),
        valid_namespaces=["langchain_nuextract"],
        allowed_objects=[ChatNuExtract],
        secrets_from_env=True,
    )
    assert loaded.openai_api_key.get_secret_value() == KEY
    assert loaded.model_name == "m"


@pytest.mark.parametrize("reply", [FakeReply(), FakeReply(status=401), FakeReply(status=503), FakeReply(body="<html>")])
def test_it_is_not_logged_and_not_in_errors(run, chat, caplog, reply):
    told = ""
    with caplog.at_level(logging.DEBUG), FakeEndpoint(reply) as endpoint:
        try:
            run(chat(endpoint, api_key=KEY, default_headers={"X-Api-Key": HEADER}))
        except EndpointError as error:
            told = "".join(traceback.format_exception(error)) + repr(vars(error))
    assert endpoint.requests[0].headers["authorization"] == f"Bearer {KEY}"
    assert not any(secret in caplog.text + told for secret in SECRETS)


class Traced(BaseTracer):
    def __init__(self):
        super().__init__()
        self.runs = []

    def _persist_run(self, run):
        self.runs.append(run)


def test_it_is_not_traced(run, chat):
    tracer = Traced()
    with FakeEndpoint() as endpoint:
        run(chat(endpoint, api_key=KEY, default_headers={"X-Api-Key": HEADER}), config={"callbacks": [tracer]})
    assert len(tracer.runs) == 1
    assert not any(secret in str(vars(tracer.runs[0])) for secret in SECRETS)


def test_a_wrong_setting_does_not_show_the_others():
    with pytest.raises(ValueError, match="temperature") as raised:
        ChatNuExtract(model="m", base_url="http://localhost/v1", api_key=KEY, temperature="hot")
    assert KEY not in str(raised.value)


@pytest.mark.parametrize("given", [f"{KEY}\n", f"  {KEY}\r\n", f"\t{KEY} "])
def test_blanks_around_a_key_are_taken_off(run, chat, given):
    with FakeEndpoint() as endpoint:
        run(chat(endpoint, api_key=given))
    assert endpoint.requests[0].headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize("given", [f"{KEY}\r\nX-Other: 1", f"{KEY} b", f"schlüssel{KEY}", f"{KEY}\x00"])
def test_a_key_that_no_header_can_hold_is_refused_unseen(given):
    with pytest.raises(ValueError, match="api_key") as raised:
        ChatNuExtract(model="m", base_url="http://localhost/v1", api_key=given)
    assert KEY not in "".join(traceback.format_exception(raised.value))


def test_a_header_that_cannot_be_sent_is_refused_unseen():
    with pytest.raises(ValueError, match="X-Api-Key") as raised:
        ChatNuExtract(model="m", base_url="http://localhost/v1", default_headers={"X-Api-Key": f"{HEADER}\nX: 1"})
    assert HEADER not in str(raised.value)


def with_frames(error):
    """What a tool shows that collects errors with the variables of each frame: all but the test's own."""
    told, waiting = [], [error]
    while waiting:
        each = waiting.pop()
        frames = [frame for frame, _ in traceback.walk_tb(each.__traceback__)]
        ours = [frame for frame in frames if "unit_tests" not in frame.f_code.co_filename]
        told += [str(each), *(repr(value) for frame in ours for value in frame.f_locals.values())]
        waiting += filter(None, (each.__cause__, each.__context__))
    return "\n".join(told)


ECHOES = [
    pytest.param(FakeReply(status=401, error=f"Incorrect API key provided: {KEY}"), id="401"),
    pytest.param(FakeReply(status=500, error=f"headers: Bearer {KEY}, {HEADER}"), id="500"),
    pytest.param(FakeReply(status=400, error=f"bad {KEY}"), id="400"),
    pytest.param(FakeReply(body=f"<html>Authorization: Bearer {KEY}</html>"), id="a page"),
    pytest.param(FakeReply(body=json.dumps({"error": {"message": KEY, "code": 400}})), id="an error with a 200"),
    pytest.param(FakeReply(status=302, error="x", headers={"Location": f"http://127.0.0.1:1/?k={KEY}"}), id="moved"),
]


@pytest.mark.parametrize("reply", ECHOES)
def test_a_server_that_repeats_it_is_not_quoted(run, chat, reply):
    with FakeEndpoint(reply) as endpoint, pytest.raises(EndpointError) as raised:
        run(chat(endpoint, api_key=KEY, default_headers={"X-Api-Key": HEADER}))
    pickled = pickle.dumps(raised.value).decode("latin-1")
    assert not any(secret in with_frames(raised.value) + pickled for secret in SECRETS)


def test_it_is_in_no_frame_of_a_refused_connection(run):
    llm = ChatNuExtract(model="m", base_url="http://127.0.0.1:9/v1", api_key=KEY, max_retries=0)
    with pytest.raises(EndpointError) as raised:
        run(llm)
    assert KEY not in with_frames(raised.value)


def test_credentials_in_a_query_are_hidden_as_well(run, chat):
    with FakeEndpoint(FakeReply(status=400, error=f"bad {KEY}")) as endpoint:
        llm = chat(endpoint, default_query={"api-key": KEY, "api-version": "2"})
        with pytest.raises(EndpointError) as raised:
            run(llm)
    shown = repr(llm) + repr(llm.client.endpoint) + pickle.dumps(llm).decode("latin-1") + with_frames(raised.value)
    assert KEY not in shown
    assert pickle.loads(pickle.dumps(llm)).default_query == {"api-version": "2"}


@pytest.mark.parametrize("proxy", ["user:p4ssw0rd@127.0.0.1:9", "http://p4ssw0rd@127.0.0.1:9", "p4ssw0rd@127.0.0.1:9"])
@pytest.mark.parametrize("by_environment", [True, False], ids=["environment", "setting"])
def test_a_proxy_without_scheme_or_password_keeps_its_secret(run, monkeypatch, proxy, by_environment):
    if by_environment:
        monkeypatch.setenv("http_proxy", proxy)
    known = {} if by_environment else {"proxy": proxy}
    llm = ChatNuExtract(model="m", base_url="http://nowhere.example/v1", max_retries=0, **known)
    with pytest.raises(EndpointUnreachable) as raised:
        run(llm, "x")
    shown = [str(raised.value), repr(llm), repr(llm.client.endpoint)]
    walked = raised.value
    while walked:
        shown.append(f"{walked}")
        walked = walked.__cause__ or walked.__context__
    assert not any("p4ssw0rd" in each for each in shown)


@pytest.mark.parametrize("written", ["sk%2Bvery%2Fsecret", "sk+very\\/secret", "sk%2Bvery/secret"])
def test_it_is_hidden_as_addresses_and_json_write_it(run, chat, written):
    with FakeEndpoint(FakeReply(status=400, error=f"no {written}")) as endpoint, pytest.raises(EndpointError) as raised:
        run(chat(endpoint, api_key="sk+very/secret"))
    assert written not in str(raised.value)


ECHOES = [
    FakeReply(body=f'event: error\ndata: {{"error": {{"message": "{KEY}", "code": 500}}}}\n\n'),
    FakeReply(status=503, error="x", headers={"X-Echo": KEY}),
]


@pytest.mark.parametrize("reply", ECHOES, ids=["event", "header"])
def test_it_is_in_no_frame_of_a_stream_that_fails(run, chat, reply):
    with FakeEndpoint(reply) as endpoint, pytest.raises(EndpointError) as raised:
        run.stream(chat(endpoint, api_key=KEY, max_retries=0))
    shown = traceback.TracebackException.from_exception(raised.value, capture_locals=True)
    ours = [frame for frame in shown.stack if "langchain_nuextract/client" in frame.filename]
    assert ours
    assert not any(KEY in value for frame in ours for value in (frame.locals or {}).values())
