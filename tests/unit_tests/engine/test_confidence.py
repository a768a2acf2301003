"""How sure the model was of each value, worked out by hand and held to its laws."""

import json
import math
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, create_model

from langchain_nuextract import Extraction, RecoveryPolicy
from langchain_nuextract.dialects import dialect_named
from langchain_nuextract.dialects.messages import Reply, Token
from langchain_nuextract.documents.source import Source, Text
from langchain_nuextract.engine.flow import extract
from langchain_nuextract.engine.options import ExtractionOptions
from langchain_nuextract.engine.plan import plan_for
from langchain_nuextract.schema.target import Target

HALF = math.log(0.5)


def letters(text: str, probability: float = 0.5) -> tuple[Token, ...]:
    """A text of which each letter is a token."""
    return tuple(Token(letter.encode(), math.log(probability)) for letter in text)


def tokens(*parts: str | bytes | tuple[str | bytes, float]) -> tuple[Token, ...]:
    """Tokens with their probabilities, which are 1 where none is given."""
    pairs = [part if isinstance(part, tuple) else (part, 1.0) for part in parts]
    return tuple(Token(text.encode() if isinstance(text, str) else text, math.log(p)) for text, p in pairs)


def said(*parts: str | bytes | tuple[str | bytes, float], **about: object) -> Reply:
    told = tokens(*parts)
    return Reply(b"".join(token.text for token in told).decode(), "", "stop", tokens=told, **about)


def extraction(schema: object, *replies: Reply, document: str = "", dialect: str = "3", **policy: object) -> Extraction:
    """Extract with a model that gives these replies."""
    plan = plan_for(Target.of(schema), dialect_named(dialect), ExtractionOptions(recovery=RecoveryPolicy(**policy)))
    flow = extract(plan, Source((Text(document or "a document"),)))
    next(flow)
    try:
        for reply in replies:
            flow.send((reply,))
    except StopIteration as done:
        return done.value
    raise AssertionError("the flow asks for more")


def sure(found: Extraction) -> dict[tuple, tuple[float, float, int]]:
    return {each.path: (round(each.joint, 6), round(each.mean, 6), each.tokens) for each in found.confidence}


ONE = {"name": "string"}
BILL = {"name": "string", "total": "number", "paid": "boolean", "tags": ["string"]}
CASES = [
    pytest.param(
        ONE, said('{"', "name", '":', (' "', 0.9), ("Anna", 0.5), ('"}', 0.8)), {("name",): (0.36, 0.36 ** (1 / 3), 3)},
        id="a text is its words and its quotes, with what they share a token with",
    ),
    pytest.param(
        ONE, said(('{"name":', 0.1), ('"Anna', 0.5), ('"', 0.5), ("}", 0.1)), {("name",): (0.25, 0.5, 2)},
        id="tokens beside a value do not count",
    ),
    pytest.param(
        BILL, said('{"total":', (" 1", 0.5), ("2", 0.5), (".", 1), ("5", 0.5), (', "paid":', 0.3), (" true", 0.7), "}"),
        {("total",): (0.125, 0.125**0.25, 4), ("paid",): (0.7, 0.7, 1)},
        id="numbers and booleans",
    ),
    pytest.param(
        ONE, said('{"name": ', ("null", 0.6), "}"), {("name",): (0.6, 0.6, 1)}, id="null that the model wrote",
    ),
    pytest.param(ONE, said('{"name": ', ('""', 0.6), "}"), {("name",): (0.6, 0.6, 1)}, id="the empty text"),
    pytest.param(
        {"tags": ["string"]}, said('{"tags": [', ('"a"', 0.5), ",", ('"b"', 0.25), "]}"),
        {("tags", 0): (0.5, 0.5, 1), ("tags", 1): (0.25, 0.25, 1)},
        id="the items of a list",
    ),
    pytest.param(
        ONE, said('{"name": "', (b"\xf0\x9f", 0.5), (b"\x98\x80", 0.5), '"}'), {("name",): (0.25, 0.25**0.25, 4)},
        id="a letter in two tokens",
    ),
    pytest.param(
        ONE, said('{"name": "', ("", 0.5), ("", 0.5), ("😀", 0.5), '"}'), {("name",): (0.125, 0.125**0.2, 5)},
        id="a letter whose first tokens have no bytes",
    ),
    pytest.param(
        ONE, said('{"name": "Kö', ("l", 0.5), ("n\\n", 0.5), '"}'), {("name",): (0.25, 0.25**0.25, 4)}, id="an escape",
    ),
    pytest.param(
        {"total": "number"}, said('{"total": "', ("1.580", 0.5), (",22", 0.5), (" €", 0.5), '"}'),
        {("total",): (0.125, 0.125**0.2, 5)},
        id="a repaired number has the tokens it was read from",
    ),
    pytest.param(
        ONE, said("Here: ```json\n", ('{"Name":', 0.1), ('"x"', 0.5), ",}\n```"), {("name",): (0.5, 0.5, 1)},
        id="broken JSON in a fence",
    ),
    pytest.param(
        ONE, said(('<think>{"name": "x"}</think>', 0.1), '{"name": ', ('"x"', 0.5), "}"), {("name",): (0.5, 0.5, 1)},
        id="the draft in the thinking is none",
    ),
    pytest.param(
        {"who": {"name": "string"}}, said('{"who": "{', ('\\"name\\": \\"x\\"', 0.5), '}"}'),
        {("who", "name"): (0.5, 0.5 ** (1 / 3), 3)},
        id="a value inside of a string has all of the string",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("schema", "reply", "expected"), CASES)
def test_each_value_has_the_probability_of_its_tokens(schema, reply, expected):
    found = sure(extraction(schema, reply))
    assert found == {path: (round(joint, 6), round(mean, 6), count) for path, (joint, mean, count) in expected.items()}


class Point(BaseModel):
    kind: str = "point"
    place: tuple[int, str]
    names: dict[str, str]
    size: int | list[int]
    note: str | None = None
    unit: str = "cm"


def test_values_that_the_schema_shapes_differently_are_found_where_they_are():
    answer = {"place": {"first": 4, "second": "x"}, "names": [{"key": "en", "value": "two"}], "size": {"items": [7]}}
    text = json.dumps(answer)
    found = extraction(Point, Reply(text, tokens=letters(text)))
    assert sure(found) == {
        ("place", 0): (0.5, 0.5, 1),
        ("place", 1): (0.125, 0.5, 3),
        ("names", "en"): (0.03125, 0.5, 5),
        ("size", 0): (0.5, 0.5, 1),
    }


def test_there_is_none_unless_the_server_tells_probabilities():
    assert extraction(ONE, Reply('{"name": "x"}')).confidence == ()


def test_tokens_that_are_not_those_of_the_text_say_nothing():
    assert extraction(ONE, Reply('{"name": "x"}', tokens=letters('{"name": "y"}'))).confidence == ()


def test_an_answer_taken_for_thinking_by_the_server_has_its_tokens():
    text = '{"name": "x"}'
    assert sure(extraction(ONE, Reply("", text, tokens=letters(text)))) == {("name",): (0.125, 0.5, 3)}


def test_the_mark_that_ended_an_answer_is_no_part_of_it():
    reply = Reply('{"name": "x"}', tokens=(*letters('\n{"name": "x"}'), Token(b"<|im_end|>", HALF)))
    assert sure(extraction(ONE, reply)) == {("name",): (0.125, 0.5, 3)}


def test_a_copied_control_mark_is_found_though_it_was_broken_up():
    text = '{"name": "a< |im_end|>b"}'
    found = extraction(ONE, Reply(text, tokens=letters(text)), document="a<|im_end|>b")
    assert found.value == {"name": "a<|im_end|>b"}
    assert [each.tokens for each in found.confidence] == [len('"a< |im_end|>b"')]


LONG = '{"name": "Anna Maria", "total": 12.5, "paid": true, "tags": ["x", "y"]}'


def written_in_pieces(text: str, size: int, *, dialect: str) -> Extraction:
    """Extract with a model that writes some letters at a time, and goes on behind the prefix that it is given."""
    plan = plan_for(Target.of(BILL), dialect_named(dialect), ExtractionOptions(recovery=RecoveryPolicy(max_calls=40)))
    flow = extract(plan, Source((Text(text),)))
    (request,) = next(flow)
    for _ in range(40):
        assert text.startswith(request.before)
        start, end = len(request.before), len(request.before) + size
        piece = text[start:end]
        try:
            (request,) = flow.send(
                (Reply(piece, "", "length" if end < len(text) else "stop", tokens=letters(piece, 0.9)),)
            )
        except StopIteration as done:
            return done.value
    raise AssertionError("the flow asks for more")


@pytest.mark.parametrize("dialect", ["3", "nuextract-3-inline"])
@pytest.mark.parametrize("size", [7, 16, 33, 60])
def test_a_continued_answer_has_the_tokens_of_all_its_pieces(size, dialect):
    whole = extraction(BILL, Reply(LONG, "", "stop", tokens=letters(LONG, 0.9)))
    continued = written_in_pieces(LONG, size, dialect=dialect)
    assert {attempt.kind for attempt in continued.attempts[1:]} == {"continued"}
    assert sure(continued) == sure(whole)


def test_each_value_has_the_tokens_of_the_attempt_that_gave_it():
    class Bill(BaseModel):
        name: str
        total: float

    first, second = '{"name": "x", "total": null}', '{"total": 2.5}'
    found = extraction(
        Bill,
        Reply(first, "", "stop", tokens=letters(first, 0.5)),
        Reply(second, "", "stop", tokens=letters(second, 0.9)),
    )
    assert [attempt.kind for attempt in found.attempts] == ["plain", "narrowed"]
    assert sure(found) == {("name",): (0.125, 0.5, 3), ("total",): (0.729, 0.9, 3)}


def test_a_value_of_which_some_tokens_are_unknown_has_none():
    # The prefix ends behind the last whole value, here behind the key.
    text, rest = '{"name": "An', ' "Anna", "total": 1}'
    known, unknown = Reply(text, "", "length", tokens=letters(text)), Reply(rest, "", "stop", tokens=())
    assert extraction(BILL, known, unknown).confidence == ()
    text, rest = '{"name": "A", "total"', ": 1}"
    found = extraction(BILL, Reply(text, "", "length", tokens=letters(text)), Reply(rest, "", "stop"))
    assert sure(found) == {("name",): (0.125, 0.5, 3)}


def test_what_is_left_out_of_a_list_does_not_move_the_others():
    class Row(BaseModel):
        n: int

    text = '{"rows": [{"n": "x"}, {"n": 22}, {"n": "y"}, {"n": 333}]}'
    table = create_model("Table", rows=(list[Row], ...))
    found = extraction(table, Reply(text, "", "stop", tokens=letters(text)), max_calls=1, on_failure="partial")
    assert found.json == {"rows": [{"n": 22}, {"n": 333}]}
    assert sure(found) == {("rows", 0, "n"): (0.25, 0.5, 2), ("rows", 1, "n"): (0.125, 0.5, 3)}


def test_it_is_kept_apart_from_evidence_and_travels_with_the_extraction():
    found = extraction(ONE, Reply('{"name": "x"}', tokens=letters('{"name": "x"}')), document="y")
    assert found.evidence == ()
    assert pickle.loads(pickle.dumps(found)).confidence == found.confidence != ()


def test_the_report_names_what_the_model_was_least_sure_of():
    reply = said(
        '{"name": ',
        ('"a"', 0.9),
        ', "total": ',
        ("1", 0.2),
        ', "paid": ',
        ("true", 0.8),
        ', "tags": [',
        ('"x"', 0.4),
        "]}",
    )
    report = extraction(BILL, reply).report
    assert "least sure (probabilities):\n  $.total: 0.20 a token, 0.20 in all\n  $.tags[0]: 0.40" in report
    assert "$.paid: 0.80" in report
    assert "$.name: 0.90" not in report
    assert "least sure" not in extraction(BILL, Reply(LONG)).report


def test_the_report_names_what_the_document_does_not_say_as_it_stands():
    answer = {"name": "Hof", "total": 12.5, "paid": True, "tags": [*"abcdefghijkl"]}
    report = extraction(BILL, Reply(json.dumps(answer)), document="Hof, 12,50 EUR").report
    assert "found in the document: 2 of 14 texts and numbers\n  not as they stand: $.tags[0], $.tags[1]," in report
    assert report.endswith("$.tags[9] and 2 more")
    found = extraction(BILL, Reply('{"name": "Hof", "paid": true}'), document="Hof").report
    assert found.endswith("found in the document: 1 of 1 text or number")


VALUES = st.fixed_dictionaries(
    {
        # Words for nothing, the empty text among them, are read as null.
        "name": st.text(max_size=5).map("x".__add__),
        "total": st.integers() | st.floats(allow_nan=False, allow_infinity=False),
        "paid": st.booleans(),
        "tags": st.lists(st.text(max_size=3).map("x".__add__), max_size=3),
    }
)
PROBABILITY = st.floats(min_value=1e-6, max_value=1)


@given(VALUES, st.booleans(), st.data())
def test_the_laws_of_a_text_whose_tokens_are_letters(value, plain, data):
    text = json.dumps(value, ensure_ascii=plain)
    chances = data.draw(st.lists(PROBABILITY, min_size=len(text), max_size=len(text)))
    told = tuple(
        Token(letter.encode("utf-8", "surrogatepass"), math.log(p)) for letter, p in zip(text, chances, strict=True)
    )
    found = extraction(BILL, Reply(text, "", "stop", tokens=told))
    for each in found.confidence:
        leaf = found.json
        for step in each.path:
            leaf = leaf[step]
        assert each.joint <= each.mean <= 1
        written = json.dumps(leaf, ensure_ascii=plain)
        assert each.tokens == len(written)
        starts = [at for at in range(len(text)) if text.startswith(written, at)]
        assert any(math.isclose(each.joint, math.prod(chances[at : at + len(written)]), rel_tol=1e-9) for at in starts)
    assert {each.path for each in found.confidence} >= {("name",), ("total",), ("paid",)}


@given(VALUES, st.data())
def test_joint_probabilities_do_not_depend_on_how_letters_are_cut_into_tokens_of_a_value(value, data):
    text = json.dumps(value, ensure_ascii=False).encode()
    cuts = sorted(data.draw(st.sets(st.integers(1, len(text) - 1), max_size=len(text))))
    pieces = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    told = tuple(Token(piece, HALF) for piece in pieces)
    found = extraction(BILL, Reply(text.decode(), "", "stop", tokens=told))
    assert len(found.confidence) == 3 + len(value["tags"])
    assert all(each.joint <= each.mean <= 1 for each in found.confidence)
    assert all(math.isclose(each.mean, 0.5) and math.isclose(each.joint, 0.5**each.tokens) for each in found.confidence)
