"""Recovery on a real server: what was cut goes on, what failed is asked for alone, what is held to a schema fits."""

from dataclasses import replace
from typing import Annotated, Any, Literal

import pytest
from pydantic import AfterValidator, BaseModel, Field

from langchain_nuextract import ChatNuExtract, Extraction, InvalidExtraction, NuExtractor, RecoveryPolicy
from langchain_nuextract.dialects import dialect_named
from tests.vllm.server import Server

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


class Orders(BaseModel):
    urgent: bool | None = None
    orders: Annotated[list[Order], Field(max_length=2)]


class Pair(BaseModel):
    first: Order
    second: Order | None = None
    tags: Annotated[list[Literal["new", "old"]], Field(max_length=3)]


@pytest.mark.parametrize("schema", [Order, Orders, Pair])
@pytest.mark.parametrize("generation", ["2", "3"])
def test_nested_schemas_end_valid_on_the_last_rung(
    servers: dict[str, Server], schema: type[BaseModel], generation: str
) -> None:
    details = extractor(servers[generation], schema, max_tokens=400).detailed.invoke(BILL)
    assert isinstance(details.value, schema)
    # With the template of 2.0 it says something of its own accord, and that may do where all may be missing.
    assert details.attempts[-1].kind == "constrained" or generation == "2"
    assert details.attempts[-1].problems == ()
