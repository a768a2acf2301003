"""Nested schemas of every kind end valid on the last rung, whatever the tiny model writes."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from enum import Enum
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, Field

from langchain_nuextract import ChatNuExtract, NuExtractor
from tests.vllm.server import Server

pytestmark = pytest.mark.vllm

# A text that the document does not have is None: where it were required, the honest end would be an error.
Text = str | None


class Price(BaseModel):
    amount: float | None = None
    currency: Literal["EUR", "USD", "PLN"] | None = None


class Stock(BaseModel):
    warehouse: Text = None
    pieces: dict[str, int]


class Circle(BaseModel):
    kind: Literal["circle"]
    radius: float


class Square(BaseModel):
    kind: Literal["square"]
    side: float


class Drawing(BaseModel):
    title: Text = None
    shapes: list[Circle | Square] = Field(max_length=3)


class Plot(BaseModel):
    owner: Text = None
    size: tuple[int, int]
    corners: list[tuple[float, float]] = Field(max_length=4)


class Part(BaseModel):
    name: Text = None
    parts: list["Part"] = Field(default=[], max_length=2)


class Weekday(Enum):
    MONDAY = "Monday"
    TUESDAY = "Tuesday"
    SUNDAY = "Sunday"


class Shift(BaseModel):
    day: Weekday
    people: list[str]
    role: Literal["cook", "waiter"]


class Roster(BaseModel):
    shifts: list[Shift] = Field(max_length=3)


class Matrix(BaseModel):
    name: Text = None
    rows: list[Annotated[list[int], Field(max_length=4)]] = Field(max_length=3)


class Stay(BaseModel):
    guest: Text = None
    arrival: date | None = None
    departure: date | None = None


class Booking(BaseModel):
    hotel: Text = None
    stays: list[Stay] = Field(max_length=3)


class Address(BaseModel):
    street: Text = None
    city: Text = None


class Firm(BaseModel):
    name: Text = None
    address: Address | None = None


class Buyer(BaseModel):
    name: Text = None
    employer: Firm | None = None


class Line(BaseModel):
    article: Text = None
    quantity: int | None = None
    price: Price | None = None


class Order(BaseModel):
    number: Text = None
    buyer: Buyer | None = None
    lines: list[Line] = Field(max_length=2)
    total: Price


NESTED = [
    (Stock, "Warehouse Lyon holds 3 hammers, 5 saws and 12 nails."),
    (Drawing, "Drawing 'Garden': a circle of radius 7 cm and a square with a side of 4 cm."),
    (Plot, "Plot 12 m wide and 30 m deep. Corners: (0, 0), (12, 0) and (12, 30)."),
    (Part, "A bicycle has a frame and a wheel, and the wheel has an axle and a tyre."),
    (Roster, "Monday: Anna and Bert cook. Sunday: Carl waits."),
    (Matrix, "Matrix A has two rows: 1, 2, 3 and 4, 5, 6."),
    (Booking, "Hotel Sonne: Anna stays from 1 March 2024 to 4 March 2024, Bert from 2 March."),
    (Order, "Order 17 of Anna, Hof, Gdynia. 2 hammers at 12.50 EUR. Total 25.00 EUR."),
]


@pytest.mark.parametrize("generation", ["2", "3"])
def test_all_nested_schemas_end_valid(servers: dict[str, Server], generation: str) -> None:
    server = servers[generation]
    llm = ChatNuExtract(model=server.models[0], base_url=server.url, temperature=0, seed=1, max_tokens=300)
    asking = [NuExtractor(schema, llm=llm).detailed for schema, _ in NESTED]
    with ThreadPoolExecutor(len(NESTED)) as pool:
        answered = list(pool.map(lambda extract, case: extract.invoke(case[1]), asking, NESTED))
    for details, (schema, _) in zip(answered, NESTED, strict=True):
        print(f"\n{schema.__name__}, {details.report}")  # noqa: T201
        assert type(details.value) is schema
        assert details.attempts[-1].problems == ()
    assert "constrained" in {attempt.kind for details in answered for attempt in details.attempts}
