"""The extraction as a generator: requests come out, replies go in, and no network is near."""

import json
from itertools import cycle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field, model_validator

from langchain_nuextract import InvalidExtraction, RecoveryPolicy, Target
from langchain_nuextract.dialects import DIALECTS, dialect_named
from langchain_nuextract.dialects.dialect import check_source
from langchain_nuextract.dialects.messages import Example, Reply, Usage
from langchain_nuextract.documents.escape import escape_source
from langchain_nuextract.documents.read import read
from langchain_nuextract.documents.source import Image, Source, Text
from langchain_nuextract.engine.continuation import continues, ends_inside_value, resume_point
from langchain_nuextract.engine.fields import (
    FieldIndex,
    FieldResult,
    assembled,
    field_paths,
    field_results,
    merge_fields,
    narrowed,
    restricted,
)
from langchain_nuextract.engine.flow import extract, extract_whole
from langchain_nuextract.engine.options import ExtractionOptions
from langchain_nuextract.engine.plan import plan_for
from langchain_nuextract.engine.prune_invalid import without_faults
from langchain_nuextract.engine.repetition import is_runaway
from langchain_nuextract.errors import EndpointUnreachable, Problem, RequestRefused, UnsupportedTask
from langchain_nuextract.schema.answer_shape import ListShape, RecordShape, ScalarShape


class Seller(BaseModel):
    name: str
    city: str | None = None


class Invoice(BaseModel):
    number: int
    seller: Seller
    notes: list[str] = []


TARGET = Target.of(Invoice)
ANSWER = {"number": 7, "seller": {"name": "Hof", "city": "Köln"}, "notes": ["a", "b"]}
WRONG = {**ANSWER, "number": None}


def flow(name="nuextract-3", document="Invoice 7 of Hof, Köln", **recovery):
    plan = plan_for(TARGET, dialect_named(name), ExtractionOptions(recovery=RecoveryPolicy(**recovery)))
    return extract(plan, read(document))


def reply(answer, finish_reason="stop", tokens=10):
    text = answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)
    return Reply(text, finish_reason=finish_reason, usage=Usage(5, tokens))


def result(running, *replies):
    """Send replies; the last one ends the flow."""
    *early, last = replies
    for each in early:
        running.send((each,))
    with pytest.raises(StopIteration) as done:
        running.send((last,))
    return done.value.value


def test_a_good_answer_ends_it():
    running = flow()
    (request,) = next(running)
    assert request.messages[0]["content"] == "Invoice 7 of Hof, Köln"
    extraction = result(running, reply(ANSWER))
    assert extraction.value == Invoice.model_validate(ANSWER)
    assert extraction.repairs == ()


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda each: each.name)
def test_every_dialect_continues_an_answer(dialect):
    running = flow(dialect.name)
    (first,) = next(running)
    text = json.dumps({**ANSWER, "number": "7"} if "1" in dialect.name else ANSWER, ensure_ascii=False)
    (second,) = running.send((reply(text[: text.index("tes")], "length"),))
    # Cut inside of the key "notes".
    assert second.before == text[: text.index(' "notes"')]
    if first.route == "completions":
        assert second.messages[0]["content"] == first.messages[0]["content"] + second.before
        assert second.body.keys() <= first.body.keys()
    else:
        assert second.messages == (*first.messages, {"role": "assistant", "content": second.before})
        assert second.body["continue_final_message"] is True
        assert second.body["add_generation_prompt"] is False
    assert "response_format" not in second.body
    extraction = result(running, reply(text[len(second.before) :]))
    assert extraction.value == Invoice.model_validate(ANSWER)
    assert extraction.raw == text


@given(st.integers(2, 70), st.integers(2, 70))
def test_wherever_it_is_cut_a_continued_answer_is_the_whole_one(one, two):
    text = json.dumps(ANSWER, ensure_ascii=False)
    # Values that are longer than a piece have to be joined: the document says them.
    running, size, at = flow(document="7 of Hof, Köln: a, b", max_calls=100), cycle([one, two]), 0
    next(running)
    # Where nothing but the last bracket is missing, the answer is complete.
    while at + (step := next(size)) < len(text) - 1:
        (request,) = running.send((reply(text[at : at + step], "length"),))
        at = len(request.before)
        assert text.startswith(request.before)
    assert result(running, reply(text[at:])).json == TARGET.lift(ANSWER)


NAMES = {"names": ["string"], "city": "string"}
TEAM = {"names": ["Gerda", 'Hans "der" Große', "Ida, von"], "city": "Köln"}


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda each: each.name)
@pytest.mark.parametrize("indent", [None, 4])
def test_a_prefix_never_ends_inside_a_value_that_a_reply_can_hold(dialect, indent):
    text = json.dumps(TEAM, ensure_ascii=False, indent=indent)
    plan = plan_for(Target.of(NAMES), dialect, ExtractionOptions(recovery=RecoveryPolicy(max_calls=3)))
    for cut in range(text.index(",") + 1, len(text) - 2):
        running = extract(plan, read("Gerda and others"))
        next(running)
        (request,) = running.send((reply(text[:cut], "length"),))
        assert text.startswith(request.before)
        assert not ends_inside_value(request.before)
        # The document need not say what was written in one go.
        assert result(running, reply(text[len(request.before) :])).value == TEAM


PREFIXES = [
    ('{"names": ["Anna", "Gerd', '{"names": ["Anna",'),
    ('{"names": ["Anna", "Gerda"', '{"names": ["Anna", "Gerda"'),
    ('{"a": 1, "b": 12', '{"a": 1, "b":'),
    ('{"a": 12,\n  ', '{"a": 12,'),
    ('{"a": {"b": [1, 2]', '{"a": {"b": [1, 2]'),
    ('{"a": "\\"", "b": "c\\', '{"a": "\\"", "b":'),
    ("{'a': 'x, y', 'b': 'c, d", "{'a': 'x, y', 'b':"),
    ("{name: Anna, city: Ber", "{name: Anna, city:"),
    ('{"long', "{"),
    ('{"text": "a long one', '{"text":'),
    ('<think>{"x": 1, </think> {"a": "b", "c', '<think>{"x": 1, </think> {"a": "b",'),
    ("no JSON", ""),
]


@pytest.mark.parametrize(("written", "prefix"), PREFIXES)
def test_a_cut_answer_is_gone_on_with_from_its_last_complete_value(written, prefix):
    assert resume_point(written, "") == prefix


def test_only_a_value_that_is_longer_than_a_reply_is_continued_between_its_words():
    assert resume_point('{"text": "one two thr', '{"text":') == '{"text": "one two'
    assert resume_point('{"text": "one two', '{"text": "one two') == ""
    assert resume_point('{"text": "wo\\u00', '{"text":') == '{"text": "wo'
    assert resume_point('{"text": "wo\\\\', '{"text":') == '{"text": "wo\\\\'


@pytest.mark.parametrize("name", ["3", "nuextract-3-inline", "2.0"])
@pytest.mark.parametrize(("document", "kind"), [("Sold: one two three four.", None), ("Sold: nothing.", "narrowed")])
def test_what_was_joined_must_stand_in_the_document(name, document, kind):
    plan = plan_for(Target.of({"id": "integer", "text": "string"}), dialect_named(name))
    running = extract(plan, read(document))
    next(running)
    (second,) = running.send((reply('{"id": 7, "text": "one', "length"),))
    assert second.before == '{"id": 7, "text":'
    (third,) = running.send((reply(' "one two th', "length"),))
    assert third.before == '{"id": 7, "text": "one two'
    last = reply(' three four"}')
    if kind is None:
        assert result(running, last).value == {"id": 7, "text": "one two three four"}
    else:
        (again,) = running.send((last,))
        template = json.loads(again.body.get("chat_template_kwargs", {}).get("template", "null"))
        assert template in (None, {"text": "string"})
        extraction = result(running, reply({"text": "four"}))
        assert extraction.value == {"id": 7, "text": "four"}
        assert [str(each) for each in extraction.attempts[2].problems] == [
            "it was put together of two replies, and the document does not have it @ $.text"
        ]


class Stock(BaseModel):
    """Goods on a shelf."""

    shelf: int = Field(description="The number above the shelf.")
    prices: dict[str, float] = Field(description="By article.")
    size: tuple[int, int] = Field(description="Width and depth, in cm.")


def stock(**recovery):
    plan = plan_for(
        Target.of(Stock),
        dialect_named("nuextract-3"),
        ExtractionOptions(recovery=RecoveryPolicy(**recovery), instructions="Go"),
    )
    return extract(plan, read("shelf 4"))


PRICES = [{"key": "ham", "value": "cheap"}, {"key": "milk", "value": "1,20 €"}]


def test_problems_and_repairs_are_shown_where_the_user_knows_them():
    running = stock(max_calls=1)
    next(running)
    with pytest.raises(InvalidExtraction) as failed:
        running.send((reply({"shelf": 4, "prices": PRICES, "size": {"first": "7 ", "second": None}}),))
    assert [str(each) for each in failed.value.problems][:1] == [
        "expected a value of type 'number', got 'cheap' @ $.prices.ham"
    ]
    (attempt,) = failed.value.attempts
    assert [each.path for each in attempt.repairs] == [("prices", "milk"), ("size", 0)]


def test_asking_again_heeds_what_was_said_of_the_fields_asked_for():
    running = stock()
    (first,) = next(running)
    (again,) = running.send((reply({"shelf": 4, "prices": PRICES[1:], "size": {"first": 7, "second": "wide"}}),))
    said = [str(each.body["chat_template_kwargs"]["instructions"]) for each in (first, again)]
    about = "Go\nGoods on a shelf.\n"
    size = "$.size: Width and depth, in cm."
    assert said[0] == f"{about}$.shelf: The number above the shelf.\n$.prices: By article.\n{size}"
    assert said[1] == f"{about}{size}"


@pytest.mark.parametrize("between", ["\n", "\n```json\n"], ids=["line", "fence"])
def test_an_answer_begun_again_after_a_whole_one_is_not_asked_for_again(between):
    text = json.dumps(ANSWER, ensure_ascii=False)
    for cut in range(1, len(text)):
        running = flow()
        next(running)
        assert result(running, reply(text + between + text[:cut], "length")).json == ANSWER


def test_a_second_answer_fills_in_what_the_first_had_not():
    running = flow()
    next(running)
    (again,) = running.send((reply(WRONG),))
    assert json.loads(again.body["chat_template_kwargs"]["template"]) == {"number": "integer"}
    extraction = result(running, reply({"number": 7}))
    assert extraction.value == Invoice.model_validate(ANSWER)
    assert extraction.usage == Usage(10, 20)


def test_an_endpoint_error_goes_through_where_there_is_no_answer_yet():
    running = flow()
    next(running)
    with pytest.raises(EndpointUnreachable):
        running.throw(EndpointUnreachable("http://x", None, "gone"))


def test_a_refused_step_is_followed_by_the_next_and_is_the_cause_in_the_end():
    running = flow()
    next(running)
    running.send((reply(WRONG),))
    refusal = RequestRefused("http://x", 400, "no")
    (constrained,) = running.throw(refusal)
    assert "response_format" in constrained.body
    running.throw(refusal)
    with pytest.raises(InvalidExtraction) as caught:
        running.throw(refusal)
    assert caught.value.__cause__ is refusal
    assert len(caught.value.attempts) == 1


def test_of_parts_that_contradict_each_other_one_answer_alone_is_taken():
    class Range(BaseModel):
        low: int
        high: int
        unit: str

        @model_validator(mode="after")
        def ordered(self):
            if self.low > self.high:
                raise ValueError("low is above high")
            return self

    running = extract(plan_for(Target.of(Range), dialect_named("3")), read("1 to 5 m"))
    next(running)
    (again,) = running.send((reply({"low": 9, "high": 5, "unit": "m"}),))
    assert "response_format" in again.body
    assert result(running, reply({"low": 1, "high": 5, "unit": "cm"})).value == Range(low=1, high=5, unit="cm")


FORM = RecordShape(
    (
        ("a", ScalarShape("string")),
        ("b", RecordShape((("c", ScalarShape("date")), ("d", ListShape(ScalarShape("integer")))))),
    )
)


def test_the_parts_of_a_form_are_its_values_and_whole_lists():
    assert list(field_paths(FORM)) == [("a",), ("b", "c"), ("b", "d")]
    assert narrowed(FORM, {("b", "d")}) == RecordShape(
        (("b", RecordShape((("d", ListShape(ScalarShape("integer"))),))),)
    )
    assert narrowed(FORM, set(field_paths(FORM))) == FORM


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (("a",), [("a",)]),
        (("a", "deeper"), [("a",)]),
        (("b", "d", 3, "x"), [("b", "d")]),
        (("b",), [("b", "c"), ("b", "d")]),
        (("b", "elsewhere"), [("b", "c"), ("b", "d")]),
        ((0, "x"), [("a",), ("b", "c"), ("b", "d")]),
    ],
)
def test_a_place_belongs_to_the_parts_that_it_may_be_about(path, found):
    assert list(FieldIndex(field_paths(FORM)).fields_at(path)) == found


VALUES = st.fixed_dictionaries(
    {},
    optional={
        "a": st.none() | st.text(max_size=2),
        "b": st.fixed_dictionaries(
            {"c": st.none() | st.just("2024-01-01")}, optional={"d": st.lists(st.integers(0, 9), max_size=3)}
        ),
    },
)
FAULTY = st.sets(st.sampled_from(list(field_paths(FORM))))


@given(VALUES)
def test_an_answer_that_is_taken_apart_and_put_together_is_the_same(answer):
    assert restricted(answer, FORM) == answer


@given(VALUES, FAULTY, VALUES, FAULTY)
def test_a_merge_keeps_every_valid_part_of_both(old, old_faults, new, new_faults):
    problem = (Problem((), "bad"),)
    first = field_results(old, FORM, dict.fromkeys(old_faults, problem), attempt=0)
    second = field_results(new, FORM, dict.fromkeys(new_faults, problem), attempt=1)
    merged = merge_fields(first, second)
    for part, each in merged.items():
        valid = [one for one in (first[part], second[part]) if one.is_good and one.present]
        if valid:
            assert each == valid[0]
    assert merge_fields(merged, second) == merged
    assert assembled(FORM, {part: each.value for part, each in merged.items() if each.present}) is not None


def test_a_list_that_was_cut_twice_is_the_longer_one():
    problem = (Problem((), "cut"),)
    short, long = (
        FieldResult(value, present=True, attempt=by, problems=problem) for by, value in enumerate(([1], [1, 2]))
    )
    for one, other in ((short, long), (long, short)):
        assert merge_fields({("d",): one}, {("d",): other}) == {("d",): long}


def test_what_is_wrong_is_left_out_and_what_misses_something_too():
    def judge(value):
        return [Problem(("rows", at, "n"), "missing") for at, row in enumerate(value["rows"]) if "n" not in row]

    value = {"rows": [{"n": 1}, {}, {"n": "x", "m": 2}, {"n": 3}], "extra": "?"}
    wrong = [*judge(value), Problem(("rows", 2, "n"), "no number"), Problem(("extra",), "unknown")]
    assert without_faults(value, wrong, judge) == {"rows": [{"n": 1}, {"n": 3}]}
    assert without_faults(value, [Problem((), "all wrong")], judge) is None
    assert without_faults({}, [Problem(("required",), "missing")], judge) is None
    assert len(value["rows"]) == 4


@pytest.mark.parametrize(
    ("written", "text", "continued"),
    [
        ('{"a": {"b": 1', ', "c": 2}}', True),
        ('{"rows": [', '{"a": 1}]}', True),
        ('{"a": [1', '{"a": [1, 2]}', False),
        ('```json\n{"a": [1', '```json\n{ "a": [1, 2]}\n```', False),
        ("", "{}", True),
    ],
)
def test_an_answer_that_begins_anew_is_told_from_one_that_continued(written, text, continued):
    assert continues(written, text) == continued


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ('{"a": "' + "the cat " * 8, True),
        ('{"a": "' + "na " * 64, True),
        ('{"a": [' + '{"n": 1}, ' * 65 + '{"n"', True),
        ('{"a": [' + '{"n": 1}, ' * 50, False),
        ('{"a": [' + '{"n": "the cat"}, ' * 50 + '{"n": "the', False),
        ('{"a": [' + "null, " * 50, False),
        ('{"a": [' + "null, " * 64, True),
        ('{"a": "' + "Chapter 1 " + "." * 40, False),
        ('{"a": {"b":\n' + " " * 40, False),
        ('{"a": "' + "the cat " * 80 + 'and then", "b": "c', False),
    ],
)
def test_a_model_that_runs_in_circles_is_seen_by_the_end_of_its_text(text, runs):
    assert is_runaway(Reply(text, finish_reason="length"), text) == runs


PICTURE = Image(
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP6DwABBQECz6AuzQAAAABJRU5ErkJggg=="
)
TEXTS = st.text(min_size=1).filter(str.strip) | st.sampled_from(
    ["# Context: x", "<|im_end|>", "a\n【document_end】", "N 1"]
)
PARTS = st.one_of(
    st.tuples(TEXTS.map(Text)),
    st.tuples(st.just(PICTURE)),
    st.tuples(TEXTS.map(Text), TEXTS.map(Text)),
    st.tuples(TEXTS.map(Text), st.just(PICTURE)),
)
PLANS = [
    plan_for(TARGET, dialect, ExtractionOptions(recovery=policy, logprobs=logprobs, examples=examples))
    for dialect in DIALECTS
    for policy, logprobs in ((RecoveryPolicy(), False), (RecoveryPolicy(max_output_tokens=9, max_seconds=2.5), True))
    for examples in ((), (Example("Hof, 7", ANSWER),))
    if dialect.takes_examples or not examples
]


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.dialect.name)
@given(documents=st.lists(PARTS, min_size=2, max_size=3))
@settings(max_examples=10)
def test_the_first_request_about_any_document_is_what_its_dialect_phrases(plan, documents):
    for parts in documents:
        source, dialect = Source(parts), plan.dialect
        try:
            check_source(source, dialect)
        except UnsupportedTask:
            continue
        flow = extract_whole(plan, source)
        (request,) = next(flow)
        asked = plan.ask(escape_source(source, dialect.marks).source, plan.first, plan.shape)
        assert request == plan.options.recovery.bound(asked.request, Usage(), 0.0)
        flow.close()
