"""A schema with all that a form can ask for, an order with its values, and the export of its project."""

import datetime as dt
from typing import Literal

from pydantic import BaseModel, Field


class Line(BaseModel):
    article: str | None = None
    pieces: int | None = None
    kind: Literal["new", "used"] | None = None


class Address(BaseModel):
    city: str | None = None
    zip: str | None = Field(default=None, description="as printed")


class Order(BaseModel):
    buyer: str | None = None
    address: Address | None = None
    ordered: dt.date | None = None
    total: float | None = None
    paid: bool | None = None
    tags: list[Literal["urgent", "gift"]] = []
    remarks: list[str] = []
    lines: list[Line] = []
    deep: list[list[int]] = []


TEXT = "Køb \N{PARTY POPPER} af Ida\r\n2 lamper, brugte\r\n1 stol\r\nTotal 120,50"
VALUE = {
    "buyer": "Ida",
    "address": {"city": "Aarhus", "zip": None},
    "ordered": "2026-03-18",
    "total": 120.5,
    "paid": False,
    "tags": ["gift"],
    "remarks": ["ring first", "back door"],
    "lines": [{"article": "lamper", "pieces": 2, "kind": "used"}, {"article": "stol", "pieces": 1, "kind": None}],
    "deep": [[1], [2, 3]],
}


def answer(name, kind, value, about=".document", **more):
    return {"id": f"a_{name}", "from_name": name, "to_name": about, "type": kind, "value": value, **more}


def span(name, start, quoted, label, length=None):
    value = {"start": start, "end": start + (length or len(quoted)), "text": quoted, "labels": [label]}
    return {"id": name, "from_name": ".evidence", "to_name": ".document", "type": "labels", "value": value}


def annotation(*results, **more):
    return {
        "id": 1, "completed_by": 1, "result": [*results], "was_cancelled": False, "ground_truth": False,
        "updated_at": "2026-11-28T10:00:00Z", "lead_time": 12.0, "parent_prediction": None, **more,
    }  # fmt: skip


def exported(*annotations, text=TEXT, task=1, **more):
    data = {"text": text, "document_id": f"order-{task}", **more.pop("data", {})}
    return {"id": task, "data": data, "meta": {}, "annotations": [*annotations], "drafts": [], **more}
