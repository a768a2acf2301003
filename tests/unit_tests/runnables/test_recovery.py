"""Answers that fail, against a fake endpoint: what is asked again, what is kept, and what it may cost."""

import json
import time
from datetime import date
from typing import Any

import pytest
from langchain_core.caches import InMemoryCache
from langchain_core.callbacks import BaseCallbackHandler
from pydantic import BaseModel

from langchain_nuextract import (
    ChatNuExtract,
    Example,
    InvalidExtraction,
    NoJSONInReply,
    NuExtractor,
    RecoveryPolicy,
    ReplyCutShort,
    ReplyTimeout,
)
from langchain_nuextract.paths import show
from langchain_nuextract.testing import FakeEndpoint, FakeReply

MODEL = "numind/NuExtract3"


class Item(BaseModel):
    description: str
    price: float


class Seller(BaseModel):
    name: str
    city: str | None = None


class Invoice(BaseModel):
    number: str
    seller: Seller
    items: list[Item]
    currency: str | None = None


TEXT = "Invoice 2024-17 of Hof, Köln\nWidget 9.50\nGadget 12.00"
ANSWER = {
    "number": "2024-17",
    "seller": {"name": "Hof", "city": "Köln"},
    "items": [{"description": "Widget", "price": 9.5}, {"description": "Gadget", "price": 12.0}],
    "currency": "EUR",
}
WHOLE = json.dumps(ANSWER, ensure_ascii=False)
WANTED = Invoice.model_validate(ANSWER)
WRONG = {**ANSWER, "seller": {"name": None, "city": "Köln"}}


def extractor(endpoint: FakeEndpoint, schema: Any = Invoice, **settings: Any) -> NuExtractor[Any]:
    return NuExtractor(schema, **{"model": MODEL, "base_url": endpoint.url, **settings})


def kinds(extraction_or_error) -> list[str]:
    return [attempt.kind for attempt in extraction_or_error.attempts]


def cut(text: str, reason: str = "length") -> FakeReply:
    return FakeReply(text=text, finish_reason=reason)


def server(size: int):
    """A model that writes `size` characters at a time, and goes on where it is asked to."""

    def answer(received):
        messages = received.body["messages"]
        written = messages[-1]["content"] if messages[-1]["role"] == "assistant" else ""
        assert bool(written) == received.body.get("continue_final_message", False)
        start = len(written)
        return cut(WHOLE[start : start + size], "length" if start + size < len(WHOLE) else "stop")

    return answer


@pytest.mark.parametrize("size", [10, 40, 100])
def test_a_cut_answer_is_continued_until_it_is_complete(run, size):
    with FakeEndpoint(server(size)) as endpoint:
        details = run(extractor(endpoint, recovery=RecoveryPolicy(max_calls=40)).detailed, TEXT)
    assert details.value == WANTED
    assert set(kinds(details)) == {"plain", "continued"}
    assert json.loads(details.raw) == ANSWER
    assert details.repairs == ()
    last = endpoint.requests[-1].body
    assert last["add_generation_prompt"] is False
    assert last["messages"][0]["content"] == TEXT
    assert WHOLE.startswith(last["messages"][-1]["content"])


def test_a_raw_prompt_is_continued_behind_what_was_written(run):
    prompts = []

    def answer(received):
        prompts.append(received.body["prompt"])
        start = len(prompts[-1]) - len(prompts[0])
        return cut(WHOLE[start : start + 90], "length" if start + 90 < len(WHOLE) else "stop")

    with FakeEndpoint(answer) as endpoint:
        details = run(extractor(endpoint, dialect="nuextract-3-inline").detailed, TEXT)
    assert details.value == WANTED
    assert prompts[-1].endswith(WHOLE[:90])


def test_a_name_that_was_cut_is_written_anew_as_a_whole(run):
    """A prefix that ended inside a name made of `"Gerd` and `da"` a name that nobody has."""
    first = cut('{"number": "2024-17", "seller": {"name": "Hof", "city": "K\ufffd')
    prefix = '{"number": "2024-17", "seller": {"name": "Hof", "city":'
    with FakeEndpoint(first, WHOLE[len(prefix) :]) as endpoint:
        assert run(extractor(endpoint), TEXT) == WANTED
    assert endpoint.requests[1].body["messages"][-1]["content"] == prefix


def test_no_half_letter_and_no_blanks_at_the_end_are_sent_back():
    class Note(BaseModel):
        text: str

    replies = [cut('{"text": "Bon'), cut(' "Bon caf\ufffd'), cut(" café noi"), ' noir"}']
    with FakeEndpoint(*replies) as endpoint:
        assert extractor(endpoint, Note).invoke("Bon café noir, merci").text == "Bon café noir"
    sent = [request.body["messages"][-1]["content"] for request in endpoint.requests[1:]]
    assert sent == ['{"text":', '{"text": "Bon', '{"text": "Bon café']


def test_an_answer_is_continued_without_thinking_and_without_grammar():
    with FakeEndpoint(FakeReply(text=WHOLE[:90], reasoning="Hm.", finish_reason="length"), WHOLE[90:]) as endpoint:
        assert extractor(endpoint, thinking=True).invoke(TEXT) == WANTED
        assert endpoint.requests[0].body["chat_template_kwargs"]["enable_thinking"] is True
    assert endpoint.requests[1].body["chat_template_kwargs"]["enable_thinking"] is False
    with FakeEndpoint(cut(WHOLE[:90]), WHOLE[90:]) as endpoint:
        assert extractor(endpoint, dialect="instruct").invoke(TEXT) == WANTED
    assert "response_format" in endpoint.requests[0].body
    assert "response_format" not in endpoint.requests[1].body


def test_an_endpoint_that_begins_anew_is_not_asked_to_continue_again(run):
    with FakeEndpoint(cut(WHOLE[:150]), cut(WHOLE[:120]), {"items": ANSWER["items"], "currency": "EUR"}) as endpoint:
        details = run(extractor(endpoint).detailed, TEXT)
    assert details.value == WANTED
    assert kinds(details) == ["plain", "continued", "narrowed"]


def test_an_endpoint_that_refuses_to_continue_is_asked_for_what_is_missing(run):
    refusal = FakeReply(status=400, error="continue_final_message is not supported")
    with FakeEndpoint(cut(WHOLE[:90]), refusal, {"items": ANSWER["items"], "currency": "EUR"}) as endpoint:
        details = run(extractor(endpoint).detailed, TEXT)
    assert details.value == WANTED
    assert kinds(details) == ["plain", "narrowed"]


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(cut(WHOLE[:90], "repetition"), id="said-by-the-server"),
        pytest.param(cut(WHOLE[:90] + '"description": "a a' + " a" * 200), id="seen-in-the-text"),
    ],
)
def test_a_model_that_runs_in_circles_is_not_continued(run, reply):
    with FakeEndpoint(reply, {"items": ANSWER["items"], "currency": "EUR"}) as endpoint:
        details = run(extractor(endpoint).detailed, TEXT)
    assert details.value == WANTED
    assert kinds(details) == ["plain", "narrowed"]


def test_only_the_fields_that_failed_are_asked_for_again(run):
    example = Example("No. 1 of Rad", Invoice(number="1", seller=Seller(name="Rad"), items=[]))
    with FakeEndpoint(WRONG, {"seller": {"name": "Hof"}}) as endpoint:
        details = run(extractor(endpoint, examples=[example]).detailed, TEXT)
    assert details.value == WANTED
    assert kinds(details) == ["plain", "narrowed"]
    assert [problem.path for problem in details.attempts[0].problems] == [("seller", "name")]
    assert details.attempts[1].problems == ()
    body = endpoint.requests[1].body
    assert json.loads(body["chat_template_kwargs"]["template"]) == {"seller": {"name": "string"}}
    assert json.loads(body["messages"][0]["content"][-1]["text"]) == {"seller": {"name": "Rad"}}
    assert details.usage.total_tokens == sum(attempt.reply.usage.total_tokens for attempt in details.attempts)


def test_what_was_valid_stays_whatever_later_answers_say(run):
    later = {"number": "other", "seller": {"name": "Hof", "city": None}, "items": [], "currency": None}
    with FakeEndpoint(WRONG, later) as endpoint:
        assert run(extractor(endpoint), TEXT) == WANTED
    with FakeEndpoint(WRONG, "no", "no", later) as endpoint:
        assert run(extractor(endpoint), TEXT) == WANTED


def test_then_decoding_is_constrained_once_and_the_answer_drawn_once_more(run):
    with FakeEndpoint(WRONG, "no", WRONG, {"seller": {"name": "Hof"}}) as endpoint:
        llm = ChatNuExtract(model=MODEL, base_url=endpoint.url, temperature=0.0, seed=7)
        details = run(NuExtractor(Invoice, llm=llm, thinking=True).detailed, TEXT)
    assert details.value == WANTED
    assert kinds(details) == ["plain", "narrowed", "constrained", "resampled"]
    first, _, constrained, resampled = (request.body for request in endpoint.requests)
    schema = constrained["response_format"]["json_schema"]["schema"]
    assert list(schema["properties"]["seller"]["properties"]) == ["name"]
    assert constrained["chat_template_kwargs"]["enable_thinking"] is False
    assert (first["temperature"], first["seed"]) == (0.0, 7)
    assert resampled["temperature"] > 0
    assert resampled["seed"] != 7


def test_what_is_asked_after_a_constrained_answer_is_constrained_too(run):
    echo = {**ANSWER, "seller": {"name": "string"}}
    with FakeEndpoint("no", echo, {"seller": {}}, WRONG) as endpoint, pytest.raises(InvalidExtraction) as caught:
        run(extractor(endpoint), TEXT)
    assert kinds(caught.value) == ["plain", "constrained", "narrowed", "resampled"]
    assert ["response_format" in request.body for request in endpoint.requests] == [False, True, True, True]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param(TEXT, ["string"], id="an echo"),
        pytest.param("A string quartet of Hof", None, id="perhaps of the document"),
    ],
)
def test_vllm_is_told_not_to_echo_a_type_that_the_document_does_not_name(run, text, words):
    with FakeEndpoint(as_vllm("no"), ANSWER) as endpoint:
        assert run(extractor(endpoint), text) == WANTED
    first, constrained = (request.body for request in endpoint.requests)
    assert "bad_words" not in first
    assert constrained.get("bad_words") == words
    with FakeEndpoint("no", ANSWER) as endpoint:
        assert run(extractor(endpoint), text) == WANTED
    assert "bad_words" not in endpoint.requests[1].body


def test_a_cut_answer_to_something_else_is_not_continued(run):
    with FakeEndpoint(cut('{"type": "template", "title": "Invoice of'), ANSWER) as endpoint:
        details = run(extractor(endpoint).detailed, TEXT)
    assert details.value == WANTED
    assert kinds(details) == ["plain", "constrained"]


def test_an_answer_that_is_missing_altogether_is_asked_for_as_a_whole(run):
    with FakeEndpoint("I am sorry.", ANSWER) as endpoint:
        details = run(extractor(endpoint).detailed, TEXT)
    assert details.value == WANTED
    assert kinds(details) == ["plain", "constrained"]
    assert details.raw == json.dumps(ANSWER, ensure_ascii=False)


def test_thinking_that_never_ends_is_cut_off_by_a_constrained_answer(run):
    with FakeEndpoint(cut("<think> hm"), ANSWER) as endpoint:
        assert run(extractor(endpoint, thinking=True), TEXT) == WANTED
    assert endpoint.requests[1].body["chat_template_kwargs"]["enable_thinking"] is False


def test_an_answer_in_the_reasoning_is_read_and_continued(run):
    first = FakeReply(text=None, reasoning=WHOLE[:90], finish_reason="length")
    with FakeEndpoint(first, FakeReply(text=None, reasoning=WHOLE[90:])) as endpoint:
        details = run(extractor(endpoint).detailed, TEXT)
    assert details.value == WANTED
    assert kinds(details) == ["plain", "continued"]


def test_no_turn_tells_the_model_of_its_mistakes():
    with FakeEndpoint(WRONG) as endpoint, pytest.raises(InvalidExtraction):
        extractor(endpoint).invoke(TEXT)
    for request in endpoint.requests:
        assert [message["role"] for message in request.body["messages"]] == ["user"]
        assert request.text == TEXT


@pytest.mark.parametrize("calls", [1, 2, 3, 4, 9])
def test_the_calls_are_counted_at_each_rung(run, calls):
    with FakeEndpoint(WRONG) as endpoint, pytest.raises(InvalidExtraction) as caught:
        run(extractor(endpoint, recovery=RecoveryPolicy(max_calls=calls)), TEXT)
    assert len(endpoint.requests) == min(calls, 4)
    assert kinds(caught.value) == ["plain", "narrowed", "constrained", "resampled"][:calls]
    assert caught.value.partial["items"] == ANSWER["items"]


def test_the_budget_of_tokens_bounds_each_call_and_ends_the_ladder(run):
    wrong = FakeReply(text=WRONG, usage={"prompt_tokens": 9, "completion_tokens": 60, "total_tokens": 69})
    with FakeEndpoint(wrong) as endpoint, pytest.raises(InvalidExtraction):
        run(extractor(endpoint, recovery=RecoveryPolicy(max_output_tokens=100)), TEXT)
    assert [request.body["max_tokens"] for request in endpoint.requests] == [100, 40]


def test_the_callers_own_bound_holds_where_it_is_lower():
    with FakeEndpoint(ANSWER) as endpoint:
        llm = ChatNuExtract(model=MODEL, base_url=endpoint.url, max_tokens=50)
        NuExtractor(Invoice, llm=llm, recovery=RecoveryPolicy(max_output_tokens=100)).invoke(TEXT)
        NuExtractor(Invoice, llm=llm, recovery=RecoveryPolicy(max_output_tokens=20)).invoke(TEXT)
    assert [request.body["max_tokens"] for request in endpoint.requests] == [50, 20]


def test_no_call_is_begun_when_the_time_is_up(run):
    with FakeEndpoint(FakeReply(text=WRONG, delay=0.1)) as endpoint, pytest.raises(InvalidExtraction):
        run(extractor(endpoint, recovery=RecoveryPolicy(max_seconds=0)), TEXT)
    assert len(endpoint.requests) == 1


def test_a_call_under_way_ends_when_the_time_is_up(run):
    with FakeEndpoint(FakeReply(text=ANSWER, delay=300)) as endpoint, pytest.raises(ReplyTimeout):
        run(extractor(endpoint, recovery=RecoveryPolicy(max_seconds=0.2)), TEXT)
    # It may have been given up before the server came to read it.
    assert len(endpoint.requests) <= 1


def test_waits_between_attempts_count_too(run):
    busy = FakeReply(status=503, headers={"Retry-After": "30"})
    with FakeEndpoint(busy) as endpoint, pytest.raises(ReplyTimeout):
        run(extractor(endpoint, max_retries=3, recovery=RecoveryPolicy(max_seconds=0.3)), TEXT)
    assert len(endpoint.requests) <= 1


def test_a_server_is_told_to_stop_loops_where_the_caller_says_so():
    with FakeEndpoint(ANSWER) as endpoint:
        extractor(endpoint, recovery=RecoveryPolicy(stop_repetition=True)).invoke(TEXT)
        extractor(endpoint).invoke(TEXT)
    told, silent = (request.body for request in endpoint.requests)
    assert told["repetition_detection"]["min_count"] >= 2
    assert "repetition_detection" not in silent


def as_vllm(answer: Any) -> FakeReply:
    """A whole answer, with the key by which vLLM is known."""
    text = answer if isinstance(answer, str) else json.dumps(answer)
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    body = {"model": MODEL, "choices": [choice], "kv_transfer_params": None}
    return FakeReply(body=json.dumps(body), headers={"Content-Type": "application/json"})


@pytest.mark.parametrize("listeners", [[], [BaseCallbackHandler()]], ids=["straight", "in runs"])
def test_a_server_that_is_seen_to_be_vllm_is_told_to_stop_loops(run, listeners):
    with FakeEndpoint(as_vllm(ANSWER)) as endpoint:
        llm = ChatNuExtract(model=MODEL, base_url=endpoint.url)
        for stop in (None, None, False):
            extract = NuExtractor(Invoice, llm=llm, recovery=RecoveryPolicy(stop_repetition=stop))
            run(extract.with_config(callbacks=listeners), TEXT)
        own = ChatNuExtract(model=MODEL, base_url=endpoint.url, extra_body={"repetition_detection": {"min_count": 3}})
        run(NuExtractor(Invoice, llm=own).with_config(callbacks=listeners), TEXT)
    unknown, known, off, owned = (request.body for request in endpoint.requests)
    assert [body for body in (unknown, known, off, owned) if "for_vllm" in body] == []
    assert "repetition_detection" not in {**unknown, **off}
    assert known["repetition_detection"]["min_count"] == 64
    assert owned["repetition_detection"] == {"min_count": 3}


def test_a_cache_finds_an_answer_whatever_was_known_of_the_server(run):
    with FakeEndpoint(as_vllm(ANSWER)) as endpoint:
        llm = ChatNuExtract(model=MODEL, base_url=endpoint.url, cache=InMemoryCache())
        assert [run(NuExtractor(Invoice, llm=llm), TEXT) for _ in range(2)] == [WANTED, WANTED]
        assert len(endpoint.requests) == 1


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"max_calls": 0}, "max_calls must be a whole number of at least 1, not 0"),
        ({"max_calls": 2.5}, "max_calls must be a whole number"),
        ({"max_output_tokens": 0}, "max_output_tokens must be a whole number of at least 1"),
        ({"max_seconds": -1}, "max_seconds must be a number of at least 0"),
        ({"max_seconds": "5"}, "max_seconds must be a number"),
        ({"repairs": "safest"}, "did you mean 'safe'"),
        ({"repairs": None}, "repairs must be one of"),
        ({"on_failure": "Partial"}, "did you mean 'partial'"),
        ({"on_failure": "skip"}, "'raise', 'drop', 'partial'"),
        ({"stop_repetition": "no"}, "stop_repetition must be one of"),
    ],
)
def test_a_policy_that_cannot_be_is_refused_when_it_is_made(wrong, message):
    with pytest.raises(ValueError, match=message):
        RecoveryPolicy(**wrong)


PARTIAL = RecoveryPolicy(max_calls=1, on_failure="partial")


def test_a_partial_value_leaves_out_what_failed_and_says_so(run):
    items = [ANSWER["items"][0], {"description": "Gadget", "price": None}]
    with FakeEndpoint({**ANSWER, "items": items}) as endpoint:
        details = run(extractor(endpoint, recovery=PARTIAL).detailed, TEXT)
    assert details.value == WANTED.model_copy(update={"items": WANTED.items[:1]})
    assert [problem.path for problem in details.problems] == [("items", 1, "price")]


def test_a_partial_value_of_a_cut_answer_has_what_was_complete(run):
    text = WHOLE[: WHOLE.index("Gadget") + 3]
    with FakeEndpoint(cut(text)) as endpoint:
        details = run(extractor(endpoint, recovery=PARTIAL).detailed, TEXT)
    assert details.value.items == WANTED.items[:1]
    assert details.value.currency is None
    assert {problem.path[0] for problem in details.problems} == {"items", "currency"}


def test_a_partial_value_without_a_required_field_is_still_an_error(run):
    with FakeEndpoint(WRONG) as endpoint, pytest.raises(InvalidExtraction) as caught:
        run(extractor(endpoint, recovery=PARTIAL), TEXT)
    assert caught.value.partial["number"] == "2024-17"


@pytest.mark.parametrize(("text", "error"), [("no", NoJSONInReply), (cut("<think> hm"), ReplyCutShort)])
def test_nothing_at_all_is_no_partial_value(run, text, error):
    class Loose(BaseModel):
        number: str | None = None

    with FakeEndpoint(text) as endpoint, pytest.raises(error):
        run(extractor(endpoint, Loose, recovery=PARTIAL), TEXT)


FAILURES = [
    pytest.param(FakeReply(text=ANSWER, fault="cut"), id="reset-in-mid-answer"),
    pytest.param(FakeReply(text=ANSWER, fault="drop"), id="dropped"),
    pytest.param(FakeReply(status=500), id="500"),
]


@pytest.mark.usefixtures("short_waits")
@pytest.mark.parametrize("failure", FAILURES)
def test_a_fault_between_attempts_is_retried_below(run, failure):
    with FakeEndpoint(WRONG, failure, {"seller": {"name": "Hof"}}) as endpoint:
        details = run(extractor(endpoint).detailed, TEXT)
    assert details.value == WANTED
    assert kinds(details) == ["plain", "narrowed"]


@pytest.mark.usefixtures("kept_connections")
@pytest.mark.parametrize("failure", [*FAILURES, pytest.param(FakeReply(text=ANSWER, fault="stall"), id="stall")])
def test_an_endpoint_that_dies_does_not_take_the_first_answer_along(run, failure):
    with FakeEndpoint(WRONG, failure) as endpoint:
        # Only silence is waited for to its end; the first answer must have come by then.
        patience = 3 if failure.fault == "stall" else 60
        llm = ChatNuExtract(model=MODEL, base_url=endpoint.url, max_retries=0, timeout=patience)
        with pytest.raises(InvalidExtraction) as caught:
            run(NuExtractor(Invoice, llm=llm), TEXT)
        # Where the server closes the kept connection, the request is sent once more on a new one.
        assert len(endpoint.requests) == (3 if failure.fault == "drop" else 2)
    assert caught.value.partial["items"] == ANSWER["items"]
    assert caught.value.__cause__.retryable


def test_the_report_tells_a_person_what_happened(capsys):
    with FakeEndpoint(f"```json\n{json.dumps(WRONG)}\n```", {"seller": {"name": "Hof"}}) as endpoint:
        details = extractor(endpoint).detailed.invoke(TEXT)
    details.explain()
    report = capsys.readouterr().out
    assert report == details.report + "\n"
    assert "2 calls" in report
    assert "plain, ended by stop: 1 problem" in report
    assert "@ $.seller.name" in report
    assert "surroundings @ $" in report


class Order(BaseModel):
    number: str
    paid: bool | None = None
    due: date | None = None
    items: list[Item] = []
    seller: Seller | None = None


DROP = RecoveryPolicy(max_calls=1, on_failure="drop")
GOOD = {"number": "7", "paid": True, "due": "2024-03-01", "items": ANSWER["items"], "seller": {"name": "Hof"}}


@pytest.mark.parametrize(
    ("wrong", "left_out", "problem"),
    [
        pytest.param({"paid": "perhaps"}, {"paid": None}, "$.paid", id="a-value"),
        pytest.param({"due": "soon"}, {"due": None}, "$.due", id="a-date"),
        pytest.param(
            {"items": [ANSWER["items"][0], {"description": "x"}]}, {"items": []}, "$.items[1].price", id="a-row"
        ),
        pytest.param({"seller": {"city": "Köln"}}, {"seller": None}, "$.seller.name", id="an-object"),
    ],
)
def test_an_optional_field_that_cannot_be_read_does_not_cost_the_document(run, wrong, left_out, problem):
    with FakeEndpoint({**GOOD, **wrong}) as endpoint:
        details = run(extractor(endpoint, Order, recovery=DROP).detailed, TEXT)
    assert details.value == Order.model_validate({**GOOD, **left_out})
    assert problem in [show(each.path) for each in details.problems]
    assert details.problems == details.attempts[0].problems


def test_a_list_that_was_cut_is_dropped_as_a_whole_while_a_partial_one_keeps_its_rows(run):
    text = json.dumps(GOOD)
    reply = cut(text[: text.index('"Gadget"') + 3])
    values = {}
    for way in ("drop", "partial"):
        with FakeEndpoint(reply) as endpoint:
            policy = RecoveryPolicy(max_calls=1, on_failure=way)
            values[way] = run(extractor(endpoint, Order, recovery=policy), TEXT)
    assert (values["drop"].items, values["drop"].paid) == ([], True)
    assert [item.description for item in values["partial"].items] == ["Widget"]


def test_a_required_field_that_cannot_be_read_is_never_dropped(run):
    with FakeEndpoint({**GOOD, "number": None}) as endpoint, pytest.raises(InvalidExtraction) as caught:
        run(extractor(endpoint, Order, recovery=DROP), TEXT)
    assert [show(each.path) for each in caught.value.problems] == ["$.number"]


def test_an_optional_field_is_asked_for_again_before_it_is_dropped(run):
    with FakeEndpoint({**GOOD, "due": "soon"}, {"due": "2024-03-01"}) as endpoint:
        details = run(extractor(endpoint, Order, recovery=RecoveryPolicy(on_failure="drop")).detailed, TEXT)
    assert details.value == Order.model_validate(GOOD)
    assert details.problems == ()


def seconds_for_misnamed_keys(count: int) -> float:
    schema = {"type": "object", "properties": {f"field_{each}": {"type": "string"} for each in range(count)}}
    with FakeEndpoint({f"Field-{each}x": f"value {each}" for each in range(count)}) as endpoint:
        extract = NuExtractor(
            schema, model="numind/NuExtract3", base_url=endpoint.url, recovery=RecoveryPolicy(max_calls=1)
        )
        started = time.process_time()
        extract.detailed.invoke("nothing")
        return time.process_time() - started


def test_misnamed_keys_of_a_large_schema_take_time_that_grows_as_it_does():
    # Eight times as long if linear, 64 times if quadratic: far enough apart for any machine.
    shortest = min(seconds_for_misnamed_keys(300) for _ in "123")
    assert any(seconds_for_misnamed_keys(2400) <= 24 * shortest for _ in "123")
