"""What metadata a schema gives, told before the call: for self-query retrievers, clashes, dates as numbers."""

import datetime as dt
import enum
import json
import logging
import pickle
import sys
from decimal import Decimal
from typing import Annotated, Literal

import pytest
from langchain_core.documents import Document
from pydantic import BaseModel, Field, computed_field, model_serializer

from langchain_nuextract import NuExtractor, NuType
from langchain_nuextract.runnables.flatten import flat
from langchain_nuextract.runnables.metadata_attributes import attributes
from langchain_nuextract.schema.target import Target
from langchain_nuextract.testing import FakeEndpoint


class Grade(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Stop(BaseModel):
    town: str
    on: dt.date | None = None


class Voyage(BaseModel):
    title: str = Field(description="what the file is called")
    sails: dt.date = Field(validation_alias="sailing", serialization_alias="sailsOn", description="day of departure")
    freight: Decimal
    crew: int | None = None
    insured: bool
    grade: Grade
    state: Literal["open", "done"]
    currency: Annotated[str, NuType("currency")]
    tags: list[str]
    master: Stop
    stops: list[Stop]
    notes: dict[str, str] = {}

    @computed_field
    @property
    def year(self) -> int:
        return self.sails.year


SCALARS = {
    "title": "string",
    "sailsOn": "date",
    "freight": "float",
    "crew": "integer",
    "insured": "boolean",
    "grade": "integer",
    "state": "string",
    "currency": "string",
    "master__town": "string",
    "master__on": "date",
    "year": "integer",
}
VOYAGE = Voyage(
    title="V-7", sailing="2031-05-04", freight="18.5", insured=True, grade=2, state="open", currency="EUR",
    tags=["grain"], master={"town": "Riga"}, stops=[{"town": "Ghent", "on": "2031-05-09"}, {"town": "Hull"}],
)  # fmt: skip


def types(**settings):
    return {each.name: each.type for each in attributes(Target.of(Voyage), None, **settings) if not each.text}


def test_the_names_and_types_are_those_of_the_metadata():
    assert types(lists=False) == SCALARS
    lists = {"tags": "string", "stops__town": "string", "stops__on": "date"}
    assert types(lists=True) == SCALARS | lists
    written = flat(VOYAGE, None, lists=True, types=types(lists=True))
    assert set(written) - {"sailsOn__epoch", "stops__on__epoch"} <= set(types(lists=True))
    assert written["sailsOn__epoch"] == 1935619200
    assert written["stops__on__epoch"] == [1936051200]


def test_a_serializer_without_a_type_leaves_those_of_the_fields():
    class Odd(BaseModel):
        crew: int

        @model_serializer
        def _(self):
            return {"crew": self.crew}

    (crew,) = attributes(Target.of(Odd), "odd", lists=False)
    assert (crew.name, crew.type) == ("odd__crew", "integer")


DATES = [
    ("2024-02-29", 1709164800),
    ("1969-12-31", -86400),
    ("2024-02-29T10:00:00+02:00", 1709193600),
    ("2024-02-29T08:00:00.5Z", 1709193600),
    ("2024-02-29T08:00", 1709193600),
    ("0001-01-01", -62135596800),
    ("2024-02", None),
    ("2024", None),
    ("2024-W05", None),
    ("soon", None),
]


@pytest.mark.parametrize(("said", "number"), DATES)
def test_a_date_has_a_number_if_it_tells_a_day(said, number):
    written = flat({"due": said}, None, lists=False, types={"due": "date"})
    assert written.pop("due") == said
    assert written == ({} if number is None else {"due__epoch": number})


def test_a_field_of_the_name_of_a_number_stays():
    written = flat({"due": "2024-02-29", "due__epoch": "spring"}, None, lists=False, types={"due": "date"})
    assert written == {"due": "2024-02-29", "due__epoch": "spring"}


@pytest.mark.parametrize(("lists", "said"), [(False, 7), (True, [7, 8])])
def test_whole_numbers_of_a_float_are_floats(lists, said):
    written = flat({"sum": said, "ok": True}, None, lists=lists, types={"sum": "float", "ok": "float"})
    kinds = {type(each) for each in (written["sum"] if lists else [written["sum"]])}
    assert (kinds, written["ok"]) == ({float}, True)


@pytest.fixture
def make(chat):
    def transformer(endpoint, schema=Voyage, **settings):
        return NuExtractor(schema, llm=chat(endpoint)).document_transformer(**settings)

    return transformer


def test_attributes_are_described_for_self_query_retrievers(monkeypatch, make):
    for module in ("langchain_classic.chains.query_constructor.schema", "langchain.chains.query_constructor.schema"):
        monkeypatch.setitem(sys.modules, module, None)
    with FakeEndpoint() as endpoint:
        info = {each["name"]: each for each in make(endpoint, lists=True, metadata_key="v").attribute_info()}
        texts = make(endpoint).attribute_info()
    assert info["v__title"] == {"name": "v__title", "description": "what the file is called", "type": "string"}
    assert info["v__sailsOn__epoch"]["type"] == "integer"
    assert info["v__sailsOn__epoch"]["description"].startswith("day of departure")
    assert info["v__sailsOn"]["type"] == "string"
    assert info["v__tags"]["type"] == "list[string]"
    assert info["v__state"]["description"] == 'v state. One of ["open", "done"]'
    assert "tags" not in {each["name"] for each in texts}


class Page(BaseModel):
    title: str
    due: dt.date | None = None


ANSWER = {"title": "Lease", "due": "2031-05-04"}


@pytest.mark.parametrize("name", ["title", "due", "due__epoch"])
def test_a_name_that_a_loader_uses_is_said_before_the_call(run, make, name, caplog):
    documents = [Document("Lease until 4 May 2031", metadata={name: "x"}), Document("Lease until 4 May 2031")]
    with FakeEndpoint(ANSWER) as endpoint:
        with caplog.at_level(logging.WARNING):
            kept, sound = run(make(endpoint, Page), documents)
        assert len(endpoint.requests) == 1
        with pytest.raises(ValueError, match=f"named {name}: set metadata_key"):
            run(make(endpoint, Page, on_error="raise"), documents)
        assert len(endpoint.requests) == 1
    assert kept.metadata[name] == "x"
    assert f"named {name}" in kept.metadata["nuextract__error"]
    assert "1 of 2 documents" in caplog.text
    assert sound.metadata["title"] == "Lease"


def test_what_is_missing_may_be_marked(run, make):
    with FakeEndpoint({"title": "Lease"}) as endpoint:
        (plain,) = run(make(endpoint, Page), [Document("Lease")])
        (marked,) = run(make(endpoint, Page, missing=True), [Document("Lease")])
    assert "due__missing" not in plain.metadata
    assert {name: each for name, each in marked.metadata.items() if "nuextract" not in name} == {
        "title": "Lease",
        "due__missing": True,
    }


def test_what_a_store_made_of_numbers_is_still_ours(make):
    with FakeEndpoint({"freight": 80, "tags": [1, 2]}) as endpoint:
        transformer = make(endpoint, {"freight": "number", "tags": ["integer"]}, lists=True)
        (done,) = transformer.invoke([Document("80 and 1 and 2")])
        stored = {**done.metadata, "freight": 80, "tags": [1.0, 2.0]}
        (again,) = transformer.invoke([done.model_copy(update={"metadata": stored})])
    assert len(endpoint.requests) == 1
    assert again.metadata == stored


def test_a_transformer_can_be_pickled_with_what_it_knows(make):
    with FakeEndpoint(ANSWER) as endpoint:
        transformer = pickle.loads(pickle.dumps(make(endpoint, Page, secret="s")))
        (done,) = transformer.invoke([Document("Lease until 4 May 2031")])
    assert json.loads(done.metadata["nuextract__keys"]) == ["due__epoch", "title", "due"]


def test_an_option_that_is_none_is_named(make):
    with FakeEndpoint() as endpoint, pytest.raises(TypeError, match="groupby"):
        make(endpoint, groupby="source")
