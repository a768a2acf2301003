"""Templates, typed and of empty strings, and what the model generations make of a target."""

from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import BaseModel

from langchain_nuextract.dialects import DIALECTS
from langchain_nuextract.dialects.dialect import Dialect
from langchain_nuextract.dialects.grammar_candidates import OFFERED
from langchain_nuextract.errors import InvalidValue, UnsupportedSchema
from langchain_nuextract.schema.target import FULL, Target
from langchain_nuextract.schema.value_types import SCALARS
from langchain_nuextract.schema.vocabulary import NUEXTRACT_1, NUEXTRACT_2, vocabulary_of

V1 = SimpleNamespace(vocabulary=NUEXTRACT_1)
V2 = SimpleNamespace(vocabulary=NUEXTRACT_2)

TYPED = [
    pytest.param({name: name for name in sorted(SCALARS)}, id="every-type"),
    pytest.param({"a": ["string"], "b": [{"c": [["x", "y"]], "d": ["x", "y"]}]}, id="nested"),
    pytest.param({"a": ["string", "date"]}, id="labels-like-types"),
    pytest.param({"a": [[["x", "y"]]]}, id="lists-of-several"),
    pytest.param({"a": [["date"]]}, id="lists-of-lists"),
    pytest.param({"region": "region:FR", "größe": "number", "with space": {"": "string"}}, id="odd-names"),
    pytest.param({"type": "string", "name": "string"}, id="a-field-called-type"),
]


@pytest.mark.parametrize("template", TYPED)
def test_a_typed_template_comes_back(template: Any) -> None:
    assert Target.of(template).template(FULL) == template


def test_a_template_of_empty_strings_is_text() -> None:
    target = Target.of({"name": "", "tags": [""], "more": [], "at": {"city": ""}})
    assert target.template(V1) == {"name": "", "tags": [""], "more": [""], "at": {"city": ""}}
    assert target.template(FULL) == {"name": "string", "tags": ["string"], "more": ["string"], "at": {"city": "string"}}
    assert target.lift({"name": "", "tags": ["x"], "more": [], "at": {"city": "P"}}, V1) == {
        "name": None, "tags": ["x"], "more": [], "at": {"city": "P"},
    }  # fmt: skip


def test_values_of_a_template_are_checked() -> None:
    target = Target.of({"n": "number", "kind": ["a", "b"]})
    assert target.validate({"n": None, "kind": "a"}) == {"n": None, "kind": "a"}
    with pytest.raises(InvalidValue) as caught:
        target.validate({"n": "much", "kind": "c"})
    assert [problem.path for problem in caught.value.problems] == [("n",), ("kind",)]


REFUSED = [
    pytest.param({"a": "strin"}, ("a",), id="misspelt"),
    pytest.param({"a": {"b": {}}}, ("a", "b"), id="empty-object"),
    pytest.param({"a": ["string", {"b": "string"}]}, ("a",), id="mixed-list"),
    pytest.param({"a": 3}, ("a",), id="number"),
]


@pytest.mark.parametrize(("template", "path"), REFUSED)
def test_a_broken_template_is_refused_by_path(template: Any, path: Any) -> None:
    with pytest.raises(UnsupportedSchema) as caught:
        Target.of(template)
    assert caught.value.path == path


class Drafter:
    def draft_template(self, document: Any) -> Any:
        return {"name": "verbatim-string"} if document == "who?" else {}


def test_a_model_can_write_the_template() -> None:
    assert Target.draft("who?", llm=Drafter()).template(FULL) == {"name": "verbatim-string"}
    with pytest.raises(UnsupportedSchema):
        Target.draft("nothing", llm=Drafter())


TYPES = {"b": "boolean", "d": "date", "t": "time", "n": "number", "u": "url", "c": "country", "e": ["x", "y"]}


def test_what_a_generation_lacks_is_downgraded_and_named() -> None:
    target = Target.of(TYPES)
    assert target.template(V2) == {
        "b": ["yes", "no"], "d": "date-time", "t": "string", "n": "number", "u": "verbatim-string", "c": "string",
        "e": ["x", "y"],
    }  # fmt: skip
    assert set(target.template(V1).values()) == {""}
    assert target.downgrades(FULL) == ()
    assert [loss.path for loss in target.downgrades(V2)] == [("b",), ("d",), ("t",), ("u",), ("c",)]
    assert [loss.path for loss in target.downgrades(V1)] == [(name,) for name in TYPES]


VALUE = {"b": True, "d": "2024-05-01", "t": "10:00", "n": 12.5, "u": "https://example.com", "c": "FR", "e": "x"}


@pytest.mark.parametrize("dialect", [V1, V2, FULL])
def test_a_downgraded_value_is_lifted_back(dialect: Any) -> None:
    target = Target.of(TYPES)
    assert target.lift(target.lower(VALUE, dialect), dialect) == VALUE


def test_a_date_asked_for_as_date_time_loses_its_time() -> None:
    assert Target.of({"d": "date"}).lift({"d": "2024-05-01T00:00:00"}, V2) == {"d": "2024-05-01"}


@pytest.mark.parametrize(
    ("said", "meant"), [("yes", True), ("No", False), ("true", True), (False, False), ("maybe", "maybe")]
)
def test_yes_and_no_are_understood_everywhere(said: Any, meant: Any) -> None:
    assert Target.of({"b": "boolean"}).lift({"b": said}) == {"b": meant}


@pytest.mark.parametrize(("said", "meant"), [("12.5", 12.5), ("3", 3), (4, 4), ("n/a", "n/a"), ("", None)])
def test_numbers_as_text_are_understood(said: Any, meant: Any) -> None:
    assert Target.of({"n": "number"}).lift({"n": said}) == {"n": meant}


def test_an_empty_text_is_text_where_missing_values_are_null() -> None:
    class Note(BaseModel):
        text: str

    target = Target.of(Note)
    assert target.lift({"text": ""}) == {"text": ""}
    assert target.lift({"text": ""}, V1) == {}


@pytest.mark.parametrize("dialect", DIALECTS, ids=[dialect.name for dialect in DIALECTS])
def test_a_dialect_may_be_given_by_its_name(dialect: Dialect) -> None:
    assert vocabulary_of(dialect.name) == dialect.vocabulary


def test_a_model_that_is_held_to_a_document_is_asked_for_types_that_can_be_read_out_of_it() -> None:
    assert vocabulary_of("embedded").types == OFFERED | {"string", "verbatim-string"}
    assert Target.of({"payer": "country", "total": "number"}).template("embedded") == {
        "payer": "string",
        "total": "number",
    }


def test_a_target_takes_a_dialects_name_wherever_it_takes_a_dialect() -> None:
    target: Target[Any] = Target.of({"day": "date", "sum": "number"})
    assert target.template("3") == {"day": "date", "sum": "number"}
    assert target.template("NuExtract-2.0") == target.template("2") == {"day": "date-time", "sum": "number"}
    assert target.lower({"day": None, "sum": 1}, "1.5") == {"day": "", "sum": "1"}
    with pytest.raises(ValueError, match=r"'4'.*'2\.0'"):
        target.template("4")
