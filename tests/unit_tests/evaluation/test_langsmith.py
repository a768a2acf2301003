"""LangSmith's own `evaluate`, offline."""

import warnings
from datetime import UTC, datetime
from uuid import UUID

import pytest
from langsmith import Client, evaluate
from langsmith.schemas import Example
from pydantic import BaseModel

from langchain_nuextract.evaluation.langsmith import evaluators, summary_evaluators


class Ticket(BaseModel):
    buyer: str | None = None
    seats: int | None = None


def test_a_document_is_judged_field_by_field():
    [judge] = evaluators(Ticket, {"$.buyer": "levenshtein"})
    found = judge(outputs={"buyer": "Ida", "seats": 3}, reference_outputs={"expected": {"buyer": "Ida", "seats": "2"}})
    scores = {each["key"]: each["score"] for each in found}
    assert scores == {"exact_match": 0.5, "precision": 0.5, "recall": 0.5, "field.buyer": 1.0, "field.seats": 0.0}
    assert found[0]["comment"] == "$.seats: wrong"


@pytest.mark.parametrize("outputs", [None, {"output": "I do not know."}, {"output": None}])
def test_nothing_is_judged_as_missed(outputs):
    [judge] = evaluators(Ticket)
    found = judge(outputs=outputs, reference_outputs={"buyer": "Ida", "seats": 2})
    assert {each["key"]: each["score"] for each in found}["recall"] == 0


def test_langsmith_takes_the_evaluators_without_a_server(capsys):
    now = datetime(2026, 1, 1, tzinfo=UTC)
    ids = [UUID(int=number) for number in (1, 2, 3)]
    rows = [("Ida, 2", {"buyer": "Ida", "seats": 2}), ("Bo, 1", {"buyer": "Bo", "seats": 2})]
    examples = [
        Example(id=id_, dataset_id=ids[2], created_at=now, inputs={"text": text}, outputs=expected)
        for id_, (text, expected) in zip(ids, rows, strict=False)
    ]

    def read(inputs):
        buyer, seats = inputs["text"].split(", ")
        return {"output": Ticket(buyer=buyer, seats=int(seats))}

    with warnings.catch_warnings():
        # It says that offline runs are new, and that nobody answers.
        warnings.simplefilter("ignore")
        results = evaluate(
            read,
            data=examples,
            evaluators=evaluators(Ticket),
            summary_evaluators=summary_evaluators(Ticket),
            upload_results=False,
            client=Client(api_url="http://127.0.0.1:9", api_key="x", info={}),
        )
        rows = list(results)
    scores = sorted(
        next(each.score for each in row["evaluation_results"]["results"] if each.key == "exact_match") for row in rows
    )
    assert scores == [0.5, 1.0]
    summary = {each.key: each.score for each in results._summary_results["results"]}
    assert summary == {"exact_match": 0.75, "f1": 0.75, "readable": 1.0}
