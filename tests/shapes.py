"""Schemas that no template can say directly, each with a document: they come back as the user's own types."""

from typing import Literal

import pytest
from pydantic import BaseModel, Field


class Stock(BaseModel):
    pieces: dict[str, int]


class Plot(BaseModel):
    size: tuple[int, int]


class Circle(BaseModel):
    kind: Literal["circle"]
    radius: int | None = None


class Square(BaseModel):
    kind: Literal["square"]
    side: int | None = None


class Drawing(BaseModel):
    shape: Circle | Square = Field(discriminator="kind")


class Part(BaseModel):
    name: Literal["bicycle", "wheel", "axle"]
    parts: list["Part"] = Field(default=[], max_length=2)


SHAPES = [
    pytest.param(Stock, "In stock: 3 hammers and 5 saws.", id="map"),
    pytest.param(Plot, "The plot is 12 metres wide and 30 metres deep.", id="tuple"),
    pytest.param(Drawing, "Draw a circle with a radius of 7 cm.", id="union"),
    pytest.param(Part, "A bicycle has a wheel, and the wheel has an axle.", id="recursion"),
]
