"""What the document decides: whether digits are a time, whether a word for nothing is one of its own."""

import json
from typing import Any

import pytest
from pydantic import BaseModel, create_model

from langchain_nuextract.parsing import read_answer, read_shape
from langchain_nuextract.paths import JSON
from langchain_nuextract.schema.answer_shape import ListShape, RecordShape, ScalarShape
from langchain_nuextract.schema.target import Target
from tests.unit_tests.parsing.shapes import shape_of


def optional(name: str, type_name: str = "string") -> RecordShape:
    return RecordShape(((name, ScalarShape(type_name, optional=True)),))


@pytest.mark.parametrize("type_name", ["date-time", "date", "time", "duration"])
@pytest.mark.parametrize("digits", ['"1987"', "1987", '"7"', "0", '"12.5"', "-3"])
def test_digits_are_no_time(type_name: str, digits: str):
    reading = read_shape(f'{{"at": {digits}}}', shape_of({"at": type_name}), document="Built in 1987, 7 of 12.5.")
    assert [problem.path for problem in reading.problems] == [("at",)]


@pytest.mark.parametrize("digits", ["1719835200", "1719835200123"])
def test_digits_are_a_time_where_the_document_has_that_stamp(digits: str):
    shape = shape_of({"at": "date-time"})
    assert read_shape(f'{{"at": {digits}}}', shape, document=f"ts={digits};").value == {"at": digits}
    assert read_shape(f'{{"at": {digits}}}', shape, document=f"id {digits}9").problems


@pytest.mark.parametrize("digits", ["19870412", '"19870412"'])
def test_digits_of_a_day_are_that_day(digits: str):
    reading = read_shape(f'{{"at": {digits}}}', shape_of({"at": "date-time"}))
    assert (reading.value, reading.problems) == ({"at": "1987-04-12"}, ())


@pytest.mark.parametrize("word", ["N/A", "none", " Not stated ", "k.A.", "--", "", "未知"])
def test_a_word_for_nothing_that_the_document_does_not_say_is_absent(word: str):
    reading = read_shape(f'{{"note": "{word}"}}', optional("note"), document="Order 7, paid.")
    assert reading.value == {"note": None}
    assert [repair.rule for repair in reading.repairs] == ["word-for-nothing"]


@pytest.mark.parametrize(("word", "document"), [("N/A", "Note: n/a."), ("unknown", "Sender unknown"), ("-", "Note: -")])
def test_a_word_for_nothing_that_the_document_says_stays(word: str, document: str):
    assert read_shape(f'{{"note": "{word}"}}', optional("note"), document=document).value == {"note": word}


def test_a_word_for_nothing_stays_in_a_text_that_is_required_and_without_a_document():
    required = RecordShape((("note", ScalarShape("string")),))
    assert read_shape('{"note": "N/A"}', required, document="Order 7").value == {"note": "N/A"}
    assert read_shape('{"note": "N/A"}', optional("note")).value == {"note": "N/A"}


class Seat(BaseModel):
    town: str
    floor: int = 0


PARTS = [
    pytest.param(Seat | None, "N/A", None, id="an object"),
    pytest.param(Seat | None, "not mentioned in the text", None, id="a sentence for an object"),
    pytest.param(str | list[str] | None, "N/A", None, id="text or a list"),
    pytest.param(dict[str, str | None], [{"key": "a", "value": "N/A"}], {"a": None}, id="in a map"),
]


@pytest.mark.parametrize(("kind", "answer", "value"), PARTS)
def test_a_word_for_nothing_is_absent_wherever_nothing_is_admitted(kind: Any, answer: JSON, value: Any):
    target: Target[Any] = Target.of(create_model("Holder", it=(kind, ...)))
    reading = read_answer(json.dumps({"it": answer}), target, document="Order 7, a, paid.")
    assert [repair.rule for repair in reading.repairs] == ["word-for-nothing"]
    assert target.validate(target.lift(reading.value)).it == value


def test_items_that_say_nothing_are_left_out():
    shape = RecordShape((("names", ListShape(ScalarShape("string"))),))
    reading = read_shape('{"names": ["n/a", "Ida", ""]}', shape, document="Ida")
    assert reading.value == {"names": ["Ida"]}


@pytest.mark.parametrize(
    ("document", "value", "kind"),
    [
        ("MIME-Version: 1.0. Weight 2.300", 2.3, "guess"), ("Weight 2.300 kg, fee 4,50 EUR", 2300, "value"),
        ("Section 4.20: weight 2.300", 2.3, "guess"), ("2.300 for $4.50", 2.3, "value"),
    ],
)  # fmt: skip
def test_a_factor_of_a_thousand_is_safe_only_where_amounts_show_it(document: str, value: JSON, kind: str):
    reading = read_shape('{"w": "2.300"}', shape_of({"w": "number"}), document=document)
    assert reading.value == {"w": value}
    assert [repair.kind for repair in reading.repairs] == [kind]


def test_the_numbers_of_a_reply_show_nothing_of_how_a_document_writes_them():
    reading = read_shape('{"w": "2.300", "p": 4.50}', shape_of({"w": "number", "p": "number"}))
    assert [repair.kind for repair in reading.repairs] == ["guess"]


@pytest.mark.parametrize(
    "text",
    [
        "town: Ulm\nzip: 89073",
        "- **town**: Ulm\n- **zip**: 89073",
        "Town = Ulm\nZIP = 89073",
        "* town: Ulm\n* zip: 89073\n",
    ],
)
def test_lines_are_whole_if_the_model_ended_them(text: str):
    shape = shape_of({"town": "string", "zip": "string"})
    assert read_shape(text, shape, finished=True).value == {"town": "Ulm", "zip": "89073"}
    assert not read_shape(text, shape, finished=True).incomplete


@pytest.mark.parametrize(
    ("text", "value"), [("town: Bad Ulm", {"town": "Bad Ulm"}), ("Town: I found none of it.", None)]
)
def test_one_line_is_an_answer_if_it_is_no_sentence(text: str, value: JSON):
    shape = shape_of({"town": "string", "zip": "string"})
    assert read_shape(text, shape, finished=True).value == value
    assert read_shape(text, shape).value is None


THREE = {"code": "string", "remark": "string", "sum": "number"}


@pytest.mark.parametrize(
    "remark",
    [
        'press "}" twice', 'f("a") and g("b")', 'as {"k": [1, "v"]} shows', 'the "x", "y" axes', 'a ["p", "q"] pair',
        'is "sum": 3 here', 'a "half-open, or not", case', 'ends in ")"',
    ],
)  # fmt: skip
@pytest.mark.parametrize("with_document", [True, False])
def test_a_text_with_quotes_is_read_to_its_end(remark: str, with_document: bool):
    text = f'{{"code": "Q", "remark": "{remark}", "sum": 4}}'
    document = f"Q: {remark}. 4 in all" if with_document else ""
    assert read_shape(text, shape_of(THREE), document=document).value == {"code": "Q", "remark": remark, "sum": 4}


@pytest.mark.parametrize("remark", ["Peter D'Angelo", "L'Oréal: no", "rue de l'Arc 5", "the '90s"])
@pytest.mark.parametrize("with_document", [True, False])
def test_a_text_with_an_apostrophe_and_no_closing_quote_is_read_to_its_end(remark: str, with_document: bool):
    text = f"{{'remark': '{remark}, 'code': 'Q', 'sum': 4}}"
    document = f"{remark}, Q 4" if with_document else ""
    assert read_shape(text, shape_of(THREE), document=document).value == {"code": "Q", "remark": remark, "sum": 4}


@pytest.mark.parametrize(
    "path", [r"E:\data\bin\run", r"C:\temp\new", r"\\host\files\readme", r"$\tau + \beta$", r"\newline"]
)
def test_backslashes_that_were_not_doubled_are_those_of_the_document(path: str):
    reading = read_shape(f'{{"code": "{path}"}}', shape_of({"code": "string"}), document=f"See {path} there.")
    assert reading.value == {"code": path}


@pytest.mark.parametrize("path", [r"C:\Users\new\table", r"\\host\share\file", r"D:\Program\bin"])
def test_a_word_with_a_backslash_that_escapes_nothing_has_no_escapes_at_all(path: str):
    assert read_shape(f'{{"code": "{path}"}}', shape_of({"code": "string"})).value == {"code": path}


def test_line_ends_stay_line_ends():
    shape = shape_of({"code": "string"})
    assert read_shape('{"code": "a\\nb"}', shape, document="a\nb and C:\\x").value == {"code": "a\nb"}
    assert read_shape('{"code": "a\\nb on C:\\Users"}', shape).value == {"code": "a\nb on C:\\Users"}


QUOTED = [
    pytest.param("{'who': 'Hughes'', 'n': 1}", "Hughes'", id="an apostrophe at the end"),
    pytest.param("{'who': ''t Hooft', 'n': 1}", "'t Hooft", id="an apostrophe at the start"),
    pytest.param("{'who': 'Qu'ran: 'Light'', 'n': 1}", "Qu'ran: 'Light'", id="a word in single quotes at the end"),
    pytest.param("{'n': 1, 'who': ''Tis done'}", "'Tis done", id="the last"),
    pytest.param('{"who": ""The Bell"", "n": 1}', '"The Bell"', id="all of it in quotes"),
    pytest.param('{"who": ""Bell" he said", "n": 1}', '"Bell" he said', id="the first word in quotes"),
]


@pytest.mark.parametrize(("reply", "who"), QUOTED)
def test_quotes_at_the_ends_of_a_text_are_those_of_the_document(reply: str, who: str):
    reading = read_shape(reply, shape_of({"who": "string", "n": "integer"}), document=f"No 1. {who} signed.")
    assert (reading.value, reading.problems) == ({"who": who, "n": 1}, ())


ITEMS = ['4" nail', 'an ["old"] map', 'say "yes", "no"', '"all"']


@pytest.mark.parametrize("item", ITEMS)
def test_quotes_in_items_are_those_of_the_document(item: str):
    reply = '{"all": ["one", "@", "two"]}'.replace("@", item)
    reading = read_shape(reply, shape_of({"all": ["string"]}), document=f"one / {item} / two")
    assert (reading.value, reading.problems) == ({"all": ["one", item, "two"]}, ())


def test_items_of_a_document_that_is_a_list_itself_stay_apart():
    document = '["one", "two", "three"] and more'
    reading = read_shape('{"all": ["one", "two", "three"}', shape_of({"all": ["string"]}), document=document)
    assert reading.value == {"all": ["one", "two", "three"]}


@pytest.mark.parametrize("price", [r"50\% off \& more", r"\#3\_a"])
def test_marks_with_a_backslash_stand_as_the_document_has_them(price: str):
    reading = read_shape(f'{{"price": "{price}"}}', shape_of({"price": "string"}), document=f"It is {price} now.")
    assert reading.value == {"price": price}
    assert read_shape(r'{"price": "\$100"}', shape_of({"price": "string"}), document="$100").value == {"price": "$100"}
