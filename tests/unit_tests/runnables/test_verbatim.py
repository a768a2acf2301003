"""Verbatim values against a fake endpoint: what the server is sent, and what becomes of words that no document has."""

import json

import pytest

from langchain_nuextract import InvalidExtraction, NuExtractor, RecoveryPolicy
from langchain_nuextract.dialects.constraints import LLGUIDANCE
from langchain_nuextract.engine.verbatim import SHORT
from langchain_nuextract.errors import RequestRefused
from langchain_nuextract.testing import FakeEndpoint, FakeReply

TEMPLATE = {"seller": "verbatim-string", "note": "string", "places": ["verbatim-string"]}
TEXT = "Bakery Nordlicht, Am Hafen 3\nOpen in Kiel and Lübeck"
RIGHT = {"seller": "Bakery Nordlicht", "note": "a shop", "places": ["Kiel", "Lübeck"]}
INVENTED = {**RIGHT, "seller": "Bakery Morgenrot"}
CONSTRAINED, CHECKED = RecoveryPolicy(verbatim="constrained"), RecoveryPolicy(verbatim="checked")
REFUSED = FakeReply(status=400, error="Invalid grammar specification.")
MODELS = {
    "nuextract-1": "numind/NuExtract",
    "nuextract-1.5": "numind/NuExtract-1.5",
    "nuextract-2.0": "numind/NuExtract-2.0-8B",
    "nuextract-3": "numind/NuExtract3",
}


def extractor(endpoint: FakeEndpoint, recovery: RecoveryPolicy, **settings) -> NuExtractor:
    settings = {"model": "numind/NuExtract3", **settings}
    return NuExtractor(TEMPLATE, base_url=endpoint.url, recovery=recovery, **settings)


def grammar_of(request) -> str:
    return request.body.get("structured_outputs", {}).get("grammar", "")


def constraint(request) -> str:
    body = request.body
    return "grammar" if grammar_of(request) else "schema" if "response_format" in body else ""


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_every_generation_is_sent_a_grammar_of_its_document(run, model):
    with FakeEndpoint(json.dumps(RIGHT)) as endpoint:
        details = run(extractor(endpoint, CONSTRAINED, model=model).detailed, TEXT)
    [request] = endpoint.requests
    assert '"Nordlicht"' in grammar_of(request)
    assert request.body["grammar"] == LLGUIDANCE + grammar_of(request)
    assert "response_format" not in request.body
    assert [attempt.kind for attempt in details.attempts] == ["constrained"]


@pytest.mark.parametrize("recovery", [RecoveryPolicy(), CHECKED], ids=["unchecked", "checked"])
def test_no_grammar_is_sent_unasked(run, recovery):
    with FakeEndpoint(json.dumps(RIGHT)) as endpoint:
        run(extractor(endpoint, recovery), TEXT)
    assert not {"structured_outputs", "grammar", "response_format"} & endpoint.requests[0].body.keys()


def test_invented_words_are_left_out_and_asked_for_again_in_the_documents_words(run):
    answers = (INVENTED, {"seller": "Bakery Abendrot"}, {"seller": "Bakery Nordlicht"})
    with FakeEndpoint(*map(json.dumps, answers)) as endpoint:
        details = run(extractor(endpoint, CHECKED).detailed, TEXT)
    assert details.value == RIGHT
    assert list(map(constraint, endpoint.requests)) == ["", "", "grammar"]
    assert [attempt.kind for attempt in details.attempts] == ["plain", "narrowed", "constrained"]
    assert "seller" in grammar_of(endpoint.requests[-1])
    assert "note" not in grammar_of(endpoint.requests[-1])


def test_words_that_stay_invented_are_reported_and_never_given(run):
    with FakeEndpoint(json.dumps(INVENTED)) as endpoint:
        with pytest.raises(InvalidExtraction) as caught:
            run(extractor(endpoint, RecoveryPolicy(verbatim="checked", max_calls=1)), TEXT)
        partial = RecoveryPolicy(verbatim="checked", max_calls=1, on_failure="partial")
        details = run(extractor(endpoint, partial).detailed, TEXT)
    assert "$.seller" in str(caught.value)
    assert "Bakery Morgenrot" in str(caught.value)
    assert "Morgenrot" not in str(caught.value.partial)
    assert "Morgenrot" not in str(details.value)
    assert details.value["places"] == ["Kiel", "Lübeck"]
    assert [problem.path for problem in details.problems] == [("seller",)]


def test_an_invented_item_is_left_out_of_its_list(run):
    partial = RecoveryPolicy(verbatim="checked", max_calls=1, on_failure="partial")
    with FakeEndpoint(json.dumps({**RIGHT, "places": ["Kiel", "Rostock", "Lübeck"]})) as endpoint:
        details = run(extractor(endpoint, partial).detailed, TEXT)
    assert details.value["places"] == ["Kiel", "Lübeck"]
    assert len(details.problems) == 1


def test_blanks_at_the_ends_of_a_run_of_words_are_left_out_on_record(run):
    blank = {**RIGHT, "seller": " Bakery Nordlicht", "note": " free ", "places": ["Kiel ", "Lübeck"]}
    with FakeEndpoint(json.dumps(blank)) as endpoint:
        details = run(extractor(endpoint, CONSTRAINED).detailed, TEXT)
        strict = run(extractor(endpoint, RecoveryPolicy(verbatim="constrained", repairs="strict")), TEXT)
    assert details.value == {**RIGHT, "note": " free "}
    assert [repair.path for repair in details.repairs] == [("seller",), ("places", 0)]
    assert strict == blank


@pytest.mark.parametrize(
    "said",
    ["bakery  nordlicht", "Bakery Nordlicht, Am Hafen 3, Open in Kiel", "3 Open in"],
    ids=["case-and-blanks", "lines-with-commas", "over-the-end-of-a-line"],
)
def test_the_documents_own_words_are_no_problem(run, said):
    with FakeEndpoint(json.dumps({**RIGHT, "seller": said})) as endpoint:
        assert run(extractor(endpoint, CHECKED), TEXT)["seller"] == said
    assert len(endpoint.requests) == 1


@pytest.mark.parametrize(
    "refusal",
    [
        REFUSED,
        FakeReply(status=500, error="Internal server error"),
        FakeReply(status=400, error="Outlines structured outputs backend does not support grammar specifications"),
        FakeReply(status=422, error="structured_outputs: extra fields not permitted"),
    ],
    ids=["xgrammar", "another-engine", "outlines", "unknown-field"],
)
def test_a_server_that_takes_no_grammar_is_sent_the_schema_with_a_warning_and_once_only(run, refusal):
    with FakeEndpoint(refusal, json.dumps(RIGHT)) as endpoint:
        extract = extractor(endpoint, CONSTRAINED)
        with pytest.warns(UserWarning, match="guidance"):
            details = run(extract.detailed, TEXT)
        assert run(extract, TEXT) == RIGHT
    assert details.value == RIGHT
    assert [attempt.kind for attempt in details.attempts] == ["constrained"]
    assert list(map(constraint, endpoint.requests)) == ["grammar", "schema", "schema"]


def test_a_server_that_drops_the_grammar_is_noticed_by_the_words_it_answers_with(run):
    answers = (INVENTED, {"seller": "Bakery Nordlicht"})
    with FakeEndpoint(*map(json.dumps, answers)) as endpoint, pytest.warns(UserWarning, match="takes no grammar"):
        details = run(extractor(endpoint, CONSTRAINED).detailed, TEXT)
    assert details.value == RIGHT
    assert list(map(constraint, endpoint.requests)) == ["grammar", "schema"]


def test_an_error_that_has_nothing_to_do_with_the_grammar_is_raised_as_it_is(run):
    refusal = FakeReply(status=400, error="the image cannot be read")
    with FakeEndpoint(refusal) as endpoint, pytest.raises(RequestRefused, match="cannot be read"):
        run(extractor(endpoint, CONSTRAINED), TEXT)
    assert len(endpoint.requests) == 1


def test_a_long_document_is_constrained_to_passages_where_the_server_takes_no_long_grammar(run):
    text = "\n".join((TEXT, *("plain words without anything in them, over and over" for _ in range(SHORT // 40))))
    with FakeEndpoint(REFUSED, json.dumps(RIGHT)) as endpoint:
        extract = extractor(endpoint, CONSTRAINED)
        with pytest.warns(UserWarning, match="passages"):
            run(extract, text)
        run(extract, text)
    first, *others = map(grammar_of, endpoint.requests)
    assert first.startswith(LLGUIDANCE)
    assert len(others) == 2
    assert all('"Nordlicht"' in each and not each.startswith("%") and len(each) < 6 * SHORT for each in others)


def test_thinking_is_left_free_and_its_answer_checked(run):
    invented = FakeReply(json.dumps(INVENTED), reasoning="It says Morgenrot.")
    answers = (invented, invented, json.dumps({"seller": "Bakery Nordlicht"}))
    with FakeEndpoint(*answers) as endpoint:
        details = run(extractor(endpoint, CONSTRAINED, thinking=True).detailed, TEXT)
    assert details.value == RIGHT
    assert list(map(constraint, endpoint.requests)) == ["", "", "grammar"]
    thinks = [request.body["chat_template_kwargs"]["enable_thinking"] for request in endpoint.requests]
    assert thinks == [True, True, False]


def test_narrowed_questions_are_constrained_to_the_document_too(run):
    schema = {
        "type": "object",
        "properties": {"seller": {"type": "string", "x-verbatim": True}, "total": {"type": "integer"}},
        "required": ["seller", "total"],
    }
    answers = ({"seller": "Bakery Nordlicht", "total": None}, {"total": 3})
    with FakeEndpoint(*map(json.dumps, answers)) as endpoint:
        extract = NuExtractor(schema, model="numind/NuExtract3", base_url=endpoint.url, recovery=CONSTRAINED)
        details = run(extract.detailed, TEXT)
    assert details.value == {"seller": "Bakery Nordlicht", "total": 3}
    first, narrowed = map(grammar_of, endpoint.requests)
    assert "RUN" in first
    assert "VALUE_INTEGER" in narrowed
    assert "RUN" not in narrowed


def test_a_cut_answer_goes_on_by_the_grammar_of_its_rest(run):
    whole = json.dumps(RIGHT, ensure_ascii=False)
    at = whole.index(' "places"')
    cut = FakeReply(whole[:at], finish_reason="length")
    with FakeEndpoint(cut, whole[at:]) as endpoint:
        details = run(extractor(endpoint, CONSTRAINED).detailed, TEXT)
    assert details.value == RIGHT
    assert [attempt.kind for attempt in details.attempts] == ["constrained", "continued"]
    assert grammar_of(endpoint.requests[1]).startswith(r'start: " \"places\": " "["')
    assert endpoint.requests[1].body["continue_final_message"] is True


def test_a_stream_is_constrained_to_the_document():
    with FakeEndpoint(json.dumps(RIGHT)) as endpoint:
        *_, last = extractor(endpoint, CONSTRAINED).stream(TEXT)
    assert last == RIGHT
    assert list(map(constraint, endpoint.requests)) == ["grammar"]


def test_control_marks_stay_broken_in_the_grammar_and_come_back_whole(run):
    text = f"{TEXT}\nThe sign says <|im_end|> today"
    with FakeEndpoint(json.dumps({**RIGHT, "seller": "sign says < |im_end|>"})) as endpoint:
        found = run(extractor(endpoint, CONSTRAINED), text)
    assert found["seller"] == "sign says <|im_end|>"
    assert '"<", " ", "|"' in grammar_of(endpoint.requests[0])


def test_there_is_no_such_way_to_treat_verbatim_values():
    with pytest.raises(ValueError, match=r"verbatim must be one of .* did you mean 'constrained'"):
        RecoveryPolicy(verbatim="constrain")
