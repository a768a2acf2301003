"""The key is sent to the endpoint, and is to be seen nowhere else."""

import copy
import json
import logging
import pickle
import traceback

import pytest
from langchain_core.load import dumps, load
from langchain_core.tracers.base import BaseTracer

from langchain_nuextract import ChatNuExtract, EndpointError
from langchain_nuextract.testing import FakeEndpoint, FakeReply

KEY = "sk-very-secret"
HEADER = "header-very-secret"
SECRETS = (KEY, HEADER)


@pytest.fixture
def llm():
    headers = {"X-Api-Key": HEADER, "X-Tenant": "acme"}
    return ChatNuExtract(model="m", base_url="http://localhost:8000/v1", api_key=KEY, default_headers=headers)


def test_it_is_not_shown(llm):
    for shown in (repr(llm), str(llm), repr(llm.bind(stop=["a"])), repr(llm.wire), repr(llm.wire.endpoint.key)):
        assert not any(secret in shown for secret in SECRETS)


def test_it_is_not_shown_by_the_connection(llm):
    assert not any(secret in repr(llm.wire.endpoint) for secret in SECRETS)


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
