"""`with_structured_output`, profiles and tokens: what LangChain asks of a chat model besides answers."""

import json
import pickle

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import HumanMessage
from pydantic import BaseModel

from langchain_nuextract import EndpointBusy, InvalidExtraction, NoJSONInReply, ReplyCutShort
from langchain_nuextract.client.served_models import ServedModel, served_models
from langchain_nuextract.testing import FakeEndpoint, FakeReply


class Person(BaseModel):
    name: str
    age: int


ZOE = {"name": "Zoë", "age": 7}
TEXT = "Zoë is seven years old."
FUNCTION = {"name": "person", "parameters": {k: v for k, v in Person.model_json_schema().items() if k != "title"}}


@pytest.fixture
def both(run, chat):
    """Ask for the message and the object."""

    def ask(endpoint, **settings):
        return run(chat(endpoint).with_structured_output(Person, include_raw=True, **settings), TEXT)

    return ask


def test_the_message_the_object_and_no_error(both):
    with FakeEndpoint(FakeReply({"name": "Zoë", "age": "soon"}), {"age": 7}) as endpoint:
        found = both(endpoint)
    assert (found["parsed"], found["parsing_error"]) == (Person(**ZOE), None)
    assert found["raw"].response_metadata["model_name"] == "numind/NuExtract3"
    assert found["raw"].usage_metadata["input_tokens"] == 2 * len(TEXT.split())


@pytest.mark.parametrize(
    ("reply", "error", "content"),
    [
        pytest.param({"name": "Zoë", "age": "soon"}, InvalidExtraction, '{"name": "Zoë", "age": "soon"}', id="invalid"),
        pytest.param(FakeReply('{"name": "Zo', finish_reason="length"), InvalidExtraction, '{"name": "Zo', id="cut"),
        pytest.param(FakeReply("", finish_reason="length"), ReplyCutShort, "", id="cut-at-once"),
        pytest.param("sorry", NoJSONInReply, "sorry", id="no-json"),
        pytest.param(FakeReply(None, finish_reason="content_filter"), NoJSONInReply, "", id="refused"),
    ],
)
def test_the_message_and_the_error(both, reply, error, content):
    with FakeEndpoint(reply) as endpoint:
        found = both(endpoint)
    assert (found["raw"].content, found["parsed"]) == (content, None)
    assert isinstance(found["parsing_error"], error)
    assert found["raw"].usage_metadata["input_tokens"] == sum(len(each.text.split()) for each in endpoint.requests)
    assert found["raw"].response_metadata["finish_reason"] == getattr(reply, "finish_reason", "stop")


def test_what_is_no_answer_is_raised(run, chat):
    with FakeEndpoint(FakeReply(status=503)) as endpoint:
        extract = chat(endpoint).with_structured_output(Person, include_raw=True)
        with pytest.raises(EndpointBusy):
            run(extract, TEXT)
        with pytest.raises(ValueError, match="empty"):
            run(extract, " ")


def test_it_is_bounded_streams_pickles_and_is_drawn_like_other_extractors(chat):
    with FakeEndpoint(ZOE) as endpoint:
        extract = chat(endpoint).with_structured_output(Person, include_raw=True)
        for each in (extract, pickle.loads(pickle.dumps(extract)), extract.bind(seed=1)):
            assert [found["parsed"].age for found in each.batch([TEXT] * 100)] == [7] * 100
        assert [found["parsed"] for found in extract.stream(TEXT)] == [Person(**ZOE)]
        assert next(extract.extract_many([TEXT])).value["parsed"] == Person(**ZOE)
        assert extract.get_graph().draw_mermaid()
    # What was unpickled has connections of its own.
    assert endpoint.connections < 150


def test_a_run_whose_error_is_a_value_is_traced_as_a_success(chat):
    failed = []

    class Listener(BaseCallbackHandler):
        def on_chain_error(self, error, **kwargs):
            failed.append(error)

    with FakeEndpoint("sorry") as endpoint:
        extract = chat(endpoint).with_structured_output(Person, include_raw=True)
        assert extract.invoke(TEXT, {"callbacks": [Listener()]})["parsing_error"]
    assert not failed


@pytest.mark.parametrize("method", ["json_schema", "function_calling", "json_mode"])
def test_every_method_of_langchains_is_taken(run, chat, method):
    with FakeEndpoint(ZOE) as endpoint:
        assert run(chat(endpoint).with_structured_output(Person, method=method, strict=True), TEXT) == Person(**ZOE)


def test_another_method_is_refused(chat):
    with FakeEndpoint() as endpoint, pytest.raises(ValueError, match="json_schema, function_calling, json_mode"):
        chat(endpoint).with_structured_output(Person, method="magic")


@pytest.mark.parametrize(
    "schema",
    [
        pytest.param(FUNCTION, id="function"),
        pytest.param({"type": "function", "function": FUNCTION}, id="tool"),
        pytest.param({"name": "person", "schema": FUNCTION["parameters"], "strict": True}, id="format"),
    ],
)
def test_a_schema_may_have_the_form_that_openai_gives_it(run, chat, schema):
    with FakeEndpoint({"name": "Zoë", "age": "7"}) as endpoint:
        assert run(chat(endpoint).with_structured_output(schema), TEXT) == ZOE
    assert json.loads(endpoint.requests[0].body["chat_template_kwargs"]["template"]) == {
        "name": "string",
        "age": "integer",
    }


def test_a_template_with_fields_of_such_names_stays_a_template(run, chat):
    template = {"name": "string", "parameters": {"type": "string"}, "schema": {"type": "string"}}
    answer = {"name": "Zoë", "parameters": {"type": "a"}, "schema": {"type": "b"}}
    with FakeEndpoint(answer) as endpoint:
        assert run(chat(endpoint).with_structured_output(template), TEXT) == answer


def test_settings_of_the_model_may_be_given_along(run, chat):
    with FakeEndpoint(ZOE) as endpoint:
        llm = chat(endpoint, extra_body={"top_k": 5}, temperature=0.9)
        extract = llm.with_structured_output(Person, temperature=0.1, min_p=0.5, instructions="In years.")
        run(extract, TEXT)
    body = endpoint.requests[0].body
    assert (body["temperature"], body["top_k"], body["min_p"]) == (0.1, 5, 0.5)
    assert "In years." in body["chat_template_kwargs"]["instructions"]
    assert llm.temperature == 0.9


def test_agents_learn_that_one_call_is_enough(chat):
    with FakeEndpoint() as endpoint:
        assert chat(endpoint).profile["structured_output"] is True
        assert chat(endpoint).profile["tool_calling"] is False


def test_tokens_are_counted_by_the_endpoint(chat):
    with FakeEndpoint() as endpoint:
        llm = chat(endpoint)
        assert llm.get_num_tokens("one two three") == 3
        assert llm.get_num_tokens_from_messages([HumanMessage("one two")]) == 2
    assert endpoint.paths == ["POST /tokenize", "POST /tokenize"]


def test_tokens_are_not_guessed(chat):
    with FakeEndpoint() as endpoint:
        llm = chat(endpoint, base_url=f"{endpoint.url}/elsewhere")
        with pytest.raises(NotImplementedError, match="does not count tokens"):
            llm.get_num_tokens("one two three")


def test_the_context_length_is_what_the_endpoint_tells(chat):
    with FakeEndpoint(max_model_len=777, models=["a"]) as endpoint:
        assert chat(endpoint).context_length == 777
        assert [model.id for model in chat(endpoint).models()] == ["a"]


LISTS = [
    ('{"data": [{"id": "a", "max_model_len": 10}, {"id": "b"}]}', [("a", 10), ("b", None)]),
    ('{"data": [{"id": "a", "meta": {"n_ctx_train": 20}}]}', [("a", 20)]),
    ('{"data": [{"id": "a", "meta": null, "max_model_len": "many"}, {}, 7]}', [("a", None)]),
    ("[]", []),
]


@pytest.mark.parametrize(("body", "models"), LISTS)
def test_lists_of_models_are_read_as_servers_write_them(body, models):
    assert served_models(json.loads(body)) == tuple(ServedModel(name, context) for name, context in models)
