"""What a model may write by the grammar of a document. That engines read it so is for the tests with vLLM to prove."""

import itertools
import json

import pytest

from langchain_nuextract.dialects import dialect_named
from langchain_nuextract.dialects.document_values import WRITTEN, values_of
from langchain_nuextract.dialects.extractive_grammar import extractive_grammar
from langchain_nuextract.schema.target import Target
from langchain_nuextract.schema.value_types import SCALARS, notation_of


def rules(template: dict, text: str, model: str = "nuextract-3") -> dict[str, str]:
    written = extractive_grammar(Target.of(template).shape(dialect_named(model)), text, 8_000)
    return dict(line.split(": ", 1) for line in written.splitlines())


@pytest.mark.parametrize(
    ("type_", "text", "among"),
    [
        pytest.param("number", "1.580,22 €", "/1580[.]220{0,6}/", id="a-number"),
        pytest.param("number", "3 Mio.", "/3000000([.]0{1,6})?/", id="millions"),
        pytest.param("number", "19 %", "/0[.]190{0,6}/", id="per-cent"),
        pytest.param("number", "(20.00)", "/-20([.]0{1,6})?/", id="negative"),
        pytest.param("number", "١٢", "/12([.]0{1,6})?/", id="arabic-digits"),
        pytest.param("integer", "3 pens", '"3"', id="an-integer"),
        pytest.param("integer", "seven rooms", '"7"', id="a-number-in-words"),
        pytest.param("date", "12 March 2026", r'"\"2026-03-12\""', id="a-day"),
        pytest.param("date", "2026年3月12日", r'"\"2026-03-12\""', id="a-day-in-japanese"),
        pytest.param("date", "March 2026", r'"\"2026-03\""', id="a-month"),
        pytest.param("date", "since 1998", r'"\"1998\""', id="a-year"),
        pytest.param("date", "3 May. In 2024", r'"\"2024-05-03\""', id="a-day-of-a-year-elsewhere"),
        pytest.param("time", "at 9:30", '/"09:30(:00)?(Z|[+-][0-9]{2}:[0-9]{2})?"/', id="a-time"),
        pytest.param("currency", "20 €", r'"\"EUR\""', id="money-by-its-sign"),
        pytest.param("currency", "5 USD", r'"\"USD\""', id="money-by-its-code"),
        pytest.param("boolean", "", '"true"', id="truth"),
        pytest.param("phone-number", "0117 496 0123", r'/"[+]?01174960123"/', id="a-phone-number"),
        pytest.param("phone-number", "٢٣٤٥ ٨٩٦", r'"\"٢٣٤٥ ٨٩٦\""', id="a-phone-number-in-arabic-digits"),
        pytest.param("phone-number", "0117 496 0123", r'/"[+][1-9][0-9]{0,2}1174960123"/', id="with-a-country"),
    ],
)
def test_a_type_may_be_what_the_document_says_of_it(type_, text, among):
    assert among in (values_of(type_, text) or ())


@pytest.mark.parametrize("type_", ["number", "date", "time", "date-time", "currency"])
def test_what_the_document_does_not_say_is_null(type_):
    assert rules({"a": type_}, "no such thing")["start"] == r'"{\"a\": " ("null") "}"'
    assert rules({"a": [type_]}, "no such thing")["start"] == r'"{\"a\": " "[]" "}"'


@pytest.mark.parametrize("type_", ["string", "country", "language", "duration", "region:US"])
def test_free_texts_and_codes_are_free(type_):
    start = rules({"a": type_}, "words")
    assert start["json0"].startswith('%json {"type": ["string", "null"]')


def test_each_type_is_words_or_said_in_ways_that_are_known_or_free():
    assert {notation_of(type_) for type_ in SCALARS} == {*WRITTEN, "words", ""}


def test_a_verbatim_text_is_words_of_the_document_or_null():
    found = rules({"a": "verbatim-string"}, 'He said "no\\"')
    assert found["start"] == r'"{\"a\": " (RUN | "null") "}"'
    chunks = json.loads(found["WORDS"].removeprefix("%regex "))["substring_chunks"]
    assert chunks == ["He", " ", "said", " ", r"\"", "no", r"\\", r"\""]


def test_a_generation_without_null_writes_nothing_as_an_empty_text():
    found = rules({"a": "verbatim-string", "b": "string"}, "Words", "nuextract-1")
    assert found["start"] == r'"{\"a\": " (RUN | "\"\"") ", \"b\": " json0 "}"'


def test_choices_and_lists_keep_their_bounds():
    schema = {
        "type": "object",
        "properties": {
            "kind": {"enum": ["a", 'b"c']},
            "two": {"type": "array", "maxItems": 2, "items": {"type": "string", "x-verbatim": True}},
        },
    }
    start = extractive_grammar(Target.of(schema).shape(dialect_named("nuextract-3")), "x", 100).splitlines()[0]
    assert r'("\"a\"" | "\"b\\\"c\"" | "null")' in start
    assert r'"[" ((RUN) (", " (RUN)){0,1})? "]"' in start


@pytest.mark.parametrize(
    ("written", "start"),
    [
        pytest.param('{"a"', r'": " (RUN | "null") ", \"b\": " "[" ((RUN) (", " (RUN))*)? "]" "}"', id="a-key"),
        pytest.param('{"a": null', r'", \"b\": " "[" ((RUN) (", " (RUN))*)? "]" "}"', id="a-value"),
        pytest.param('{"a": "x",', r'" \"b\": " "[" ((RUN) (", " (RUN))*)? "]" "}"', id="a-comma"),
        pytest.param('{"a": "x", "b": [', r'((RUN) (", " (RUN))*)? "]" "}"', id="a-list-that-began"),
        pytest.param('{"a": "x", "b": ["x"', r'(", " (RUN))* "]" "}"', id="an-item"),
        pytest.param('{"a": "x", "b": ["x",', r'" " (RUN) (", " (RUN))* "]" "}"', id="a-comma-in-a-list"),
        pytest.param('{"a": "x", "b": ["x"]', r'"}"', id="a-list-that-ended"),
    ],
)
def test_the_rest_of_an_answer_goes_on_where_it_was_cut_off(written, start):
    shape = Target.of({"a": "verbatim-string", "b": ["verbatim-string"]}).shape(dialect_named("nuextract-3"))
    assert extractive_grammar(shape, "x", 100, written).splitlines()[0] == f"start: {start}"


@pytest.mark.parametrize("written", ["Sure: {", '{"b": 1', '{"a": "x', "[1]", '{"a": "x", "b": {}'])
def test_what_is_no_beginning_of_an_answer_has_no_rest(written):
    shape = Target.of({"a": "verbatim-string", "b": ["verbatim-string"]}).shape(dialect_named("nuextract-3"))
    assert extractive_grammar(shape, "x", 100, written) == ""


HOSTILE = [
    '"]}\nstart: "x"\n',
    "a ::= b # // c",
    "%llguidance {}\n%ignore /./",
    "/.*/ | <|im_end|> {0,9} (((",
    "\x00\x01\x7f\u2028\ufffe\\u0000\\",
    "\ud800 lone",
    "x" * 5_000,
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_nothing_in_a_document_is_read_as_grammar(text):
    shape = Target.of({"a ::= b": "verbatim-string", "d": "date"}).shape(dialect_named("nuextract-3"))
    written = extractive_grammar(shape, text, 8_000)
    lines = written.splitlines()
    assert [line.split(":")[0] for line in written.rstrip("\n").split("\n")] == ["start", "RUN", "WORDS"]
    assert "::=" not in written
    written.encode()
    json.loads(written.split("\n")[2].removeprefix("WORDS: %regex "))
    assert lines[0] == r'start: "{\"a :\u003a= b\": " (RUN | "null") ", \"d\": " ("null") "}"'


def test_a_grammar_grows_with_its_template_and_not_with_the_depth_of_its_lists():
    nested: list = ["verbatim-string"]
    sizes: list[int] = []
    for _ in range(12):
        nested = [{"a": nested, "n": "number"}]
        sizes.append(len("".join(rules({"x": nested}, "3 words here").values())))
    steps = [after - before for before, after in itertools.pairwise(sizes)]
    assert max(steps) <= min(steps) + 20
