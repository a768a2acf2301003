"""Recovery on a real server: what was cut goes on, what failed is asked for alone, what is held to a schema fits."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime
from typing import Annotated, Any, Literal

import pytest
from pydantic import AfterValidator, BaseModel, Field

from langchain_nuextract import ChatNuExtract, Extraction, InvalidExtraction, NuExtractor, RecoveryPolicy
from langchain_nuextract.dialects import dialect_named
from tests.integration_tests.vllm.server import Server

pytestmark = pytest.mark.vllm

TEAM = "The team: Anna, Bert, Carl, Dora, Emil, Fritz, Gerda, Hans, Ida, Jan, Karl, Lena"
BILL = "Maison Dupont, Lyon, France: 2 hammers at 12.50 EUR, 1 saw at 20.00 EUR, 3 nails at 0.10 EUR. Paid."

FREE = replace(dialect_named("instruct"), constrained=False)
"""The tiny model copies a list when it is asked in words; held to a grammar, it could not be continued."""


def extractor(server: Server, schema: Any, *, max_tokens: int = 200, **settings: Any) -> NuExtractor[Any]:
    llm = ChatNuExtract(model=server.models[0], base_url=server.url, temperature=0, max_tokens=max_tokens)
    return NuExtractor(schema, llm=llm, **settings)


def names(server: Server, max_tokens: int) -> Extraction[Any]:
    policy = RecoveryPolicy(max_calls=20)
    extract = extractor(server, {"names": ["string"]}, max_tokens=max_tokens, dialect=FREE, recovery=policy)
    return extract.detailed.invoke(TEAM)


def test_a_tight_limit_gives_what_one_uncut_call_gives(nuextract2: Server) -> None:
    whole, continued = names(nuextract2, 120), names(nuextract2, 20)
    assert len(whole.value["names"]) >= 8
    assert continued.value == whole.value
    assert [attempt.kind for attempt in whole.attempts] == ["plain"]
    assert {attempt.kind for attempt in continued.attempts[1:]} == {"continued"}
    assert whole.raw.startswith(continued.raw)


def test_a_grammar_begins_anew_so_the_rest_is_asked_for_without(nuextract2: Server) -> None:
    template = {"names": ["string"]}
    policy = RecoveryPolicy(max_calls=8)
    extract = extractor(nuextract2, template, max_tokens=24, dialect="instruct", recovery=policy)
    details = extract.detailed.invoke(TEAM)
    assert details.attempts[0].kind == "constrained"
    assert details.attempts[1].kind == "continued"
    assert not details.attempts[1].reply.text.lstrip().startswith("{")
    assert details.value["names"][:3] == ["Anna", "Bert", "Carl"]


def refuse(said: int | None) -> int | None:
    raise ValueError(f"not {said}")


class Address(BaseModel):
    region: Literal["north", "south"] | None = None
    country: Literal["FR", "DE", "PL"] | None = None


class Bill(BaseModel):
    paid: bool | None = None
    seller: Address
    buyer: Address
    lines: Annotated[list[Annotated[int, Field()]], Field(max_length=3)]
    total: Annotated[int | None, AfterValidator(refuse)]


def test_asking_for_one_field_costs_less_than_asking_for_all(nuextract2: Server) -> None:
    policy = RecoveryPolicy(max_calls=2)
    with pytest.raises(InvalidExtraction) as caught:
        extractor(nuextract2, Bill, dialect="instruct", recovery=policy).invoke(BILL)
    whole, part = (attempt.reply.usage for attempt in caught.value.attempts)  # type: ignore[attr-defined]
    print(f"\nall fields: {whole.input_tokens} tokens in, {whole.output_tokens} out")  # noqa: T201
    print(f"the failed one: {part.input_tokens} tokens in, {part.output_tokens} out")  # noqa: T201
    assert part.input_tokens < whole.input_tokens
    assert part.output_tokens < whole.output_tokens


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
"""What may be missing in part: with the template of 2.0 the model says enough of its own accord, and is not held."""


def outcomes(server: Server, cases: list[tuple[type[BaseModel], str]]) -> list[Extraction[Any] | InvalidExtraction]:
    """What comes of each nested schema, one after the other: side by side they would be computed in other batches."""
    ended: list[Extraction[Any] | InvalidExtraction] = []
    # It is told not to echo type names once it is known to be vLLM.
    extractor(server, Party).llm.invoke("Hello.", max_tokens=1)
    for schema, text in cases:
        try:
            ended.append(extractor(server, schema, max_tokens=300).detailed.invoke(text))
        except InvalidExtraction as error:
            ended.append(error)
    return ended


def test_nested_schemas_end_valid_on_the_last_rung(servers: dict[str, Server]) -> None:
    cases = {"2": NESTED, "3": [*OPTIONAL, *NESTED]}
    with ThreadPoolExecutor() as pool:
        both = list(pool.map(outcomes, (servers[name] for name in cases), cases.values()))
    for generation, ended in zip(cases, both, strict=True):
        kinds = [[attempt.kind for attempt in each.attempts] for each in ended]
        for (schema, _), asked in zip(cases[generation], kinds, strict=True):
            print(f"\n{generation}: {schema.__name__}: {', '.join(asked)}", end="")  # noqa: T201
        assert any("constrained" in asked for asked in kinds)
        assert [each for each in ended if isinstance(each, InvalidExtraction)] == []
