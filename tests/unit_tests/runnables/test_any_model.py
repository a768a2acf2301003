"""Any chat model of LangChain's may be the one that is asked: it is sent what `ChatNuExtract` would send."""

import asyncio
import json
from functools import partial
from itertools import count
from pathlib import Path

import certifi
import pytest
from langchain.chat_models import init_chat_model
from langchain_core.language_models.fake_chat_models import FakeListChatModel
from langchain_core.runnables import ConfigurableField, RunnableLambda
from langchain_openai import ChatOpenAI
from pydantic import BaseModel

from langchain_nuextract import (
    AccessDenied,
    ChatNuExtract,
    EndpointBusy,
    EndpointUnreachable,
    Example,
    NuExtractor,
    RecoveryPolicy,
    UnsupportedTask,
)
from langchain_nuextract.testing import FakeEndpoint, FakeReply

DIALECTS = ["3", "2.0", "2.0-inline", "instruct"]


class Ticket(BaseModel):
    """A ticket."""

    station: str
    seats: int
    note: str | None = None


TEXT = "Two seats to Coimbra-B, please"
ANSWER = {"station": "Coimbra-B", "seats": 2, "note": None}
WANTED = Ticket(station="Coimbra-B", seats=2)
EXAMPLES = [Example("one to Ovar", Ticket(station="Ovar", seats=1))]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """One that is trusted: each client loads all, which takes longer than the rest of a test."""
    end = "-----END CERTIFICATE-----\n"
    file = tmp_path_factory.mktemp("certificates") / "one.pem"
    file.write_text(Path(certifi.where()).read_text("utf-8").partition(end)[0] + end, "utf-8")
    return file


@pytest.fixture(autouse=True)
def _surroundings(monkeypatch, certificate):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))


NUMBERS = count()


def known(endpoint):
    # LangChain keeps a client for each address and timeout: one of an endpoint that had the same port before has
    # connections of an event loop that is closed.
    return {"base_url": endpoint.url, "api_key": "k", "max_retries": 0, "timeout": 60.0 + next(NUMBERS)}


def openai_model(endpoint, **settings):
    return ChatOpenAI(**{"model": "m", **known(endpoint), **settings})


def by_init(endpoint, **settings):
    return init_chat_model("openai:m", **known(endpoint), **settings)


FORMS = {
    "as-it-is": openai_model,
    "init_chat_model": by_init,
    "bind": lambda endpoint: openai_model(endpoint).bind(top_p=0.5),
    "with_config": lambda endpoint: openai_model(endpoint).with_config(tags=["a"]),
    "with_retry": lambda endpoint: openai_model(endpoint).with_retry(stop_after_attempt=2),
    "with_fallbacks": lambda endpoint: openai_model(endpoint).with_fallbacks([openai_model(endpoint)]),
    "all-of-it": lambda endpoint: openai_model(endpoint).bind(top_p=0.5).with_config(tags=["a"]).with_retry(),
}


def sent(request):
    """What decides the answer: all of the body but how OpenAI's API names a limit, and whether it streams."""
    return {name: value for name, value in request.body.items() if name not in {"model", "stream", "stream_options"}}


CASES = [*(("3", form) for form in FORMS), *((dialect, "as-it-is") for dialect in DIALECTS[1:])]


@pytest.mark.parametrize("way", ["invoke", "stream"])
@pytest.mark.parametrize(("dialect", "form"), CASES)
def test_what_arrives_is_what_chat_nuextract_sends(run, dialect, form, way):
    # One loop for each model of OpenAI's classes, which keep connections that another loop cannot use.
    with FakeEndpoint(ANSWER) as endpoint:
        own = NuExtractor(Ticket, model="m", base_url=endpoint.url, dialect=dialect, examples=EXAMPLES)
        foreign = NuExtractor(Ticket, llm=FORMS[form](endpoint), dialect=dialect, examples=EXAMPLES)
        if way == "invoke":
            assert run(own, TEXT) == run(foreign, TEXT) == WANTED
        else:
            assert run.stream(own, TEXT)[-1] == run.stream(foreign, TEXT)[-1] == WANTED
    first, other = map(sent, endpoint.requests)
    assert {**first, "top_p": None} == {**other, "top_p": None}
    assert other.get("top_p") == (0.5 if form in {"bind", "all-of-it"} else None)


def test_batches_are_answered_in_order(run):
    with FakeEndpoint(ANSWER) as endpoint:
        extract = NuExtractor(Ticket, llm=openai_model(endpoint), dialect="3")
        found = asyncio.run(extract.abatch([TEXT] * 9)) if run.asynchronous else extract.batch([TEXT] * 9)
    assert found == [WANTED] * 9


def test_many_documents_are_taken_one_by_one():
    with FakeEndpoint(ANSWER) as endpoint:
        extract = NuExtractor(Ticket, llm=openai_model(endpoint), dialect="3")
        assert [result.value for result in extract.extract_many([TEXT] * 3)] == [WANTED] * 3


def test_fields_of_the_users_own_are_kept_beside_the_template(run):
    with FakeEndpoint(ANSWER) as endpoint:
        llm = openai_model(endpoint, extra_body={"top_k": 1, "chat_template_kwargs": {"add_vision_id": True}})
        bound = llm.bind(extra_body={"min_p": 0.5, "chat_template_kwargs": {"enable_thinking": False}}, temperature=0.9)
        run(NuExtractor(Ticket, llm=bound, dialect="3"), TEXT)
    body = endpoint.requests[0].body
    assert (body["top_k"], body["min_p"], body["temperature"]) == (1, 0.5, 0.9)
    assert json.loads(body["chat_template_kwargs"]["template"])["seats"] == "integer"
    assert body["chat_template_kwargs"]["add_vision_id"] is True


def test_arguments_of_a_call_reach_the_model(run):
    with FakeEndpoint(ANSWER) as endpoint:
        extract = NuExtractor(Ticket, llm=openai_model(endpoint, temperature=0.1), dialect="3")
        assert run(extract, TEXT, temperature=0.7, min_p=0.25) == WANTED
        with pytest.raises(TypeError, match="did you mean temperature"):
            run(extract, TEXT, temprature=0.3)
    body = endpoint.requests[0].body
    assert (body["temperature"], body["min_p"], "template" in body["chat_template_kwargs"]) == (0.7, 0.25, True)


def test_a_model_that_init_chat_model_hides_is_refused_with_what_to_do_instead():
    settings = {"base_url": "http://127.0.0.1:9/v1", "api_key": "k"}
    for hidden in (
        init_chat_model(model_provider="openai", **settings),
        init_chat_model("openai:m", configurable_fields=("temperature",), **settings),
    ):
        with pytest.raises(TypeError, match="name its model, and call configurable_fields on that"):
            NuExtractor(Ticket, llm=hidden, dialect="3")


WARM, WHICH = ConfigurableField(id="warm"), ConfigurableField(id="which")
CONFIGURED = {
    "field": (lambda llm: llm().configurable_fields(temperature=WARM), {"warm": 0.75}),
    "field-and-retry": (lambda llm: llm().configurable_fields(temperature=WARM).with_retry(), {"warm": 0.75}),
    "field-bound": (lambda llm: llm().configurable_fields(temperature=WARM).bind(seed=3), {"warm": 0.75}),
    "field-in-its-config": (
        lambda llm: llm().configurable_fields(temperature=WARM).with_config(configurable={"warm": 0.75}),
        {},
    ),
    "call-over-its-config": (
        lambda llm: llm().configurable_fields(temperature=WARM).with_config(configurable={"warm": 0.5}),
        {"warm": 0.75},
    ),
    "alternative": (
        lambda llm: llm().configurable_alternatives(WHICH, other=llm(temperature=0.75)),
        {"which": "other"},
    ),
}


@pytest.mark.parametrize("way", ["invoke", "stream"])
@pytest.mark.parametrize("kind", ["own", "foreign"])
@pytest.mark.parametrize("case", CONFIGURED)
def test_what_a_call_configures_of_the_model_stays(run, case, kind, way):
    make, configurable = CONFIGURED[case]
    with FakeEndpoint(ANSWER) as endpoint:
        own = partial(ChatNuExtract, model="m", base_url=endpoint.url)
        llm = make(own if kind == "own" else partial(openai_model, endpoint))
        extract = NuExtractor(Ticket, llm=llm, dialect="3").with_config(configurable=configurable)
        found = run(extract, TEXT) if way == "invoke" else run.stream(extract, TEXT)[-1]
    assert found == WANTED
    assert endpoint.requests[0].body["temperature"] == 0.75


@pytest.mark.parametrize("off", [{"streaming": False}, {"disable_streaming": True}])
def test_a_model_that_is_not_to_stream_is_called(run, off):
    with FakeEndpoint(ANSWER) as endpoint:
        extract = NuExtractor(Ticket, llm=openai_model(endpoint, **off), dialect="3")
        assert run.stream(extract, TEXT)[-1] == WANTED
    assert not endpoint.requests[0].body.get("stream")


def test_an_answer_that_failed_is_mended_as_with_the_own_model(run):
    script = FakeReply('{"station": "Coimbra-B", "seats": 2, "note": "x', finish_reason="length"), {"note": None}
    with FakeEndpoint(*script) as endpoint:
        details = run(NuExtractor(Ticket, llm=openai_model(endpoint), dialect="3").detailed, TEXT)
    assert details.value == WANTED
    assert len(details.attempts) == 2
    assert details.attempts[0].reply.finish_reason == "length"
    assert details.usage.input_tokens > 0


def test_confidence_is_read_from_its_log_probabilities(run):
    told = {"content": [{"token": each, "bytes": [*each.encode()], "logprob": -0.5} for each in json.dumps(ANSWER)]}
    with FakeEndpoint(FakeReply(ANSWER, logprobs=told)) as endpoint:
        extract = NuExtractor(Ticket, llm=openai_model(endpoint), dialect="3", logprobs=True)
        details = run(extract.detailed, TEXT)
    assert endpoint.requests[0].body["logprobs"] is True
    assert len(details.attempts[0].reply.tokens) == len(json.dumps(ANSWER))


FAILURES = [
    pytest.param(FakeReply(status=503), EndpointBusy, id="busy"),
    pytest.param(FakeReply(status=401), AccessDenied, id="denied"),
]


@pytest.mark.parametrize("way", ["invoke", "stream"])
@pytest.mark.parametrize(("reply", "error"), FAILURES)
def test_its_errors_are_ours(run, reply, error, way):
    with FakeEndpoint(reply) as endpoint:
        extract = NuExtractor(Ticket, llm=openai_model(endpoint), dialect="3")
        with pytest.raises(error):
            (run if way == "invoke" else run.stream)(extract, TEXT)


def test_an_endpoint_that_is_gone_is_told(run):
    with FakeEndpoint() as endpoint:
        extract = NuExtractor(Ticket, llm=openai_model(endpoint), dialect="3")
    with pytest.raises(EndpointUnreachable):
        run(extract, TEXT)


class Plain(FakeListChatModel):
    """A model that takes messages and nothing else."""

    def _call(self, messages, stop=None, run_manager=None, **kwargs):
        assert not kwargs
        return super()._call(messages, stop, run_manager)


@pytest.mark.parametrize("dialect", ["instruct", "2.0-inline"])
def test_any_other_model_is_given_the_messages_alone(run, dialect):
    extract = NuExtractor(Ticket, llm=Plain(responses=[json.dumps(ANSWER)]), dialect=dialect)
    assert run(extract, TEXT) == WANTED
    assert extract.batch([TEXT] * 3) == [WANTED] * 3
    assert next(extract.extract_many([TEXT])).value == WANTED


def test_any_other_model_is_asked_anew_rather_than_to_go_on(run):
    answers = ['{"station": "Coimbra-B", "seats": "tw', json.dumps(ANSWER)]
    llm = FakeListChatModel(responses=answers)
    assert run(NuExtractor(Ticket, llm=llm, dialect="instruct"), TEXT) == WANTED


CANNOT = [
    pytest.param("1.5", openai_model, {}, "raw completions", id="completions"),
    pytest.param("3-inline", openai_model, {}, "raw completions", id="inline"),
    pytest.param("3", lambda endpoint: openai_model(endpoint, use_responses_api=True), {}, "use_resp", id="responses"),
    pytest.param("3", lambda _: Plain(responses=["{}"]), {}, "chat_template_kwargs", id="template"),
    pytest.param("3", lambda _: Plain(responses=["{}"]), {"examples": EXAMPLES}, "developer", id="developer"),
    pytest.param("instruct", lambda _: Plain(responses=["{}"]), {"logprobs": True}, "logprobs", id="logprobs"),
]


@pytest.mark.parametrize(("dialect", "make", "settings", "message"), CANNOT)
def test_what_cannot_be_carried_is_told_when_the_extractor_is_made(dialect, make, settings, message):
    with FakeEndpoint() as endpoint, pytest.raises(UnsupportedTask, match=message):
        NuExtractor(Ticket, llm=make(endpoint), dialect=dialect, **settings)
    assert not endpoint.requests


def test_a_model_whose_name_tells_no_generation_needs_a_dialect():
    with FakeEndpoint() as endpoint:
        with pytest.raises(UnsupportedTask):
            NuExtractor(Ticket, llm=openai_model(endpoint))
        named = NuExtractor(Ticket, llm=openai_model(endpoint, model="numind/NuExtract3"))
    assert named.dialect.name == "nuextract-3"


def test_chains_and_mixed_fallbacks_are_no_models():
    with FakeEndpoint() as endpoint:
        own = ChatNuExtract(model="m", base_url=endpoint.url)
        with pytest.raises(TypeError, match="put chains before or after"):
            NuExtractor(Ticket, llm=RunnableLambda(str) | own, dialect="3")
        with pytest.raises(TypeError, match="fallbacks of another kind"):
            NuExtractor(Ticket, llm=own.with_fallbacks([openai_model(endpoint)]), dialect="3")


def test_the_own_model_may_have_configs_and_retries_around_it(run):
    with FakeEndpoint(FakeReply(status=503), ANSWER) as endpoint:
        own = ChatNuExtract(model="m", base_url=endpoint.url, max_retries=0)
        llm = own.bind(min_p=0.5).with_config(tags=["a"]).with_retry(wait_exponential_jitter=False)
        extract = NuExtractor(Ticket, llm=llm, dialect="3", recovery=RecoveryPolicy(max_calls=1))
        assert run(extract, TEXT) == WANTED
    assert [request.body["min_p"] for request in endpoint.requests] == [0.5, 0.5]
