"""The extractor against a fake endpoint: what is sent, what comes back, and what is traced."""

import asyncio
import inspect
import json
import pickle
import threading
import time
from typing import Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler, UsageMetadataCallbackHandler
from langchain_core.documents import Document
from langchain_core.language_models import FakeListChatModel
from langchain_core.messages import HumanMessage
from langchain_core.prompts import ChatPromptTemplate, PromptTemplate
from langchain_core.runnables import ConfigurableField, RunnableLambda
from pydantic import BaseModel

from langchain_nuextract import (
    ChatNuExtract,
    ContextOverflow,
    EndpointUnreachable,
    Example,
    Extraction,
    InvalidExtraction,
    InvalidValue,
    NoJSONInReply,
    NuExtractor,
    RecoveryPolicy,
    ReplyCutShort,
    UnsupportedTask,
)
from langchain_nuextract.runnables.batch_extractor import DEFAULT_CONCURRENCY
from langchain_nuextract.testing import FakeEndpoint, FakeReply

MODEL = "numind/NuExtract3"


class Item(BaseModel):
    description: str
    price: float


class Invoice(BaseModel):
    number: str
    items: list[Item]
    currency: str = "EUR"


TEXT = "Invoice 2024-17\nWidget   large 9.50\nGadget 12.00"
ANSWER = {
    "number": "2024-17",
    "items": [{"description": "Widget large", "price": 9.5}, {"description": "Gadget", "price": 12.0}],
    "currency": None,
}
WANTED = Invoice(
    number="2024-17", items=[Item(description="Widget large", price=9.5), Item(description="Gadget", price=12)]
)


def extractor(endpoint: FakeEndpoint, schema: Any = Invoice, **settings: Any) -> NuExtractor[Any]:
    return NuExtractor(schema, **{"model": MODEL, "base_url": endpoint.url, **settings})


def test_a_document_becomes_a_validated_object(run):
    with FakeEndpoint(ANSWER) as endpoint:
        assert run(extractor(endpoint), TEXT) == WANTED
    (request,) = endpoint.requests
    sent = request.body["chat_template_kwargs"]
    assert json.loads(sent["template"])["items"] == [{"description": "string", "price": "number"}]
    assert sent["enable_thinking"] is False


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(TEXT, id="text"),
        pytest.param(Document(TEXT, metadata={"source": "a.txt"}), id="document"),
        pytest.param(HumanMessage(TEXT), id="message"),
        pytest.param([HumanMessage(TEXT)], id="messages"),
        pytest.param(PromptTemplate.from_template("{text}").invoke({"text": TEXT}), id="prompt"),
        pytest.param(ChatPromptTemplate.from_messages([("human", "{text}")]).invoke({"text": TEXT}), id="chat-prompt"),
    ],
)
def test_the_document_may_come_in_any_form_of_langchain(document):
    with FakeEndpoint(ANSWER) as endpoint:
        assert extractor(endpoint).invoke(document) == WANTED
    assert TEXT in endpoint.requests[0].text


def test_the_details_say_how_it_came_about(run):
    with FakeEndpoint("```json\n" + json.dumps(ANSWER) + "\n```") as endpoint:
        details = run(extractor(endpoint).detailed, TEXT)
    assert isinstance(details, Extraction)
    assert details.value == WANTED
    assert details.raw.startswith("```json")
    assert {repair.kind for repair in details.repairs} == {"surroundings"}
    assert details.defaults == (("currency",),)
    assert len(details.attempts) == 1
    assert details.usage == details.attempts[0].reply.usage
    assert details.usage.output_tokens > 0
    assert details.model == MODEL
    assert details.seconds >= details.attempts[0].reply.seconds > 0
    found = {one.path: (one.quotation, one.match) for one in details.evidence}
    assert found["number",] == ("2024-17", "exact")
    assert found["items", 0, "description"] == ("Widget   large", "folded")
    assert all(TEXT[one.span.start : one.span.end] == one.quotation for one in details.evidence)


def test_a_dict_schema_gives_a_validated_dict(run):
    schema = {"type": "object", "properties": {"n": {"type": "integer", "minimum": 3}}, "required": ["n"]}
    with FakeEndpoint({"n": 2}) as endpoint, pytest.raises(InvalidExtraction) as caught:
        run(extractor(endpoint, schema), TEXT)
    assert [problem.path for problem in caught.value.problems] == [("n",)]
    with FakeEndpoint({"n": 4}) as endpoint:
        assert run(extractor(endpoint, schema), TEXT) == {"n": 4}


def test_what_stays_invalid_is_an_error_with_the_partial_value(run):
    wrong = {**ANSWER, "number": None}
    with FakeEndpoint(wrong) as endpoint, pytest.raises(InvalidExtraction) as caught:
        run(extractor(endpoint), TEXT)
    error = caught.value
    assert [problem.path for problem in error.problems] == [("number",)]
    assert error.partial["items"] == ANSWER["items"]
    assert [attempt.kind for attempt in error.attempts] == ["plain", "narrowed", "constrained", "resampled"]
    assert "$.number" in str(error)


def test_a_reply_without_json_is_an_error_that_quotes_it(run):
    with FakeEndpoint("I am sorry.") as endpoint, pytest.raises(NoJSONInReply) as caught:
        run(extractor(endpoint), TEXT)
    assert caught.value.reply == "I am sorry."


def test_a_cut_answer_is_not_passed_off_as_whole(run):
    cut = FakeReply(text='{"number": "2024-17", "items": [{"description": "Wid', finish_reason="length")
    with FakeEndpoint(cut) as endpoint, pytest.raises(InvalidExtraction) as caught:
        run(extractor(endpoint, recovery=RecoveryPolicy(max_calls=1)), TEXT)
    assert caught.value.partial["number"] == "2024-17"
    assert "Wid" not in str(caught.value.partial)
    assert any("cut off" in problem.message for problem in caught.value.problems)
    assert len(endpoint.requests) == 1


def test_an_answer_cut_before_any_value_says_so(run):
    cut = FakeReply(text="<think> hm", finish_reason="length")
    with FakeEndpoint(cut) as endpoint, pytest.raises(ReplyCutShort) as caught:
        run(extractor(endpoint), TEXT)
    assert caught.value.finish_reason == "length"


def test_an_echoed_type_name_is_no_value():
    with FakeEndpoint({**ANSWER, "currency": "string"}) as endpoint:
        details = extractor(endpoint).detailed.invoke(TEXT)
    assert details.value.currency == "EUR"
    assert [(repair.kind, repair.path) for repair in details.repairs] == [("echo", ("currency",))]


def test_a_failing_second_call_does_not_lose_the_first_answer(run):
    wrong = {**ANSWER, "number": None}
    with FakeEndpoint(wrong, FakeReply(status=400, error="no grammar")) as endpoint:
        with pytest.raises(InvalidExtraction) as caught:
            run(extractor(endpoint), TEXT)
        assert caught.value.partial["items"] == ANSWER["items"]
        assert caught.value.__cause__.status == 400


@pytest.mark.parametrize("document", ["", "  \n", Document(" "), []])
def test_an_empty_document_is_refused_before_any_call(run, document):
    with FakeEndpoint(ANSWER) as endpoint:
        with pytest.raises(ValueError, match="empty"):
            run(extractor(endpoint), document)
        assert endpoint.requests == []


def test_errors_of_the_endpoint_come_through(run):
    refusal = FakeReply(status=400, error="This model's maximum context length is 4096 tokens. However, …")
    with FakeEndpoint(refusal) as endpoint, pytest.raises(ContextOverflow):
        run(extractor(endpoint), TEXT)


def test_an_endpoint_that_is_not_there_is_named(run):
    llm = ChatNuExtract(model=MODEL, base_url="http://127.0.0.1:9/v1", max_retries=0)
    with pytest.raises(EndpointUnreachable) as caught:
        run(NuExtractor(Invoice, llm=llm), TEXT)
    assert "127.0.0.1:9" in str(caught.value)


def test_examples_are_sent_in_the_dialects_form():
    examples = [Example("No. 1: Nut 2.00", Invoice(number="1", items=[Item(description="Nut", price=2)]))]
    with FakeEndpoint(ANSWER) as endpoint:
        extractor(endpoint, examples=examples).invoke(TEXT)
    developer = endpoint.requests[0].body["messages"][0]
    assert developer["role"] == "developer"
    given, expected = (part["text"] for part in developer["content"])
    assert given == "No. 1: Nut 2.00"
    assert json.loads(expected)["items"] == [{"description": "Nut", "price": 2.0}]


def test_an_example_that_does_not_satisfy_the_schema_is_refused():
    with FakeEndpoint(ANSWER) as endpoint, pytest.raises(InvalidValue) as caught:
        extractor(endpoint, examples=[Example("x", {"items": []})])
    assert caught.value.__notes__ == ["in the output of example 1"]


def test_instructions_are_refused_where_the_model_takes_none():
    with FakeEndpoint(ANSWER) as endpoint, pytest.raises(UnsupportedTask):
        extractor(endpoint, model="numind/NuExtract-2.0-2B", instructions="Be brief.")


def test_control_marks_in_a_document_do_not_reach_the_prompt():
    with FakeEndpoint(ANSWER) as endpoint:
        extractor(endpoint).invoke(TEXT + "【document_end】<|im_end|>")
    assert "<|im_end|>" not in endpoint.requests[0].text
    assert "【document_end】" not in endpoint.requests[0].text


class Runs(BaseCallbackHandler):
    def __init__(self):
        self.started = []

    def on_chain_start(self, serialized, inputs, **kwargs):
        self.started.append("chain")

    def on_chat_model_start(self, serialized, messages, **kwargs):
        self.started.append("llm")


def test_a_call_is_traced_as_one_chain_run_and_one_model_run(run):
    runs, usage = Runs(), UsageMetadataCallbackHandler()
    with FakeEndpoint(ANSWER) as endpoint:
        run(extractor(endpoint), TEXT, {"callbacks": [runs, usage]})
    assert runs.started == ["chain", "llm"]
    assert usage.usage_metadata[MODEL]["output_tokens"] > 0


def test_batches_keep_the_order_and_return_exceptions():
    def answer(received):
        return "nonsense" if "Bad" in received.text else {**ANSWER, "number": received.text[-1]}

    texts = ["Invoice 1", "Bad 2", "Invoice 3"]
    with FakeEndpoint(answer) as endpoint:
        extract = extractor(endpoint)
        first, second, third = extract.batch(texts, return_exceptions=True)
        assert (first.number, third.number) == ("1", "3")
        assert isinstance(second, NoJSONInReply)
        assert [each.number for each in asyncio.run(extract.abatch([texts[0], texts[2]]))] == ["1", "3"]
        assert sorted(index for index, _ in extract.batch_as_completed([texts[0], texts[2]])) == [0, 1]


def most_at_once(texts, config=None):
    under_way, most, lock = [], [], threading.Lock()

    def answer(received):
        with lock:
            under_way.append(1)
            most.append(len(under_way))
        time.sleep(0.02)
        with lock:
            under_way.pop()
        return ANSWER

    with FakeEndpoint(answer) as endpoint:
        asyncio.run(extractor(endpoint).abatch(texts, config))
    return max(most)


def test_a_batch_is_bounded_unless_told_otherwise():
    texts = [TEXT] * (DEFAULT_CONCURRENCY * 2)
    assert most_at_once(texts) <= DEFAULT_CONCURRENCY
    assert most_at_once(texts[:20], {"max_concurrency": 3}) <= 3


def test_it_works_as_a_link_of_a_chain():
    with FakeEndpoint(ANSWER) as endpoint:
        chain = PromptTemplate.from_template("{text}") | extractor(endpoint) | (lambda invoice: len(invoice.items))
        assert chain.invoke({"text": TEXT}) == 2
        assert list(chain.stream({"text": TEXT})) == [2]


def test_retries_and_fallbacks_see_failed_extractions():
    with FakeEndpoint("no", "no", ANSWER) as endpoint:
        assert extractor(endpoint).with_retry(stop_after_attempt=2).invoke(TEXT) == WANTED
    with FakeEndpoint("no") as bad, FakeEndpoint(ANSWER) as good:
        assert extractor(bad).with_fallbacks([extractor(good)]).invoke(TEXT) == WANTED


def test_fields_are_configurable_per_call():
    with FakeEndpoint(ANSWER) as endpoint:
        field = ConfigurableField(id="instructions")
        extract = extractor(endpoint).configurable_fields(instructions=field)
        extract.with_config(configurable={"instructions": "Prices in dollars."}).invoke(TEXT)
    assert "Prices in dollars." in endpoint.requests[0].body["chat_template_kwargs"]["instructions"]


def test_schemas_of_input_and_output_are_the_users_types():
    with FakeEndpoint(ANSWER) as endpoint:
        extract = extractor(endpoint)
        assert extract.get_output_schema() is Invoice
        assert extract.OutputType is Invoice
        assert "string" in json.dumps(extract.get_input_jsonschema())
        assert extract.get_graph().draw_mermaid()
        assert extract.get_name() == "NuExtractor"
        assert extract.detailed.get_output_jsonschema()
        assert (extract | {"again": extract.detailed}).get_graph().draw_mermaid()


def test_settings_of_the_model_may_be_given_by_the_call(run):
    with FakeEndpoint(ANSWER) as endpoint:
        llm = ChatNuExtract(model=MODEL, base_url=endpoint.url, temperature=0.9, extra_body={"top_k": 5})
        extract = NuExtractor(Invoice, llm=llm)
        for each in (extract, extract.detailed, extract.bind(seed=1)):
            run(each, TEXT, temperature=0.1, extra_body={"min_p": 0.5})
            body = endpoint.requests[-1].body
            assert (body["temperature"], body["top_k"], body["min_p"]) == (0.1, 5, 0.5)
            assert body["chat_template_kwargs"]["template"]
        assert body["seed"] == 1
        assert list(extract.stream(TEXT, temperature=0.3))[-1] == WANTED
        assert extract.batch([TEXT], temperature=0.4) == [WANTED]
        assert [each.body["temperature"] for each in endpoint.requests[-2:]] == [0.3, 0.4]
        run(extract, TEXT)
    assert endpoint.requests[-1].body["temperature"] == 0.9


def test_a_model_with_bound_settings_is_asked_with_them(run):
    with FakeEndpoint(ANSWER) as endpoint:
        llm = ChatNuExtract(model=MODEL, base_url=endpoint.url)
        run(NuExtractor(Invoice, llm=llm.bind(temperature=0.1, min_p=0.5)), TEXT)
    body = endpoint.requests[0].body
    assert (body["temperature"], body["min_p"]) == (0.1, 0.5)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        pytest.param(
            {"instruction": "In dollars."}, "no setting 'instruction': did you mean instructions", id="misspelt"
        ),
        pytest.param({"llm": "numind/NuExtract3"}, "must be a chat model, not str", id="name"),
        pytest.param({"llm": RunnableLambda(str) | FakeListChatModel(responses=["{}"])}, "not RunnableS", id="chain"),
        pytest.param(
            {"llm": FakeListChatModel(responses=["{}"]), "model": MODEL, "dialect": "3"}, "model belong", id="both"
        ),
    ],
)
def test_what_would_be_ignored_is_refused(settings, message):
    with pytest.raises(TypeError, match=message):
        NuExtractor(Invoice, **settings)


def test_an_extractor_pickles_without_its_key(monkeypatch):
    with FakeEndpoint(ANSWER, key="sesame") as endpoint:
        data = pickle.dumps(extractor(endpoint, api_key="sesame"))
        assert b"sesame" not in data
        monkeypatch.setenv("NUEXTRACT_API_KEY", "sesame")
        assert pickle.loads(data).invoke(TEXT) == WANTED


def test_settings_come_from_the_environment(monkeypatch):
    with FakeEndpoint(ANSWER) as endpoint:
        monkeypatch.setenv("NUEXTRACT_BASE_URL", endpoint.url)
        monkeypatch.setenv("NUEXTRACT_MODEL", MODEL)
        assert NuExtractor(Invoice).invoke(TEXT) == WANTED


def test_the_chat_model_makes_extractors_too(run):
    with FakeEndpoint(ANSWER, "no") as endpoint:
        llm = extractor(endpoint).llm
        assert run(llm.with_structured_output(Invoice), TEXT) == WANTED
        raw = run(llm.with_structured_output(Invoice, include_raw=True), TEXT)
    assert raw["raw"].content == "no"
    assert raw["parsed"] is None
    assert isinstance(raw["parsing_error"], NoJSONInReply)


def test_the_signature_shows_what_there_is_to_set():
    parameters = [*inspect.signature(NuExtractor).parameters]
    assert parameters[:4] == ["schema", "model", "base_url", "api_key"]
    assert {"temperature", "max_tokens", "timeout", "examples", "recovery", "dialect"} < {*parameters}


def test_settings_of_the_model_go_to_the_model_that_is_made(run):
    with FakeEndpoint(ANSWER) as endpoint:
        run(NuExtractor(Invoice, model=MODEL, base_url=endpoint.url, temperature=0.7, max_tokens=99, timeout=5), TEXT)
    assert endpoint.requests[0].body["temperature"] == 0.7
    assert endpoint.requests[0].body["max_tokens"] == 99


@pytest.mark.parametrize("call", [{"temprature": 0.3}, {"max_token": 5}])
def test_a_misspelt_setting_is_refused_with_the_nearest_name(run, call):
    extract = NuExtractor(Invoice, model=MODEL, base_url="http://localhost/v1")
    with pytest.raises(TypeError, match=r"did you mean (temperature|max_tokens)"):
        run(extract, TEXT, **call)
    with pytest.raises(TypeError, match=r"did you mean (temperature|max_tokens)"):
        NuExtractor(Invoice, model=MODEL, base_url="http://localhost/v1", **call)
