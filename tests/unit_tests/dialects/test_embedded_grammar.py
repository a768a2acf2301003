"""What a document offers for each type, and the grammar made of it."""

import json
import re

import pytest

from langchain_nuextract.dialects import dialect_named
from langchain_nuextract.dialects.embedded_grammar import grammar
from langchain_nuextract.dialects.grammar_candidates import Offers
from langchain_nuextract.dialects.instruct import EMBEDDED, INSTRUCT
from langchain_nuextract.dialects.messages import Shot, Task
from langchain_nuextract.documents.source import Source, Text
from langchain_nuextract.schema.target import Target

TABLE = "Item   Quantity   Price\nBlue pen   3   1.20\nRed pen   4   2.50\n\nVAT   20   0.90\nTotal 4.60"


def written(template: dict, text: str) -> str:
    target = Target.of(template)
    return grammar(target.answer_schema_for(EMBEDDED), target.template(EMBEDDED), text)


def rules(text: str) -> dict[str, str]:
    return dict(line.split(": ", 1) for line in text.splitlines()[1:])


@pytest.mark.parametrize(
    ("kind", "text", "offered"),
    [
        pytest.param("date", "Due on 12 March 2026, not 2026-03-13.", ["2026-03-12", "2026-03-13"], id="dates"),
        pytest.param("date", "Paid 03/04/2026.", ["2026-04-03", "2026-03-04"], id="both-readings"),
        pytest.param("date", "No day is named here.", [], id="no-date"),
        pytest.param("date-time", "At 2026-03-12 14:30.", ["2026-03-12T14:30:00", "2026-03-12"], id="moment"),
        pytest.param("time", "From 9:30 to noon.", ["09:30:00"], id="time"),
        pytest.param("integer", "3 pens at 1.20 in HL-2026-0417, BS1.", [3], id="whole-numbers-only"),
        pytest.param("number", "Cost: 1,234.50 less (20.00).", [1234.5, 20, -20], id="numbers"),
        pytest.param("boolean", "Anything.", [True, False], id="boolean"),
        pytest.param("currency", "€ 20 or 22 USD", ["USD", "EUR"], id="currency"),
        pytest.param("email-address", "Write to ann@example.com.", ["ann@example.com"], id="address"),
        pytest.param("phone-number", "Call +44 117 496 0123 now", ["+44 117 496 0123"], id="phone"),
        pytest.param("url", "See https://example.com/a?b=1.", ["https://example.com/a?b=1"], id="url"),
    ],
)
def test_a_type_is_offered_what_the_text_has_of_it(kind, text, offered):
    assert [json.loads(value) for value in Offers(text).of(kind)] == offered


@pytest.mark.parametrize("kind", ["string", "verbatim-string", "country", "region:US"])
def test_any_words_may_be_a_text(kind):
    assert Offers("Some words.").of(kind) is None


def test_a_text_is_a_run_of_the_documents_words():
    found = rules(written({"name": "string"}, 'Ann  "A"\tLee'))
    assert found["start"] == r'("{" "\"name\": " (TEXT_ALL | "null") "}")'
    chunks = json.loads(found["WORDS_ALL"].removeprefix("%regex "))["substring_chunks"]
    assert chunks == ["Ann", " ", '\\"', "A", '\\"', " ", "Lee"]


def test_what_the_document_does_not_have_can_only_be_null():
    assert r'"\"due\": " ("null")' in written({"due": "date"}, "No day is named here.")


def test_a_list_of_what_the_document_does_not_have_is_empty():
    assert r'"\"days\": " ("[]" | "null")' in written({"days": ["date"]}, "No day is named here.")


def test_a_list_is_no_longer_than_the_schema_allows():
    schema = {"type": "object", "properties": {"tags": {"type": "array", "items": {"type": "string"}, "maxItems": 1}}}
    assert r'("[" ((TEXT_ALL))? "]" | "null")' in written(schema, "Red and blue.")


def test_an_enum_keeps_its_labels():
    assert r'("\"car\"" | "\"bus\"" | "null")' in written({"by": ["car", "bus"]}, "By car.")


def test_the_values_of_a_list_come_in_order_and_once():
    found = rules(written({"days": ["date"]}, "From 2026-03-12 to 2026-03-13."))
    first, second = (name for name in found if name.startswith("item"))
    assert found[first] == rf'"\"2026-03-12\"" (", " {second})? | {second}'
    assert found[second] == r'"\"2026-03-13\""'


def test_a_table_is_read_row_by_row():
    found = rules(written({"items": [{"name": "string", "count": "integer", "price": "number"}]}, TABLE))
    first, second, apart = (name for name in found if name.startswith("row"))
    assert f"(({first} | {second}) | ({apart}))" in found["start"]
    assert re.search(rf'\("3" \| "null"\).*\("3" \| "1.2" \| "null"\).*\(", " {second}\)\?$', found[first])
    assert f'(", " {apart})' not in found[second]


def test_prose_is_not_taken_for_a_table():
    text = "We ordered 3 blue pens at 1.20 each and 4 red pens at 2.50 each. " * 3
    found = rules(written({"items": [{"name": "string", "count": "integer", "price": "number"}]}, text))
    assert not any(name.startswith("row") for name in found)


@pytest.mark.parametrize("name", ["instruct", "embedded"])
def test_the_examples_are_turns_that_went_before(name):
    dialect, target = dialect_named(name), Target.of({"name": "string"})
    task = Task(
        source=Source((Text("Ann."),)),
        template=target.template(dialect),
        instructions="$.name: the first name",
        shots=(Shot(Source((Text("Bob."),)), '{"name": "Bob"}'),),
        answer_schema=target.answer_schema_for(dialect),
    )
    first, answer, last = dialect.phrase(task).messages
    assert first["content"].endswith("Text:\nBob.")
    assert answer == {"role": "assistant", "content": '{"name": "Bob"}'}
    assert last["content"].endswith("Text:\nAnn.")
    assert "$.name: the first name" in last["content"]


def test_any_instruct_model_is_held_to_the_schema_in_the_portable_way():
    schema = {"type": "object", "properties": {"name": {"type": ["string", "null"]}}}
    task = Task(source=Source((Text("Ann."),)), template={"name": "string"}, answer_schema=schema)
    held = INSTRUCT.phrase(task).body["response_format"]
    assert held["json_schema"]["schema"] == schema


def test_the_embedded_model_is_held_on_vllm_too():
    schema = {"type": "object", "properties": {"name": {"type": ["string", "null"]}}}
    task = Task(source=Source((Text("Ann."),)), template={"name": "string"}, answer_schema=schema)
    body = EMBEDDED.phrase(task).body
    assert body["structured_outputs"] == {"json": schema}
    assert body["grammar"].startswith("%llguidance {}\nstart: ")
    assert "response_format" not in body
