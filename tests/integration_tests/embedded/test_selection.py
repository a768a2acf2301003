"""Examples chosen per document, read by a real model, which does copy from them."""

import json

import pytest
from langchain_core.embeddings import DeterministicFakeEmbedding
from langchain_core.example_selectors import SemanticSimilarityExampleSelector
from langchain_core.vectorstores import InMemoryVectorStore
from pydantic import BaseModel

from langchain_nuextract import NuExtractor


class Payment(BaseModel):
    payer: str
    payee: str | None
    amount: float


PAIRS = [
    {
        "input": f"{payer} paid {payee} {amount} euros for {goods}.",
        "output": json.dumps({"payer": payer, "payee": payee, "amount": amount}),
    }
    for payer, payee, amount, goods in (
        ("North Mill Ltd", "Harbour Bakery", 120.5, "flour"),
        ("South Mill Ltd", "River Bakery", 310.25, "rye"),
        ("Museum of Bread", "Green Gardens", 75.0, "hedges"),
    )
]


@pytest.fixture
def detailed(embedded):
    """The model as any instruct model: free to say what the document does not."""
    selector = SemanticSimilarityExampleSelector.from_examples(
        PAIRS, DeterministicFakeEmbedding(size=32), InMemoryVectorStore, k=2, input_keys=["input"]
    )
    known = {"model": embedded.model, "base_url": embedded.base_url, "api_key": embedded.api_key}
    return NuExtractor(Payment, dialect="instruct", examples=selector, **known).detailed


def test_a_document_is_read_with_the_examples_chosen_for_it(detailed):
    details = detailed.invoke("West Mill Ltd paid Lake Bakery 44.5 euros for oats.")
    assert details.value == Payment(payer="West Mill Ltd", payee="Lake Bakery", amount=44.5)
    assert len(details.examples) == 2
    assert details.warnings == ()


def test_what_the_model_copied_from_an_example_is_flagged(detailed):
    details = detailed.invoke("Received: 12.80 for postcards. Thank you.")
    shown = [json.loads(shot.answer) for shot in details.examples]
    copied = [name for name, value in details.value if any(value == answer[name] for answer in shown)]
    assert copied
    assert [leak.path for leak in details.warnings] == [(name,) for name in copied]
