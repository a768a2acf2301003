"""The whole path, from a schema and a document to an object, through a real server and a real model."""

from datetime import date
from enum import Enum
from pathlib import Path

import pytest
from pydantic import BaseModel

from langchain_nuextract import Example, NuExtractor
from langchain_nuextract.dialects import dialect_named
from langchain_nuextract.local import LocalEndpoint

INVOICE = Path(__file__).parents[3] / "examples" / "data" / "invoice.txt"


class Item(BaseModel):
    description: str
    quantity: int
    unit_price: float


class Invoice(BaseModel):
    vendor: str
    invoice_number: str
    invoice_date: date
    items: list[Item]
    total: float


class Manner(Enum):
    ROAD = "road"
    RAIL = "rail"


class Stop(BaseModel):
    place: str | None
    days: list[date]


class Trip(BaseModel):
    traveller: str | None
    manner: Manner | None
    paid: bool | None
    tags: list[str]
    stops: list[Stop]
    price: float | None


def extractor(endpoint: LocalEndpoint, schema, **settings) -> NuExtractor:
    where = {"base_url": endpoint.base_url, "model": endpoint.model, "api_key": endpoint.api_key}
    return NuExtractor(schema, **where, **settings)


@pytest.fixture(scope="module")
def details(embedded):
    return extractor(embedded, Invoice).detailed.invoke(INVOICE.read_text(encoding="utf-8"))


def test_the_shipped_invoice_is_read_right(embedded, details):
    assert details.value == Invoice(
        vendor="Harbour Lane Office Supplies Ltd",
        invoice_number="HL-2026-0417",
        invoice_date=date(2026, 3, 12),
        items=[
            Item(description="A4 copy paper, box", quantity=6, unit_price=18.5),
            Item(description="Ergonomic desk chair", quantity=2, unit_price=189),
            Item(description="LED desk lamp", quantity=3, unit_price=42.9),
        ],
        total=741.24,
    )
    assert len(details.attempts) == 1
    assert details.usage.output_tokens > 50
    assert details.model == embedded.model


def test_the_values_of_the_shipped_invoice_are_found_in_it(details):
    text = INVOICE.read_text(encoding="utf-8")
    quoted = {found.path: text[found.span.start : found.span.end] for found in details.evidence}
    assert quoted["items", 1, "unit_price"] == "189.00"
    assert quoted["vendor",] == details.value.vendor


@pytest.mark.parametrize(
    "document",
    [
        pytest.param("Nothing of the kind.", id="nothing-to-find"),
        pytest.param('He said "\\d{3}" \\ and\tleft {}[]\u0000\u2028 \u2013 naïve 東京.', id="escapes"),
        pytest.param("A road trip, paid on 3 May 2026, to Bath for £20.", id="something"),
        pytest.param("one word " * 200, id="long"),
    ],
)
def test_any_document_gives_a_valid_object_of_its_own_words(embedded, document):
    trip = extractor(embedded, Trip).invoke(document)
    folded = " ".join(document.split())
    assert all(text in folded for text in (*trip.tags, *(stop.place or "" for stop in trip.stops)))
    assert all(day == date(2026, 5, 3) for stop in trip.stops for day in stop.days)
    assert trip.price in ({None, 20.0, 3.0, 2026.0} if "£20" in document else {None, 3.0})


async def test_documents_are_read_side_by_side(embedded):
    answers = await extractor(embedded, Stop).abatch([f"To Bath on {day} May 2026." for day in (1, 2, 3)])
    assert [day for answer in answers for day in set(answer.days)] == [date(2026, 5, day) for day in (1, 2, 3)]


def test_examples_and_instructions_arrive(embedded):
    extract = extractor(
        embedded,
        {"city": "verbatim-string"},
        examples=[Example("They live in Oslo.", {"city": "Oslo"})],
        instructions="The city that the text names.",
    )
    assert extract.invoke("We live in Bath.") == {"city": "Bath"}


def test_any_instruct_model_can_be_asked_in_words(embedded):
    extract = extractor(embedded, {"city": "verbatim-string"}, dialect=dialect_named("instruct"))
    assert set(extract.invoke("We live in Bath.")) == {"city"}
