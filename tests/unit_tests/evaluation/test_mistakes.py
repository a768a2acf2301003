"""What people get wrong when they evaluate is told with what to do, before any model is asked."""

import datetime as dt

import pytest
from pydantic import BaseModel

from langchain_nuextract.errors import EvaluationError
from langchain_nuextract.evaluation import Gold, compare, evaluate


class Permit(BaseModel):
    holder: str | None = None
    expires: dt.date | None = None


ROWS = [{"id": "p1", "text": "Held by Ada until 3 May 2031.", "expected": {"holder": "Ada", "expires": "3 May 2031"}}]
RIGHT = {"p1": Permit(holder="Ada", expires=dt.date(2031, 5, 3))}


def gold():
    return Gold.from_rows(ROWS, Permit)


@pytest.mark.parametrize(
    ("call", "kind", "told"),
    [
        (
            lambda: evaluate(RIGHT, gold(), compar={}),
            TypeError,
            "no setting 'compar': did you mean compare?",
        ),
        (
            lambda: evaluate(RIGHT, gold(), missing="ignore"),
            ValueError,
            "must be one of 'fail', 'zero', 'skip'",
        ),
        (lambda: evaluate(RIGHT, gold(), reading="repair"), ValueError, "did you mean 'repaired'?"),
        (lambda: evaluate(RIGHT, gold(), compare="exact"), TypeError, "compare must be rules by path"),
        (lambda: evaluate(RIGHT, "gold.jsonl"), TypeError, "expected a gold, got str: Gold.from_jsonl(…) reads one"),
        (lambda: compare("base", "tuned"), TypeError, "compare takes evaluations, which evaluate(…) makes, not str"),
        (lambda: compare(evaluate(RIGHT, gold()), resample="group"), ValueError, "did you mean 'groups'?"),
        (lambda: Gold.from_rows(ROWS[0], Permit), EvaluationError, "gold line 1: expected a dict with `id`"),
        (lambda: Gold.from_rows([("p1", {})], Permit), EvaluationError, "gold line 1: expected a dict with `id`"),
        (lambda: Gold.from_jsonl(Permit, "gold.jsonl"), TypeError, "from_jsonl takes a file and then a schema"),
    ],
)
def test_a_mistake_is_told_with_what_to_do(call, kind, told):
    with pytest.raises(kind) as raised:
        call()
    assert told in str(raised.value)


@pytest.mark.parametrize(
    "predictions",
    [RIGHT, [{"id": "p1", "value": RIGHT["p1"]}], {"p1": {"holder": "Ada", "expires": dt.date(2031, 5, 3)}}],
    ids=["by id", "in rows", "with a date"],
)
def test_predictions_may_be_objects_of_the_users_types(predictions):
    assert evaluate(predictions, gold()).exact_match == 1.0
