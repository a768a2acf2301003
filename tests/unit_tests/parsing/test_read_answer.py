import pickle

import pytest
from pydantic import BaseModel

from langchain_nuextract.dialects import dialect_named
from langchain_nuextract.parsing import read_answer
from langchain_nuextract.schema.target import Target


class Invoice(BaseModel):
    vendor: str
    total: float | None = None
    tags: list[str] = []


REPLY = 'Sure: {"Vendor": "ACME", "total": "1.580,22 €", "tags": ["x", "y'


@pytest.mark.parametrize(("dialect", "total"), [("1.5", "1.580,22 €"), ("2.0", 1580.22), ("3", 1580.22)])
def test_a_reply_is_read_in_the_vocabulary_of_its_dialect(dialect: str, total: str | float):
    reading = read_answer(REPLY, Target.of(Invoice), dialect=dialect_named(dialect))
    assert reading.value == {"vendor": "ACME", "total": total, "tags": ["x"]}
    assert set(reading.incomplete) == {("tags",), ("tags", 1)}


def test_a_reading_can_be_pickled():
    reading = read_answer(REPLY, Target.of(Invoice))
    assert pickle.loads(pickle.dumps(reading)) == reading
