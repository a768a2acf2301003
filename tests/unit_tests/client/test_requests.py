"""What arrives at the server."""

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_core.prompts import ChatPromptTemplate

from langchain_nuextract import UnsupportedTask
from langchain_nuextract.client.request_body import ApiCall
from langchain_nuextract.dialects.messages import Request
from langchain_nuextract.testing import FakeEndpoint


def test_the_body_holds_what_was_said_and_nothing_else(run, chat):
    with FakeEndpoint() as endpoint:
        run(chat(endpoint), "Total: 5")
    assert endpoint.requests[0].path == "/v1/chat/completions"
    assert endpoint.requests[0].body == {
        "model": "numind/NuExtract3",
        "messages": [{"role": "user", "content": "Total: 5"}],
    }


def test_settings_of_the_constructor_are_sent_by_their_own_names(run, chat):
    settings = {"temperature": 0.2, "max_tokens": 64, "stop": ["\n\n"], "seed": 7, "top_p": 0.9, "logprobs": True}
    with FakeEndpoint() as endpoint:
        run(chat(endpoint, **settings, top_logprobs=2))
    body = endpoint.requests[0].body
    assert {name: body[name] for name in body if name not in {"model", "messages"}} == {**settings, "top_logprobs": 2}


def test_settings_of_a_call_win_over_those_of_the_constructor(run, chat):
    with FakeEndpoint() as endpoint:
        run(chat(endpoint, temperature=0.7, stop=["a"]), temperature=0, stop=["b"], model="numind/NuExtract-2.0-8B")
    body = endpoint.requests[0].body
    assert (body["temperature"], body["stop"], body["model"]) == (0, ["b"], "numind/NuExtract-2.0-8B")


def test_fields_of_the_server_are_sent_at_the_top(run, chat):
    fields = {
        "chat_template_kwargs": {"template": "{}", "enable_thinking": False},
        "response_format": {"type": "json_object"},
        "structured_outputs": {"json": {"type": "object"}},
        "repetition_penalty": 1.05,
        "repetition_detection": {"max_pattern_size": 8, "min_pattern_size": 1, "min_count": 3},
        "continue_final_message": True,
        "add_generation_prompt": False,
        "cache_salt": "tenant",
    }
    with FakeEndpoint() as endpoint:
        run(chat(endpoint), **fields)
    body = endpoint.requests[0].body
    assert {name: body[name] for name in fields} == fields


def test_extra_bodies_are_laid_over_the_body_and_keep_the_template(run, chat):
    with FakeEndpoint() as endpoint:
        llm = chat(endpoint, extra_body={"top_k": 1, "chat_template_kwargs": {"add_vision_id": True}})
        bound = llm.bind(extra_body={"priority": 3, "chat_template_kwargs": {"enable_thinking": True}})
        run(bound, chat_template_kwargs={"template": "{}", "enable_thinking": False})
    body = endpoint.requests[0].body
    assert body["chat_template_kwargs"] == {"template": "{}", "enable_thinking": True, "add_vision_id": True}
    assert (body["top_k"], body["priority"]) == (1, 3)
    assert "extra_body" not in body


def test_what_model_kwargs_tell_the_chat_template_is_kept_too(run, chat):
    with FakeEndpoint() as endpoint:
        run(chat(endpoint, model_kwargs={"chat_template_kwargs": {"a": 1}}), chat_template_kwargs={"b": 2})
    assert endpoint.requests[0].body["chat_template_kwargs"] == {"a": 1, "b": 2}


def test_one_call_leaves_no_trace_in_the_next(run, chat):
    with FakeEndpoint() as endpoint:
        llm = chat(endpoint, extra_body={"chat_template_kwargs": {"a": 1}})
        run(llm, chat_template_kwargs={"b": 2}, extra_body={"top_k": 5})
        run(llm)
    assert endpoint.requests[1].body["chat_template_kwargs"] == {"a": 1}
    assert "top_k" not in endpoint.requests[1].body


MESSAGES = [
    pytest.param(
        [{"role": "developer", "content": [{"type": "text", "text": "in"}, {"type": "text", "text": "out"}]}],
        [{"role": "developer", "content": [{"type": "text", "text": "in"}, {"type": "text", "text": "out"}]}],
        id="developer keeps its role and its parts",
    ),
    pytest.param(
        [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}]}],
        [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}]}],
        id="image url",
    ),
    pytest.param(
        [HumanMessage([{"type": "image", "base64": "AA==", "mime_type": "image/png"}])],
        [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}]}],
        id="LangChain's image block",
    ),
    pytest.param(
        [SystemMessage("a"), HumanMessage("b"), AIMessage('{"c":')],
        [
            {"role": "system", "content": "a"},
            {"role": "user", "content": "b"},
            {"role": "assistant", "content": '{"c":'},
        ],
        id="all roles",
    ),
    pytest.param("日本語 „Größe“ 🙂", [{"role": "user", "content": "日本語 „Größe“ 🙂"}], id="other alphabets"),
    pytest.param("half a \ud83d", [{"role": "user", "content": "half a \ud83d"}], id="lone surrogate"),
    pytest.param(
        ChatPromptTemplate.from_messages([("human", "{x}")]).invoke({"x": "y"}),
        [{"role": "user", "content": "y"}],
        id="prompt value",
    ),
]


@pytest.mark.parametrize(("given", "sent"), MESSAGES)
def test_messages_arrive_as_they_are(run, chat, given, sent):
    with FakeEndpoint() as endpoint:
        run(chat(endpoint), given)
    assert endpoint.requests[0].body["messages"] == sent


def test_the_completions_route_takes_the_one_message_for_the_prompt(run, chat):
    with FakeEndpoint() as endpoint:
        message = run(chat(endpoint, max_tokens=5), "<|input|>\nx", route="completions", stop=["<|end-output|>"])
    assert endpoint.requests[0].path == "/v1/completions"
    assert endpoint.requests[0].body == {
        "model": "numind/NuExtract3",
        "prompt": "<|input|>\nx",
        "max_tokens": 5,
        "stop": ["<|end-output|>"],
    }
    assert message.content == "{}"


def test_the_completions_route_asks_for_logprobs_by_number(run, chat):
    with FakeEndpoint() as endpoint:
        run(chat(endpoint), route="completions", logprobs=True, top_logprobs=3)
    assert endpoint.requests[0].body["logprobs"] == 3
    assert "top_logprobs" not in endpoint.requests[0].body


def test_no_tools_are_sent_where_there_are_none(run, chat):
    with FakeEndpoint() as endpoint:
        run(chat(endpoint).bind_tools([], tool_choice="auto", strict=True))
        run(chat(endpoint), tools=[], tool_choice="none")
    sent = [{"tools", "tool_choice", "strict"} & request.body.keys() for request in endpoint.requests]
    assert sent == [set(), set()]


def test_real_tools_are_refused(run, chat):
    tool = {"type": "function", "function": {"name": "look", "parameters": {}}}
    with FakeEndpoint() as endpoint:
        with pytest.raises(UnsupportedTask, match="extractor as a tool"):
            chat(endpoint).bind_tools([tool])
        with pytest.raises(UnsupportedTask):
            run(chat(endpoint), tools=[tool])
    assert endpoint.requests == []


def test_headers_are_ours_and_the_callers_alone(run, chat, monkeypatch):
    for name in ("OPENAI_API_KEY", "OPENAI_ADMIN_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(name, "not-for-you")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Not: not-for-you\nAuthorization: Bearer not-for-you")
    with FakeEndpoint() as endpoint:
        run(chat(endpoint, api_key="the-key", default_headers={"X-Tenant": "a"}), extra_headers={"X-Request": "b"})
    headers = endpoint.requests[0].headers
    assert "not-for-you" not in str(headers)
    assert (headers["authorization"], headers["x-tenant"], headers["x-request"]) == ("Bearer the-key", "a", "b")
    assert not [name for name in headers if name.startswith(("openai-", "x-stainless-os", "x-stainless-runtime"))]


def test_a_server_without_a_key_gets_a_placeholder(run, chat, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "not-for-you")
    with FakeEndpoint() as endpoint:
        run(chat(endpoint))
    assert endpoint.requests[0].headers["authorization"] == "Bearer EMPTY"


def test_a_query_is_sent_along(run, chat):
    with FakeEndpoint() as endpoint:
        run(chat(endpoint, default_query={"version": "2"}), extra_query={"trace": "on"})
    assert endpoint.paths == ["POST /v1/chat/completions?version=2&trace=on"]


def test_a_setting_that_is_no_json_is_refused_before_anything_is_sent(run, chat):
    with FakeEndpoint() as endpoint, pytest.raises(TypeError):
        run(chat(endpoint), odd=object())
    assert endpoint.requests == []


def test_what_is_for_vllm_alone_goes_where_a_call_is_sent_and_is_no_field_of_its_body(chat):
    call = ApiCall("/chat/completions", {"model": "m", "messages": [], "a": 1}, vllm_only={"a": 2, "b": 3})
    with FakeEndpoint("x", "x") as endpoint:
        client = chat(endpoint).client
        client.post(call)
        client.is_vllm = True
        client.post(call)
    assert [{name: request.body.get(name) for name in "ab"} for request in endpoint.requests] == [
        {"a": 1, "b": None},
        {"a": 1, "b": 3},
    ]


def test_a_call_has_fields_for_what_is_none_of_the_body(chat):
    request = Request(({"role": "user", "content": "x"},), route="completions", vllm_only={"b": 3})
    with FakeEndpoint() as endpoint:
        call = chat(endpoint).call_for(request)
    assert (call.path, call.vllm_only, call.body.keys() & {"route", "for_vllm", "b", "messages"}) == (
        "/completions",
        {"b": 3},
        set(),
    )
