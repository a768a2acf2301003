import json

import pytest

from langchain_nuextract.parsing import Kind, Policy, read_shape
from langchain_nuextract.paths import JSON, Path
from tests.unit_tests.parsing.shapes import shape_of

FORM = shape_of(
    {
        "invoice_number": "string",
        "total": "number",
        "count": "integer",
        "paid": "boolean",
        "issued": "date",
        "status": ["open", "paid in full", "cancelled"],
        "tags": [["red", "green", "blue"]],
        "customer": {"name": "string", "address": {"city": "string", "zip": "verbatim-string"}},
        "items": [{"description": "string", "price": "number"}],
        "notes": ["string"],
        "email": "email-address",
    }
)


def read(answer: JSON, policy: Policy = "safe", document: str = ""):
    return read_shape(json.dumps(answer), FORM, policy=policy, document=document)


@pytest.mark.parametrize(
    ("answer", "value", "kinds"),
    [
        pytest.param({"invoiceNumber": "A"}, {"invoice_number": "A"}, ["key"], id="camel case"),
        pytest.param({"INVOICE-NÚMBER": "A"}, {"invoice_number": "A"}, ["key"], id="case, hyphen, accent"),
        pytest.param({"invoice_numbr": "A"}, {"invoice_number": "A"}, ["key"], id="one letter missing"),
        pytest.param({"customer.name": "X"}, {"customer": {"name": "X"}}, ["key"], id="dotted"),
        pytest.param({"customerAddressZip": "9"}, {"customer": {"address": {"zip": "9"}}}, ["key"], id="flattened"),
        pytest.param({"result": {"total": 5}}, {"total": 5}, ["shape"], id="wrapped"),
        pytest.param({"a": {"b": {"total": 5}}}, {"total": 5}, ["shape", "shape"], id="wrapped twice"),
        pytest.param([{"total": 5}], {"total": 5}, ["shape"], id="in a list"),
        pytest.param({"total": 5, "foo": 1}, {"total": 5}, ["unknown-key"], id="unknown key"),
        pytest.param({"total": "1.580,22 €"}, {"total": 1580.22}, ["value"], id="decimal comma"),
        pytest.param({"total": "1,580.22"}, {"total": 1580.22}, ["value"], id="decimal point"),
        pytest.param({"total": {"value": 5}}, {"total": 5}, ["shape"], id="number in an object"),
        pytest.param({"count": "3"}, {"count": 3}, ["value"], id="integer as text"),
        pytest.param({"count": 3.0}, {"count": 3}, ["value"], id="integer as a float"),
        pytest.param({"paid": "Ja"}, {"paid": True}, ["value"], id="yes in words"),
        pytest.param({"issued": "12 March 2024"}, {"issued": "2024-03-12"}, ["value"], id="date in words"),
        pytest.param({"issued": "12.03.2024"}, {"issued": "2024-03-12"}, ["value"], id="date with points"),
        pytest.param({"issued": "03/04/2024"}, {"issued": "03/04/2024"}, [], id="date that may be two"),
        pytest.param({"status": "PAID-IN-FULL"}, {"status": "paid in full"}, ["value"], id="label in capitals"),
        pytest.param({"status": "N/A"}, {"status": None}, ["value"], id="null word for a label"),
        pytest.param({"email": "not found"}, {"email": None}, ["value"], id="null word for an address"),
        pytest.param({"invoice_number": "N/A"}, {"invoice_number": "N/A"}, [], id="null word as free text"),
        pytest.param({"invoice_number": 5}, {"invoice_number": "5"}, ["value"], id="number as text"),
        pytest.param({"invoice_number": ["A"]}, {"invoice_number": "A"}, ["shape"], id="list of one"),
        pytest.param({"tags": "red"}, {"tags": ["red"]}, ["shape"], id="one label"),
        pytest.param({"tags": "red, Blue"}, {"tags": ["red", "blue"]}, ["shape"], id="labels in a string"),
        pytest.param({"tags": [["red", "green", "blue"]]}, {"tags": []}, ["echo"], id="labels echoed"),
        pytest.param({"items": {"price": 5}}, {"items": [{"price": 5}]}, ["shape"], id="one item"),
        pytest.param({"items": {"1": {"price": 5}, "2": {"price": 6}}}, {"items": [{"price": 5}, {"price": 6}]},
                     ["shape"], id="items with names"),
        pytest.param({"items": {"item": [{"price": 5}]}}, {"items": [{"price": 5}]}, ["shape"], id="list in an object"),
        pytest.param({"items": '[{"price": 5}]'}, {"items": [{"price": 5}]}, ["shape"], id="list in a string"),
        pytest.param({"items": "none"}, {"items": []}, ["value"], id="null word for a list"),
        pytest.param({"notes": "one"}, {"notes": ["one"]}, ["shape"], id="one note"),
        pytest.param({"notes": ["a", ["b", "c"]]}, {"notes": ["a", "b", "c"]}, ["shape"], id="nested list"),
    ],
)  # fmt: skip
def test_an_answer_is_brought_to_its_form(answer: JSON, value: JSON, kinds: list[Kind]):
    reading = read(answer)
    assert reading.value == value
    assert [repair.kind for repair in reading.repairs] == kinds
    assert not reading.problems


@pytest.mark.parametrize(
    ("kind", "written", "code"),
    [
        pytest.param("country", "de", "DE", id="country"),
        pytest.param("currency", "Eur", "EUR", id="currency"),
        pytest.param("language", "DEU", "deu", id="language"),
        pytest.param("script", "LATN", "Latn", id="script"),
        pytest.param("country", "Germany", "Germany", id="no code"),
        pytest.param("country", "\u017fs", "\u017fs", id="no plain letters"),
        pytest.param("bic", "deutdeff", "deutdeff", id="of other types"),
    ],
)
def test_a_code_gets_the_capitals_of_its_standard(kind: str, written: str, code: str):
    reading = read_shape(json.dumps({"code": written}), shape_of({"code": kind}), policy="safe")
    assert reading.value == {"code": code}
    assert [(repair.kind, repair.before, repair.after) for repair in reading.repairs] == (
        [] if code == written else [("value", written, code)]
    )
    right = read_shape(json.dumps({"code": code}), shape_of({"code": kind}), policy="strict")
    assert (right.value, right.repairs, right.problems) == ({"code": code}, (), ())


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        pytest.param({"invoice_nmbr": "A"}, {"invoice_number": "A"}, id="misspelt key"),
        pytest.param({"status": "canceled"}, {"status": "cancelled"}, id="misspelt label"),
        pytest.param({"total": "1.580"}, {"total": 1.58}, id="point or thousands mark"),
        pytest.param({"total": "1,580"}, {"total": 1580}, id="comma or thousands mark"),
    ],
)
def test_guesses_are_lenient(answer: JSON, value: JSON):
    reading = read(answer, "lenient")
    assert reading.value == value
    assert [repair.kind for repair in reading.repairs] == ["guess"]
    assert read(answer, "safe").value != value
    assert [type(problem.path) for problem in read(answer, "safe").problems] == [tuple]


@pytest.mark.parametrize(
    ("answer", "paths"),
    [
        pytest.param({"count": "three"}, [("count",)], id="no number"),
        pytest.param({"total": True}, [("total",)], id="boolean for a number"),
        pytest.param({"status": "pending"}, [("status",)], id="no label"),
        pytest.param({"customer": "Bob"}, [("customer",)], id="text for an object"),
        pytest.param({"invoice_number": ["A", "B"]}, [("invoice_number",)], id="two values for one"),
    ],
)
def test_what_cannot_be_read_stays_and_is_a_problem(answer: JSON, paths: list[Path]):
    reading = read(answer, "lenient")
    assert reading.value == answer
    assert [problem.path for problem in reading.problems] == paths


@pytest.mark.parametrize(
    ("document", "value"),
    [("Summe 12,50 und 3,20", 1580), ("Total 12.50 and 3.20", 1.58)],
)
def test_the_document_shows_its_decimal_mark(document: str, value: float):
    reading = read({"total": "1.580"}, document=document)
    assert reading.value == {"total": value}
    assert [repair.kind for repair in reading.repairs] == ["value"]


def test_the_document_shows_whether_the_day_comes_first():
    assert read({"issued": "03/04/2024"}, document="on 25/12/2023").value == {"issued": "2024-04-03"}
    assert read({"issued": "03/04/2024"}, document="on 12/25/2023").value == {"issued": "2024-03-04"}


@pytest.mark.parametrize(
    ("text", "value", "kind"),
    [
        pytest.param('{"total": null, "total": 5}', {"total": 5}, "key", id="null first"),
        pytest.param('{"total": 5, "total": null}', {"total": 5}, "key", id="null last"),
        pytest.param('{"total": 5, "total": 5}', {"total": 5}, "key", id="the same"),
        pytest.param('{"total": 4, "total": 5}', {"total": 5}, "guess", id="two values"),
        pytest.param('{"notes": ["a"], "notes": ["b"]}', {"notes": ["a", "b"]}, "shape", id="two lists"),
    ],
)
def test_a_key_that_comes_twice(text: str, value: JSON, kind: Kind):
    reading = read_shape(text, FORM)
    assert reading.value == value
    assert [repair.kind for repair in reading.repairs] == [kind]


def test_a_runaway_loop_is_cut_to_its_first_round():
    text = '{"notes": ["start", ' + '"a", "b", ' * 30 + '"a'
    reading = read_shape(text, FORM)
    assert reading.value == {"notes": ["start", "a", "b"]}
    assert ("notes",) in reading.incomplete
    assert "loop" in {repair.kind for repair in reading.repairs}


def test_repeats_that_the_model_closed_itself_are_kept():
    notes = ["a"] * 30
    assert read_shape(json.dumps({"notes": notes}) + "}", FORM).value == {"notes": notes}
    assert read_shape(json.dumps({"notes": notes})[:-2], FORM, policy="safe").value == {"notes": notes}


def test_strict_allows_nothing():
    assert read({"total": "5"}, "strict").repairs == ()
    assert [problem.path for problem in read({"total": "5"}, "strict").problems] == [("total",)]
    broken = read_shape('{"total": 5,}', FORM, policy="strict")
    assert broken.value is None
    assert broken.problems


def test_a_map_becomes_the_list_of_pairs_that_was_asked():
    shape = shape_of({"names": [{"language": "string", "name": "string"}]})
    reading = read_shape('{"names": {"en": "Rome", "it": "Roma"}}', shape)
    assert reading.value == {"names": [{"language": "en", "name": "Rome"}, {"language": "it", "name": "Roma"}]}


def test_a_list_at_the_root_may_come_as_lines():
    shape = shape_of([{"a": "string"}])
    assert read_shape('{"a": "x"}\n{"a": "y"}\n', shape).value == [{"a": "x"}, {"a": "y"}]
