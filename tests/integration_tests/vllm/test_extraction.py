"""From a schema and a document to a validated object, through a real server.

The model is far too small to be right. So these tests ask what holds whatever it writes: requests arrive unchanged,
what comes back is valid, and nothing is passed off as read.
"""

import re
from typing import Annotated, Any, Literal

import jsonschema
import pytest
from pydantic import BaseModel, Field

from langchain_nuextract import ChatNuExtract, Example, Extraction, NuExtractor, Target
from langchain_nuextract.client.request_body import arguments
from langchain_nuextract.dialects import dialect_named
from langchain_nuextract.dialects.dialect import Dialect
from langchain_nuextract.dialects.messages import Request
from langchain_nuextract.documents.read import read
from langchain_nuextract.engine.flow import extract
from langchain_nuextract.engine.options import ExtractionOptions
from langchain_nuextract.engine.plan import plan_for
from langchain_nuextract.errors import ContextOverflow, UnknownModel
from langchain_nuextract.parsing import read_answer
from tests.integration_tests.vllm.server import CONTEXT, Server

pytestmark = pytest.mark.vllm

DIALECTS = ["1", "1.5", "2.0", "2.0-inline", "3", "3-inline", "instruct"]
DOCUMENT = "Maison Dupont, Lyon, France: 2 hammers at 12.50 EUR, 1 saw at 20.00 EUR. Paid."


# No free text: the tiny model goes in circles in it until the last token.
class Address(BaseModel):
    region: Literal["north", "south"] | None = None
    country: Literal["FR", "DE", "PL"] | None = Field(default=None, description="where the seller is")


class Seller(BaseModel):
    kind: Literal["shop", "person"] | None = None
    address: Address


class Line(BaseModel):
    article: Literal["hammer", "saw", "nail"] | None = None
    quantity: Literal["1", "2", "3"] | None = None


class Invoice(BaseModel):
    paid: bool | None = None
    seller: Seller
    lines: Annotated[list[Line], Field(max_length=2)]


class Payment(BaseModel):
    country: Literal["FR", "DE", "PL"] | None = None
    paid: bool | None = None


EXAMPLES = (Example("Unpaid. Hof, Köln.", {"seller": {"kind": "shop", "address": {"country": "DE"}}, "lines": []}),)


@pytest.fixture(params=DIALECTS)
def dialect(request: pytest.FixtureRequest) -> Dialect:
    return dialect_named(request.param)


@pytest.fixture
def server(servers: dict[str, Server], dialect: Dialect) -> Server:
    """The server on which a model of this dialect runs."""
    return servers["3" if "3" in dialect.name else "2"]


def llm_on(server: Server, **settings: Any) -> ChatNuExtract:
    defaults = {"model": server.models[0], "base_url": server.url, "seed": 1, "max_tokens": 300, "timeout": 300}
    return ChatNuExtract(**{**defaults, **settings})


def extractor(server: Server, schema: type[BaseModel], **settings: Any) -> NuExtractor[Any]:
    return NuExtractor(schema, llm=llm_on(server), **settings)


def first_request(dialect: Dialect) -> Request:
    """What an extractor with an example sends first."""
    examples = EXAMPLES if dialect.takes_examples else ()
    (request,) = next(
        extract(plan_for(Target.of(Invoice), dialect, ExtractionOptions(examples=examples)), read(DOCUMENT))
    )
    return request


def test_a_request_reaches_the_model_through_langchain_as_it_was_phrased(dialect: Dialect, server: Server) -> None:
    request, llm = first_request(dialect), llm_on(server)
    asked = {**arguments(request, llm), "max_tokens": 1}
    usage = llm.invoke([dict(message) for message in request.messages], **asked).usage_metadata
    assert usage is not None
    assert usage["input_tokens"] == server.post(request, max_tokens=1)["usage"]["prompt_tokens"]


def constrained(dialect: Dialect) -> Request:
    """What an extractor sends when it holds the decoding to the schema."""
    return dialect.phrase(plan_for(Target.of(Invoice), dialect).task(read(DOCUMENT), "constrained"))


@pytest.mark.parametrize("name", ["2.0", "2.0-inline", "3", "3-inline", "instruct"])
def test_a_constrained_answer_is_an_object_of_the_nested_schema(servers: dict[str, Server], name: str) -> None:
    target, dialect = Target.of(Invoice), dialect_named(name)
    server = servers["3" if "3" in name else "2"]
    [choice] = server.post(constrained(dialect), max_tokens=300, temperature=0)["choices"]
    answer = read_answer(choice["text"] if "text" in choice else choice["message"]["content"], target, dialect=dialect)
    if choice["finish_reason"] == "length":
        # The tiny model may write items or blanks until the last token; so far they are what was asked for.
        assert {*answer.value} <= {*Invoice.model_fields}
        return
    assert choice["finish_reason"] == "stop"
    assert not answer.problems
    jsonschema.validate(answer.value, target.answer_schema_for(dialect))
    assert isinstance(target.validate(target.lift(answer.value)), Invoice)


@pytest.mark.parametrize("name", ["1", "1.5"])
def test_a_constrained_answer_of_texts_keeps_to_the_fields(nuextract2: Server, name: str) -> None:
    """Nothing but free text can be asked of these generations, and the tiny model never ends one."""
    [choice] = nuextract2.post(constrained(dialect_named(name)), max_tokens=16)["choices"]
    assert re.match(r'\s*\{\s*"paid"\s*:\s*(null|")', choice["text"])


@pytest.mark.parametrize("generation", ["2", "3"])
def test_the_example_and_the_description_are_in_the_prompt(servers: dict[str, Server], generation: str) -> None:
    request = first_request(dialect_named(generation))
    prompt = servers[generation].post(request, return_prompt_text=True, max_tokens=1)["prompt_text"]
    example = '{"paid": null, "seller": {"kind": "shop", "address": {"region": null, "country": "DE"}}, "lines": []}'
    assert prompt.index("Unpaid. Hof, Köln.") < prompt.index(example) < prompt.index(DOCUMENT)
    assert ("$.seller.address.country: where the seller is" in prompt) == (generation == "3")


def test_an_object_comes_out_and_its_history_tells_how(nuextract2: Server) -> None:
    extraction = extractor(nuextract2, Payment, dialect="instruct").detailed.invoke(DOCUMENT)
    assert isinstance(extraction.value, Payment)
    assert [attempt.kind for attempt in extraction.attempts] == ["constrained"]
    assert extraction.model == nuextract2.models[0]
    assert extraction.usage.input_tokens > 0
    assert extraction.usage.output_tokens > 0
    assert extraction.seconds > 0


def test_an_unusable_answer_is_asked_for_again_until_it_is_an_object(nuextract3: Server) -> None:
    extraction = extractor(nuextract3, Payment).detailed.invoke(DOCUMENT)
    assert isinstance(extraction.value, Payment)
    assert extraction.attempts[0].kind == "plain"
    # Whatever the tiny model says, what was not taken had a problem, and the next attempt was made for that.
    *failed, last = extraction.attempts
    assert all(attempt.problems for attempt in failed)
    assert not last.problems


async def test_an_object_comes_out_of_a_thinking_model_that_only_thinks(nuextract3: Server) -> None:
    extraction = await extractor(nuextract3, Payment, thinking=True).detailed.ainvoke(DOCUMENT)
    assert isinstance(extraction.value, Payment)
    for attempt in extraction.attempts:
        thinks = attempt.request.body["chat_template_kwargs"]["enable_thinking"]
        assert thinks == ("response_format" not in attempt.request.body and attempt.kind != "continued")


def documents(count: int) -> list[str]:
    return [f"Bill {number}: France. Paid." for number in range(count)]


def check(extractions: list[Extraction[Payment]]) -> None:
    """Every document has its own extraction, in order."""
    assert [extraction.document.text for extraction in extractions] == documents(16)
    assert all(isinstance(extraction.value, Payment) for extraction in extractions)
    for extraction in extractions:
        assert extraction.document.text in str(extraction.attempts[0].request.messages)
        for found in extraction.evidence:
            assert extraction.document.text[found.span.start : found.span.end] == found.quotation


def test_sixteen_documents_at_once(nuextract2: Server) -> None:
    extracting = extractor(nuextract2, Payment, dialect="instruct").detailed
    check(extracting.batch(documents(16), {"max_concurrency": 16}))


async def test_sixteen_documents_at_once_async(nuextract2: Server) -> None:
    extracting = extractor(nuextract2, Payment, dialect="instruct").detailed
    check(await extracting.abatch(documents(16), {"max_concurrency": 16}))


def test_a_document_beyond_the_context_tells_the_limit(dialect: Dialect, server: Server) -> None:
    with pytest.raises(ContextOverflow) as caught:
        extractor(server, Invoice, dialect=dialect).invoke(DOCUMENT * (CONTEXT // 10))
    assert caught.value.limit == CONTEXT


def test_a_model_that_is_not_served_is_named_with_those_that_are(nuextract2: Server) -> None:
    with pytest.raises(UnknownModel) as caught:
        NuExtractor(Invoice, model="numind/NuExtract-2.0-8B", base_url=nuextract2.url).invoke(DOCUMENT)
    assert set(caught.value.models) == set(nuextract2.models)
