"""What can go wrong between us and the server, and what it is called."""

import json
import pickle
import socket

import aiohttp
import httpx
import httpx2
import pytest

from langchain_nuextract import (
    AccessDenied,
    ChatNuExtract,
    ContextOverflow,
    EndpointBusy,
    EndpointError,
    EndpointUnreachable,
    NotAChatReply,
    ReplyTimeout,
    RequestRefused,
    UnknownModel,
)
from langchain_nuextract.client.error_mapping import ErrorContext, explain
from langchain_nuextract.client.inner_error import inner_error, refusal_within
from langchain_nuextract.client.refusals import explain_refusal, refusal_of
from langchain_nuextract.client.served_models import ServedModel
from langchain_nuextract.testing import FakeEndpoint, FakeReply

PLACE = ErrorContext("http://localhost:8000/v1/chat/completions", "m")


@pytest.fixture
def nobody():
    """An address of this machine at which nothing listens, nor comes to."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}/v1"


def test_nothing_listening_names_the_address_and_how_to_start_something(run, nobody):
    with pytest.raises(EndpointUnreachable) as raised:
        run(ChatNuExtract(model="m", base_url=nobody, max_retries=0))
    assert raised.value.url == f"{nobody}/chat/completions"
    assert nobody in str(raised.value)
    assert "nuextract serve" in str(raised.value)
    assert isinstance(raised.value.__cause__, httpx2.ConnectError | aiohttp.ClientConnectorError)


def test_an_unknown_host_is_unreachable(run):
    with pytest.raises(EndpointUnreachable):
        run(ChatNuExtract(model="m", base_url="http://nowhere.invalid", max_retries=0))


STATUSES = [
    (401, AccessDenied),
    (403, AccessDenied),
    (400, RequestRefused),
    (405, RequestRefused),
    (413, RequestRefused),
    (415, RequestRefused),
    (422, RequestRefused),
    (408, EndpointBusy),
    (409, EndpointBusy),
    (425, EndpointBusy),
    (429, EndpointBusy),
    (500, EndpointBusy),
    (501, EndpointBusy),
    (502, EndpointBusy),
    (503, EndpointBusy),
    (504, EndpointBusy),
    (529, EndpointBusy),
]


@pytest.mark.parametrize(("status", "kind"), STATUSES)
def test_each_status_has_its_error(run, chat, status, kind):
    reply = FakeReply(status=status, error="the server's words")
    with FakeEndpoint(reply) as endpoint, pytest.raises(EndpointError) as raised:
        run(chat(endpoint))
    error = raised.value
    assert (type(error), error.status) == (kind, status)
    assert error.url.endswith("/v1/chat/completions")
    assert error.retryable is (kind is EndpointBusy)
    assert "the server's words" in error.reason


@pytest.mark.parametrize("status", [status for status, kind in STATUSES if kind in {RequestRefused, AccessDenied}])
def test_what_would_fail_again_is_not_sent_again(run, chat, status):
    with FakeEndpoint(FakeReply(status=status)) as endpoint, pytest.raises(EndpointError):
        run(chat(endpoint, max_retries=3))
    assert len(endpoint.requests) == 1


def test_a_wrong_key_is_denied(run, chat):
    with FakeEndpoint(key="right") as endpoint:
        with pytest.raises(AccessDenied, match="NUEXTRACT_API_KEY"):
            run(chat(endpoint, api_key="wrong"))
        assert run(chat(endpoint, api_key="right")).content == "{}"


def test_an_unknown_model_is_told_with_those_that_are_served(run, chat):
    with FakeEndpoint(models=["a/first", "b/second"]) as endpoint, pytest.raises(UnknownModel) as raised:
        run(chat(endpoint))
    assert (raised.value.model, raised.value.models) == ("numind/NuExtract3", ("a/first", "b/second"))
    assert "'a/first', 'b/second'" in str(raised.value)


def test_a_wrong_path_is_not_mistaken_for_an_unknown_model(run, chat):
    with FakeEndpoint() as endpoint, pytest.raises(RequestRefused, match="base_url"):
        run(chat(endpoint, base_url=f"{endpoint.url}/typo"))


OVERFLOWS = [
    pytest.param(
        "This model's maximum context length is 4096 tokens. However, your prompt contains at least 5000 input tokens, "
        "which exceeds this limit even without any output tokens.",
        5000,
        id="vLLM 0.32",
    ),
    pytest.param(
        "This model's maximum context length is 4096 tokens. However, your prompt contains 90000 characters (more than "
        "80000 characters, which is the upper bound for 4096 input tokens).",
        None,
        id="vLLM 0.32, characters",
    ),
    pytest.param(
        "This model's maximum context length is 4096 tokens. However, you requested 122946 tokens (112946 in the "
        "messages, 10000 in the completion).",
        112946,
        id="vLLM 0.10",
    ),
    pytest.param(
        "This model's maximum context length is 3 tokens. However, your request has 8 input tokens.", 8, id="vLLM 0.15"
    ),
    pytest.param("request (5000 tokens) exceeds the available context size (512 tokens)", 5000, id="llama.cpp"),
    pytest.param("the request exceeds the available context size. try increasing it", None, id="llama.cpp, older"),
]


@pytest.mark.parametrize(("words", "size"), OVERFLOWS)
def test_an_overflow_takes_the_limit_from_the_list_of_models(run, chat, words, size):
    reply = FakeReply(status=400, error=words)
    with FakeEndpoint(reply, max_model_len=4096) as endpoint, pytest.raises(ContextOverflow) as raised:
        run(chat(endpoint, max_retries=3))
    assert (raised.value.limit, raised.value.size) == (4096, size)
    assert "4096" in str(raised.value)
    assert len(endpoint.requests) == 1


SIZES = [
    ("max_tokens must be at least 1, got -7584. (parameter=max_tokens, value=-7584)", None),
    ("The decoder prompt (length 5210) is longer than the maximum model length of 4096. Make sure …", 5210),
    ("Input length (11680) exceeds model's maximum context length (4096).", 11680),
    ("The prompt (total length 25938) is too long to fit into the model (context length 4096).", 25938),
    ("The input (8123 tokens) is longer than the model's context length (4096 tokens).", 8123),
    pytest.param(
        "Requested token count exceeds the model's maximum context length of 4096 tokens. "
        "You requested a total of 9000 tokens: 8500 tokens from the input messages and 500 for the completion.",
        8500,
    ),
    ("Requested tokens (7001) exceed context window of 4096", 7001),
    pytest.param(
        "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 6000 `inputs` tokens "
        "and 200 `max_new_tokens`",
        6000,
    ),
    ("Input validation error: `inputs` must have less than 4095 tokens. Given: 9876", 9876),
    ("This model's maximum context length is 4096 tokens. However, your messages resulted in 4711 tokens.", 4711),
    pytest.param(
        "maximum context length is 4096 tokens, however you requested 5097 tokens (4997 in your prompt; 100 for the "
        "completion).",
        4997,
    ),
    ("input length exceeds the context length", None),
    ("Prompt length of 5016 is longer than the maximum model length of 4096.", 5016),
    ("prompt is too long: 210000 tokens > 200000 maximum", 210000),
    ("The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).", 1200000),
    ("Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length", 40000),
    ("This endpoint's maximum context length is 4096 tokens. You requested about 5000 (4700 of text input)", 4700),
    ("This model's maximum prompt length is 131072 but the request contains 150000 tokens.", 150000),
    ("Prompt length (5000) exceeds maximum input length (4096). Set --max_input_len to a larger value.", 5000),
    ("the prompt exceeds the maximum input length (4096)", None),
    ("Request prompt has 5000 tokens in total, larger than the model capacity 4096.", 5000),
    ("too many tokens: total number of tokens in the prompt cannot exceed 4081 - received 5000.", 5000),
    ("Trying to keep the first 5000 tokens when the context length of only 4096 tokens overflows", 5000),
    (f"the request has {'9' * 5000} input tokens, more than the context length", None),
]


@pytest.mark.parametrize(("words", "size"), SIZES)
@pytest.mark.parametrize("status", [400, 413, 422, 500])
def test_the_size_is_read_out_of_all_wordings(words, size, status):
    error = explain_refusal(refusal_of(status, {"error": {"message": words}}), PLACE, (ServedModel("m", 4096),))
    assert isinstance(error, ContextOverflow)
    assert (error.limit, error.size) == (4096, size)
    assert "extract.long()" in str(error)
    assert "Lower max_tokens" not in str(error)


ROOM_FOR_THE_ANSWER = [
    pytest.param(
        "'max_tokens' or 'max_completion_tokens' is too large: 5000. This model's maximum context length is 4096 "
        "tokens and your request has 100 input tokens (5000 > 4096 - 100).",
        "max_tokens to 3996 at the most",
    ),
    pytest.param(
        "This model's maximum context length is 4096 tokens. However, you requested 4196 tokens (3100 in the "
        "messages, 1096 in the completion).",
        "max_tokens to 996 at the most",
    ),
    ("max_tokens is too large: it exceeds the context length", "Lower max_tokens. "),
]


@pytest.mark.parametrize(("words", "advice"), ROOM_FOR_THE_ANSWER)
def test_where_the_answer_was_to_be_too_long_the_advice_says_so(words, advice):
    error = explain_refusal(refusal_of(400, {"error": {"message": words}}), PLACE, (ServedModel("m", 4096),))
    assert isinstance(error, ContextOverflow)
    assert advice in str(error)


def test_llama_cpp_tells_limit_and_size_in_fields_of_their_own():
    told = {
        "code": 400,
        "message": "the request exceeds the available context size",
        "n_ctx": 512,
        "n_prompt_tokens": 900,
    }
    error = explain_refusal(refusal_of(400, {"error": told}), PLACE, (ServedModel("m", 2048),))
    assert isinstance(error, ContextOverflow)
    assert (error.limit, error.size) == (512, 900)


def test_an_overflow_is_known_by_its_code_whatever_the_words_are():
    told = {"message": "Please reduce the length. Current length is 9000", "code": "context_length_exceeded"}
    error = explain_refusal(refusal_of(400, {"error": told}), PLACE, (ServedModel("m", 8192),))
    assert isinstance(error, ContextOverflow)
    assert (error.limit, error.size) == (8192, 9000)


def test_an_overflow_is_told_even_if_the_limit_is_not():
    error = explain_refusal(refusal_of(400, {"error": {"message": "maximum context length is 3"}}), PLACE, ())
    assert isinstance(error, ContextOverflow)
    assert (error.limit, error.size) == (None, None)


BODIES = [
    pytest.param({"error": {"message": "why"}}, "why", id="OpenAI"),
    pytest.param({"object": "error", "message": "why"}, "why", id="old vLLM"),
    pytest.param({"detail": "why"}, "why", id="FastAPI"),
    pytest.param({"error": "why"}, "why", id="Ollama"),
    pytest.param("why", "why", id="text"),
    pytest.param("", "no reason given", id="empty"),
    pytest.param(None, "no reason given", id="none"),
    pytest.param({"error": {"message": None}}, "no reason given", id="null"),
    pytest.param([1], "no reason given", id="array"),
    pytest.param([{"error": {"message": "why"}}], "why", id="Gemini"),
    pytest.param({"errors": [{"message": "why"}]}, "why", id="list of errors"),
    pytest.param({"detail": [{"loc": ["body", "messages"], "msg": "why"}]}, "why", id="FastAPI, a wrong field"),
    pytest.param({"title": "no", "status": 400, "detail": "why"}, "why", id="problem details"),
    pytest.param({"Message": "why"}, "why", id="AWS"),
    pytest.param({"error": "invalid", "error_description": "why"}, "invalid", id="OAuth"),
    pytest.param({"error": []}, "no reason given", id="empty list"),
]


@pytest.mark.parametrize(("body", "words"), BODIES)
def test_the_servers_words_are_found_wherever_it_puts_them(body, words):
    assert refusal_of(400, body).words == words


def test_long_words_are_cut(run, chat):
    with FakeEndpoint(FakeReply(status=400, error="x" * 10_000)) as endpoint, pytest.raises(RequestRefused) as raised:
        run(chat(endpoint))
    assert len(str(raised.value)) < 500


WITHIN = [
    pytest.param({"error": [{"message": "m", "code": 503}]}, 503, id="list"),
    pytest.param({"errors": [{"message": "m", "code": 429}]}, 429, id="list of errors"),
    pytest.param({"success": False, "errors": [{"message": "m", "code": 10000}]}, None, id="number of its own"),
    pytest.param({"status": 429, "message": "m"}, 429, id="status beside the words"),
    pytest.param({"statusCode": "502", "message": "m"}, 502, id="status as a text"),
    pytest.param({"timestamp": "t", "status": 503, "error": "Unavailable", "path": "/"}, 503, id="error as a text"),
    pytest.param({"error": {"message": "m", "status_code": 504}}, 504, id="status in the error"),
    pytest.param({"error": {"message": "m", "code": "rate_limit_exceeded"}}, 429, id="word as a code"),
    pytest.param({"error": {"message": "m", "type": "RateLimitError", "code": None}}, 429, id="class as a type"),
    pytest.param({"type": "error", "error": {"type": "overloaded_error", "message": "m"}}, 503, id="type alone"),
    pytest.param({"error": {"message": "m", "code": "invalid_api_key"}}, 401, id="key"),
    pytest.param({"fault": {"faultstring": "m", "detail": {"errorcode": "x"}}}, None, id="fault"),
    pytest.param({"detail": "m"}, None, id="detail"),
    pytest.param({"error": {"message": "m", "type": "odd"}}, None, id="unknown kind"),
]


@pytest.mark.parametrize(("body", "status"), WITHIN)
def test_an_error_within_a_200_stands_for_the_status_that_it_names(body, status):
    assert refusal_within(inner_error(body)).status == (status or 200)


@pytest.mark.parametrize("nothing", [False, {}, [], "", {"code": 0, "message": ""}, {"code": 200, "message": "ok"}])
def test_an_answer_with_an_error_that_is_none_is_an_answer(run, chat, nothing):
    body = {"choices": [{"message": {"content": "{}"}, "finish_reason": "stop"}], "error": nothing}
    with FakeEndpoint(FakeReply(body=json.dumps(body))) as endpoint:
        assert run(chat(endpoint)).content == "{}"


def test_only_the_beginning_of_a_servers_words_is_looked_at():
    assert len(refusal_of(400, "x" * 100_000).words) < 10_000


NO_REPLIES = [
    pytest.param("<!doctype html><title>Welcome</title>", id="page"),
    pytest.param("", id="empty"),
    pytest.param("   ", id="blank"),
    pytest.param("null", id="null"),
    pytest.param("[]", id="array"),
    pytest.param("{}", id="no choices"),
    pytest.param('{"choices": []}', id="empty choices"),
    pytest.param('{"choices": null}', id="null choices"),
    pytest.param('{"choices": "x"}', id="choices are a text"),
    pytest.param('{"choices": [1]}', id="choice is a number"),
    pytest.param('{"choices": [{"message": "x"}]}', id="message is a text"),
    pytest.param('{"choices": [{"message": {"content": {"a": 1}}}]}', id="content is an object"),
    pytest.param('{"choices": [{"message": {"content": "x"', id="cut JSON"),
    pytest.param('{"error": {"message": "quota used up"}}', id="error with 200"),
    pytest.param(b"\xff\xfe\x00", id="bytes"),
]


@pytest.mark.parametrize("body", NO_REPLIES)
def test_a_200_without_an_answer_is_no_reply_and_is_not_asked_again(run, chat, body):
    with FakeEndpoint(FakeReply(body=body)) as endpoint, pytest.raises(NotAChatReply) as raised:
        run(chat(endpoint, max_retries=3))
    assert raised.value.status == 200
    assert len(endpoint.requests) == 1


def test_what_came_instead_of_a_reply_is_quoted(run, chat):
    reply = FakeReply(body="<title>Welcome</title>")
    with FakeEndpoint(reply) as endpoint, pytest.raises(NotAChatReply, match=r"Welcome.*base_url"):
        run(chat(endpoint))


@pytest.mark.parametrize("fault", ["drop", "cut"])
def test_a_broken_connection_is_unreachable(run, chat, fault):
    with FakeEndpoint(FakeReply(fault=fault)) as endpoint, pytest.raises(EndpointUnreachable, match="broke"):
        run(chat(endpoint))


@pytest.mark.parametrize("reply", [FakeReply(fault="stall"), FakeReply(delay=30)], ids=["stall", "slow"])
def test_no_answer_in_time_is_a_timeout(run, chat, reply):
    with FakeEndpoint(reply) as endpoint, pytest.raises(ReplyTimeout, match="timeout"):
        run(chat(endpoint, timeout=0.2))


def test_a_timeout_may_be_given_for_one_call(run, chat):
    with FakeEndpoint(FakeReply(delay=30)) as endpoint, pytest.raises(ReplyTimeout):
        run(chat(endpoint), timeout=0.2)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects_are_not_followed(run, chat, status):
    with FakeEndpoint() as other:
        moved = FakeReply(status=status, headers={"Location": f"{other.url}/chat/completions"})
        with FakeEndpoint(moved) as endpoint, pytest.raises(RequestRefused, match="redirects to"):
            run(chat(endpoint, api_key="the-key"))
    assert other.paths == []


def test_the_list_of_models_is_asked_for_once(run, chat):
    with FakeEndpoint(FakeReply(status=400, error="maximum context length")) as endpoint:
        llm = chat(endpoint)
        for _ in range(2):
            with pytest.raises(ContextOverflow):
                run(llm)
    assert endpoint.paths.count("GET /v1/models") == 1


def test_errors_can_be_pickled():
    error = explain_refusal(refusal_of(400, {"error": {"message": "maximum context length"}}), PLACE, ())
    assert vars(pickle.loads(pickle.dumps(error))) == vars(error)


def kinds(root):
    return [root, *(kind for child in root.__subclasses__() for kind in kinds(child))]


@pytest.mark.parametrize("status", [*range(300, 309), *range(400, 452), *range(500, 512), 529, 599])
def test_every_status_has_an_error(status):
    assert type(explain_refusal(refusal_of(status, {}), PLACE, ())) is not EndpointError


@pytest.mark.parametrize("library", [httpx, httpx2])
def test_every_error_of_the_http_libraries_has_one_of_ours(library):
    ours = {kind.__name__: type(explain(kind("why"), PLACE)) for kind in kinds(library.RequestError)}
    expected = {
        "ConnectTimeout": EndpointUnreachable,
        "ReadTimeout": ReplyTimeout,
        "WriteTimeout": ReplyTimeout,
        "PoolTimeout": ReplyTimeout,
        "TimeoutException": ReplyTimeout,
        "DecodingError": NotAChatReply,
        "UnsupportedProtocol": RequestRefused,
        "LocalProtocolError": RequestRefused,
        "TooManyRedirects": RequestRefused,
    }
    assert ours == {name: expected.get(name, EndpointUnreachable) for name in ours}
    assert len(ours) >= 17


def test_every_error_of_aiohttp_has_one_of_ours():
    wordless = [type(kind.__name__, (kind,), {"__str__": lambda _: "why"}) for kind in kinds(aiohttp.ClientError)]
    ours = {kind.__name__: type(explain(kind.__new__(kind), PLACE)) for kind in wordless}
    expected = {
        "ServerTimeoutError": ReplyTimeout,
        "SocketTimeoutError": ReplyTimeout,
        "TooManyRedirects": RequestRefused,
        "InvalidURL": RequestRefused,
        "InvalidUrlClientError": RequestRefused,
        "InvalidUrlRedirectClientError": RequestRefused,
    }
    assert ours == {name: expected.get(name, EndpointUnreachable) for name in ours}
    assert len(ours) >= 20


@pytest.mark.parametrize("way", ["invoke", "stream"])
@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip"])
def test_an_error_page_that_cannot_be_read_is_still_the_error_that_its_status_says(run, chat, way, encoding):
    page = FakeReply(status=503, body=b"\x00not compressed", headers={"Content-Encoding": encoding})
    with FakeEndpoint(page) as endpoint, pytest.raises(EndpointBusy) as raised:
        (run if way == "invoke" else run.stream)(chat(endpoint, max_retries=0))
    assert raised.value.status == 503
