"""Values that cannot be what they were asked for as, against a fake endpoint: asked for again, then reported."""

import json
from typing import Annotated

import pytest
from pydantic import BaseModel

from langchain_nuextract import InvalidExtraction, NuExtractor, NuType, RecoveryPolicy
from langchain_nuextract.testing import FakeEndpoint


class Payment(BaseModel):
    payer: str
    country: Annotated[str | None, NuType("country")] = None
    iban: Annotated[str | None, NuType("iban")] = None


TEXT = "The Museum in Germany pays to DE89 3704 0044 0532 0130 00."
RIGHT = {"payer": "Museum", "country": "DE", "iban": "DE89370400440532013000"}
WRONG = {"payer": "Museum", "country": "XQ", "iban": "DE89370400440532013001"}


def extractor(endpoint: FakeEndpoint, **settings: object) -> NuExtractor[Payment]:
    return NuExtractor(Payment, **{"model": "numind/NuExtract3", "base_url": endpoint.url, **settings})


def test_only_what_is_impossible_is_asked_for_again() -> None:
    with FakeEndpoint(WRONG, {"country": "DE", "iban": RIGHT["iban"]}) as endpoint:
        details = extractor(endpoint).detailed.invoke(TEXT)
    assert details.value == Payment(**RIGHT)
    assert [attempt.kind for attempt in details.attempts] == ["plain", "narrowed"]
    assert [problem.path for problem in details.attempts[0].problems] == [("country",), ("iban",)]
    asked = json.loads(endpoint.requests[1].body["chat_template_kwargs"]["template"])
    assert asked == {"country": "country", "iban": "iban"}


def test_what_stays_impossible_is_a_problem() -> None:
    with FakeEndpoint(WRONG) as endpoint, pytest.raises(InvalidExtraction) as caught:
        extractor(endpoint).invoke(TEXT)
    assert [str(problem) for problem in caught.value.problems] == [
        "expected a country code (ISO 3166-1 alpha-2), got 'XQ' @ $.country",
        "expected an IBAN, got 'DE89370400440532013001' @ $.iban",
    ]
    assert caught.value.partial == WRONG
    assert len(endpoint.requests) == RecoveryPolicy().max_calls


def test_what_stays_impossible_is_left_out_of_a_partial_value() -> None:
    with FakeEndpoint({**RIGHT, "iban": WRONG["iban"]}) as endpoint:
        details = extractor(endpoint, recovery=RecoveryPolicy(on_failure="partial")).detailed.invoke(TEXT)
    assert details.value == Payment(payer="Museum", country="DE")
    assert [problem.path for problem in details.problems] == [("iban",)]


@pytest.mark.parametrize("dialect", ["nuextract-2.0", "embedded"])
def test_a_model_without_the_type_is_not_held_to_it(dialect: str) -> None:
    with FakeEndpoint({"payer": "Museum", "country": "Germany", "iban": RIGHT["iban"]}) as endpoint:
        details = extractor(endpoint, dialect=dialect).detailed.invoke(TEXT)
    assert details.value.country == "Germany"
    assert len(details.attempts) == 1
