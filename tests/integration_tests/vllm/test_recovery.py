"""Recovery on a real server: what was cut goes on, what failed is asked for alone, what is held to a schema fits.

What the tiny model writes differs from processor to processor, for sums are rounded in another order. So these tests
ask what holds whatever it writes, or hold it to a grammar that leaves it no choice.
"""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime
from typing import Annotated, Any, Literal, TypeAlias

import jsonschema
import pytest
from pydantic import AfterValidator, BaseModel, Field

from langchain_nuextract import (
    ChatNuExtract,
    Extraction,
    ExtractionError,
    InvalidExtraction,
    NuExtractor,
    RecoveryPolicy,
)
from langchain_nuextract.dialects import dialect_named
from langchain_nuextract.engine.continuation import ends_inside_value, resume_point
from langchain_nuextract.engine.result import Attempt
from tests.integration_tests.vllm.server import Server

pytestmark = pytest.mark.vllm

TEAM = "The team: Anna, Bert, Carl, Dora, Emil, Fritz, Gerda, Hans, Ida, Jan, Karl, Lena"
BILL = "Maison Dupont, Lyon, France: 2 hammers at 12.50 EUR, 1 saw at 20.00 EUR, 3 nails at 0.10 EUR. Paid."

FREE = replace(dialect_named("instruct"), constrained=False)
"""The tiny model copies a list when it is asked in words; held to a grammar, it could not be continued."""


def extractor(
    server: Server, schema: Any, *, max_tokens: int = 200, regex: str = "", **settings: Any
) -> NuExtractor[Any]:
    body = {"structured_outputs": {"regex": regex}} if regex else {}
    llm = ChatNuExtract(
        model=server.models[0], base_url=server.url, temperature=0, max_tokens=max_tokens, extra_body=body
    )
    return NuExtractor(schema, llm=llm, **settings)


Ended: TypeAlias = Extraction[Any] | ExtractionError
"""What comes of a document. Which of both it is depends on what the tiny model writes, and so on the processor."""


def ended(extract: NuExtractor[Any], text: str) -> Ended:
    try:
        return extract.detailed.invoke(text)
    except ExtractionError as error:
        return error


def kinds(outcome: Ended) -> list[str]:
    return [attempt.kind for attempt in outcome.attempts]


def texts(outcome: Ended) -> set[str]:
    if isinstance(outcome, Extraction):
        return set(outcome.value["names"])
    return set(outcome.partial.get("names") or []) if isinstance(outcome, InvalidExtraction) else set()


@pytest.mark.parametrize("limit", [12, 20, 31])
def test_a_cut_answer_is_made_of_values_that_were_written_as_a_whole(nuextract2: Server, limit: int) -> None:
    policy = RecoveryPolicy(max_calls=20)
    extract = extractor(nuextract2, {"names": ["string"]}, max_tokens=limit, dialect=FREE, recovery=policy)
    outcome = ended(extract, TEAM)
    print(f"\n{limit} tokens a reply: {', '.join(kinds(outcome))}: {sorted(texts(outcome))}")  # noqa: T201
    first = outcome.attempts[0].reply
    assert "continued" in kinds(outcome) or first.finish_reason != "length" or '["' not in first.text
    written = [attempt.reply.text for attempt in outcome.attempts]
    for name in texts(outcome):
        assert any(json.dumps(name, ensure_ascii=False) in reply for reply in written) or name in TEAM
    for attempt, before in zip(outcome.attempts[1:], outcome.attempts, strict=False):
        if ends_inside_value(attempt.request.before):
            # Only a value of which a reply could not hold the whole is joined.
            assert resume_point(attempt.request.before, "") == before.request.before


class Choice(BaseModel):
    first: Literal["the hammer of Maison Dupont in Lyon", "the saw of Maison Dupont in Lyon"]
    second: Literal["two hammers and one saw and three nails", "three nails and one saw and two hammers"]


def test_a_grammar_begins_anew_so_the_rest_is_asked_for_without(nuextract2: Server) -> None:
    """Held to two long labels, the model cannot end within the limit, whatever it would rather write."""
    policy = RecoveryPolicy(max_calls=2)
    outcome = ended(extractor(nuextract2, Choice, max_tokens=24, dialect="instruct", recovery=policy), BILL)
    assert kinds(outcome) == ["constrained", "continued"]
    first, rest = outcome.attempts
    assert "response_format" in first.request.body
    assert "response_format" not in rest.request.body
    assert rest.request.before == first.reply.text[: len(rest.request.before)] != ""
    assert not ends_inside_value(rest.request.before)


def refuse(said: str | None) -> str | None:
    raise ValueError(f"not {said}")


class Address(BaseModel):
    region: Literal["north", "south"] | None = None
    country: Literal["FR", "DE", "PL"] | None = None


class Bill(BaseModel):
    paid: bool | None = None
    seller: Address
    buyer: Address
    total: Annotated[Literal["35", "45"] | None, AfterValidator(refuse)]


PARTIES = r'"seller": \{"region": null, "country": "FR"\}, "buyer": \{"region": null, "country": "DE"\}'
WHOLE = rf'\{{"paid": true, {PARTIES}, "total": "[34]5"\}}'


def test_asking_for_one_field_costs_less_than_asking_for_all(nuextract2: Server) -> None:
    policy = RecoveryPolicy(max_calls=2)
    outcome = ended(extractor(nuextract2, Bill, dialect=FREE, regex=WHOLE, recovery=policy), BILL)
    assert kinds(outcome) == ["plain", "narrowed"]
    whole, part = outcome.attempts
    print(f"\nall fields: {whole.reply.usage}")  # noqa: T201
    print(f"the failed one: {part.reply.usage}")  # noqa: T201
    assert part.reply.usage.input_tokens < whole.reply.usage.input_tokens
    for name, is_asked_again in (("total", True), ("seller", False), ("buyer", False)):
        assert name in str(whole.request.messages)
        assert (name in str(part.request.messages)) == is_asked_again


def schema_of(attempt: Attempt) -> Any:
    """The schema that the decoding was held to."""
    return attempt.request.body["response_format"]["json_schema"]["schema"]


class Line(BaseModel):
    article: Literal["hammer", "saw", "nail"]
    quantity: int = Field(ge=-(10**30))
    returned: bool | None = None


class Order(BaseModel):
    seller: Address
    lines: Annotated[list[Line], Field(max_length=2)]


class Pair(BaseModel):
    first: Order
    second: Order | None = None
    tags: Annotated[list[Literal["new", "old"]], Field(max_length=3)]


class Party(BaseModel):
    name: Annotated[str, Field(min_length=2)]
    city: str


class Item(BaseModel):
    article: Annotated[str, Field(min_length=2)]
    quantity: Annotated[int, Field(ge=1)]
    price: float


class Invoice(BaseModel):
    number: Annotated[str, Field(pattern=r"^[A-Z]{2}-\d{4}$")]
    issued: date
    seller: Party
    lines: Annotated[list[Item], Field(min_length=1, max_length=4)]
    total: Annotated[float, Field(ge=0)]
    currency: Literal["EUR", "USD"]


class Staff(BaseModel):
    name: Annotated[str, Field(min_length=2)]
    role: Literal["chef", "waiter", "owner"]


class Office(BaseModel):
    city: Annotated[str, Field(min_length=2)]
    staff: Annotated[list[Staff], Field(max_length=3)]


class Company(BaseModel):
    name: str
    offices: Annotated[list[Office], Field(min_length=1, max_length=3)]


class Home(BaseModel):
    street: str
    postcode: Annotated[str, Field(pattern=r"^\d{5}$")]
    city: str
    country: Literal["DE", "FR"]


class Person(BaseModel):
    name: Annotated[str, Field(min_length=3)]
    born: date
    home: Home
    languages: Annotated[list[str], Field(min_length=1, max_length=4)]


class Talk(BaseModel):
    title: Annotated[str, Field(max_length=60)]
    speaker: Party
    begins: datetime


class Program(BaseModel):
    event: str
    talks: Annotated[list[Talk], Field(min_length=1, max_length=3)]


NESTED: list[tuple[type[BaseModel], str]] = [
    (Party, "Seller: Maison Dupont in Lyon"),
    (
        Invoice,
        "Invoice AB-1234 of 2024-03-05. Maison Dupont, Lyon. 2 hammers at 12.50, 1 saw at 20.00. Total 45.00 EUR.",
    ),
    (Company, "Gasthof Adler has two offices. Bern: Anna (chef), Bert (waiter). Basel: Carl (owner)."),
    (Person, "Eva Roth, born 1980-02-03, lives at Hauptstrasse 5, 10115 Berlin, DE. She speaks German and Polish."),
    (Program, "Museum Night. 'Clocks of Geneva' by Anna Roth, Bern, 2024-05-01T18:00:00."),
]
"""Texts, numbers, dates and patterns that must be there, in objects and lists of objects."""

OPTIONAL: list[tuple[type[BaseModel], str]] = [(Order, BILL), (Pair, BILL)]
"""What may be missing in part."""


def outcomes(server: Server, cases: list[tuple[type[BaseModel], str]]) -> list[Ended]:
    # It is told not to echo type names once it is known to be vLLM.
    extractor(server, Party).llm.invoke("Hello.", max_tokens=1)
    return [ended(extractor(server, schema, max_tokens=300), text) for schema, text in cases]


def test_nested_schemas_end_valid_or_with_every_strategy_tried(servers: dict[str, Server]) -> None:
    cases = [*OPTIONAL, *NESTED]
    with ThreadPoolExecutor() as pool:
        both = list(pool.map(outcomes, (servers[name] for name in ("2", "3")), (cases, cases)))
    for outcome, (schema, _) in zip([*both[0], *both[1]], cases * 2, strict=True):
        print(f"\n{schema.__name__}: {type(outcome).__name__} after {', '.join(kinds(outcome))}", end="")  # noqa: T201
        if isinstance(outcome, Extraction):
            assert type(outcome.value) is schema
            assert [bool(attempt.problems) for attempt in outcome.attempts] == [True] * (len(outcome.attempts) - 1) + [
                False
            ]
        else:
            assert not isinstance(outcome, InvalidExtraction) or outcome.problems
            assert "constrained" in kinds(outcome) or len(outcome.attempts) == RecoveryPolicy().max_calls
        check_constrained(outcome)


def check_constrained(outcome: Ended) -> None:
    """What was held to a schema satisfies it, unless it was cut off."""
    for attempt in outcome.attempts:
        if "response_format" in attempt.request.body and attempt.reply.finish_reason == "stop":
            jsonschema.validate(json.loads(attempt.reply.text or attempt.reply.reasoning), schema_of(attempt))


class Never(BaseModel):
    """No answer is admitted, so that every strategy has its turn."""

    paid: Literal["yes", "no"] | None = None
    total: Annotated[Literal["35", "45"] | None, AfterValidator(refuse)]


@pytest.mark.parametrize("generation", ["2", "3"])
def test_an_answer_that_no_strategy_mends_was_held_to_the_schema_in_between(
    servers: dict[str, Server], generation: str
) -> None:
    outcome = ended(extractor(servers[generation], Never, max_tokens=100), BILL)
    assert isinstance(outcome, InvalidExtraction)
    assert "constrained" in kinds(outcome)
    assert any(problem.path == ("total",) for problem in outcome.problems)
    check_constrained(outcome)
