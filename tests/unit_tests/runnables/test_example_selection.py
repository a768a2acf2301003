"""Examples chosen for each document: what is asked of the selector, and what is sent."""

import asyncio
import json
import pickle
from typing import Any

import pytest
from langchain_core.documents import Document
from langchain_core.embeddings import DeterministicFakeEmbedding
from langchain_core.example_selectors import (
    LengthBasedExampleSelector,
    MaxMarginalRelevanceExampleSelector,
    SemanticSimilarityExampleSelector,
)
from langchain_core.example_selectors.base import BaseExampleSelector
from langchain_core.prompts import PromptTemplate
from langchain_core.runnables import ConfigurableField
from langchain_core.vectorstores import InMemoryVectorStore
from pydantic import BaseModel

from langchain_nuextract import Example, Image, InvalidValue, NuExtractor, UnsupportedTask
from langchain_nuextract.testing import FakeEndpoint

ANSWER = {"payer": "Museum of Bread", "amount": 12.5}
PAIRS = [
    {"input": f"{payer} pays {amount} euros.", "output": json.dumps({"payer": payer, "amount": amount})}
    for payer, amount in (("North Mill", 10.5), ("South Mill", 20.5), ("East Mill", 30.5), ("West Mill", 40.5))
]
TEXT = "The Museum of Bread pays 12.50 euros."


class Payment(BaseModel):
    payer: str | None
    amount: float | None


class First(BaseExampleSelector):
    """Gives some examples whatever the document, and remembers what it was asked."""

    def __init__(self, *examples: Any) -> None:
        self.examples = [*examples]
        self._asked: list[dict[str, str]] = []

    @property
    def asked(self) -> list[dict[str, str]]:
        """What it was asked, in order."""
        return self._asked

    def add_example(self, example: dict[str, str]) -> None:
        self.examples.append(example)

    def select_examples(self, input_variables: dict[str, str]) -> list[dict[str, Any]]:
        self._asked.append(input_variables)
        return self.examples


def length_based() -> LengthBasedExampleSelector:
    prompt = PromptTemplate.from_template("{input}\n{output}")
    return LengthBasedExampleSelector(examples=PAIRS, example_prompt=prompt, max_length=27)


def similar(kind: Any = SemanticSimilarityExampleSelector) -> Any:
    embedding = DeterministicFakeEmbedding(size=16)
    return kind.from_examples(PAIRS, embedding, InMemoryVectorStore, k=2, input_keys=["input"])


def extractor(endpoint: FakeEndpoint, examples: Any, **settings: Any) -> NuExtractor[Payment]:
    known = {"model": "numind/NuExtract3", "base_url": endpoint.url}
    return NuExtractor(Payment, examples=examples, **{**known, **settings})


@pytest.fixture(params=["invoke", "ainvoke", "batch", "abatch", "stream", "astream"])
def run(request):
    """Ask in each of the ways there are."""

    async def last(runnable, document):
        return [each async for each in runnable.astream(document)][-1]

    return {
        "invoke": lambda runnable, document: runnable.invoke(document),
        "ainvoke": lambda runnable, document: asyncio.run(runnable.ainvoke(document)),
        "batch": lambda runnable, document: runnable.batch([document])[0],
        "abatch": lambda runnable, document: asyncio.run(runnable.abatch([document]))[0],
        "stream": lambda runnable, document: [*runnable.stream(document)][-1],
        "astream": lambda runnable, document: asyncio.run(last(runnable, document)),
    }[request.param]


@pytest.mark.parametrize(
    "selector",
    [
        pytest.param(length_based(), id="length"),
        pytest.param(similar(), id="similarity"),
        pytest.param(similar(MaxMarginalRelevanceExampleSelector), id="mmr"),
    ],
)
def test_the_examples_that_a_selector_chooses_are_sent_with_the_document(run, selector):
    chosen = selector.select_examples({"input": TEXT})
    assert len(chosen) == 2
    with FakeEndpoint(ANSWER) as endpoint:
        assert run(extractor(endpoint, selector), TEXT) == Payment(**ANSWER)
    assert endpoint.requests[0].body["messages"] == messages_with_a_list(chosen)


def messages_with_a_list(pairs: list[dict[str, str]]) -> list[Any]:
    """The messages where the same examples are given as a list."""
    with FakeEndpoint(ANSWER) as endpoint:
        extractor(endpoint, [Example(pair["input"], pair["output"]) for pair in pairs]).invoke(TEXT)
    messages = endpoint.requests[0].body["messages"]
    assert all(pair["input"] in json.dumps(messages) for pair in pairs)
    return messages


@pytest.mark.parametrize("model", ["numind/NuExtract3", "numind/NuExtract-2.0-8B", "some/instruct-model"])
def test_every_generation_that_takes_examples_is_sent_them_in_its_own_form(model):
    with FakeEndpoint(ANSWER) as endpoint:
        dialect = "instruct" if "instruct" in model else None
        for examples in (First(*PAIRS[:2]), [Example(**pair) for pair in PAIRS[:2]]):
            extractor(endpoint, examples, model=model, dialect=dialect).invoke(TEXT)
    chosen, listed = endpoint.requests
    assert chosen.body == listed.body
    assert "North Mill" in json.dumps(chosen.body)


def test_a_selector_is_asked_with_the_text_of_the_document(run):
    selector = First()
    with FakeEndpoint(ANSWER) as endpoint:
        run(extractor(endpoint, selector), Document(TEXT))
    assert selector.asked == [{"input": TEXT}]


def test_each_document_of_a_batch_gets_its_own_examples():
    selector = similar()
    documents = [pair["input"] for pair in PAIRS]
    with FakeEndpoint(ANSWER) as endpoint:
        details = extractor(endpoint, selector).detailed.batch(documents)
    assert [each.examples[0].source.text for each in details] == documents
    assert all(len(each.examples) == 2 for each in details)


def test_a_run_is_resumed_with_the_examples_that_it_had(tmp_path):
    documents, selector = [TEXT, "Somebody pays 1 euro."], First(*PAIRS)
    with FakeEndpoint({"payer": "North Mill", "amount": 12.5}) as endpoint:
        extract = extractor(endpoint, selector).detailed
        first = [each.unwrap() for each in extract.extract_many(documents, checkpoint=tmp_path / "run.db")]
        again = [each.unwrap() for each in extract.extract_many(documents, checkpoint=tmp_path / "run.db")]
        assert len(endpoint.requests) == 2
        selector.add_example(PAIRS[0])
        [*extract.extract_many(documents, checkpoint=tmp_path / "run.db")]
        assert len(endpoint.requests) == 4
    assert [each.examples for each in again] == [each.examples for each in first]
    assert [len(each.warnings) for each in again] == [len(each.warnings) for each in first] == [1, 1]


def test_what_is_asked_again_is_asked_with_the_chosen_examples():
    class Paid(Payment):
        amount: float

    with FakeEndpoint({"payer": "Museum of Bread", "amount": "a lot"}, {"amount": 12.5}) as endpoint:
        extract = NuExtractor(Paid, examples=First(PAIRS[0]), model="numind/NuExtract3", base_url=endpoint.url)
        details = extract.detailed.invoke(TEXT)
    assert [attempt.kind for attempt in details.attempts] == ["plain", "narrowed"]
    again = json.dumps(endpoint.requests[1].body)
    assert "North Mill pays" in again
    assert "10.5}" in again.replace("\\", "")
    assert '"payer"' not in again.replace("\\", "")


def test_a_value_copied_from_a_chosen_example_is_flagged(run):
    with FakeEndpoint({"payer": "North Mill", "amount": 12.5}) as endpoint:
        detailed = extractor(endpoint, First(*PAIRS)).detailed
        (leak,) = run(detailed, TEXT).warnings
    assert (leak.path, leak.value, leak.example) == (("payer",), "North Mill", 0)


PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
)


def test_an_image_has_no_text_to_choose_by():
    selector = First(*PAIRS)
    with FakeEndpoint(ANSWER) as endpoint:
        details = extractor(endpoint, selector).detailed.invoke(Image(PIXEL))
    assert details.examples == ()
    assert selector.asked == []


@pytest.mark.parametrize(
    ("most", "shown"),
    [
        pytest.param(None, [0, 1, 2], id="no-cap"),
        pytest.param(10_000, [0, 1, 2], id="room-for-all"),
        pytest.param(150, [0, 2], id="one-is-too-long"),
        pytest.param(0, [], id="room-for-none"),
    ],
)
@pytest.mark.parametrize("as_list", [True, False])
def test_the_examples_are_held_to_a_number_of_tokens(most, shown, as_list):
    pairs = [PAIRS[0], {**PAIRS[1], "input": "South Mill pays. " * 50}, PAIRS[2]]
    examples = [Example(**pair) for pair in pairs] if as_list else First(*pairs)
    with FakeEndpoint(ANSWER) as endpoint:
        details = extractor(endpoint, examples, max_example_tokens=most).detailed.invoke(TEXT)
    assert [shot.source.text for shot in details.examples] == [pairs[index]["input"] for index in shown]
    assert details.examples_left_out == 3 - len(shown)
    assert f"{len(shown)} examples shown, {3 - len(shown)} left out" in details.report


@pytest.mark.parametrize(
    "example",
    [
        pytest.param({"input": Document("a"), "output": Payment(payer="b", amount=1.5), "id": 7}, id="dict"),
        pytest.param(Example("a", {"payer": "b", "amount": 1.5}), id="example"),
    ],
)
def test_an_example_may_be_what_a_list_may_have(example):
    selector = First(example)
    with FakeEndpoint(ANSWER) as endpoint:
        (shot,) = extractor(endpoint, selector).detailed.invoke(TEXT).examples
    assert (shot.source.text, json.loads(shot.answer)) == ("a", {"payer": "b", "amount": 1.5})


def test_an_example_is_made_ready_once():
    with FakeEndpoint(ANSWER) as endpoint:
        extract = extractor(endpoint, First(*PAIRS)).detailed
        first, second = extract.invoke(TEXT), extract.invoke(f"{TEXT} Again.")
    assert len(first.examples) == len(PAIRS)
    assert all(one is other for one, other in zip(first.examples, second.examples, strict=True))


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        pytest.param(
            {"input": "a", "output": '{"payer": 3.5, "amount": []}'}, InvalidValue, "amount", id="other-shape"
        ),
        pytest.param({"input": "a", "output": "{"}, InvalidValue, "expected JSON text", id="no-json"),
        pytest.param({"text": "a", "output": "{}"}, ValueError, r"one of .*'text': 'a'", id="keys"),
        pytest.param("a", ValueError, "must have the keys 'input' and 'output'", id="no-dict"),
        pytest.param({"input": " ", "output": "{}"}, ValueError, "the document is empty", id="empty"),
    ],
)
def test_a_wrong_example_is_an_error_that_names_it(run, given, error, message):
    with FakeEndpoint(ANSWER) as endpoint, pytest.raises(error, match=message) as raised:
        run(extractor(endpoint, First(given)), TEXT)
    if error is InvalidValue:
        assert raised.value.__notes__ == ["in the output of the selected example 'a'"]
    assert endpoint.requests == []


def test_a_selector_with_other_keys_is_told_the_right_one(run):
    selector = similar()
    selector.input_keys = ["text"]
    with FakeEndpoint(ANSWER) as endpoint, pytest.raises(KeyError) as raised:
        run(extractor(endpoint, selector), TEXT)
    assert "one key, 'input'" in raised.value.__notes__[0]


def test_a_model_that_takes_no_examples_is_refused_a_selector_before_the_first_call():
    with pytest.raises(UnsupportedTask, match="no way to give it examples"):
        NuExtractor(Payment, model="numind/NuExtract-1.5", base_url="http://localhost:1", examples=First())


def test_an_extractor_with_a_selector_travels_between_processes():
    with FakeEndpoint(ANSWER) as endpoint:
        extract = extractor(endpoint, length_based())
        extract.invoke(TEXT)
        revived = pickle.loads(pickle.dumps(extract))  # our own
        details = revived.detailed.invoke(TEXT)
    assert len(details.examples) == 2
    assert revived.fingerprint == extract.fingerprint


def test_the_selector_can_be_configured():
    with FakeEndpoint(ANSWER) as endpoint:
        field = ConfigurableField(id="examples")
        extract = extractor(endpoint, First(PAIRS[0])).configurable_fields(examples=field)
        extract.invoke(TEXT)
        extract.with_config(configurable={"examples": First(PAIRS[1])}).invoke(TEXT)
    first, second = (json.dumps(request.body) for request in endpoint.requests)
    assert "North Mill" in first
    assert "South Mill" in second
    assert "North Mill" not in second


def test_the_fingerprint_tells_how_examples_are_chosen():
    def fingerprint(selector: Any, **settings: Any) -> str:
        known = {"model": "numind/NuExtract3", "base_url": "http://localhost:1"}
        return NuExtractor(Payment, examples=selector, **known, **settings).fingerprint

    longer, more = length_based(), similar()
    longer.max_length, more.k = 100, 3
    different = [(), First(), length_based(), longer, similar(), more, similar(MaxMarginalRelevanceExampleSelector)]
    assert len({*map(fingerprint, different)}) == len(different)
    assert fingerprint(similar()) == fingerprint(similar())
    assert fingerprint(length_based()) == fingerprint(length_based())
    assert fingerprint(similar(), max_example_tokens=10) != fingerprint(similar())
