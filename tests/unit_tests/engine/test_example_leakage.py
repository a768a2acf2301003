"""Values copied from an example: what is flagged, and what is not."""

import json
import pickle
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from langchain_nuextract import Example, Extraction, Image, Leak, NuType, Target
from langchain_nuextract.dialects import dialect_named
from langchain_nuextract.dialects.messages import Reply, Shot
from langchain_nuextract.documents.read import read
from langchain_nuextract.engine.example_leakage import leaks, telling
from langchain_nuextract.engine.flow import extract
from langchain_nuextract.engine.options import ExtractionOptions
from langchain_nuextract.engine.plan import plan_for
from langchain_nuextract.grounding import ground


class Kind(Enum):
    INVOICE = "invoice"
    RECEIPT = "receipt"


class Line(BaseModel):
    name: str
    price: float


class Bill(BaseModel):
    seller: str | None = None
    kind: Kind | None = None
    paid: bool | None = None
    due: date | None = None
    total: Decimal | None = None
    pieces: int | None = None
    currency: Annotated[str, NuType("currency")] | None = None
    lines: list[Line] = []
    more: dict[str, str] = {}
    ident: int | str | None = None


SHOWN = Bill(
    seller="Bakery North GmbH",
    kind=Kind.INVOICE,
    paid=True,
    due=date(2026, 3, 12),
    total=Decimal("1580.50"),
    pieces=7,
    currency="EUR",
    lines=[Line(name="Rye bread", price=4.5)],
    more={"remark": "Leave it at the door"},
    ident="X-99",
)
EXAMPLE = Example("Bakery North GmbH, an invoice", SHOWN)


def extracted(answer: Any, document: Any, dialect: str = "3", examples: tuple[Example, ...] = (EXAMPLE,)):
    spoken = dialect_named(dialect)
    flow = extract(plan_for(Target.of(Bill), spoken, ExtractionOptions(examples=examples)), read(document))
    next(flow)
    with pytest.raises(StopIteration) as done:
        flow.send((Reply(json.dumps(Target.of(Bill).lower(answer, spoken)), finish_reason="stop"),))
    details: Extraction[Bill] = done.value.value
    assert details.value == answer
    return details


@pytest.mark.parametrize("dialect", ["2.0", "3", "instruct"])
@pytest.mark.parametrize(
    ("copied", "path"),
    [
        pytest.param({"seller": "Bakery North GmbH"}, ("seller",), id="text"),
        pytest.param({"seller": "BAKERY  north gmbh"}, ("seller",), id="text-in-another-case"),
        pytest.param({"due": date(2026, 3, 12)}, ("due",), id="date"),
        pytest.param({"total": Decimal("1580.5")}, ("total",), id="decimal"),
        pytest.param({"lines": [Line(name="Cake", price=4.5)]}, ("lines", 0, "price"), id="number-in-a-list"),
        pytest.param({"more": {"note": "Leave it at the door"}}, ("more", "note"), id="value-of-a-map"),
        pytest.param({"seller": "X-99"}, ("seller",), id="into-another-field"),
        pytest.param({"ident": "X-99"}, ("ident",), id="union"),
    ],
)
def test_a_value_of_an_example_that_the_document_does_not_say_is_flagged(copied, path, dialect):
    details = extracted(Bill(**copied), "Cake, nothing else.", dialect)
    (leak,) = details.warnings
    assert (leak.path, leak.example) == (path, 0)
    assert "is not in the document but in example 1: it may be copied" in str(leak)
    assert str(leak) in details.report


@pytest.mark.parametrize(
    ("copied", "document"),
    [
        pytest.param({"seller": "Bakery North GmbH"}, "bakery\n north GmbH sells cake", id="the-document-says-it-too"),
        pytest.param({"total": Decimal("1580.50")}, "to pay: 1.580,50 €", id="number-written-otherwise"),
        pytest.param({"due": date(2026, 3, 12)}, "due on 12 March 2026", id="date-by-name"),
        pytest.param({"due": date(2026, 3, 12)}, "due on the 12th of march, 2026", id="date-in-words"),
        pytest.param({"due": date(2026, 3, 12)}, "fällig am 12. März 2026", id="date-in-german"),
        pytest.param({"due": date(2026, 3, 12)}, "due 03/12/26", id="month-first-and-short-year"),
        pytest.param({"due": date(2026, 3, 12)}, "2026年3月12日", id="date-in-chinese"),
        pytest.param({"due": date(2026, 3, 12)}, "file 20260312.txt", id="date-without-marks"),
        pytest.param({"seller": "Another"}, "no example has it", id="of-no-example"),
        pytest.param({"kind": Kind.INVOICE}, "a bill", id="choice"),
        pytest.param({"paid": True}, "a bill", id="truth-value"),
        pytest.param({"pieces": 7}, "seven cakes", id="single-digit"),
        pytest.param({"currency": "EUR"}, "€ 20", id="code"),
        pytest.param({}, "nothing", id="nulls"),
    ],
)
def test_a_value_that_the_document_says_or_that_tells_nothing_is_not_flagged(copied, document):
    assert extracted(Bill(**copied), document).warnings == ()


@pytest.mark.parametrize(
    ("copied", "flagged"),
    [
        pytest.param({"seller": "The remark"}, True, id="text"),
        pytest.param({"pieces": 4711}, True, id="number"),
        pytest.param({"pieces": 12}, False, id="small-number"),
        pytest.param({"seller": "EUR"}, False, id="short-text"),
        pytest.param({"kind": Kind.RECEIPT}, False, id="choice"),
    ],
)
def test_what_only_the_text_of_an_example_says_is_flagged_where_it_is_no_chance(copied, flagged):
    examples = (Example("the remark: 4711 EUR, 12 pieces, by receipt", Bill()),)
    assert bool(extracted(Bill(**copied), "a cake", examples=examples).warnings) is flagged


@pytest.mark.parametrize(
    "document",
    [
        pytest.param("due on 12 April 2026", id="another-month"),
        pytest.param("due in March 2026", id="no-day"),
        pytest.param("12 March, and much later in this text of many words the year 2026", id="apart"),
    ],
)
def test_a_date_is_not_said_by_parts_of_it(document):
    assert [leak.path for leak in extracted(Bill(due=date(2026, 3, 12)), document).warnings] == [("due",)]


def test_a_document_with_images_is_not_judged():
    page = [Image("data:image/png;base64,iVBORw0KGgo="), "page 1"]
    assert extracted(Bill(seller="Bakery North GmbH"), page).warnings == ()


def test_the_example_that_has_the_value_is_named():
    examples = (EXAMPLE, Example("Mill South", Bill(seller="Mill South")))
    details = extracted(Bill(seller="Mill South"), "cake", examples=examples)
    assert details.warnings == (Leak(("seller",), "Mill South", 1),)
    assert details.examples[1].source.text == "Mill South"
    assert "2 examples shown, 0 left out" in details.report
    assert pickle.loads(pickle.dumps(details)).warnings == details.warnings  # our own


def test_without_examples_nothing_is_flagged():
    details = extracted(Bill(seller="Bakery North GmbH"), "cake", examples=())
    assert details.warnings == ()
    assert "shown" not in details.report


@given(st.text(min_size=1), st.text(max_size=20), st.text(max_size=20))
def test_what_stands_in_the_document_by_itself_is_never_flagged(value, before, after):
    document = f"{before} {value} {after}"
    shot = Shot(read("x"), "{}", telling([value]))
    assert leaks([value], document, (shot,), ground([value], document)) == ()
