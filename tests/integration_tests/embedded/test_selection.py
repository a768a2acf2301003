"""Examples chosen per document, read by a real model, which may copy from them."""

import json
from dataclasses import replace

from langchain_core.embeddings import DeterministicFakeEmbedding
from langchain_core.example_selectors import SemanticSimilarityExampleSelector
from langchain_core.vectorstores import InMemoryVectorStore
from pydantic import BaseModel

from langchain_nuextract import NuExtractor
from langchain_nuextract.dialects import dialect_named


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


COPIES = """
root ::= "{\\"payer\\": " payer ", \\"payee\\": " payee ", \\"amount\\": " amount "}"
payer ::= "\\"North Mill Ltd\\"" | "\\"South Mill Ltd\\"" | "\\"Museum of Bread\\""
payee ::= "\\"Harbour Bakery\\"" | "\\"River Bakery\\"" | "\\"Green Gardens\\""
amount ::= "120.5" | "310.25" | "75.0"
"""
"""Leaves the model no answer but what examples say: whether it copies of its own accord depends on the processor."""


def detailed(embedded, shown, **settings):
    """The model as any instruct model: free to say what the document does not."""
    selector = SemanticSimilarityExampleSelector.from_examples(
        PAIRS, DeterministicFakeEmbedding(size=32), InMemoryVectorStore, k=shown, input_keys=["input"]
    )
    known = {"model": embedded.model, "base_url": embedded.base_url, "api_key": embedded.api_key}
    return NuExtractor(Payment, examples=selector, **known, **{"dialect": "instruct", **settings}).detailed


def test_a_document_is_read_with_the_examples_chosen_for_it(embedded):
    details = detailed(embedded, 2).invoke("West Mill Ltd paid Lake Bakery 44.5 euros for oats.")
    assert details.value == Payment(payer="West Mill Ltd", payee="Lake Bakery", amount=44.5)
    assert len(details.examples) == 2
    assert details.warnings == ()


def test_what_the_model_copied_from_an_example_is_flagged(embedded):
    free = replace(dialect_named("instruct"), constrained=False)
    extract = detailed(embedded, 3, dialect=free, extra_body={"grammar": COPIES})
    details = extract.invoke("Received: 12.80 for postcards. Thank you.")
    assert len(details.examples) == 3
    assert details.value.amount in {120.5, 310.25, 75.0}
    assert [leak.path for leak in details.warnings] == [("payer",), ("payee",), ("amount",)]
