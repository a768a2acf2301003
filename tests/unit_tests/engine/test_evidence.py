"""What the evidence of an extraction knows of the schema: choices, codes, truth values, and what has no evidence."""

import json
import pickle
from datetime import date
from enum import Enum
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel

from langchain_nuextract import Extraction, Image, NuType, Target
from langchain_nuextract.dialects import dialect_named
from langchain_nuextract.dialects.messages import Reply
from langchain_nuextract.documents.read import read
from langchain_nuextract.engine.flow import extract
from langchain_nuextract.engine.plan import plan_for
from langchain_nuextract.paths import leaves


class Kind(Enum):
    PARKING = "parking_lot"
    KITCHEN = "kitchen_fire"


class Item(BaseModel):
    is_paid: bool | None = None
    kind: Kind | None = None


class Claim(BaseModel):
    seal: str | None
    place: str | None = None
    day: date | None = None
    currency: Annotated[str, NuType("currency")] | None = None
    way: Literal["mail", "telephone_call"] | None = None
    express_delivery: bool | None = None
    items: list[Item] = []


def extraction(answer: dict[str, Any], document: Any) -> Extraction[Claim]:
    flow = extract(plan_for(Target.of(Claim), dialect_named("3")), read(document))
    next(flow)
    with pytest.raises(StopIteration) as ended:
        flow.send((Reply(json.dumps(answer), finish_reason="stop"),))
    return ended.value.value


def quotations(answer: dict[str, Any], document: str) -> list[str]:
    return [each.quotation for each in extraction(answer, document).evidence]


@pytest.mark.parametrize(
    ("answer", "document", "said"),
    [
        pytest.param({"items": [{"kind": "parking_lot"}]}, "the parking lot", ["parking lot"], id="words of a choice"),
        pytest.param({"way": "telephone_call"}, "a Telephone call", ["Telephone call"], id="in capitals"),
        pytest.param({"currency": "EUR"}, "5 €", ["€"], id="a sign"),
        pytest.param({"express_delivery": True}, "Express delivery: yes", ["yes"], id="yes"),
        pytest.param({"express_delivery": False}, "Express delivery ... nein", ["nein"], id="no"),
        pytest.param({"express_delivery": True}, "[x] Express delivery", ["[x]"], id="a box with a cross"),
        pytest.param({"express_delivery": False}, "☐ express delivery", ["☐"], id="an empty box"),
        pytest.param({"items": [{"is_paid": True}]}, "Paid? Yes", ["Yes"], id="a verb in the name"),
        pytest.param({"express_delivery": False}, "Express delivery: yes", [], id="the other answer"),
        pytest.param({"express_delivery": True}, "Express delivery\nPaid: yes", [], id="another question"),
        pytest.param({"express_delivery": True}, "Yes, of course", [], id="no question"),
    ],
)  # fmt: skip
def test_choices_codes_and_truth_values_are_found_by_the_words_for_them(
    answer: dict[str, Any], document: str, said: list[str]
):
    assert quotations(answer, document) == said


def test_what_has_no_evidence_has_a_reason():
    answer = {"place": "Hamburg", "day": "2024-05-03", "currency": "EUR", "way": "mail", "seal": None}
    found = extraction(answer, "On the 3rd of May 2024 in Altona")
    assert [each.path for each in found.evidence] == [("day",)]
    assert {each.path: each.reason for each in found.unplaced} == {
        ("place",): "not found",
        ("currency",): "chosen",
        ("way",): "chosen",
        ("seal",): "nothing",
    }


def test_each_leaf_is_either_placed_or_not():
    found = extraction({"place": "Altona", "items": [{"is_paid": False, "kind": "kitchen_fire"}, {}]}, "in Altona")
    paths = [each.path for each in (*found.evidence, *found.unplaced)]
    assert sorted(map(str, paths)) == sorted(str(path) for path, _ in leaves(found.json))


def test_a_document_of_images_may_say_more_than_its_text():
    image = Image(b"\x89PNG\r\n\x1a\n", "image/png")
    reasons = [each.reason for each in extraction({"place": "Altona"}, ["Hamburg", image]).unplaced]
    assert reasons == ["nothing", "not text"]


def test_an_extraction_keeps_its_reasons_when_it_is_pickled():
    found = extraction({"way": "mail"}, "a letter")
    assert pickle.loads(pickle.dumps(found)).unplaced == found.unplaced
